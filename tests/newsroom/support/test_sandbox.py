"""The provider of the demo: its checkout, its events, and where it must not exist."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import checks
from django.urls import reverse
from django.utils import timezone

from newsroom.support import payments, webhooks
from newsroom.support.checkout import giving
from newsroom.support.models import (
    Contribution,
    LedgerEntry,
    RecurringContribution,
    SandboxCheckout,
    SandboxDispute,
    SandboxEvent,
    SandboxPayment,
    SandboxRefund,
    SandboxSubscription,
    WebhookEvent,
)
from newsroom.support.payments import sandbox_actions, sandbox_events
from newsroom.support.payments.interface import Kind, NotPossible, Unverified
from tests import make_support
from tests.newsroom.support.gifts import ADDRESS

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.newsroom.support.demo_urls"),
]

Card = SandboxCheckout.Card
State = Contribution.State


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True


@pytest.fixture
def hear(client):
    """``hear()`` posts to us, once each, what the sandbox has to tell; we apply it."""

    def hear(times: int = 1, *, backwards: bool = False) -> None:
        events = list(SandboxEvent.objects.order_by("-pk" if backwards else "pk"))
        for event in events * times:
            body = json.dumps(event.body).encode()
            assert post(client, body, sandbox_events.signed(body)).status_code == 200
        WebhookEvent.objects.update(due_at=timezone.now())
        webhooks.apply_due()

    return hear


def begun(**wish) -> Contribution:
    """A gift that leads to a checkout of the sandbox."""
    method = make_support.method(code=f"card{SandboxCheckout.objects.count()}")
    defaults = {
        "address": ADDRESS,
        "frequency": "once",
        "amount_minor": 2500,
        "currency": "USD",
        "method": method,
    }
    giving.begin(giving.Wish(**defaults | wish))
    return Contribution.objects.latest("pk")


def paid(card: str = Card.GOOD, country: str = "LV", **wish) -> SandboxPayment:
    checkout = checkout_of(begun(**wish))
    sandbox_actions.pay(checkout.ref, card, country)
    return checkout.payments.get()


def checkout_of(gift: Contribution) -> SandboxCheckout:
    return SandboxCheckout.objects.get(contribution=gift.public_id)


def post(client, body: bytes, signature: str):
    return client.post(
        reverse("support:hook", args=["sandbox"]),
        body,
        content_type="application/json",
        headers={sandbox_events.HEADER: signature},
    )


def told() -> list[str]:
    return [event.body["type"] for event in SandboxEvent.objects.order_by("pk")]


def test_a_payment_becomes_a_gift(hear):
    payment = paid()

    hear()

    gift = Contribution.objects.get()
    assert told() == ["checkout.begun", "checkout.paid", "charge.updated"]
    assert (gift.state, gift.verdict) == (State.SUCCEEDED, "accepted")
    assert gift.payment_ref == payment.ref
    assert net_of_ledger() == 2500 - payment.fee_minor


def test_until_the_charge_names_the_country_the_verdict_is_open(client):
    paid()
    event = SandboxEvent.objects.get(body__type="checkout.paid")
    body = json.dumps(event.body).encode()

    post(client, body, sandbox_events.signed(body))
    webhooks.apply_due()

    assert Contribution.objects.get().verdict == "unknown"


def test_told_twice_and_backwards_it_is_one_gift(hear):
    paid(frequency="monthly", amount_minor=500)

    hear(times=2, backwards=True)

    assert Contribution.objects.get().state == State.SUCCEEDED
    assert LedgerEntry.objects.filter(kind="gift").count() == 1
    assert RecurringContribution.objects.get().state == "active"


def test_a_checkout_is_paid_once():
    checkout = checkout_of(begun())

    steps = [sandbox_actions.pay(checkout.ref, Card.GOOD, "LV") for _ in range(3)]

    assert steps == [sandbox_actions.Step.PAID] * 3
    assert SandboxPayment.objects.count() == 1


def test_a_declined_card_leaves_the_checkout_open(hear):
    checkout = checkout_of(begun())
    step = sandbox_actions.pay(checkout.ref, Card.DECLINED, "LV")
    hear()
    assert step == sandbox_actions.Step.DECLINED
    assert Contribution.objects.get().state == State.FAILED

    sandbox_actions.pay(checkout.ref, Card.GOOD, "LV")
    hear()

    assert Contribution.objects.get().state == State.SUCCEEDED


@pytest.mark.parametrize(("agrees", "paid"), [(True, 1), (False, 0)])
def test_the_bank_asks_first(agrees, paid):
    checkout = checkout_of(begun())

    step = sandbox_actions.pay(checkout.ref, Card.CHECKED, "LV")
    assert step == sandbox_actions.Step.CHECK
    assert not SandboxPayment.objects.exists()

    sandbox_actions.answer_bank(checkout.ref, agrees=agrees)
    assert SandboxPayment.objects.count() == paid


def test_no_bank_is_answered_that_did_not_ask():
    checkout = checkout_of(begun())

    with pytest.raises(NotPossible):
        sandbox_actions.answer_bank(checkout.ref, agrees=True)


def test_a_closed_checkout_is_no_longer_paid(hear):
    gift = begun()
    payments.named("sandbox").close_checkout(gift)

    step = sandbox_actions.pay(checkout_of(gift).ref, Card.GOOD, "LV")
    hear()

    assert step == sandbox_actions.Step.CLOSED
    assert not SandboxPayment.objects.exists()
    assert Contribution.objects.get().state == State.FAILED


def test_a_paid_checkout_is_not_closed():
    payment = paid()

    sandbox_actions.close(payment.checkout.ref)

    assert "checkout.closed" not in told()


def test_a_card_from_a_country_that_is_never_accepted_is_quarantined(hear):
    make_support.country("RU")
    paid(country="RU")

    hear()

    gift = Contribution.objects.get()
    assert (gift.state, gift.verdict) == (State.QUARANTINED, "refused")
    assert gift.refund_orders.count() == 1


def test_the_next_month_is_brought_forward(hear):
    payment = paid(frequency="monthly", amount_minor=500)
    before = payment.subscription.next_at

    sandbox_actions.renew(payment.subscription.ref)
    hear()

    recurring = RecurringContribution.objects.get()
    assert recurring.contributions.filter(state=State.SUCCEEDED).count() == 2
    assert recurring.next_at > before


def test_a_card_that_has_ended_fails_the_renewal(hear):
    payment = paid(frequency="monthly", amount_minor=500)
    ref = payment.subscription.ref
    sandbox_actions.let_card_end(ref, soon=False)

    renewal = sandbox_actions.renew(ref)
    hear()

    assert renewal.state == SandboxPayment.State.DECLINED
    assert RecurringContribution.objects.get().state == "past_due"
    assert SandboxSubscription.objects.get().next_at == payment.subscription.next_at


def test_a_card_that_ends_soon_is_told_of(hear):
    payment = paid(Card.ENDS, frequency="annual", amount_minor=6000)

    hear()

    assert "card.ends" in told()
    ends = RecurringContribution.objects.get().card_ends
    assert ends == payment.subscription.card_ends
    assert ends > timezone.now().date()


@pytest.mark.parametrize(
    ("state", "words"),
    [("cancelled", "This gift has ended."), ("paused", "This gift is paused.")],
)
def test_what_has_ended_or_rests_is_not_renewed(state, words):
    subscription = paid(frequency="monthly", amount_minor=500).subscription
    sandbox_actions.change(subscription.ref, state=state)

    with pytest.raises(NotPossible, match=words):
        sandbox_actions.renew(subscription.ref)


@pytest.mark.parametrize(
    ("begun", "last", "frequency", "following"),
    [
        ((2027, 1, 31), (2027, 1, 31), "monthly", (2027, 2, 28)),
        ((2027, 1, 31), (2027, 2, 28), "monthly", (2027, 3, 31)),
        ((2027, 12, 5), (2027, 12, 5), "monthly", (2028, 1, 5)),
        ((2028, 2, 29), (2028, 2, 29), "annual", (2029, 2, 28)),
        ((2028, 2, 29), (2031, 2, 28), "annual", (2032, 2, 29)),
    ],
)
def test_payments_come_on_the_day_of_the_first(begun, last, frequency, following):
    subscription = SandboxSubscription(
        frequency=frequency,
        created_at=datetime(*begun, tzinfo=UTC),
        next_at=datetime(*last, tzinfo=UTC),
    )

    later = sandbox_actions.a_period_later(subscription)

    assert later == datetime(*following, tzinfo=UTC)


def test_a_refund_is_made_once_for_each_key(hear):
    payment = paid()
    hear()
    gift = Contribution.objects.get()

    for _ in range(3):
        payments.named("sandbox").refund(gift, 1000, key="one")
    hear()

    assert SandboxRefund.objects.get().amount_minor == 1000
    assert net_of_ledger() == 1500 - payment.fee_minor


def test_no_more_is_given_back_than_was_paid():
    payment = paid()
    sandbox_actions.refund(payment.ref, 2000)

    with pytest.raises(NotPossible, match="No more can be given back"):
        sandbox_actions.refund(payment.ref, 501)


def test_a_dispute_takes_the_money_and_winning_it_brings_it_back(hear):
    payment = paid()
    sandbox_actions.dispute(payment.ref)
    hear()
    assert Contribution.objects.get().state == State.DISPUTED

    found = SandboxDispute.objects.get()
    for _ in range(2):
        sandbox_actions.settle(found.ref, won=True)
    hear()

    assert Contribution.objects.get().state == State.SUCCEEDED
    assert told().count("dispute.won") == 1
    assert net_of_ledger() == 2500 - payment.fee_minor


def test_givers_change_pause_and_end_their_gift(hear):
    subscription = paid(frequency="monthly", amount_minor=500).subscription
    hear()
    sandbox, recurring = payments.named("sandbox"), RecurringContribution.objects.get()

    sandbox.change_amount(recurring, 700)
    sandbox.pause(recurring, date(2030, 1, 1))
    subscription.refresh_from_db()
    assert (subscription.amount_minor, subscription.state) == (700, "paused")

    sandbox.pause(recurring, None)
    sandbox.cancel(recurring)
    sandbox.cancel(recurring)
    hear()

    recurring.refresh_from_db()
    assert (recurring.amount_minor, recurring.state) == (700, "cancelled")
    assert told().count("subscription.changed") == 5


def test_a_new_card_is_put_in_on_the_sandboxs_own_page(client, hear):
    subscription = paid(frequency="monthly", amount_minor=500).subscription
    hear()
    sandbox_actions.let_card_end(subscription.ref, soon=False)
    recurring = RecurringContribution.objects.get()
    back = "http://testserver/support/mine/token/"

    url = payments.named("sandbox").own_page(recurring, back=back)
    path = url.removeprefix("http://127.0.0.1:8000")
    assert client.get(path).status_code == 200
    response = client.post(path)

    assert response["Location"] == back
    assert "token" not in url
    subscription.refresh_from_db()
    assert subscription.card_ends > timezone.now().date()


def test_it_lists_its_payments():
    payment = paid()
    sandbox_actions.refund(payment.ref, 400)
    hour = timedelta(hours=1)
    now = timezone.now()

    [statement] = payments.named("sandbox").payments(now - hour, now + hour)

    assert statement.payment_ref == payment.ref
    assert (statement.amount_minor, statement.refunded_minor) == (2500, 400)
    assert list(payments.named("sandbox").payments(now + hour, now + hour)) == []


@pytest.mark.parametrize(
    "forge",
    [
        lambda body: "",
        lambda body: "t=,v1=",
        lambda body: f"t=²,v1={'0' * 64}",
        lambda body: f"t={int(timezone.now().timestamp())},v1={'0' * 64}",
        lambda body: sandbox_events.signed(body + b" "),
        lambda body: sandbox_events.signed(
            body, at=timezone.now() - timedelta(seconds=301)
        ),
        lambda body: sandbox_events.signed(
            body, at=timezone.now() + timedelta(seconds=301)
        ),
    ],
    ids=["unsigned", "empty", "no number", "guessed", "altered", "old", "ahead"],
)
def test_what_the_sandbox_did_not_sign_is_refused(client, forge):
    paid()
    body = json.dumps(SandboxEvent.objects.last().body).encode()

    assert post(client, body, forge(body)).status_code == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"id": 1}', b"\xff", b"[" * 50_000]
)
def test_what_is_signed_and_no_event_is_refused(body):
    headers = {sandbox_events.HEADER: sandbox_events.signed(body)}

    with pytest.raises(Unverified):
        payments.named("sandbox").parse_event(body, headers, at=timezone.now())


def test_every_event_that_is_told_has_a_kind_and_no_address():
    payment = paid(Card.ENDS, frequency="monthly", amount_minor=500)
    sandbox_actions.renew(payment.subscription.ref)
    sandbox_actions.refund(payment.ref, 100)
    sandbox_actions.dispute(payment.ref)

    bodies = [json.dumps(event.body).encode() for event in SandboxEvent.objects.all()]

    events = [payments.named("sandbox").read_stored(body)[0] for body in bodies]
    assert {event.name for event in events} <= set(sandbox_events.KINDS)
    assert {event.kind for event in events} >= {Kind.PAID, Kind.CHARGED, Kind.RECURRING}
    assert not any(ADDRESS.encode() in body for body in bodies)


# Told by HTTP


@pytest.fixture
def listening(live_server, settings):
    settings.SITE_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    return live_server


@pytest.mark.django_db(transaction=True)
def test_events_come_by_http_twice_and_out_of_order(listening):
    row = sandbox_events.row()
    row.sends_twice = row.shuffles = True
    row.save()
    payment = paid()

    sandbox_events.deliver_all(in_order=False)
    sandbox_events.deliver_all(in_order=False)

    events = SandboxEvent.objects.all()
    assert {(event.deliveries, event.answer) for event in events} == {(2, 200)}
    assert WebhookEvent.objects.count() == 3
    webhooks.apply_due()
    assert net_of_ledger() == 2500 - payment.fee_minor


@pytest.mark.django_db(transaction=True)
def test_what_nobody_took_is_told_again(listening, settings):
    settings.SITE_URL = "http://127.0.0.1:9"
    paid()
    sandbox_events.deliver_all()
    event = SandboxEvent.objects.latest("pk")
    assert (event.deliveries, event.attempts, event.answer) == (0, 1, 0)

    settings.SITE_URL = listening.url
    sandbox_events.deliver_all()

    event.refresh_from_db()
    assert (event.deliveries, event.attempts, event.answer) == (1, 2, 200)


def test_after_a_dozen_failures_it_gives_up(settings):
    settings.SITE_URL = "http://127.0.0.1:9"
    event = sandbox_events.tell("checkout.begun")

    for _ in range(sandbox_events.MOST_FAILURES + 3):
        sandbox_events.deliver(event.pk)

    event.refresh_from_db()
    assert event.given_up_at
    assert event.attempts == sandbox_events.MOST_FAILURES


# Its pages


def test_the_books_show_whether_totals_are_equal(client, hear):
    paid()
    assert "not yet" in client.get("/demo/pay/").content.decode()

    hear()

    assert "not yet" not in client.get("/demo/pay/").content.decode()


def act(client, do: str, ref: str, **more: str):
    return client.post("/demo/pay/", {"do": do, "ref": ref, **more})


def test_the_books_page_does_what_its_buttons_say(client):
    payment = paid(frequency="monthly", amount_minor=500)
    subscription = payment.subscription.ref

    act(client, "renew", subscription)
    act(client, "refund", payment.ref, half="on")
    act(client, "dispute", payment.ref)
    act(client, "lose", SandboxDispute.objects.get().ref)
    act(client, "card_soon", subscription)
    act(client, "card_over", subscription)
    act(client, "cancel", subscription)
    act(client, "close", checkout_of(begun(amount_minor=700)).ref)

    assert SandboxPayment.objects.count() == 2
    assert SandboxRefund.objects.get().amount_minor == 250
    assert SandboxDispute.objects.get().state == "lost"
    assert SandboxSubscription.objects.get().state == "cancelled"
    assert {"card.ends", "checkout.closed", "dispute.lost"} <= set(told())


def test_what_the_books_page_cannot_do_it_says(client):
    payment = paid(frequency="monthly", amount_minor=500)
    sandbox_actions.change(payment.subscription.ref, state="cancelled")

    response = act(client, "renew", payment.subscription.ref)

    assert response.status_code == 422
    assert "This gift has ended." in response.content.decode()
    assert act(client, "explode", "x").status_code == 422


def test_its_behaviour_is_set_on_its_page(client):
    client.post("/demo/pay/", {"do": "behave", "sends_twice": "on", "is_down": "on"})

    row = sandbox_events.row()
    assert (row.sends_twice, row.shuffles, row.is_down) == (True, False, True)


def test_a_checkout_asks_for_a_card_and_its_country(client):
    checkout = checkout_of(begun())

    response = client.post(f"/demo/pay/{checkout.ref}/", {"card": "good"})

    assert response.status_code == 422
    assert not SandboxPayment.objects.exists()


def test_a_paid_checkout_leads_on(client):
    checkout = paid().checkout

    response = client.get(f"/demo/pay/{checkout.ref}/")

    assert response["Location"] == checkout.done_url


# Nowhere else


def test_its_pages_do_not_exist_outside_the_demo(client, settings):
    checkout = checkout_of(begun())
    settings.DEMO = False

    pages = ["", f"{checkout.ref}/", f"{checkout.ref}/bank/", "card/x/"]

    for page in pages:
        assert client.get(f"/demo/pay/{page}").status_code == 404
        assert client.post(f"/demo/pay/{page}").status_code == 404


def test_its_pages_are_not_even_mounted():
    program = (
        "import django; django.setup(); from django.urls import resolve;"
        "print(resolve('/demo/pay/').url_name)"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}

    tried = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    in_the_demo = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"DEMO": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Resolver404" in tried.stderr
    assert in_the_demo.stdout.strip() == "sandbox"


def test_its_webhook_does_not_exist_outside_the_demo(client, settings):
    body = b"{}"
    signature = sandbox_events.signed(body)
    settings.DEMO = False

    assert post(client, body, signature).status_code == 404


def test_the_site_does_not_start_with_the_sandbox_outside_the_demo(settings):
    method = make_support.method()
    assert found_by_checks() == []

    settings.DEMO = False
    assert found_by_checks() == ["support.E010"]

    method.is_active = False
    method.save()
    assert found_by_checks() == []


def found_by_checks() -> list[str]:
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [one.id for one in found if one.id.startswith("support.")]


def net_of_ledger() -> int:
    return sum(LedgerEntry.objects.values_list("amount_minor", flat=True))
