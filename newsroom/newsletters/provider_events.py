"""What a mail provider tells of single mails, in the words of django-anymail.

Its webhooks verify who is speaking; then ``heard`` is called for each event.
"""

import hashlib
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import URLPattern

from newsroom.core import mail_addresses
from newsroom.newsletters import (
    bounces,
    consent,
    refusal_words,
    returned,
    subscribers,
)
from newsroom.newsletters.models import Subscriber

_PASSING = re.compile(r"\b(?:soft|transient|temporar)", re.IGNORECASE)


def webhooks(provider: str) -> list[URLPattern]:
    """The addresses of one provider's events; none where the name is none of theirs."""
    if not provider:
        return []
    from anymail.urls import urlpatterns

    return [row for row in urlpatterns if row.name == f"{provider}_tracking_webhook"]


@transaction.atomic
def heard(sender: object, event: Any, esp_name: str, **options: Any) -> None:
    """Take in an ``AnymailTrackingEvent``. Told twice, it counts once.

    An error is the provider's to hear: it tells the event again later.
    """
    finding = _finding(event)
    if finding is None and event.event_type != "unsubscribed":
        return
    digest = _digest(event.recipient)
    if digest is not None and isinstance(finding, bounces.Kind):
        returned.note_address(digest, finding)
    subscriber = _subscriber(digest)
    if subscriber is None:
        bounces.ignore(bounces.Outcome.UNKNOWN)
    elif finding is None:
        subscribers.leave(subscriber, None, method=consent.Method.ONE_CLICK)
    elif isinstance(finding, bounces.Kind):
        answer = event.mta_response or ""
        mail = _mail(event)
        bounces.note(
            finding,
            bytes(subscriber.address_digest),
            source=bounces.Source.WEBHOOK,
            issue=mail.issue if mail else None,
            letter=mail.letter if mail else None,
            status=refusal_words.code_in(answer),
            report_id=_name(event, esp_name),
        )
    else:
        bounces.ignore(finding)


def _finding(event: Any) -> bounces.Kind | bounces.Outcome | None:
    if event.event_type == "complained":
        return bounces.Kind.COMPLAINT
    if event.event_type not in ("bounced", "rejected"):
        return None
    if event.reject_reason == "spam" and event.event_type == "rejected":
        return bounces.Kind.COMPLAINT  # an earlier one, which the provider remembers
    if event.reject_reason in ("blocked", "spam"):
        return bounces.Outcome.REFUSED
    answer = event.mta_response or ""
    if refusal_words.code_in(answer):
        return refusal_words.kind_of(answer) or bounces.Outcome.REFUSED
    if event.reject_reason in ("timed_out", "other"):
        return bounces.Kind.SOFT
    is_passing = _PASSING.search(event.description or "")
    return bounces.Kind.SOFT if is_passing else bounces.Kind.HARD


def _digest(recipient: str | None) -> bytes | None:
    try:
        return mail_addresses.digest(mail_addresses.normalised(recipient or ""))
    except ValidationError:
        return None


def _subscriber(digest: bytes | None) -> Subscriber | None:
    return Subscriber.objects.filter(address_digest=digest).first() if digest else None


def _mail(event: Any) -> bounces.Mail | None:
    """By our Message-ID, which some providers keep."""
    return bounces.mail_named(f"<{str(event.message_id).strip('<>')}>")


def _name(event: Any, esp_name: str) -> str:
    known = event.event_id or f"{event.message_id} {event.timestamp}"
    named = f"{esp_name} {event.event_type} {known} {event.recipient}"
    return hashlib.sha256(named.encode()).hexdigest()
