import json
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from newsroom.support import money, payments
from newsroom.support.models import RefundOrder
from newsroom.support.payments import stripe_events
from newsroom.support.payments.interface import (
    Event,
    Kind,
    NotPossible,
    Unreachable,
    Unverified,
)
from tests.data import stripe_objects as objects
from tests.newsroom.support import books
from tests.newsroom.support.stripe_peer import Peer

pytestmark = pytest.mark.django_db

DONE, BACK = "http://testserver/done/", "http://testserver/back/"


@pytest.fixture
def peer(settings):
    settings.STRIPE_SECRET_KEY = "sk_test_only"
    settings.STRIPE_WEBHOOK_SECRET = objects.SECRET
    with Peer() as peer:
        settings.STRIPE_API_BASE = peer.base
        yield peer


@pytest.fixture
def stripe(peer):
    return payments.named("stripe")


def heard(stripe, told) -> list[Event]:
    body, headers = objects.signed(told)
    return stripe.parse_event(body, headers, at=timezone.now())


def only(events: list[Event]) -> Event:
    [event] = events
    return event


# --- Checkout ---


def test_a_checkout_asks_for_one_gift_and_names_nobody_but_the_address(stripe, peer):
    gift = books.gift(descriptor="SUNDAY READING")

    checkout = stripe.start_checkout(
        gift, address="anna@reader.example", back=BACK, done=DONE
    )

    said = peer.parameters("POST", "/v1/checkout/sessions")
    assert checkout.url.startswith(peer.base)
    assert checkout.ref in peer.sessions
    assert said["mode"] == "payment"
    assert said["submit_type"] == "donate"
    assert said["line_items[0][price_data][unit_amount]"] == "2500"
    assert said["line_items[0][price_data][currency]"] == "usd"
    assert said["line_items[0][price_data][product_data][name]"] == "Contribution"
    assert said["payment_method_types[0]"] == "card"
    assert said["client_reference_id"] == gift.public_id
    assert said["payment_intent_data[metadata][gift]"] == gift.public_id
    assert said["payment_intent_data[statement_descriptor_suffix]"] == "SUNDAY READING"
    assert said["customer_email"] == "anna@reader.example"
    assert said["locale"] == "en-GB"
    assert (said["success_url"], said["cancel_url"]) == (DONE, BACK)
    assert "Meridian" not in json.dumps(said)


def test_nothing_but_the_version_that_we_read_is_asked_for(stripe, peer):
    stripe.start_checkout(books.gift(), address="", back=BACK, done=DONE)

    headers = peer.asked[-1][3]
    assert headers["Stripe-Version"] == "2026-10-28.endive"
    assert "X-Stripe-Client-Telemetry" not in headers
    assert "platform" not in headers["X-Stripe-Client-User-Agent"]


@pytest.mark.parametrize(
    ("frequency", "interval"), [("monthly", "month"), ("annual", "year")]
)
def test_a_recurring_checkout_is_a_subscription(stripe, peer, frequency, interval):
    series = books.series(frequency=frequency)
    gift = series.contributions.get()
    gift.descriptor = "SUNDAY READING"

    stripe.start_checkout(gift, address="", back=BACK, done=DONE)

    said = peer.parameters("POST", "/v1/checkout/sessions")
    product = peer.parameters("POST", "/v1/products")
    assert said["mode"] == "subscription"
    assert said["line_items[0][price_data][recurring][interval]"] == interval
    assert said["subscription_data[metadata][series]"] == series.public_id
    assert said["subscription_data[metadata][gift]"] == gift.public_id
    assert product["statement_descriptor"] == "SUNDAY READING"
    assert said["line_items[0][price_data][product]"].startswith("prod_")
    assert "customer_email" not in said


def test_begun_again_it_is_the_same_checkout(stripe, peer):
    gift = books.gift()
    first = stripe.start_checkout(gift, address="", back=BACK, done=DONE)

    # The first answer may have been lost, or noted.
    second = stripe.start_checkout(gift, address="", back=BACK, done=DONE)
    gift.checkout_ref = first.ref
    third = stripe.start_checkout(gift, address="", back=BACK, done=DONE)

    assert first == second == third
    assert len(peer.sessions) == 1


