"""What somebody does on their own page: choose, pause, move, download, be erased."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from newsroom.core import mail_addresses
from newsroom.newsletters import (
    consent,
    letters,
    limits,
    links,
    sign_up,
    subscribers,
)
from newsroom.newsletters.models import ConsentEvent, Letter, Newsletter, Subscriber
from newsroom.newsletters.models.subscriber import Source

LONGEST_PAUSE = timedelta(days=366)

_REMEMBERED = timedelta(days=365)
_DIGEST_SHOWN = 4


@dataclass(frozen=True)
class Choice:
    newsletter: Newsletter
    is_chosen: bool


def find(token: str) -> Subscriber:
    """Raises ``links.Expired`` or ``links.Invalid``."""
    return _found(token, links.PREFERENCES_LAST)


@transaction.atomic
def ask_again(token: str) -> None:
    """Mail a new link to whom an old one was sent. Raises ``links.Invalid``."""
    try:
        subscriber = _found(token, _REMEMBERED)
    except links.Expired:
        raise links.Invalid from None
    sign_up.queue_link(subscriber)


def choices(subscriber: Subscriber) -> list[Choice]:
    """What somebody can have, and what of it they do: the closed ones if they do."""
    confirmed = subscriber.subscriptions.confirmed()
    chosen = set(confirmed.values_list("newsletter_id", flat=True))
    offered = Newsletter.objects.filter(Q(is_open=True) | Q(pk__in=chosen))
    return [Choice(newsletter, newsletter.pk in chosen) for newsletter in offered]


@transaction.atomic
def save(
    subscriber: Subscriber,
    wanted: Iterable[Newsletter],
    *,
    language: str,
    format: str,
    paused_until: date | None,
) -> None:
    """Have exactly these newsletters from now on, in this way."""
    subscribers.prefer(
        subscriber, language=language, format=format, paused_until=paused_until
    )
    offered = choices(subscriber)
    wanted_numbers = {newsletter.pk for newsletter in wanted}
    left = [
        choice.newsletter
        for choice in offered
        if choice.is_chosen and choice.newsletter.pk not in wanted_numbers
    ]
    added = [
        choice.newsletter
        for choice in offered
        if not choice.is_chosen and choice.newsletter.pk in wanted_numbers
    ]
    method = consent.Method.PREFERENCES
    if left:
        subscribers.leave(subscriber, left, method=method)
    if added:
        text = consent.current_text(language)
        new = subscribers.confirm(
            subscriber, added, source=Source.SITE, method=method, text=text
        )
        letters.queue_sequence(subscriber, new)


@transaction.atomic
def ask_to_move(subscriber: Subscriber, new_address: str, *, network: str) -> None:
    """Mail a link to a new (normalised) address, which confirms it."""
    due_at = sign_up.first_hour_for(network)
    if due_at is not None:
        digest = mail_addresses.digest(new_address)
        due_at = limits.reserve_day(
            "sign-up", digest, most=sign_up.PER_ADDRESS_AND_DAY, at=due_at
        )
    if due_at is not None:
        letters.queue(Letter.Kind.MOVE, subscriber, {}, due_at, new_address=new_address)


def find_move(token: str) -> Letter:
    """The letter that a link to confirm a new address came by.

    Raises ``links.Expired`` or ``links.Invalid``.
    """
    facts = links.read_for_a_while("move", token, links.CONFIRMATION_LASTS)
    moves = Letter.objects.filter(kind=Letter.Kind.MOVE, subscriber_id=facts["s"])
    letter = moves.filter(pk=facts["m"]).select_related("subscriber").first()
    if letter is None:
        raise links.Expired
    return letter


@transaction.atomic
def move(letter: Letter) -> Subscriber:
    """Take the new address, and forget the letters that would change it again."""
    new_address = mail_addresses.unseal(letter.new_address_sealed)
    subscriber = letter.subscriber
    subscriber.letters.filter(kind=Letter.Kind.MOVE).delete()
    moved = subscribers.move(subscriber, new_address)
    # The link has shown that mail arrives there: an old bounce counts no longer.
    subscribers.confirm(
        moved, [], source=Source(moved.source), method=consent.Method.PREFERENCES
    )
    return moved


def everything_about(subscriber: Subscriber) -> dict[str, Any]:
    """All that is stored of somebody, in words of the site, for a file of their own."""
    events = ConsentEvent.objects.filter(
        address_digest=bytes(subscriber.address_digest)
    ).select_related("newsletter", "consent_text")
    return {
        "address": subscriber.address,
        "language": subscriber.language,
        "format": subscriber.format,
        "paused_until": _written(subscriber.paused_until),
        "came_by": subscriber.source,
        "since": _written(subscriber.created_at),
        "subscriptions": [
            {
                "newsletter": subscription.newsletter.name,
                "state": subscription.state,
                "came_by": subscription.source,
                "requested": _written(subscription.requested_at),
                "confirmed": _written(subscription.confirmed_at),
                "left": _written(subscription.unsubscribed_at),
            }
            for subscription in subscriber.subscriptions.select_related("newsletter")
        ],
        "consent": [
            {
                "what": event.kind,
                "how": event.method,
                "when": _written(event.at),
                "newsletter": event.newsletter.name if event.newsletter else None,
                "text": event.consent_text.text if event.consent_text else None,
                "basis": event.basis,
            }
            for event in events.order_by("pk")
        ],
        "issues_of_late": [
            {
                "subject": delivery.issue.subject,
                "state": delivery.get_state_display(),
                "when": _written(delivery.done_at),
            }
            for delivery in subscriber.deliveries.select_related("issue")
        ],
        "letters_of_late": [
            {"kind": letter.kind, "sent": _written(letter.sent_at)}
            for letter in subscriber.letters.order_by("pk")
        ],
    }


def erase(subscriber: Subscriber) -> None:
    subscribers.erase(subscriber, method=consent.Method.PREFERENCES)


def _found(token: str, lasts: timedelta) -> Subscriber:
    number, beginning = links.read_preferences(token, lasts)
    subscriber = Subscriber.objects.filter(pk=number).first()
    if subscriber is None:
        raise links.Expired
    digest = bytes(subscriber.address_digest)
    if digest[:_DIGEST_SHOWN].hex() != beginning:
        raise links.Expired  # the address was changed since
    return subscriber


def _written(at: datetime | date | None) -> str | None:
    return at.isoformat() if at else None
