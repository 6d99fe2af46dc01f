"""What happens to a path when the thing behind it moves (RFC 9110, 301).

Every change of a slug goes through ``moved``, which keeps three promises: no path
is forgotten, no redirect leads to another one, and none leads round in a circle.
"""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from newsroom.core import page_store
from newsroom.publication.models import Redirect

ONE_DAY = 24 * 60 * 60


@transaction.atomic
def moved(old_path: str, new_path: str) -> None:
    """Let ``old_path`` lead to ``new_path`` from now on."""
    if old_path == new_path:
        return
    taken(new_path)
    Redirect.objects.filter(new_path=old_path).update(new_path=new_path)
    Redirect.objects.update_or_create(
        old_path=old_path, defaults={"new_path": new_path}
    )
    page_store.ended(f"path:{old_path[:200]}")


def taken(path: str) -> None:
    """Something lives at ``path`` now: a redirect from there would hide it."""
    Redirect.objects.filter(old_path=path).delete()


class RedirectMiddleware:
    """Answer 404s of moved paths with where they went."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        target = (
            Redirect.objects.filter(old_path=request.path[:500])
            .values_list("new_path", flat=True)
            .first()
        )
        if target is None:
            return response
        redirect = HttpResponsePermanentRedirect(target)
        redirect["Cache-Control"] = f"public, max-age={ONE_DAY}"
        return redirect
