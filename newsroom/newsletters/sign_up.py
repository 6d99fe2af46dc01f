"""Signing up: the wish, the mail that asks for a confirmation, the confirmation.

The form only notes what was typed, so that it answers every address alike and in the
same time. A worker then looks whom it is about.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from newsroom.core import mail_addresses
from newsroom.newsletters import consent, letters, limits, links, subscribers
from newsroom.newsletters.models import (
    ConsentText,
    Letter,
    Newsletter,
    ReaderRequest,
    Subscriber,
    Subscription,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source

log = structlog.get_logger()

PER_NETWORK_AND_HOUR = 20
PER_ADDRESS_AND_DAY = 1

# How long an old link still tells who may ask for a new one.
_REMEMBERED = timedelta(days=365)
_TAKE_UP = "newsroom.newsletters.tasks.take_up_request"

_LEFT_OVER_AFTER = timedelta(minutes=2)
_LEFT_OVER_KEPT = timedelta(days=7)
_MOST_AT_ONCE = 500

Kind = ReaderRequest.Kind


def ask(
    address: str,
    newsletters: Iterable[Newsletter],
    *,
    network: str,
    language: str,
    text: ConsentText,
    source: Source,
) -> None:
    """Note that somebody (a normalised address) wants newsletters."""
    facts = {
        "newsletters": sorted(newsletter.pk for newsletter in newsletters),
        "text": text.pk,
        "language": language,
        "source": source,
    }
    _note(Kind.SIGN_UP, address, facts, network)


def ask_for_link(address: str, *, network: str) -> None:
    """Note that somebody wants the link to their own page."""
    _note(Kind.LINK, address, {}, network)


@transaction.atomic
def take_up(request_id: int) -> None:
    """Owe the reader the letter that a request calls for. Done once for each."""
    requests = ReaderRequest.objects.select_for_update().filter(pk=request_id)
    request = requests.first()
    if request is None:
        return
    address = mail_addresses.unseal(request.address_sealed)
    if request.kind == Kind.LINK:
        subscriber = subscribers.find(address)
        if subscriber is not None:
            queue_link(subscriber, request.due_at)
    elif not _is_forbidden(address):
        _take_up_sign_up(request, address)
    request.delete()


def take_up_left_over(at: datetime | None = None) -> int:
    """Take up what a failed job left lying. What cannot be, goes after a week."""
    at = at or timezone.now()
    ReaderRequest.objects.filter(created_at__lt=at - _LEFT_OVER_KEPT).delete()
    waiting = ReaderRequest.objects.filter(created_at__lt=at - _LEFT_OVER_AFTER)
    taken_up = 0
    for number in waiting.order_by("pk").values_list("pk", flat=True)[:_MOST_AT_ONCE]:
        try:
            take_up(number)
            taken_up += 1
        except Exception as error:  # one that fails must not hold up the others
            log.warning("request_failed", number=number, error=type(error).__name__)
    return taken_up


def queue_link(subscriber: Subscriber, due_at: datetime | None = None) -> None:
    """Mail somebody the link to their own page, once a day at most."""
    _lock(subscriber)
    if letters.waiting_for(subscriber, Letter.Kind.LINK).exists():
        return
    due_at = _first_day_for("link", subscriber, due_at)
    if due_at is not None:
        letters.queue(Letter.Kind.LINK, subscriber, {}, due_at)


class Wish:
    """What a link to confirm is about: who, what, the text agreed to, and when."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.subscriber = Subscriber.objects.filter(pk=facts["s"]).first()
        self.text = ConsentText.objects.filter(pk=facts["text"]).first()
        self.newsletters = [
            subscription.newsletter
            for subscription in Subscription.objects.filter(
                subscriber=self.subscriber, newsletter__in=facts["newsletters"]
            ).select_related("newsletter")
            # Who left after the mail was written has to ask anew.
            if subscription.unsubscribed_at is None
            or subscription.unsubscribed_at.timestamp() < facts["at"]
        ]


def find(token: str) -> Wish:
    """Raises ``links.Expired`` or ``links.Invalid``."""
    return _found(token, links.CONFIRMATION_LASTS)


@transaction.atomic
def confirm(wish: Wish) -> None:
    """Subscribe to what was asked for. To do so twice is no error."""
    if wish.subscriber is None:
        return
    new = subscribers.confirm(
        wish.subscriber,
        wish.newsletters,
        source=Source(wish.subscriber.source),
        method=consent.Method.LINK,
        text=wish.text,
    )
    letters.queue_sequence(wish.subscriber, new)


