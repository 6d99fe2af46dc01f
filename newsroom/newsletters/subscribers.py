"""Readers and their subscriptions: the only writers of either.

Sign-up, preference page, unsubscribing, bounces and the admin go through here (imports
do the same in bulk, in ``imports``), so that the consent ledger misses nothing.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.newsletters import consent
from newsroom.newsletters.models import (
    BounceEvent,
    ConsentText,
    Newsletter,
    Subscriber,
    Subscription,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source

State = Subscription.State

PENDING_KEPT = timedelta(days=30)


def find(address: str) -> Subscriber | None:
    """By a normalised address."""
    digest = mail_addresses.digest(address)
    return Subscriber.objects.filter(address_digest=digest).first()


def find_or_add(address: str, *, language: str, source: Source) -> Subscriber:
    """By a normalised address; two who ask at once get the same row."""
    subscriber, _is_new = Subscriber.objects.get_or_create(
        address_digest=mail_addresses.digest(address),
        defaults={
            "address_sealed": mail_addresses.seal(address),
            "domain_digest": mail_addresses.domain_digest(address),
            "language": language,
            "source": source,
        },
    )
    return subscriber


def suppression_of(address_digest: bytes) -> Suppression | None:
    return Suppression.objects.filter(address_digest=address_digest).first()


@transaction.atomic
def request(
    subscriber: Subscriber,
    newsletters: Iterable[Newsletter],
    *,
    source: Source,
    text: ConsentText,
    method: consent.Method = consent.Method.FORM,
) -> None:
    """Note that somebody asked for newsletters. Nothing is sent before they confirm."""
    asked = list(newsletters)
    for newsletter in asked:
        subscription, is_new = Subscription.objects.select_for_update().get_or_create(
            subscriber=subscriber,
            newsletter=newsletter,
            defaults={
                "state": State.PENDING,
                "source": source,
                "requested_at": timezone.now(),
            },
        )
        if not is_new and subscription.state == State.PENDING:
            subscription.requested_at = timezone.now()
            subscription.save(update_fields=["requested_at"])
    consent.record(
        consent.Kind.REQUESTED,
        method,
        bytes(subscriber.address_digest),
        asked,
        text=text,
    )


@transaction.atomic
def confirm(
    subscriber: Subscriber,
    newsletters: Iterable[Newsletter],
    *,
    source: Source,
    method: consent.Method,
    text: ConsentText | None = None,
) -> list[Newsletter]:
    """Subscribe, also those who left before. Returns what is new.

    A confirmation is a fresh consent: it lifts a suppression for bounces, complaints or
    erasure, never one that staff entered.
    """
    digest = bytes(subscriber.address_digest)
    _lift_suppression(digest)
    now = timezone.now()
    new = []
    for newsletter in newsletters:
        subscription, _is_new = Subscription.objects.select_for_update().get_or_create(
            subscriber=subscriber,
            newsletter=newsletter,
            defaults={"state": State.PENDING, "source": source, "requested_at": now},
        )
        if subscription.state != State.CONFIRMED:
            subscription.state = State.CONFIRMED
            subscription.confirmed_at = now
            subscription.unsubscribed_at = None
            subscription.save()
            new.append(newsletter)
    if subscriber.soft_bounces:
        subscriber.soft_bounces = 0
        subscriber.save(update_fields=["soft_bounces"])
    consent.record(consent.Kind.CONFIRMED, method, digest, new, text=text)
    return new


@transaction.atomic
def leave(
    subscriber: Subscriber,
    newsletters: Iterable[Newsletter] | None,
    *,
    method: consent.Method,
) -> list[Newsletter]:
    """Unsubscribe from some newsletters or (``None``) from all. Returns what was left.

    To be told again of what was left before is no error and changes nothing.
    """
    # Only the subscriptions: a lock on the newsletter would make everybody else wait.
    subscriptions = subscriber.subscriptions.select_for_update(
        of=["self"]
    ).select_related("newsletter")
    if newsletters is not None:
        subscriptions = subscriptions.filter(newsletter__in=list(newsletters))
    left = []
    for subscription in subscriptions.exclude(state=State.UNSUBSCRIBED):
        subscription.state = State.UNSUBSCRIBED
        subscription.unsubscribed_at = timezone.now()
        subscription.save(update_fields=["state", "unsubscribed_at"])
        left.append(subscription.newsletter)
    consent.record(
        consent.Kind.WITHDRAWN, method, bytes(subscriber.address_digest), left
    )
    return left


def prefer(
    subscriber: Subscriber, *, language: str, format: str, paused_until: date | None
) -> None:
    """How somebody wants their mail; it is no matter of consent."""
    subscriber.language = language
    subscriber.format = format
    subscriber.paused_until = paused_until
    subscriber.save(update_fields=["language", "format", "paused_until"])


@transaction.atomic
def purge(at: datetime | None = None) -> int:
    """Delete what nobody confirmed for 30 days, and who has nothing left by it."""
    before = (at or timezone.now()) - PENDING_KEPT
    pending = Subscription.objects.filter(state=State.PENDING, requested_at__lt=before)
    count = pending.delete()[0]
    bare = Subscriber.objects.filter(
        subscriptions=None, created_at__lt=before, letters=None
    )
    bare.delete()
    return count


@transaction.atomic
def suppress(
    address_digest: bytes, reason: Suppression.Reason, *, method: consent.Method
) -> None:
    """Send nothing to an address any more, and end its subscriptions."""
    Suppression.objects.get_or_create(
        address_digest=address_digest, defaults={"reason": reason}
    )
    if reason == Suppression.Reason.MANUAL:
        # A later sign-up lifts other bars; what staff entered, staff lift.
        Suppression.objects.filter(address_digest=address_digest).update(reason=reason)
    subscriber = Subscriber.objects.filter(address_digest=address_digest).first()
    if subscriber is not None:
        leave(subscriber, None, method=method)


def count_soft_bounce(subscriber: Subscriber) -> int:
    """Note one more soft bounce, and return how many there are in a row."""
    Subscriber.objects.filter(pk=subscriber.pk).update(
        soft_bounces=F("soft_bounces") + 1
    )
    subscriber.refresh_from_db(fields=["soft_bounces"])
    return subscriber.soft_bounces


def forget_soft_bounces(readers: QuerySet[Subscriber]) -> int:
    """Begin to count anew, and return for how many."""
    return readers.filter(soft_bounces__gt=0).update(soft_bounces=0)


@transaction.atomic
def erase(subscriber: Subscriber, *, method: consent.Method) -> None:
    """Delete everything of somebody but the hash in the ledger and the suppression."""
    digest = bytes(subscriber.address_digest)
    leave(subscriber, None, method=method)
    consent.record(consent.Kind.ERASED, method, digest, [None])
    Suppression.objects.get_or_create(
        address_digest=digest, defaults={"reason": Suppression.Reason.ERASURE}
    )
    _forget_bounces(digest)
    subscriber.delete()


@transaction.atomic
def move(subscriber: Subscriber, new_address: str) -> Subscriber:
    """Give somebody another (normalised) address, confirmed by a link sent to it.

    Where the new address is a subscriber already, the two become one.
    """
    known = find(new_address)
    if known == subscriber:
        return subscriber
    if known is not None:
        _join(subscriber, known)
        return known
    old_digest = bytes(subscriber.address_digest)
    subscriber.address_sealed = mail_addresses.seal(new_address)
    subscriber.address_digest = mail_addresses.digest(new_address)
    subscriber.domain_digest = mail_addresses.domain_digest(new_address)
    subscriber.soft_bounces = 0
    subscriber.save()
    moved = [
        subscription.newsletter
        for subscription in subscriber.subscriptions.confirmed().select_related(
            "newsletter"
        )
    ]
    method = consent.Method.PREFERENCES
    consent.record(consent.Kind.WITHDRAWN, method, old_digest, moved)
    _forget_bounces(old_digest)
    new_digest = bytes(subscriber.address_digest)
    _lift_suppression(new_digest)
    consent.record(consent.Kind.CONFIRMED, method, new_digest, moved)
    return subscriber


def _lift_suppression(address_digest: bytes) -> None:
    """Whoever confirms has the mailbox. What staff entered stays."""
    Suppression.objects.filter(address_digest=address_digest).exclude(
        reason=Suppression.Reason.MANUAL
    ).delete()


def _forget_bounces(address_digest: bytes) -> None:
    """Of an address that is no longer here."""
    BounceEvent.objects.filter(address_digest=address_digest).delete()


def _join(one: Subscriber, other: Subscriber) -> None:
    wanted = [
        subscription.newsletter
        for subscription in one.subscriptions.confirmed().select_related("newsletter")
    ]
    method = consent.Method.PREFERENCES
    confirm(other, wanted, source=Source(one.source), method=method)
    leave(one, None, method=method)
    _forget_bounces(bytes(one.address_digest))
    one.delete()
