from datetime import timedelta

import pytest
from django.utils import timezone

from newsroom.support.books import ledger, reconciling
from newsroom.support.models import Difference
from newsroom.support.payments.interface import Kind, Unreachable
from tests.data import stripe_objects as objects
from tests.newsroom.support import books
from tests.newsroom.support.stripe_peer import Peer

pytestmark = pytest.mark.django_db

AT = books.NOON + timedelta(days=5)


@pytest.fixture
def peer(settings):
    settings.STRIPE_SECRET_KEY = "sk_test_only"
    settings.STRIPE_WEBHOOK_SECRET = objects.SECRET
    with Peer() as peer:
        settings.STRIPE_API_BASE = peer.base
        yield peer


def paid_here_and_there(peer: Peer):
    gift = books.gift()
    peer.pay({"gift": gift.public_id})
    intent = list(peer.charges)[-1]
    ledger.apply(books.paid(gift, payment_ref=intent), "stripe")
    gift.refresh_from_db()
    return gift


def open_differences() -> list[tuple[str, ...]]:
    known = Difference.objects.filter(settled_at=None).order_by("what")
    return list(known.values_list("ref", "what", "ours", "theirs"))


def test_books_that_agree_have_no_differences(peer):
    for _number in range(3):
        paid_here_and_there(peer)

    reconciling.compare_all(AT)

    assert open_differences() == []


def test_a_payment_that_we_never_heard_of_is_missing_until_we_do(peer):
    gift = books.gift()
    peer.pay({"gift": gift.public_id})
    intent = next(iter(peer.charges))

    reconciling.compare_all(AT)
    reconciling.compare_all(AT)
    assert open_differences() == [(intent, "missing", "", "$25")]
    ledger.apply(books.paid(gift, payment_ref=intent), "stripe")
    reconciling.compare_all(AT)

    assert open_differences() == []
    assert Difference.objects.get().settled_at is not None


def test_a_payment_that_only_we_have_is_too_many(peer):
    gift = paid_here_and_there(peer)
    peer.charges.clear()

    reconciling.compare_all(AT)

    assert open_differences() == [(gift.payment_ref, "surplus", "$25", "")]


def test_another_amount_is_shown_with_both(peer):
    gift = paid_here_and_there(peer)
    peer.charges[gift.payment_ref]["amount"] = 2600

    reconciling.compare_all(AT)

    assert open_differences() == [(gift.payment_ref, "amount", "$25", "$26")]


def test_a_refund_that_we_missed_differs_until_it_is_told(peer):
    gift = paid_here_and_there(peer)
    peer.give_back(gift.payment_ref, 700)

    reconciling.compare_all(AT)
    assert open_differences() == [(gift.payment_ref, "refunded", "$0", "$7")]
    ledger.apply(
        books.event(
            Kind.REFUNDED,
            payment_ref=gift.payment_ref,
            movement_ref="re_1",
            amount_minor=700,
        ),
        "stripe",
    )
    reconciling.compare_all(AT)

    assert open_differences() == []


def test_a_provider_that_does_not_answer_settles_nothing(peer):
    books.gift()
    peer.pay({"gift": "abc"})
    reconciling.compare_all(AT)
    peer.failures = [500] * 3

    with pytest.raises(Unreachable):
        reconciling.compare("stripe", at=AT)
    peer.failures = [500] * 3
    reconciling.compare_all(AT)

    assert len(open_differences()) == 1


def test_an_old_difference_is_looked_at_until_it_is_settled(peer):
    gift = books.gift()
    peer.pay({"gift": gift.public_id})
    reconciling.compare_all(AT)
    Difference.objects.update(seen_at=AT)
    ledger.apply(books.paid(gift, payment_ref=next(iter(peer.charges))), "stripe")

    reconciling.compare_all(AT + timedelta(days=100))

    assert open_differences() == []
    assert Difference.objects.get().settled_at <= timezone.now()