def test_a_closed_checkout_can_no_longer_be_paid(stripe, peer):
    gift = books.gift()
    gift.checkout_ref = stripe.start_checkout(
        gift, address="", back=BACK, done=DONE
    ).ref

    stripe.close_checkout(gift)
    stripe.close_checkout(gift)

    assert peer.sessions[gift.checkout_ref]["status"] == "expired"
    with pytest.raises(NotPossible):
        stripe.start_checkout(gift, address="", back=BACK, done=DONE)


@pytest.mark.parametrize(
    ("words", "shown"),
    [("Ünïted <Reading>*", "nted Reading"), ("12345", None), ("", None)],
)
def test_only_what_banks_can_print_stands_on_a_statement(stripe, peer, words, shown):
    stripe.start_checkout(
        books.gift(descriptor=words), address="", back=BACK, done=DONE
    )

    said = peer.parameters("POST", "/v1/checkout/sessions")
    assert said.get("payment_intent_data[statement_descriptor_suffix]") == shown


@pytest.mark.parametrize("status", [0, 500, 503, 429, 401])
def test_a_failing_api_is_unreachable_and_its_words_go_nowhere(
    stripe, peer, status, caplog
):
    peer.failures = [status] * 3

    with pytest.raises(Unreachable) as raised:
        stripe.start_checkout(books.gift(), address="", back=BACK, done=DONE)

    assert "reader.example" not in str(raised.value)
    assert "reader.example" not in caplog.text


def test_a_short_failure_is_not_noticed(stripe, peer):
    peer.failures = [503, 0]

    checkout = stripe.start_checkout(books.gift(), address="", back=BACK, done=DONE)

    assert checkout.ref in peer.sessions
    assert len(peer.sessions) == 1


# --- Amounts ---


@given(currency=st.sampled_from(sorted(money.DIGITS)), amount=st.integers(1, 10**12))
def test_amounts_come_back_as_they_went(currency, amount):
    there = stripe_events.to_stripe(amount, currency)

    assert stripe_events.from_stripe(there, currency) == amount


def test_stripe_counts_in_its_own_way(stripe, peer):
    assert stripe_events.to_stripe(500, "JPY") == 500
    assert stripe_events.to_stripe(500, "ISK") == 50000
    assert stripe_events.to_stripe(5120, "KWD") == 5120
    assert stripe_events.from_stripe(123, "ISK") == 2


def test_an_amount_that_cards_do_not_take_is_refused_with_the_step(stripe, peer):
    gift = books.gift(currency="KWD", amount_minor=5124)

    with pytest.raises(NotPossible, match=r"KWD in steps of 0\.010"):
        stripe.start_checkout(gift, address="", back=BACK, done=DONE)

    assert not peer.asked


# --- What is heard ---


def test_only_what_stripe_signed_within_five_minutes_is_heard(stripe):
    told = objects.event("charge.succeeded", objects.charge())
    body, headers = objects.signed(told)
    signature = headers["Stripe-Signature"]
    now = int(time.time())
    forged = [
        (body, {}),
        (body, {"Stripe-Signature": ""}),
        (body, {"Stripe-Signature": "t=1,v1="}),
        (body, {"Stripe-Signature": signature.replace("v1=", "v0=")}),
        (body.replace(b"2500", b"9900"), headers),
        (body + b" ", headers),
        objects.signed(told, secret="whsec_other"),
        objects.signed(told, at=now - 301),
        objects.signed(told, at=now - 86400),
        (b"\xff\xfe", headers),
    ]

    for some_body, some_headers in forged:
        with pytest.raises(Unverified):
            stripe.parse_event(some_body, some_headers, at=timezone.now())

    assert stripe.parse_event(body, headers, at=timezone.now())


