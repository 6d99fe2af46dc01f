"""Readers' files where no web server stands in front: renditions and logos only."""

import re
from http import HTTPStatus

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

# Paths are random and never used twice, so a copy stays true for ever.
CACHE_CONTROL = "public, max-age=31536000, immutable"
_SERVED = re.compile(
    r"[a-z0-9]{2}/[a-z0-9]{32}\.(?P<rendition>avif|webp|jpg)"
    r"|logo/[A-Za-z0-9]{16}\.(?P<logo>png)"
)
_TYPES = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
}


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponseBase:
    """One file, by the names that ``rendition_path`` and ``random_logo_path`` give."""
    match = _SERVED.fullmatch(name)
    if match is None:
        raise Http404
    try:
        file = default_storage.open(name)
    except OSError as error:
        raise Http404 from error
    response = FileResponse(
        file,
        content_type=_TYPES[match["rendition"] or match["logo"]],
        status=HTTPStatus.OK,
    )
    response["Cache-Control"] = CACHE_CONTROL
    response["X-Content-Type-Options"] = "nosniff"
    return response
