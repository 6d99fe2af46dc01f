"""Pages behind a link in a mail. Opening one changes nothing: mail scanners do.

They belong to one giver: never stored, never indexed, and no address of theirs is told
to where somebody goes next.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsroom.core import client
from newsroom.publication import furniture
from newsroom.support.mails import letters
from newsroom.support.models import GiverLetter
from newsroom.support.people import links

View = Callable[..., HttpResponse]

readable_and_postable = require_http_methods(["GET", "HEAD", "POST"])


def for_giver(view: View) -> View:
    """A page for whoever has a giver's link: the view gets the giver and the rest."""

    @wraps(view)
    def answer(request: HttpRequest, token: str, **rest: Any) -> HttpResponse:
        # Days are the publication's: of its pages, of pauses, of the year's end.
        with timezone.override(furniture.load().zone):
            return private(_answer(request, token, view, rest))

    return csrf_exempt(answer)


def private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def page(
    request: HttpRequest, name: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    token = getattr(request, "giver_token", "")
    return furniture.render(
        request, f"support/{name}.html", {"token": token, **context}, status=status
    )


def _answer(
    request: HttpRequest, token: str, view: View, rest: dict[str, Any]
) -> HttpResponse:
    if request.method == "POST" and client.is_foreign(request):
        return page(request, "mine_refused", status=403)
    try:
        giver = links.read_mine(token)
    except links.Expired:
        return _expired(request, token)
    except links.Invalid:
        raise Http404 from None
    request.giver_token = token  # type: ignore[attr-defined]
    return view(request, giver, **rest)


def _expired(request: HttpRequest, token: str) -> HttpResponse:
    """A link that was ours: a new one can be asked for, by a button."""
    if request.method != "POST":
        return page(request, "mine_expired", status=410)
    try:
        giver = links.read_mine(token, links.MINE_REMEMBERED)
    except (links.Expired, links.Invalid):
        raise Http404 from None
    # Once a day at most: the key says so.
    key = f"link:{giver.pk}:{timezone.now():%Y-%m-%d}"
    letters.queue(GiverLetter.Kind.LINK, key, giver=giver)
    return page(request, "mine_link_sent")
