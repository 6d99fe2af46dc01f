"""The sandbox's own events through the whole path, in any order."""

import json

import pytest

from newsroom.support import payments, webhooks
from newsroom.support.books import reconciling, recurring, refunds
from newsroom.support.models import (
    Contribution,
    Difference,
    SandboxCheckout,
    SandboxDispute,
    SandboxEvent,
    SandboxPayment,
    SandboxSubscription,
    WebhookEvent,
)
from newsroom.support.payments import sandbox_actions, sandbox_events
from tests.newsroom.support import books

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def demo(settings):
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.newsroom.support.demo_urls"


def hear(client) -> None:
    """All that the sandbox has to tell, twice, the newest first."""
    told = list(SandboxEvent.objects.order_by("-pk"))
    for event in told * 2:
        body = json.dumps(event.body).encode()
        headers = {sandbox_events.HEADER: sandbox_events.signed(body)}
        answer = client.post(
            "/hooks/sandbox/", body, content_type="application/json", headers=headers
        )
        assert answer.status_code == 200
    for _round in range(4):
        webhooks.apply_due()
        WebhookEvent.objects.filter(state="stored").update(due_at=books.NOON)
    assert not WebhookEvent.objects.filter(state__in=["stored", "stuck"]).exists()


def pay(gift: Contribution, *, country: str = "DE") -> str:
    checkout = payments.named("sandbox").start_checkout(
        gift, address="", back="http://testserver/", done="http://testserver/"
    )
    sandbox_actions.pay(checkout.ref, SandboxCheckout.Card.values[0], country)
    return checkout.ref


def test_a_gift_that_was_paid_in_part_given_back_and_disputed(client):
    gift = books.gift(provider="sandbox")
    pay(gift)
    hear(client)
    gift.refresh_from_db()
    assert (gift.state, gift.verdict) == ("succeeded", "accepted")
    assert gift.receipt_number is not None

    order = refunds.order(gift, 700, by=None)
    refunds.carry_out_due()
    sandbox_actions.dispute(gift.payment_ref)
    hear(client)

    gift.refresh_from_db()
    order.refresh_from_db()
    assert gift.state == "disputed"
    assert (order.state, order.movement_ref != "") == ("done", True)
    sandbox_actions.settle(SandboxDispute.objects.get().ref, won=True)
    hear(client)
    gift.refresh_from_db()
    assert gift.state == "succeeded"
    assert refunds.left_of(gift) == 1800


def test_a_monthly_gift_renews_and_ends(client):
    series = books.series(provider="sandbox")
    pay(series.contributions.get())
    subscription = SandboxSubscription.objects.get()
    sandbox_actions.renew(subscription.ref)
    hear(client)

    series.refresh_from_db()
    assert series.state == "active"
    assert series.contributions.filter(state="succeeded").count() == 2

    recurring.change_amount(series, 900)
    recurring.cancel(series)
    hear(client)

    series.refresh_from_db()
    assert (series.state, series.amount_minor) == ("cancelled", 900)


def test_a_refused_country_is_given_back_by_itself(client):
    books.refuse("RU")
    gift = books.gift(provider="sandbox")
    pay(gift, country="RU")
    hear(client)
    gift.refresh_from_db()
    assert gift.state == "quarantined"

    refunds.carry_out_due()
    hear(client)

    gift.refresh_from_db()
    assert gift.state == "refunded"
    assert gift.is_silent


def test_the_books_agree_with_the_sandboxs_list(client):
    for _number in range(3):
        pay(books.gift(provider="sandbox"))
    hear(client)
    SandboxPayment.objects.update(created_at=books.NOON)

    reconciling.compare_all(books.NOON + (reconciling.LOOKS_BACK / 5))
    assert not Difference.objects.exists()
    SandboxPayment.objects.filter(pk=SandboxPayment.objects.first().pk).update(
        amount_minor=9900
    )
    reconciling.compare_all(books.NOON + (reconciling.LOOKS_BACK / 5))

    assert Difference.objects.get().what == "amount"
