"""What disputes cost: our totals against the sum of Stripe's balance transactions."""

import random

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from newsroom.support import payments
from newsroom.support.books import ledger, reports
from newsroom.support.models import Contribution, LedgerEntry
from tests.data import stripe_objects as objects
from tests.newsroom.support import books, people
from tests.newsroom.support.stripe_peer import Peer

pytestmark = pytest.mark.django_db


@pytest.fixture
def peer(settings):
    settings.STRIPE_SECRET_KEY = "sk_test_only"
    settings.STRIPE_WEBHOOK_SECRET = objects.SECRET
    with Peer() as peer:
        settings.STRIPE_API_BASE = peer.base
        yield peer


def taken(**values):
    """As Stripe books a dispute: money and fee in one movement."""
    return objects.balance_transaction(
        type="adjustment", amount=-2500, fee=1500, net=-4000, **values
    )


def returned(fee, **values):
    return objects.balance_transaction(
        type="adjustment",
        amount=2500,
        fee=fee,
        net=2500 - fee,
        created=objects.NOON + 9,
        **values,
    )


def dispute_of(gift, *moves):
    """The events of a dispute, each with the movements that there were by then."""
    of = {"payment_intent": gift["payment_intent"], "id": objects.number("du")}
    told = [("created", moves[:1]), ("funds_withdrawn", moves[:1])]
    if len(moves) > 1:
        told += [("funds_reinstated", moves)]
    return [
        objects.event(
            f"charge.dispute.{name}",
            objects.dispute(balance_transactions=list(some), **of),
        )
        for name, some in [*told, ("closed", moves)]
    ]


def hear(told):
    stripe = payments.named("stripe")
    body, headers = objects.signed(told)
    for event in stripe.parse_event(body, headers, at=timezone.now()):
        ledger.apply(stripe.more_about(event), "stripe")


def booked(currency="USD"):
    sums = LedgerEntry.objects.filter(currency=currency).aggregate(
        sum=Sum("amount_minor")
    )
    return sums["sum"]


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        ([taken()], "disputed"),
        # Where Stripe keeps the fee, and where it gives it back to who wins.
        ([taken(), returned(0)], "succeeded"),
        ([taken(), returned(-1500)], "succeeded"),
    ],
)
def test_totals_are_those_of_the_provider_whatever_comes_when(peer, moves, state):
    gift = books.gift()
    paid = peer.pay({"gift": gift.public_id})
    charge = paid[1]["data"]["object"]
    told = dispute_of(charge, *moves) * 2
    random.Random(4).shuffle(told)

    for event in [*paid, *told]:
        hear(event)

    gift.refresh_from_db()
    assert gift.state == state
    assert booked() == 2397 + sum(move["net"] for move in moves)
    month = books.NOON.date().replace(day=1)
    cells = reports.totals(month, month).cells
    assert sum(cell.sums.net for cell in cells) == booked()
    assert sum(cell.sums.fees for cell in cells) == -103 - sum(
        move["fee"] for move in moves
    )


def test_a_fee_in_the_accounts_own_currency_comes_back_in_it(peer):
    gift = books.gift()
    paid = peer.pay({"gift": gift.public_id})
    charge = paid[1]["data"]["object"]
    moves = [taken(currency="eur"), returned(-1500, currency="eur")]

    for event in [*paid, *dispute_of(charge, *moves)]:
        hear(event)

    fees = LedgerEntry.objects.filter(kind="fee", currency="EUR")
    assert sorted(fees.values_list("amount_minor", flat=True)) == [-1500, 1500]
    assert booked() == 2397


@pytest.mark.parametrize(
    ("kind", "amount"),
    [("fee", 0), ("refund", 100), ("dispute", 100), ("gift", -100)],
)
def test_only_a_fee_may_stand_on_either_side(kind, amount):
    people.gift()
    gift = Contribution.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        people.moved(gift, kind, amount)

    people.moved(gift, "fee", 100)
    assert booked() == 2600
