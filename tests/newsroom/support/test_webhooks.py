import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from newsroom.core import mail_addresses
from newsroom.support import webhooks
from newsroom.support.models import (
    Contribution,
    GiverLetter,
    LedgerEntry,
    WebhookEvent,
)
from tests.data import stripe_objects as objects
from tests.newsroom.support import books
from tests.newsroom.support.stripe_peer import Peer

State = WebhookEvent.State
HOOK = "/hooks/stripe/"


@pytest.fixture
def peer(settings):
    settings.STRIPE_SECRET_KEY = "sk_test_only"
    settings.STRIPE_WEBHOOK_SECRET = objects.SECRET
    with Peer() as peer:
        settings.STRIPE_API_BASE = peer.base
        yield peer


def post(client, told, **changes):
    body, headers = objects.signed(told)
    headers = headers | changes.pop("headers", {})
    return client.post(
        HOOK,
        changes.pop("body", body),
        content_type="application/json",
        headers=headers,
    )


def due_again() -> None:
    WebhookEvent.objects.filter(state="stored").update(due_at=timezone.now())


@pytest.mark.django_db
def test_an_event_is_stored_once_sealed_and_answered_at_once(client, peer):
    gift = books.gift()
    told = peer.pay({"gift": gift.public_id})[1]

    answers = [post(client, told) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    stored = WebhookEvent.objects.get()
    assert (stored.event_id, stored.state) == (told["id"], State.STORED)
    assert b"reader.example" not in bytes(stored.body_sealed)
    assert "reader.example" in mail_addresses.unseal(stored.body_sealed)
    assert (
        ProcrastinateJob.objects.filter(task_name__endswith="apply_event").count() == 1
    )
    # Nothing was asked of the provider, and nothing booked, while it waited.
    assert not peer.asked
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db
def test_a_stored_event_is_applied_once(client, peer):
    gift = books.gift()
    for told in peer.pay({"gift": gift.public_id}):
        post(client, told)

    for _time in range(2):
        webhooks.apply_due()

    gift.refresh_from_db()
    assert gift.state == Contribution.State.SUCCEEDED
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"applied"}
    assert LedgerEntry.objects.filter(kind="gift").count() == 1
    assert GiverLetter.objects.filter(kind="thanks").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Stripe-Signature": ""}},
        {"headers": {"Stripe-Signature": "t=1,v1=00"}},
        {"body": b"{}"},
        {"body": b"\xff"},
        {"body": b""},
    ],
)
def test_what_is_not_verified_is_not_stored(client, peer, changes, caplog):
    told = peer.pay({"gift": "abc"})[1]

    answer = post(client, told, **changes)

    assert answer.status_code == 400
    assert answer.content == b""
    assert not WebhookEvent.objects.exists()
    assert "reader.example" not in caplog.text


@pytest.mark.django_db
def test_a_body_that_is_too_large_is_refused(client, peer):
    told = objects.event("x", {"padding": "x" * webhooks.LARGEST})

    assert post(client, told).status_code == 413
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db
def test_hooks_are_posted_to_and_only_those_of_known_providers(client):
    assert client.get(HOOK).status_code == 405
    assert client.post("/hooks/nobody/").status_code == 404
    assert client.post("/hooks/sandbox/").status_code == 404
    assert client.post("/hooks/bank_transfer/").status_code == 400
    assert reverse("support:hook", args=["stripe"]) == HOOK


@pytest.mark.django_db
def test_other_business_is_noted_without_its_body(client, peer):
    post(client, objects.event("customer.created", {"email": "x@reader.example"}))
    post(client, peer.pay({})[1])

    webhooks.apply_due()

    for stored in WebhookEvent.objects.all():
        assert stored.state == State.IGNORED
        assert bytes(stored.body_sealed) == b""


@pytest.mark.django_db
def test_while_the_provider_does_not_answer_an_event_waits_longer_and_longer(
    client, peer
):
    gift = books.gift()
    post(client, peer.pay({"gift": gift.public_id})[1])
    pauses = []
    for _attempt in range(4):
        peer.failures = [500] * 3
        due_again()
        webhooks.apply_due()
        stored = WebhookEvent.objects.get()
        pauses.append(stored.due_at - timezone.now())
        assert stored.trouble == "Unreachable: Stripe: APIError"
    assert pauses == sorted(pauses)
    assert pauses[-1] > timedelta(seconds=35)
    peer.failures = []

    webhooks.apply_due()  # not due yet
    assert WebhookEvent.objects.get().state == State.STORED
    due_again()
    webhooks.apply_due()

    gift.refresh_from_db()
    assert gift.state == Contribution.State.SUCCEEDED


