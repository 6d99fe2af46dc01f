"""The page of the self-check, for publishers and superusers."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from newsroom.accounts import roles
from newsroom.accounts.models import User
from newsroom.self_check import lines


@require_safe
def view(request: HttpRequest) -> HttpResponse:
    if not _may_look(request):
        raise PermissionDenied
    rows = lines.run(timezone.now())
    context = admin.site.each_context(request) | {
        "title": _("Self-check"),
        "rows": rows,
        "worst": lines.worst(rows),
    }
    return render(request, "admin/self_check.html", context)


def _may_look(request: HttpRequest) -> bool:
    person = request.user
    return isinstance(person, User) and (
        person.is_superuser or person.groups.filter(name=roles.PUBLISHERS).exists()
    )
