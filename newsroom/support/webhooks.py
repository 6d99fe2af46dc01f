"""Events of payment providers: verified, stored once, applied once, never lost.

Storing is quick and does nothing else, so that a provider gets its answer at once. A
job applies what was stored; what cannot be applied yet is tried again, less and less
often, and at last stays where staff see it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from procrastinate.contrib.django import app

from newsroom.core import mail_addresses
from newsroom.support import payments
from newsroom.support.books import ledger
from newsroom.support.models import WebhookEvent
from newsroom.support.payments.interface import (
    Event,
    Kind,
    Provider,
    Unreachable,
    Unverified,
)

log = structlog.get_logger()

State = WebhookEvent.State

LARGEST = 512 << 10  # bytes of a body
# Tried for about a day: at first after 5 s, then after twice the time before.
MOST_ATTEMPTS = 16
# What no waiting can mend, such as a body that has another form than we know.
MOST_ATTEMPTS_OF_BROKEN = 5
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=6)
_APPLY = "newsroom.support.tasks.apply_event"
# Told in our own words, and likely to pass.
_PASSES = (ledger.CannotApply, Unreachable, payments.Unknown)


@csrf_exempt
@require_POST
@never_cache
def take_in(request: HttpRequest, provider: str) -> HttpResponse:
    """What a provider posts to ``/hooks/<provider>/``."""
    try:
        known = payments.named(provider)
    except payments.Unknown:
        raise Http404 from None
    if len(request.body) > LARGEST:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        store(known, request.body, request.headers)
    except Unverified as error:
        log.warning("webhook_refused", provider=known.name, reason=str(error))
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    return HttpResponse(status=HTTPStatus.OK)


def store(
    provider: Provider,
    body: bytes,
    headers: Mapping[str, str],
    *,
    at: datetime | None = None,
) -> None:
    """Verify and keep what came, each event once. Raises ``Unverified``."""
    at = at or timezone.now()
    by_number: dict[str, list[Event]] = defaultdict(list)
    for event in provider.parse_event(body, headers, at=at):
        by_number[event.event_id].append(event)
    for event_id, events in by_number.items():
        _store(provider.name, event_id, events, body, at)


def apply(event_id: int) -> None:
    """Apply a stored event, if it is due and was not applied."""
    for stored in _due().filter(pk=event_id):
        _apply(stored)


def apply_due(*, most: int = 200) -> int:
    """Apply what is due, the oldest first; for what its own job did not reach."""
    due = list(_due().order_by("due_at", "pk")[:most])
    for stored in due:
        _apply(stored)
    return len(due)


@transaction.atomic
def try_again(event: WebhookEvent) -> None:
    """Staff have mended what was in the way, or want to know."""
    locked = WebhookEvent.objects.select_for_update().get(pk=event.pk)
    if locked.state not in (State.STORED, State.STUCK):
        return
    locked.state, locked.attempts, locked.due_at = State.STORED, 0, timezone.now()
    locked.save(update_fields=["state", "attempts", "due_at"])
    _defer(locked)


@transaction.atomic
def _store(
    provider: str, event_id: str, events: list[Event], body: bytes, at: datetime
) -> None:
    is_ours = any(event.kind is not Kind.OTHER for event in events)
    stored, is_new = WebhookEvent.objects.get_or_create(
        provider=provider,
        event_id=event_id,
        defaults={
            "kind": (events[0].name or events[0].kind.value)[:80],
            # Of what is not for us nothing is kept but that it came.
            "body_sealed": _sealed(body) if is_ours else b"",
            "state": State.STORED if is_ours else State.IGNORED,
            "happened_at": events[0].happened_at,
            "due_at": at,
            "applied_at": None if is_ours else at,
        },
    )
    if is_new and is_ours:
        _defer(stored)


def _apply(stored: WebhookEvent) -> None:
    try:
        provider = payments.named(stored.provider)
        told = [
            provider.more_about(event)
            for event in provider.read_stored(_opened(stored))
            if event.event_id == stored.event_id
        ]
        _apply_once(stored.pk, told)
    except Exception as error:
        # Whatever it is must not hold up the others. Its words may hold what a
        # provider wrote of people: only ours are kept.
        name = type(error).__name__
        trouble = f"{name}: {error}" if isinstance(error, _PASSES) else name
        log.warning(
            "event_not_applied",
            stored=stored.pk,
            provider=stored.provider,
            error=name,
        )
        may_heal = isinstance(error, (*_PASSES, DatabaseError))
        _put_off(stored, trouble, may_heal=may_heal)


@transaction.atomic
def _apply_once(number: int, told: list[Event]) -> None:
    stored = WebhookEvent.objects.select_for_update().get(pk=number)
    if stored.state != State.STORED:
        return
    # The recurring gift first: that is the order in which rows are locked.
    for event in sorted(told, key=lambda event: event.kind is not Kind.RECURRING):
        ledger.apply(event, stored.provider)
    is_ours = any(event.kind is not Kind.OTHER for event in told)
    stored.state = State.APPLIED if is_ours else State.IGNORED
    stored.applied_at = timezone.now()
    stored.trouble = ""
    if not is_ours:
        stored.body_sealed = b""
    stored.save(update_fields=["state", "applied_at", "trouble", "body_sealed"])


@transaction.atomic
def _put_off(stored: WebhookEvent, trouble: str, *, may_heal: bool) -> None:
    locked = WebhookEvent.objects.select_for_update().get(pk=stored.pk)
    if locked.state != State.STORED:
        return  # another worker was luckier
    most = MOST_ATTEMPTS if may_heal else MOST_ATTEMPTS_OF_BROKEN
    locked.attempts += 1
    locked.trouble = trouble[:200]
    if locked.attempts >= most:
        locked.state = State.STUCK
    pause = min(_FIRST_PAUSE * 2 ** (locked.attempts - 1), _LONGEST_PAUSE)
    locked.due_at = timezone.now() + pause
    locked.save(update_fields=["attempts", "trouble", "state", "due_at"])
    if locked.state == State.STORED:
        _defer(locked)


def _due(at: datetime | None = None) -> QuerySet[WebhookEvent]:
    at = at or timezone.now()
    return WebhookEvent.objects.filter(state=State.STORED, due_at__lte=at)


def _defer(stored: WebhookEvent) -> None:
    later = stored.due_at if stored.due_at > timezone.now() else None
    job = app.configure_task(_APPLY, queue="support", schedule_at=later)
    job.defer(event_id=stored.pk)


def _sealed(body: bytes) -> bytes:
    # What is verified was written as JSON: text.
    return mail_addresses.seal(body.decode())


def _opened(stored: WebhookEvent) -> bytes:
    return mail_addresses.unseal(bytes(stored.body_sealed)).encode()
