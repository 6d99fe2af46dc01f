"""How the sandbox tells what happened: signed, by HTTP, until it is heard.

As with any provider an event may come late, twice or before an earlier one; the row
``Sandbox`` says whether it shall.
"""

import hashlib
import hmac
import http.client
import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from newsroom.support.models import Sandbox, SandboxEvent
from newsroom.support.payments.interface import Event, Kind, Unverified

log = structlog.get_logger()

HEADER = "Sandbox-Signature"
TOLERANCE = timedelta(seconds=300)
MOST_FAILURES = 12

KINDS = {
    "checkout.begun": Kind.OTHER,
    "checkout.paid": Kind.PAID,
    "checkout.declined": Kind.FAILED,
    "checkout.closed": Kind.FAILED,
    "charge.updated": Kind.CHARGED,
    "renewal.paid": Kind.PAID,
    "renewal.declined": Kind.FAILED,
    "refund.made": Kind.REFUNDED,
    "dispute.opened": Kind.DISPUTED,
    "dispute.won": Kind.REINSTATED,
    "dispute.lost": Kind.OTHER,
    "subscription.changed": Kind.RECURRING,
    "card.ends": Kind.CARD_ENDS,
}

_DELIVER = "newsroom.support.tasks.deliver_sandbox_event"
_FIRST_PAUSE = 4  # seconds; doubled with each failure
_LONGEST_PAUSE = 3600
_WITHIN = 8  # seconds in which shuffled events come in any order
_SECONDS_TO_ANSWER = 15


def row() -> Sandbox:
    return Sandbox.objects.get_or_create(pk=1)[0]


@transaction.atomic
def tell(name: str, **facts: Any) -> SandboxEvent:
    """Owe the site an event; it leaves soon after the transaction."""
    sandbox = row()
    now = timezone.now()
    event = SandboxEvent(copies=2 if sandbox.sends_twice else 1, created_at=now)
    event.body = {
        "id": event.event_id,
        "type": name,
        "created": now.isoformat(),
        "data": {key: value for key, value in facts.items() if value not in ("", None)},
    }
    event.save()
    _deliver_in(secrets.randbelow(_WITHIN) if sandbox.shuffles else 0, event)
    return event


def deliver(number: int) -> None:
    """Send an event once. What was not taken is sent again later."""
    with transaction.atomic():
        event = _waiting().select_for_update().filter(pk=number).first()
        if event is None:
            return
        event.answer = _post(json.dumps(event.body).encode())
        event.attempts += 1
        if http.client.OK <= event.answer < http.client.MULTIPLE_CHOICES:
            event.deliveries += 1
        _plan_next(event)
        event.save()


def deliver_all(*, in_order: bool = True) -> int:
    """Send everything that waits, once each: for the button and for tests."""
    waiting = list(_waiting().order_by("pk").values_list("pk", flat=True))
    if not in_order:
        secrets.SystemRandom().shuffle(waiting)
    for number in waiting:
        deliver(number)
    return len(waiting)


def signed(body: bytes, *, at: datetime | None = None) -> str:
    """The header's value: ``t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256>``."""
    timestamp = str(int((at or timezone.now()).timestamp()))
    return f"t={timestamp},v1={_signature(timestamp, body)}"


def verify(body: bytes, headers: Mapping[str, str], *, at: datetime) -> None:
    """Raises ``Unverified``."""
    given = next(
        (value for name, value in headers.items() if name.lower() == HEADER.lower()), ""
    )
    parts = dict(part.split("=", 1) for part in given.split(",") if "=" in part)
    timestamp = parts.get("t", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Unverified("not signed")
    expected = _signature(timestamp, body)
    if not hmac.compare_digest(expected.encode(), parts.get("v1", "").encode()):
        raise Unverified("wrong signature")
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise Unverified("too old")


def read(body: bytes) -> list[Event]:
    """Raises ``Unverified`` where it is signed and yet no event of the sandbox."""
    try:
        told = json.loads(body)
        return [_event(told)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unverified("no event of the sandbox") from None


def _event(told: dict[str, Any]) -> Event:
    facts = told["data"]
    name = str(told["type"])
    next_at = facts.get("next_at")
    card_ends = facts.get("card_ends")
    paused_until = facts.get("paused_until")
    fee = facts.get("fee")
    return Event(
        event_id=str(told["id"]),
        kind=KINDS.get(name, Kind.OTHER),
        happened_at=datetime.fromisoformat(told["created"]),
        name=name,
        contribution=str(facts.get("contribution", "")),
        recurring=str(facts.get("recurring", "")),
        payment_ref=str(facts.get("payment", "")),
        checkout_ref=str(facts.get("checkout", "")),
        recurring_ref=str(facts.get("subscription", "")),
        movement_ref=str(facts.get("movement", "")),
        amount_minor=int(facts.get("amount", 0)),
        currency=str(facts.get("currency", "")),
        fee_minor=None if fee is None else int(fee),
        country=str(facts.get("country", "")),
        has_country=name == "charge.updated",
        method=str(facts.get("method", "")),
        state=str(facts.get("state", "")),
        next_at=datetime.fromisoformat(next_at) if next_at else None,
        card_ends=date.fromisoformat(card_ends) if card_ends else None,
        paused_until=date.fromisoformat(paused_until) if paused_until else None,
    )


def _signature(timestamp: str, body: bytes) -> str:
    key = row().secret.encode()
    return hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _waiting() -> Any:
    return SandboxEvent.objects.filter(given_up_at=None, deliveries__lt=F("copies"))


def _plan_next(event: SandboxEvent) -> None:
    failures = event.attempts - event.deliveries
    if event.deliveries >= event.copies:
        return
    if failures >= MOST_FAILURES:
        event.given_up_at = timezone.now()
        return
    pause = min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE) if failures else 0
    _deliver_in(pause, event)


def _deliver_in(seconds: int, event: SandboxEvent) -> None:
    later = {"seconds": seconds} if seconds else None
    job = app.configure_task(_DELIVER, queue="support", schedule_in=later)
    job.defer(number=event.pk)


def _post(body: bytes) -> int:
    """The status that the site answers with; 0 if it does not."""
    site = urlsplit(settings.SITE_URL)
    kind = (
        http.client.HTTPSConnection
        if site.scheme == "https"
        else http.client.HTTPConnection
    )
    connection = kind(site.netloc, timeout=_SECONDS_TO_ANSWER)
    headers = {"Content-Type": "application/json", HEADER: signed(body)}
    try:
        connection.request(
            "POST", reverse("support:hook", args=["sandbox"]), body, headers
        )
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        log.warning("sandbox_not_heard", error=type(error).__name__)
        return 0
    finally:
        connection.close()
