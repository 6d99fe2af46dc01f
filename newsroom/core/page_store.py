"""What public pages show, and who is told when it changes.

Each public view declares the names of what its page shows (``article:7``,
``section:3``, ``front``, ``furniture``); whoever writes calls ``ended`` with the names
of what changed, in the transaction that changes it.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import has_vary_header, patch_vary_headers
from django.utils.http import parse_etags

CHANNEL = "page_store"
EVERYTHING = "*"
MOST_NAMES = 500
CACHE_CONTROL = "public, max-age=0, must-revalidate"

Parameters = ParamSpec("Parameters")
View = Callable[Concatenate[HttpRequest, Parameters], HttpResponse]


def shows(request: HttpRequest, *names: str) -> None:
    """Declare what the page that answers this request shows."""
    _refuse_empty(names)
    request.page_names = shown_by(request) | set(names)  # type: ignore[attr-defined]


def shown_by(request: HttpRequest) -> frozenset[str]:
    """What the page was declared to show so far."""
    return frozenset(getattr(request, "page_names", ()))


def ended(*names: str) -> None:
    """Tell every web process that pages with these names are no longer true.

    It is heard when, and only when, the caller's transaction commits.
    """
    _refuse_empty(names)
    distinct = sorted(set(names))
    if len(distinct) > MOST_NAMES:
        distinct = [EVERYTHING]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, name) FROM unnest(%s::text[]) AS name",
            [CHANNEL, distinct],
        )


def public_page(view: View[Parameters]) -> View[Parameters]:
    """Mark a page that is the same for every reader, and hold the view to it.

    Raises ``ImproperlyConfigured`` where it is not: a cookie, a session, a token or a
    nonce would be stored with the page and handed to the next reader.
    """

    @wraps(view)
    def answer(
        request: HttpRequest, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method not in ("GET", "HEAD"):
            response.headers.setdefault("Cache-Control", "no-store")
            return response
        if response.status_code != 200:
            return response
        _refuse_personal(request, response)
        if not shown_by(request):
            raise ImproperlyConfigured(
                f"{view.__module__}.{view.__qualname__} does not say what its page "
                "shows: call page_store.shows()."
            )
        return _with_validator(request, response)

    return answer


def _refuse_empty(names: tuple[str, ...]) -> None:
    if not names or not all(names):
        raise ValueError("Name what the page shows.")


def _refuse_personal(request: HttpRequest, response: HttpResponse) -> None:
    session = getattr(request, "session", None)
    signs = {
        "sets a cookie": bool(response.cookies),
        "varies by cookie": has_vary_header(response, "Cookie"),
        "reads the session": bool(getattr(session, "accessed", False)),
        "carries a form's token": bool(request.META.get("CSRF_COOKIE_NEEDS_UPDATE")),
        "carries a nonce": isinstance(getattr(request, "_csp_nonce", None), str),
        "is streamed": response.streaming,
    }
    found = [sign for sign, is_there in signs.items() if is_there]
    if found:
        raise ImproperlyConfigured(
            f"{request.path} is a public page, but it {' and '.join(found)}."
        )


def _with_validator(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add what lets a browser ask again, and answer 304 if it has this very page."""
    # Weak, because the same page goes out plain, as gzip and as Brotli.
    digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
    response.headers["ETag"] = f'W/"{digest}"'
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    patch_vary_headers(response, ["Accept-Encoding"])
    if _is_held(request, f'"{digest}"'):
        return _not_modified(response)
    return response


def _is_held(request: HttpRequest, etag: str) -> bool:
    """Compare weakly, as RFC 9110, 13.1.2, asks for If-None-Match."""
    held = parse_etags(request.headers.get("If-None-Match", ""))
    return held == ["*"] or etag in [one.removeprefix("W/") for one in held]


def _not_modified(response: HttpResponse) -> HttpResponse:
    """RFC 9110, 15.4.5: what guides caches goes out again, what describes does not."""
    unchanged = HttpResponseNotModified()
    for name in ["Cache-Control", "Content-Location", "ETag", "Expires", "Vary"]:
        if name in response.headers:
            unchanged.headers[name] = response.headers[name]
    # The stored page keeps the policy that it came with.
    unchanged._csp_exempt = True  # type: ignore[attr-defined]
    return unchanged