@transaction.atomic
def ask_again(token: str) -> None:
    """Send a new link to whom an old one was sent. Raises ``links.Invalid``."""
    try:
        wish = _found(token, _REMEMBERED)
    except links.Expired:
        raise links.Invalid from None
    if wish.subscriber is not None and wish.newsletters and wish.text is not None:
        _queue_confirmation(wish.subscriber, wish.newsletters, wish.text)


def first_hour_for(network: str) -> datetime | None:
    """When a mail may leave that this network asks for: now, or some hours later."""
    return limits.reserve_hour("network", network.encode(), most=PER_NETWORK_AND_HOUR)


@transaction.atomic
def _note(kind: Kind, address: str, facts: dict[str, Any], network: str) -> None:
    due_at = first_hour_for(network)
    if due_at is None:
        return
    request = ReaderRequest.objects.create(
        kind=kind,
        address_sealed=mail_addresses.seal(address),
        facts=facts,
        due_at=due_at,
    )
    job = app.configure_task(_TAKE_UP, queue="newsletters")
    job.defer(request_id=request.pk)


def _is_forbidden(address: str) -> bool:
    suppression = subscribers.suppression_of(mail_addresses.digest(address))
    return suppression is not None and (suppression.reason == Suppression.Reason.MANUAL)


def _take_up_sign_up(request: ReaderRequest, address: str) -> None:
    facts = request.facts
    asked = Newsletter.objects.open().filter(pk__in=facts["newsletters"])
    newsletters = list(asked)
    if not newsletters:
        return
    text = ConsentText.objects.get(pk=facts["text"])
    source = Source(facts["source"])
    subscriber = subscribers.find_or_add(
        address, language=facts["language"], source=source
    )
    _lock(subscriber)
    subscriptions = Subscription.objects.confirmed().filter(subscriber=subscriber)
    confirmed = set(subscriptions.values_list("newsletter_id", flat=True))
    new = [newsletter for newsletter in newsletters if newsletter.pk not in confirmed]
    if new:
        subscribers.request(subscriber, new, source=source, text=text)
        _queue_confirmation(subscriber, new, text, request.due_at)
    else:
        _queue_known(subscriber, newsletters, request.due_at)


def _queue_confirmation(
    subscriber: Subscriber,
    newsletters: list[Newsletter],
    text: ConsentText,
    due_at: datetime | None = None,
) -> None:
    """One mail for all that was asked for since the last one, once a day at most."""
    _lock(subscriber)
    numbers = {newsletter.pk for newsletter in newsletters}
    waiting = _waiting_sign_up_letter(subscriber)
    if waiting is not None:
        if waiting.kind == Letter.Kind.CONFIRM:
            numbers |= set(waiting.facts["newsletters"])
        waiting.kind = Letter.Kind.CONFIRM
        waiting.facts = {"newsletters": sorted(numbers), "text": text.pk}
        waiting.save(update_fields=["kind", "facts"])
        return
    due_at = _first_day_for("sign-up", subscriber, due_at)
    if due_at is not None:
        facts = {"newsletters": sorted(numbers), "text": text.pk}
        letters.queue(Letter.Kind.CONFIRM, subscriber, facts, due_at)


def _queue_known(
    subscriber: Subscriber, newsletters: list[Newsletter], due_at: datetime
) -> None:
    if _waiting_sign_up_letter(subscriber) is not None:
        return
    first_day = _first_day_for("sign-up", subscriber, due_at)
    if first_day is not None:
        facts = {"newsletters": [newsletter.pk for newsletter in newsletters]}
        letters.queue(Letter.Kind.KNOWN, subscriber, facts, first_day)


def _waiting_sign_up_letter(subscriber: Subscriber) -> Letter | None:
    waiting = letters.waiting_for(subscriber, Letter.Kind.CONFIRM, Letter.Kind.KNOWN)
    return waiting.select_for_update().first()


def _first_day_for(
    what: str, subscriber: Subscriber, due_at: datetime | None
) -> datetime | None:
    digest = bytes(subscriber.address_digest)
    return limits.reserve_day(what, digest, most=PER_ADDRESS_AND_DAY, at=due_at)


def _lock(subscriber: Subscriber) -> None:
    """What two requests for the same address would do at once goes one by one."""
    Subscriber.objects.select_for_update().get(pk=subscriber.pk)


def _found(token: str, lasts: timedelta) -> Wish:
    return Wish(links.read_for_a_while("confirm", token, lasts))
