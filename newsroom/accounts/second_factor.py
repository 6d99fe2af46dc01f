"""Who must prove who they are in two ways, and what if a device is lost."""

from collections.abc import Callable
from functools import partial

import structlog
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone

from newsroom.accounts import tasks
from newsroom.accounts.models import User
from newsroom.core import headers

# Where somebody may go who still lacks the second factor.
OPEN = {"account_logout", "account_reauthenticate", "admin:jsi18n"}

log = structlog.get_logger()


class SecondFactorMiddleware:
    """Leads people whose role needs a second factor to its set-up, until they have it.

    The set-up page says why: ``request.second_factor_is_missing``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if headers.is_admin(request) and _is_missing(request):
            request.second_factor_is_missing = True  # type: ignore[attr-defined]
            if not _is_open(request):
                return redirect("mfa_index")
        return self.get_response(request)


def has_one(person: User) -> bool:
    """Whether an app or a key is set up. Recovery codes alone are none."""
    factors = Authenticator.objects.filter(user=person)
    return bool(factors.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


@transaction.atomic
def forget_devices(person: User, *, by: User | None = None) -> int:
    """Remove every factor of somebody who lost a device, and sign them out everywhere.

    They are told by mail, and set up a new one when they next sign in. Returns how
    many sessions ended.
    """
    Authenticator.objects.filter(user=person).delete()
    ended = _end_sessions(person)
    tasks.mail_notice.defer(
        user_id=person.pk,
        template_prefix="mfa/email/devices_forgotten",
        at=timezone.now().isoformat(),
    )
    transaction.on_commit(
        partial(
            log.warning,
            "second_factor_removed",
            user_id=person.pk,
            by_user_id=by.pk if by else None,
            sessions_ended=ended,
        )
    )
    return ended


def _is_missing(request: HttpRequest) -> bool:
    person = request.user
    return (
        settings.SECOND_FACTOR_REQUIRED
        and isinstance(person, User)
        and not has_one(person)
        and person.needs_second_factor()
    )


def _is_open(request: HttpRequest) -> bool:
    try:
        name = resolve(request.path_info).view_name
    except Resolver404:
        return False
    return name in OPEN or name.startswith("mfa_")


def _end_sessions(person: User) -> int:
    """A session names its person only inside, so each is opened. There are few."""
    ended = 0
    for session in Session.objects.filter(expire_date__gt=timezone.now()):
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()
            ended += 1
    return ended