def test_without_a_secret_nothing_is_heard(stripe, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""
    body, headers = objects.signed(objects.event("x", {}), secret="")

    with pytest.raises(Unverified):
        stripe.parse_event(body, headers, at=timezone.now())


@pytest.mark.parametrize(
    "body", ["[]", "{}", "1", '{"id":1}', '{"type":"charge.succeeded"}', "[" * 9999]
)
def test_signed_nonsense_is_refused(stripe, body):
    header = objects.WebhookSignature.generate_signature_header(body, objects.SECRET)

    with pytest.raises(Unverified):
        stripe.parse_event(
            body.encode(), {"Stripe-Signature": header}, at=timezone.now()
        )


def test_a_payment_is_told_with_its_charge(stripe, peer):
    for told in peer.pay({"gift": "abc"}, country="FR")[:2]:
        event = stripe.more_about(only(heard(stripe, told)))

        assert event.kind is Kind.PAID
        assert event.contribution == "abc"
        assert event.payment_ref in peer.charges
        assert (event.amount_minor, event.currency) == (2500, "USD")
        assert (event.fee_minor, event.fee_currency) == (103, "USD")
        assert (event.country, event.has_country) == ("FR", True)
        assert event.method == "card"
        assert event.happened_at == books.NOON


def test_an_unpaid_checkout_is_not_paid(stripe):
    session = objects.session(metadata={"gift": "abc"}, payment_status="unpaid")

    told = objects.event("checkout.session.completed", session)
    assert only(heard(stripe, told)).kind is Kind.OTHER
    told = objects.event("checkout.session.async_payment_succeeded", session)
    assert only(heard(stripe, told)).kind is Kind.PAID


@pytest.mark.parametrize("name", ["expired", "async_payment_failed"])
def test_a_checkout_that_ends_unpaid_has_failed(stripe, name):
    session = objects.session(metadata={"gift": "abc"}, payment_status="unpaid")

    event = only(heard(stripe, objects.event(f"checkout.session.{name}", session)))

    assert event.kind is Kind.FAILED
    assert (event.contribution, event.checkout_ref) == ("abc", session["id"])


def test_other_business_of_the_account_is_not_for_us(stripe, peer):
    events = [
        *peer.pay({}),
        *peer.subscribe({}),
        *peer.give_back(next(iter(peer.charges)), 100),
        objects.event(
            "charge.dispute.funds_withdrawn",
            objects.dispute(
                payment_intent=next(iter(peer.charges)),
                balance_transactions=[objects.balance_transaction(amount=-2500)],
            ),
        ),
        objects.event("customer.created", {"id": "cus_1"}),
    ]

    kinds = {
        stripe.more_about(event).kind
        for told in events
        for event in heard(stripe, told)
    }

    assert kinds == {Kind.OTHER}


def test_the_first_payment_of_a_subscription_is_the_gift_and_a_renewal_is_not(
    stripe, peer
):
    events = peer.subscribe({"gift": "abc", "series": "xyz"})
    number = next(iter(peer.subscriptions))
    first = [stripe.more_about(only(heard(stripe, told))) for told in events]
    renewal = [
        stripe.more_about(only(heard(stripe, told))) for told in peer.renew(number)
    ]

    checkout, created, charged, invoiced = first
    assert (checkout.kind, created.kind) == (Kind.RECURRING, Kind.RECURRING)
    assert checkout.recurring_ref == created.recurring_ref == number
    assert (created.state, created.amount_minor) == ("active", 500)
    assert created.next_at == books.NOON + timedelta(days=30)
    for event in (charged, invoiced):
        assert (event.kind, event.contribution) == (Kind.PAID, "abc")
        assert event.recurring == "xyz"
        assert event.payment_ref == charged.payment_ref != ""
        assert event.card_ends == date(2029, 4, 30)
    for event in renewal:
        assert (event.kind, event.contribution) == (Kind.PAID, "")
        assert event.recurring == "xyz"
        assert event.payment_ref == renewal[0].payment_ref != charged.payment_ref


def test_a_failed_renewal_is_told_with_its_payment(stripe, peer):
    peer.subscribe({"gift": "abc", "series": "xyz"})
    number = next(iter(peer.subscriptions))
    _charge, paid = peer.renew(number)
    invoice = paid["data"]["object"]

    event = only(heard(stripe, objects.event("invoice.payment_failed", invoice)))
    event = stripe.more_about(event)

    assert (event.kind, event.recurring) == (Kind.FAILED, "xyz")
    assert event.payment_ref in peer.charges


@pytest.mark.parametrize(
    ("changes", "name", "state"),
    [
        ({"status": "active"}, "updated", "active"),
        ({"status": "past_due"}, "updated", "past_due"),
        ({"status": "unpaid"}, "updated", "past_due"),
        ({"status": "incomplete"}, "created", "pending"),
        ({"status": "canceled"}, "deleted", "cancelled"),
        ({"pause_collection": {"behavior": "void"}}, "updated", "paused"),
    ],
)
def test_a_subscription_stands_as_stripe_says(stripe, changes, name, state):
    told = objects.subscription({"series": "xyz", "gift": "abc"}, **changes)

    event = only(heard(stripe, objects.event(f"customer.subscription.{name}", told)))

    assert (event.kind, event.state) == (Kind.RECURRING, state)
    assert event.recurring == "xyz"
    assert (event.next_at is None) == (state == "cancelled")


def test_a_refund_is_told_with_our_order(stripe, peer):
    peer.pay({"gift": "abc"})
    intent = next(iter(peer.charges))
    created, charge, _updated = peer.give_back(intent, 700, metadata={"order": "o1"})

    event = stripe.more_about(only(heard(stripe, created)))

    assert (event.kind, event.contribution) == (Kind.REFUNDED, "abc")
    assert (event.payment_ref, event.amount_minor) == (intent, 700)
    assert event.order == "o1"
    assert only(heard(stripe, charge)).kind is Kind.OTHER


def test_a_refund_that_failed_moved_there_and_back(stripe):
    refund = objects.refund(status="failed")

    there, back = heard(stripe, objects.event("refund.failed", refund))

    assert (there.kind, back.kind) == (Kind.REFUNDED, Kind.REINSTATED)
    assert there.movement_ref == back.movement_ref == refund["id"]


def test_a_refund_that_waits_has_not_moved(stripe):
    told = objects.event("refund.created", objects.refund(status="pending"))

    assert only(heard(stripe, told)).kind is Kind.OTHER


def test_a_dispute_moves_money_only_where_it_moves(stripe):
    out = objects.balance_transaction(amount=-2500, fee=1500, created=objects.NOON)
    back = objects.balance_transaction(amount=2500, fee=0, created=objects.NOON + 9)

    def told(name, *moves):
        dispute = objects.dispute(balance_transactions=list(moves))
        return heard(stripe, objects.event(f"charge.dispute.{name}", dispute))

    assert only(told("created")).kind is Kind.OTHER
    gone = only(told("funds_withdrawn", out))
    assert (gone.kind, gone.amount_minor) == (Kind.DISPUTED, 2500)
    assert gone.fee_minor == 1500
    gone, returned = told("closed", out, back)
    assert (gone.kind, returned.kind) == (Kind.DISPUTED, Kind.REINSTATED)
    assert returned.happened_at == books.NOON + timedelta(seconds=9)
    assert returned.fee_minor is None


def test_a_card_that_ends_is_told_for_its_payer(stripe):
    method = {"id": "pm_1", "customer": "cus_1", "type": "card"} | objects.card()

    for name in ("payment_method.automatically_updated", "payment_method.attached"):
        event = only(heard(stripe, objects.event(name, method)))

        assert (event.kind, event.payer_ref) == (Kind.CARD_ENDS, "cus_1")
        assert event.card_ends == date(2029, 4, 30)


def test_a_fee_in_the_accounts_own_currency_is_told_as_such(stripe, peer):
    events = peer.pay({"gift": "abc"}, currency="jpy", amount=500)
    charge = next(iter(peer.charges.values()))
    peer.fees[charge["id"]] |= {"currency": "eur", "fee": 31}

    event = stripe.more_about(only(heard(stripe, events[1])))

    assert (event.amount_minor, event.currency) == (500, "JPY")
    assert (event.fee_minor, event.fee_currency) == (31, "EUR")


# --- What is asked for later ---


def begun(peer):
    series = books.series()
    gift = series.contributions.get()
    peer.subscribe({"gift": gift.public_id, "series": series.public_id})
    series.provider_ref = next(iter(peer.subscriptions))
    series.payer_ref = "cus_1"
    series.save()
    return series


def test_a_subscription_ends_once(stripe, peer):
    series = begun(peer)

    stripe.cancel(series)
    stripe.cancel(series)

    assert peer.subscriptions[series.provider_ref]["status"] == "canceled"


def test_an_amount_changes_from_the_next_payment_on(stripe, peer):
    series = begun(peer)

    stripe.change_amount(series, 900)

    path = f"/v1/subscriptions/{series.provider_ref}"
    said = peer.parameters("POST", path)
    assert said["items[0][price_data][unit_amount]"] == "900"
    assert said["proration_behavior"] == "none"


def test_a_subscription_pauses_until_a_day_and_goes_on(stripe, peer):
    series = begun(peer)
    known = peer.subscriptions[series.provider_ref]

    stripe.pause(series, date(2027, 2, 1))
    until = datetime.fromtimestamp(known["pause_collection"]["resumes_at"], UTC)
    assert until.date() == date(2027, 2, 1)
    stripe.pause(series, None)

    assert known["pause_collection"] is None


def test_the_card_is_changed_on_stripes_own_page(stripe, peer):
    series = begun(peer)

    url = stripe.own_page(series, back=BACK)

    said = peer.parameters("POST", "/v1/billing_portal/sessions")
    assert url.startswith("https://billing.stripe.example/")
    assert said["customer"] == "cus_1"
    assert said["flow_data[type]"] == "payment_method_update"
    assert said["return_url"] == BACK


def test_what_has_not_begun_cannot_be_changed(stripe, peer):
    series = books.series()

    for ask in (
        lambda: stripe.cancel(series),
        lambda: stripe.change_amount(series, 900),
        lambda: stripe.pause(series, None),
        lambda: stripe.own_page(series, back=BACK),
    ):
        with pytest.raises(NotPossible):
            ask()


def test_money_goes_back_once_for_each_key_even_when_stripe_forgot_it(stripe, peer):
    peer.pay({"gift": "abc"})
    gift = books.gift(payment_ref=next(iter(peer.charges)))
    order = RefundOrder.objects.create(
        contribution=gift, amount_minor=700, due_at=books.NOON
    )

    stripe.refund(gift, 700, key=order.key)
    peer.by_key.clear()
    stripe.refund(gift, 700, key=order.key)

    assert [one["amount"] for one in peer.refunds] == [700]


def test_more_than_was_paid_is_not_given_back(stripe, peer):
    peer.pay({"gift": "abc"})
    gift = books.gift(payment_ref=next(iter(peer.charges)))

    with pytest.raises(NotPossible) as raised:
        stripe.refund(gift, 9900, key="k")

    assert "Ada" not in str(raised.value)


def test_its_list_has_our_payments_alone_over_all_pages(stripe, peer):
    peer.page_size = 2
    for _number in range(3):
        peer.pay({"gift": "abc"})
    peer.pay({})
    peer.subscribe({"gift": "def", "series": "xyz"})
    intent = next(iter(peer.charges))
    peer.give_back(intent, 700)

    found = list(
        stripe.payments(books.NOON - timedelta(days=1), books.NOON + timedelta(days=1))
    )

    assert len(found) == 4
    assert found[0].payment_ref == intent
    assert found[0].refunded_minor == 700
    assert found[-1].amount_minor == 500
