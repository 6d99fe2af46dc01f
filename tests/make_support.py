"""Makers of valid objects of reader support, as ``tests.make`` has them."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.support.models import (
    AmountChoice,
    Campaign,
    Contribution,
    CountryPolicy,
    FreeAmount,
    Frequency,
    Giver,
    LedgerEntry,
    PaymentMethod,
    Prompt,
    PromptVariant,
    Question,
    RecurringContribution,
    Spending,
    SpendingShare,
    TargetingRule,
)

_numbers = itertools.count(1)

AMOUNTS = {
    Frequency.ONCE: (1000, 2500, 5000),
    Frequency.MONTHLY: (200, 500, 1000),
    Frequency.ANNUAL: (2500, 6000, 12000),
}


def amounts(currency: str = "USD") -> None:
    """Three amounts for each frequency, the second chosen at first, and free ones."""
    for frequency, offered in AMOUNTS.items():
        for amount_minor in offered:
            AmountChoice.objects.create(
                frequency=frequency,
                currency=currency,
                amount_minor=amount_minor,
                is_default=amount_minor == offered[1],
            )
        FreeAmount.objects.create(
            frequency=frequency,
            currency=currency,
            least_minor=200,
            most_minor=1_000_000,
        )


def method(**values: Any) -> PaymentMethod:
    defaults = {"provider": "sandbox", "code": "card", "name": "Card"}
    return PaymentMethod.objects.create(**defaults | values)


def campaign(**values: Any) -> Campaign:
    """A campaign that is running."""
    defaults = {"name": f"Campaign {next(_numbers)}", "is_active": True}
    return Campaign.objects.create(**defaults | values)


def prompt(
    placement: str = Prompt.Placement.END, *, targeting: Any = None, **values: Any
) -> Prompt:
    """A message with one variant; ``targeting`` are fields of its rule."""
    if "campaign" not in values:
        values["campaign"] = campaign()
    made = Prompt.objects.create(placement=placement, **values)
    variant(made)
    rule = TargetingRule(prompt=made)
    many = {}
    for name, value in (targeting or {}).items():
        if TargetingRule._meta.get_field(name).many_to_many:
            many[name] = value
        else:
            setattr(rule, name, value)
    rule.save()
    for name, value in many.items():
        getattr(rule, name).set(value)
    return made


def variant(prompt: Prompt, **values: Any) -> PromptVariant:
    defaults = {
        "name": chr(ord("A") + prompt.variants.count()),
        "heading": "From the newsroom",
        "message": "<p>Dear readers,</p><p>{publication} lives on small gifts.</p>",
        "button": "Continue",
    }
    return PromptVariant.objects.create(prompt=prompt, **defaults | values)


def giver(address: str = "", *, name: str = "", **values: Any) -> Giver:
    address = mail_addresses.normalised(address or f"giver{next(_numbers)}@example.org")
    return Giver.objects.create(
        address_sealed=mail_addresses.seal(address),
        address_digest=mail_addresses.digest(address),
        domain_digest=mail_addresses.domain_digest(address),
        name_sealed=mail_addresses.seal(name) if name else b"",
        **values,
    )


def contribution(**values: Any) -> Contribution:
    """A gift that was begun and is not paid."""
    defaults: dict[str, Any] = {
        "frequency": Frequency.ONCE,
        "amount_minor": 2500,
        "currency": "USD",
        "provider": "sandbox",
        "method": "card",
    }
    if "giver" not in values:
        values["giver"] = giver()
    return Contribution.objects.create(**defaults | values)


def paid(
    *, at: datetime | None = None, fee_minor: int = 0, **values: Any
) -> Contribution:
    """A gift that was paid, accepted and entered in the ledger."""
    at = at or timezone.now() - timedelta(hours=1)
    made = contribution(
        **{
            "state": Contribution.State.SUCCEEDED,
            "verdict": Contribution.Verdict.ACCEPTED,
            "paid_at": at,
            "payment_ref": f"pay-{next(_numbers)}",
        }
        | values
    )
    entry(made, LedgerEntry.Kind.GIFT, made.amount_minor, at=at)
    if fee_minor:
        entry(made, LedgerEntry.Kind.FEE, -fee_minor, at=at)
    return made


def entry(
    contribution: Contribution, kind: str, amount_minor: int, *, at: datetime
) -> LedgerEntry:
    return LedgerEntry.objects.create(
        contribution=contribution,
        kind=kind,
        amount_minor=amount_minor,
        currency=contribution.currency,
        provider=contribution.provider,
        ref=f"{contribution.payment_ref}-{next(_numbers)}",
        happened_at=at,
    )


def recurring(**values: Any) -> RecurringContribution:
    """A monthly gift that is running."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "state": RecurringContribution.State.ACTIVE,
        "frequency": Frequency.MONTHLY,
        "amount_minor": 500,
        "currency": "USD",
        "provider": "sandbox",
        "method": "card",
        "provider_ref": f"sub-{number}",
        "began_at": timezone.now() - timedelta(days=40),
        "next_at": timezone.now() + timedelta(days=20),
    }
    if "giver" not in values:
        values["giver"] = giver()
    return RecurringContribution.objects.create(**defaults | values)


def country(code: str = "RU", **values: Any) -> CountryPolicy:
    defaults = {
        "name": f"Country {code}",
        "warning": "Giving from there could be prosecuted.",
    }
    return CountryPolicy.objects.create(country=code, **defaults | values)


def question(**values: Any) -> Question:
    defaults = {
        "question": "Can I cancel?",
        "answer": "<p>At any time, in one step.</p>",
    }
    return Question.objects.create(**defaults | values)


def spending(*, sizes: dict[str, int] | None = None, **values: Any) -> Spending:
    """The one row, shown; ``sizes`` are hundredths of a percent or minor units."""
    Spending.objects.filter(pk=1).update(**{"is_shown": True} | values)
    for label, size in (sizes or {"Reporters": 6000, "Lawyers": 4000}).items():
        SpendingShare.objects.create(spending_id=1, label=label, size=size)
    return Spending.current()