@pytest.mark.django_db
def test_what_is_not_known_yet_waits_until_it_is(client, peer):
    for told in peer.subscribe({"series": "not-here-yet", "gift": "nor-this"}):
        post(client, told)

    webhooks.apply_due()
    waiting = WebhookEvent.objects.filter(state=State.STORED)
    assert waiting.count() == 4
    assert waiting[0].trouble.startswith("CannotApply: a recurring gift")
    series = books.series(public_id="not-here-yet")
    series.contributions.update(public_id="nor-this")
    due_again()
    webhooks.apply_due()

    series.refresh_from_db()
    assert not WebhookEvent.objects.exclude(state=State.APPLIED).exists()
    assert series.state == "active"
    assert series.contributions.get().state == "succeeded"


@pytest.mark.django_db
def test_a_poison_event_ends_stuck_and_can_be_tried_again(client, peer, caplog):
    refund = objects.refund(payment_intent="pi_unknown")
    post(client, objects.event("refund.created", refund))

    for _attempt in range(webhooks.MOST_ATTEMPTS + 2):
        due_again()
        webhooks.apply_due()

    stored = WebhookEvent.objects.get()
    assert stored.state == State.STUCK
    assert stored.attempts <= webhooks.MOST_ATTEMPTS
    assert stored.trouble == "NotPossible"
    assert "reader.example" not in caplog.text

    # Somebody has mended it.
    gift = books.gift()
    peer.pay({"gift": gift.public_id})
    intent = next(iter(peer.charges))
    peer.charges["pi_unknown"] = peer.charges[intent] | {"payment_intent": "pi_unknown"}
    gift.payment_ref = "pi_unknown"
    gift.save()
    webhooks.try_again(stored)
    webhooks.apply_due()

    stored.refresh_from_db()
    assert (stored.state, stored.trouble) == (State.APPLIED, "")
    assert LedgerEntry.objects.get().kind == "refund"


@pytest.mark.django_db
def test_trying_again_changes_nothing_of_what_was_applied(client, peer):
    gift = books.gift()
    post(client, peer.pay({"gift": gift.public_id})[1])
    webhooks.apply_due()
    stored = WebhookEvent.objects.get()

    webhooks.try_again(stored)
    webhooks.apply_due()

    stored.refresh_from_db()
    assert stored.state == State.APPLIED
    assert LedgerEntry.objects.filter(kind="gift").count() == 1


@pytest.mark.django_db
def test_a_broken_body_does_not_hold_up_the_others(client, peer):
    gift = books.gift()
    for told in peer.pay({"gift": gift.public_id})[:2]:
        post(client, told)
    first = WebhookEvent.objects.order_by("pk").first()
    first.body_sealed = mail_addresses.seal(json.dumps({"id": "x"}))
    first.save()

    webhooks.apply_due()

    gift.refresh_from_db()
    first.refresh_from_db()
    assert gift.state == Contribution.State.SUCCEEDED
    assert first.trouble == "KeyError"
    assert first.attempts == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_book_each_gift_once(client, peer):
    gifts = [books.gift() for _ in range(4)]
    series = books.series()
    told = [
        *(one for gift in gifts for one in peer.pay({"gift": gift.public_id})),
        *peer.subscribe(
            {
                "gift": series.contributions.get().public_id,
                "series": series.public_id,
            }
        ),
    ]
    for one in told * 2:
        assert post(client, one).status_code == 200
    numbers = list(WebhookEvent.objects.values_list("pk", flat=True))

    def work(some: list[int]) -> None:
        try:
            for number in some:
                webhooks.apply(number)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=[numbers[at:] + numbers[:at]])
        for at in range(0, 16, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    due_again()
    webhooks.apply_due()

    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"applied"}
    assert LedgerEntry.objects.filter(kind="gift").count() == 5
    assert Contribution.objects.count() == 5
    assert GiverLetter.objects.filter(kind="thanks").count() == 5
