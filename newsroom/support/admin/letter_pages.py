"""Letters to givers that do not leave: what kind, of which gift, and once more."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.support import attention
from newsroom.support.admin.base import need

if TYPE_CHECKING:
    from newsroom.support.admin.gifts import ContributionAdmin

CHANGE = "support.change_giver"
MOST_SHOWN = 200


def failing(model_admin: "ContributionAdmin", request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    found = attention.failing_letters().select_related("contribution", "recurring")
    return model_admin.own_page(
        request,
        "contribution/letters.html",
        _("Letters that do not leave"),
        letters=list(found.order_by("-pk")[:MOST_SHOWN]),
        may_change=request.user.has_perm(CHANGE),
    )


def again(model_admin: "ContributionAdmin", request: HttpRequest) -> HttpResponse:
    """Owe them anew: they leave within a minute, if what was wrong is mended."""
    need(request, CHANGE)
    # Whose address is gone cannot be written to any more.
    found = attention.failing_letters().exclude(giver=None)
    count = found.update(given_up_at=None, attempts=0, due_at=timezone.now())
    messages.success(
        request, _("Letters that are tried again: %(count)s.") % {"count": count}
    )
    return HttpResponseRedirect(reverse("admin:support_contribution_letters"))
