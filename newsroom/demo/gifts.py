"""What The Meridian was given: a year of gifts, in our books and in the sandbox's.

Givers are invented, and chance has a fixed beginning, so every demo has the same ones.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.support.models import (
    Campaign,
    Contribution,
    Frequency,
    Giver,
    LedgerEntry,
    PromptVariant,
    RecurringContribution,
    VariantTotal,
)
from newsroom.support.models.sandbox import (
    SandboxPayment,
    SandboxSubscription,
)

GIVERS = 240
DAYS = 400
_MONTH = timedelta(days=30)
_YEAR = timedelta(days=365)
_NAMES = ["Ilze", "Marek", "Sofia", "Giorgi", "Hannah", "Tomas", "Aino", "Luc", "Wen"]
_CURRENCIES = ["USD", "USD", "USD", "EUR", "EUR", "GBP"]
_ONCE = [1000, 2500, 2500, 5000, 10000, 700]
_MONTHLY = [200, 500, 500, 500, 1000, 2500]
_ANNUAL = [2500, 6000, 6000, 12000]
# Fee of a payment: percent, and minor units.
_FEE = (0.015, 30)

Entry = LedgerEntry.Kind
State = Contribution.State


@dataclass
class _Books:
    """Rows on their way into the database."""

    gifts: list[Contribution] = field(default_factory=list)
    payments: list[SandboxPayment] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)


def fill(campaigns: list[Campaign]) -> int:
    """Make the givers and all that they gave; return the number of gifts."""
    chance = random.Random(7)
    books = _Books()
    for giver in _givers(chance):
        _give(giver, campaigns, books, chance)
    books.gifts.sort(key=lambda gift: gift.paid_at or gift.created_at)
    for number, gift in enumerate(books.gifts, 1):
        gift.receipt_number = number
    Contribution.objects.bulk_create(books.gifts)
    SandboxPayment.objects.bulk_create(books.payments)
    LedgerEntry.objects.bulk_create(books.entries)
    _give_some_back(chance)
    _count_askings(chance)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval('support_receipt_number', %s)", [len(books.gifts)]
        )
    return len(books.gifts)


def _givers(chance: random.Random) -> list[Giver]:
    givers = []
    for number in range(GIVERS):
        address = f"giver{number:04d}@example.org"
        name = chance.choice([*_NAMES, "", "", "", ""])
        givers.append(
            Giver(
                address_sealed=mail_addresses.seal(address),
                address_digest=mail_addresses.digest(address),
                domain_digest=mail_addresses.domain_digest(address),
                name_sealed=mail_addresses.seal(name) if name else b"",
                is_neutral=chance.random() < 0.15,
            )
        )
    return Giver.objects.bulk_create(givers)


def _give(
    giver: Giver, campaigns: list[Campaign], books: _Books, chance: random.Random
) -> None:
    """One gift or, from every second giver, one that renews."""
    ordinary, winter = campaigns
    began = timezone.now() - timedelta(days=DAYS * chance.random() ** 1.3, hours=1)
    is_winter = winter.begins_at is not None and began > winter.begins_at
    campaign = winter if is_winter else ordinary
    variants = list(
        PromptVariant.objects.filter(prompt__campaign=campaign, prompt__placement="end")
    )
    terms: dict[str, Any] = {
        "currency": chance.choice(_CURRENCIES),
        "campaign": campaign,
        "variant": chance.choice(variants) if variants else None,
        "descriptor": campaign.statement_descriptor,
    }
    frequency = chance.choice([*Frequency, Frequency.ONCE, Frequency.MONTHLY])
    if frequency == Frequency.ONCE:
        _pay(giver, frequency, chance.choice(_ONCE), began, terms, books)
        return
    amount = chance.choice(_MONTHLY if frequency == Frequency.MONTHLY else _ANNUAL)
    recurring, times = _recurring(giver, frequency, amount, began, terms, chance)
    for at in times:
        _pay(giver, frequency, amount, at, terms, books, recurring)


def _recurring(
    giver: Giver,
    frequency: Frequency,
    amount_minor: int,
    began: datetime,
    terms: dict[str, Any],
    chance: random.Random,
) -> tuple[RecurringContribution, list[datetime]]:
    """The gift with its twin in the sandbox, and when it was paid."""
    step = _MONTH if frequency == Frequency.MONTHLY else _YEAR
    lasted = timedelta(days=90 + 600 * chance.random())
    ended = began + lasted if began + lasted < timezone.now() else None
    times = list(_times(began, step, ended or timezone.now()))
    card_ends = date(timezone.now().year + 1 + chance.randrange(3), 6, 30)
    recurring = RecurringContribution.objects.create(
        giver=giver,
        state="cancelled" if ended else "active",
        frequency=frequency,
        amount_minor=amount_minor,
        currency=terms["currency"],
        provider="sandbox",
        method="card",
        campaign=terms["campaign"],
        variant=terms["variant"],
        began_at=began,
        cancelled_at=ended,
        next_at=None if ended else times[-1] + step,
        card_ends=card_ends,
        told_at=ended or times[-1],
    )
    twin = SandboxSubscription.objects.create(
        recurring=recurring.public_id,
        state=recurring.state,
        frequency=frequency,
        amount_minor=amount_minor,
        currency=terms["currency"],
        method="card",
        country="DE",
        card_ends=card_ends,
        next_at=times[-1] + step,
    )
    recurring.provider_ref = twin.ref
    recurring.save(update_fields=["provider_ref"])
    return recurring, times


def _times(began: datetime, step: timedelta, end: datetime) -> Iterator[datetime]:
    at = began
    while at < end:
        yield at
        at += step


def _pay(
    giver: Giver,
    frequency: Frequency,
    amount_minor: int,
    at: datetime,
    terms: dict[str, Any],
    books: _Books,
    recurring: RecurringContribution | None = None,
) -> None:
    fee = round(amount_minor * _FEE[0]) + _FEE[1]
    gift = Contribution(
        giver=giver,
        recurring=recurring,
        state=State.SUCCEEDED,
        verdict=Contribution.Verdict.ACCEPTED,
        frequency=frequency,
        amount_minor=amount_minor,
        provider="sandbox",
        method="card",
        paid_at=at,
        **terms,
    )
    payment = SandboxPayment(
        contribution=gift.public_id,
        amount_minor=amount_minor,
        currency=gift.currency,
        fee_minor=fee,
        method="card",
        country="DE",
        created_at=at,
    )
    gift.payment_ref = payment.ref
    books.gifts.append(gift)
    books.payments.append(payment)
    for kind, amount in ((Entry.GIFT, amount_minor), (Entry.FEE, -fee)):
        books.entries.append(_entry(gift, kind, amount, payment.ref, at))


def _entry(
    gift: Contribution, kind: str, amount_minor: int, ref: str, at: datetime
) -> LedgerEntry:
    return LedgerEntry(
        contribution=gift,
        kind=kind,
        amount_minor=amount_minor,
        currency=gift.currency,
        provider="sandbox",
        ref=ref,
        happened_at=at,
    )


def _give_some_back(chance: random.Random) -> None:
    """Of a hundred gifts one went back, as the sandbox knows too."""
    gifts = list(Contribution.objects.filter(frequency=Frequency.ONCE))
    for gift in chance.sample(gifts, max(2, len(gifts) // 40)):
        payment = SandboxPayment.objects.get(ref=gift.payment_ref)
        assert gift.paid_at is not None  # noqa: S101
        at = gift.paid_at + timedelta(days=2)
        if at > timezone.now():
            continue
        refund = payment.refunds.create(
            amount_minor=gift.amount_minor, key=f"demo-{gift.pk}"
        )
        _entry(gift, Entry.REFUND, -gift.amount_minor, refund.ref, at).save()
        gift.state = State.REFUNDED
        gift.save(update_fields=["state"])


def _count_askings(chance: random.Random) -> None:
    """How often each wording was shown: some hundred times for each gift."""
    totals = []
    for variant in PromptVariant.objects.select_related("prompt__campaign"):
        begins_at = variant.prompt.campaign.begins_at
        began = begins_at or timezone.now() - timedelta(days=60)
        days = (timezone.now() - began).days
        for number in range(days):
            shown = 180 + chance.randrange(90)
            totals.append(
                VariantTotal(
                    variant=variant,
                    day=(began + timedelta(days=number)).date(),
                    shown=shown,
                    closed=round(shown * (0.03 + 0.02 * chance.random())),
                    continued=round(shown * (0.008 + 0.006 * chance.random())),
                )
            )
    VariantTotal.objects.bulk_create(totals)
