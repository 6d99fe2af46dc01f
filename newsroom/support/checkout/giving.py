"""Beginning a gift: who, how much, and the provider's page on which it is paid.

Without cookies nothing ties two presses of “Continue” together but what they say. So
the same wish, pressed again within minutes while the first is not paid, finds that
gift and its one checkout, which can be paid once. A page's script adds a random key:
with it a second press after paying leads to the thanks for the first.
"""

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.support import payments
from newsroom.support.checkout import offer
from newsroom.support.models import (
    Campaign,
    Contribution,
    Frequency,
    Giver,
    PaymentMethod,
    Press,
    PromptVariant,
    RecurringContribution,
)
from newsroom.support.payments.interface import Checkout, NotPossible, Unreachable
from newsroom.support.people import givers

State = Contribution.State

SAME_WISH = timedelta(minutes=15)
SAME_PAGE = timedelta(hours=1)


@dataclass(frozen=True)
class Wish:
    """What somebody asked for, checked. ``amount_minor`` is without the fee."""

    address: str
    frequency: str
    amount_minor: int
    currency: str
    method: PaymentMethod
    covers_fee: bool = False
    name: str = ""
    message: str = ""
    is_anonymous: bool = True
    is_neutral: bool = False
    language: str = "en"
    campaign: Campaign | None = None
    variant: PromptVariant | None = None
    # Random, of the page on which it was pressed; empty without scripts.
    key: str = ""
    # The public number of a gift that was begun and is now begun anew.
    instead_of: str = ""

    @property
    def covered_minor(self) -> int:
        if not self.covers_fee:
            return 0
        return offer.covering(self.method, self.amount_minor, self.currency)


def begin(wish: Wish, *, at: datetime | None = None) -> Checkout:
    """Note the gift, and return where it is paid.

    Raises ``NotPossible`` or ``Unreachable``; pressed again, it goes on from there.
    """
    contribution, earlier = _begun(wish, at or timezone.now())
    if contribution.state != State.PENDING:
        return Checkout(url=thanks_url(contribution))
    for left in earlier:
        _close(left)
    checkout = payments.named(contribution.provider).start_checkout(
        contribution,
        address=wish.address,
        back=_url("again", contribution),
        done=thanks_url(contribution),
    )
    Contribution.objects.filter(pk=contribution.pk).update(checkout_ref=checkout.ref)
    return checkout


def thanks_url(contribution: Contribution) -> str:
    return _url("thanks", contribution)


def forget_presses(at: datetime | None = None) -> int:
    """Delete what tied presses together. Done with every gift, and every hour."""
    before = (at or timezone.now()) - SAME_PAGE
    return Press.objects.filter(pressed_at__lt=before).delete()[0]


def _url(page: str, contribution: Contribution) -> str:
    path = reverse(f"support:{page}", args=[contribution.public_id])
    return f"{settings.SITE_URL}{path}"


@transaction.atomic
def _begun(wish: Wish, at: datetime) -> tuple[Contribution, list[Contribution]]:
    """The gift, and those that it takes the place of."""
    forget_presses(at)
    digest = _digest(wish)
    _one_at_a_time(digest)
    earlier = _left_behind(wish.instead_of)
    press = Press.objects.filter(digest=digest).select_related("contribution").first()
    if press is not None:
        found = press.contribution
        if _goes_on(wish, press, at):
            return found, [left for left in earlier if left.pk != found.pk]
        if found.state == State.FAILED:
            earlier.append(found)
        press.delete()
    contribution = _make(wish)
    Press.objects.create(digest=digest, contribution=contribution, pressed_at=at)
    return contribution, earlier


def _goes_on(wish: Wish, press: Press, at: datetime) -> bool:
    if press.contribution.state == State.FAILED:
        return False
    if wish.key:
        return True
    is_fresh = press.pressed_at > at - SAME_WISH
    return is_fresh and press.contribution.state == State.PENDING


def _make(wish: Wish) -> Contribution:
    giver = givers.found_or_made(
        wish.address,
        name=wish.name,
        language=wish.language,
        is_neutral=wish.is_neutral,
    )
    amount_minor = wish.amount_minor + wish.covered_minor
    recurring = None
    if wish.frequency != Frequency.ONCE:
        recurring = RecurringContribution.objects.create(
            giver=giver,
            frequency=wish.frequency,
            amount_minor=amount_minor,
            currency=wish.currency,
            provider=wish.method.provider,
            method=wish.method.code,
            campaign=wish.campaign,
            variant=wish.variant,
        )
    return Contribution.objects.create(
        giver=giver,
        recurring=recurring,
        frequency=wish.frequency,
        amount_minor=amount_minor,
        covered_minor=wish.covered_minor,
        currency=wish.currency,
        provider=wish.method.provider,
        method=wish.method.code,
        campaign=wish.campaign,
        variant=wish.variant,
        message_sealed=mail_addresses.seal(wish.message) if wish.message else b"",
        is_anonymous=wish.is_anonymous,
        descriptor=wish.campaign.statement_descriptor if wish.campaign else "",
    )


def _digest(wish: Wish) -> bytes:
    """All that was asked for, under the key of addresses: it tells nobody anything."""
    said = [
        wish.key,
        wish.address,
        wish.frequency,
        wish.amount_minor,
        wish.covered_minor,
        wish.currency,
        offer.name_of(wish.method),
        wish.name,
        wish.message,
        wish.is_anonymous,
        wish.is_neutral,
    ]
    return mail_addresses.sign("press", json.dumps(said).encode(), size=32)


def _one_at_a_time(digest: bytes) -> None:
    number = int.from_bytes(digest[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _left_behind(public_id: str) -> list[Contribution]:
    open_states = [State.PENDING, State.FAILED]
    return list(Contribution.objects.filter(public_id=public_id, state__in=open_states))


def close_begun(giver: Giver) -> None:
    """Close the checkouts that somebody has begun and not paid."""
    for gift in giver.contributions.filter(state=State.PENDING):
        _close(gift)


def _close(contribution: Contribution) -> None:
    """So that what was begun before is not paid too, from another window."""
    # If the provider does not listen, a second payment is at least seen by the giver.
    with contextlib.suppress(NotPossible, Unreachable, payments.Unknown):
        payments.named(contribution.provider).close_checkout(contribution)
