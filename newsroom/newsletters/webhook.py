"""Reports that a mail server hands over by HTTP, signed with ``BOUNCE_WEBHOOK_KEY``."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.newsletters import bounces, returned, subscribers

TOLERANCE = timedelta(seconds=300)
SHORTEST_KEY = 32

Kind = bounces.Kind
Outcome = bounces.Outcome


class Forged(Exception):
    """Not signed with our key, changed on the way, or too old."""


class Unreadable(Exception):
    """Signed, but not of the form that ``docs/newsletters.md`` describes."""


def signature(timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the timestamp, a full stop and the body, in hexadecimal."""
    key = settings.BOUNCE_WEBHOOK_KEY.encode()
    signed = timestamp.encode("utf-8", "replace") + b"." + body
    return hmac.new(key, signed, hashlib.sha256).hexdigest()


def verify(
    timestamp: str, signed: str, body: bytes, *, at: datetime | None = None
) -> None:
    """Raises ``Forged``. ``timestamp`` is in seconds since 1970 (UTC)."""
    if not settings.BOUNCE_WEBHOOK_KEY:
        raise Forged
    expected = signature(timestamp, body).encode()
    if not hmac.compare_digest(expected, signed.encode("utf-8", "replace")):
        raise Forged
    now = (at or timezone.now()).timestamp()
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        raise Forged
    if abs(now - int(timestamp)) > TOLERANCE.total_seconds():
        raise Forged


def take_in_event(body: bytes) -> Kind | Outcome:
    """One event as JSON: ``kind``, ``id``, and ``delivery`` or ``address``.

    Raises ``Unreadable``.
    """
    try:
        event = json.loads(body)
        kind = Kind(event["kind"])
        named = str(event["id"])
        delivery, address = event.get("delivery"), event.get("address")
        status = str(event.get("status", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable from None
    if not named or not (delivery or address) or "\0" in status:
        raise Unreadable
    if delivery and (other := returned.read(str(delivery))) is not None:
        returned.note(other, kind)
        return kind
    known = bounces.mail_named(str(delivery)) if delivery else _by_address(str(address))
    if known is None:
        return bounces.ignore(Outcome.UNKNOWN)
    bounces.note(
        kind,
        known.address_digest,
        source=bounces.Source.WEBHOOK,
        issue=known.issue,
        letter=known.letter,
        status=status,
        report_id=hashlib.sha256(
            b"event " + named.encode("utf-8", "replace")
        ).hexdigest(),
    )
    return kind


def _by_address(address: str) -> bounces.Mail | None:
    try:
        subscriber = subscribers.find(mail_addresses.normalised(address))
    except ValidationError:
        raise Unreadable from None
    return bounces.Mail(bytes(subscriber.address_digest)) if subscriber else None
