"""Gifts and what is told of them, for tests of the books."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from newsroom.support.models import (
    Contribution,
    CountryPolicy,
    Giver,
    GiverLetter,
    LedgerEntry,
    RecurringContribution,
    RefundOrder,
)
from newsroom.support.payments.interface import Event, Kind
from tests.newsroom.support import people

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def gift(**values: Any) -> Contribution:
    """$25 once, not paid yet."""
    defaults = {
        "frequency": "once",
        "amount_minor": 2500,
        "currency": "USD",
        "provider": "stripe",
        "method": "card",
    }
    if "giver" not in values:
        values["giver"] = people.giver()
    return Contribution.objects.create(**defaults | values)


def series(**values: Any) -> RecurringContribution:
    """$5 a month, not begun yet, with the gift that its first payment is."""
    defaults = {
        "frequency": "monthly",
        "amount_minor": 500,
        "currency": "USD",
        "provider": "stripe",
        "method": "card",
        "giver": people.giver(),
    }
    made = RecurringContribution.objects.create(**defaults | values)
    gift(
        giver=made.giver,
        recurring=made,
        frequency=made.frequency,
        amount_minor=made.amount_minor,
        currency=made.currency,
        provider=made.provider,
    )
    return made


def event(kind: Kind, after: int = 0, **values: Any) -> Event:
    """So many seconds after noon."""
    number = next(_numbers)
    defaults = {
        "event_id": f"evt_{number}",
        "happened_at": NOON + timedelta(seconds=after),
    }
    return Event(kind=kind, **defaults | values)


def paid(of: Contribution, **values: Any) -> Event:
    """As a provider tells it that knows the country already."""
    defaults = {
        "contribution": of.public_id,
        "payment_ref": f"pi_{of.pk}",
        "amount_minor": of.amount_minor,
        "currency": of.currency,
        "country": "DE",
        "has_country": True,
    }
    return event(Kind.PAID, **defaults | values)


def refuse(country: str, **values: Any) -> CountryPolicy:
    return CountryPolicy.objects.create(
        country=country, name=country, never_accept=True, **values
    )


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """All that the books hold, but for the numbers of rows and the time of writing."""
    Kinds = GiverLetter.objects.order_by("kind", "contribution__payment_ref")
    return {
        "gifts": list(
            Contribution.objects.order_by("provider", "payment_ref", "pk").values_list(
                *["payment_ref", "state", "verdict", "is_silent", "amount_minor"],
                *["currency", "paid_at", "recurring__provider_ref", "method"],
                "frequency",
            )
        ),
        "entries": list(
            LedgerEntry.objects.order_by("kind", "ref").values_list(
                *["kind", "ref", "amount_minor", "currency", "happened_at"],
                "contribution__payment_ref",
            )
        ),
        "series": list(
            RecurringContribution.objects.order_by("pk").values_list(
                *["state", "provider_ref", "payer_ref", "amount_minor", "next_at"],
                *["began_at", "cancelled_at", "told_at", "card_ends"],
            )
        ),
        "letters": list(
            Kinds.values_list("kind", "contribution__payment_ref", "recurring")
        ),
        "orders": list(
            RefundOrder.objects.order_by("contribution__payment_ref").values_list(
                "contribution__payment_ref", "amount_minor", "state"
            )
        ),
        "numbered": list(
            Contribution.objects.exclude(receipt_number=None)
            .order_by("payment_ref")
            .values_list("payment_ref", flat=True)
        ),
    }


def giver_of(of: Contribution) -> Giver:
    assert of.giver is not None
    return of.giver
