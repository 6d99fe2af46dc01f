import pytest
from django.utils import timezone

from newsroom.support.books import ledger, recurring, refunds
from newsroom.support.models import (
    Contribution,
    GiverLetter,
    LedgerEntry,
    RecurringContribution,
    RefundOrder,
)
from newsroom.support.payments.interface import Kind, NotPossible, Unreachable
from tests import make
from tests.data import stripe_objects as objects
from tests.newsroom.support import books
from tests.newsroom.support.stripe_peer import Peer

pytestmark = pytest.mark.django_db

State = RefundOrder.State


@pytest.fixture
def peer(settings):
    settings.STRIPE_SECRET_KEY = "sk_test_only"
    settings.STRIPE_WEBHOOK_SECRET = objects.SECRET
    with Peer() as peer:
        settings.STRIPE_API_BASE = peer.base
        yield peer


def paid_gift(peer: Peer, **values) -> Contribution:
    gift = books.gift(**values)
    peer.pay({"gift": gift.public_id}, amount=gift.amount_minor)
    intent = list(peer.charges)[-1]
    ledger.apply(books.paid(gift, payment_ref=intent), "stripe")
    gift.refresh_from_db()
    return gift


def due_again() -> None:
    RefundOrder.objects.update(due_at=timezone.now())


def test_a_part_is_given_back_and_booked_only_when_the_provider_tells(peer):
    gift = paid_gift(peer)
    staff = make.user("Support staff")

    order = refunds.order(gift, 700, by=staff, reason="Paid twice")
    refunds.carry_out_due()

    order.refresh_from_db()
    assert (order.state, order.ordered_by) == (State.DONE, staff)
    assert [one["amount"] for one in peer.refunds] == [700]
    assert not LedgerEntry.objects.filter(kind="refund").exists()
    assert refunds.left_of(gift) == 1800

    ledger.apply(
        books.event(
            Kind.REFUNDED,
            payment_ref=gift.payment_ref,
            movement_ref=peer.refunds[0]["id"],
            amount_minor=700,
            order=order.key,
        ),
        "stripe",
    )
    assert refunds.left_of(gift) == 1800
    gift.refresh_from_db()
    assert gift.state == Contribution.State.SUCCEEDED


@pytest.mark.parametrize("amount", [0, -1, 2501])
def test_never_more_than_is_left(peer, amount):
    gift = paid_gift(peer)

    with pytest.raises(refunds.NotRefundable, match=r"At most \$25"):
        refunds.order(gift, amount, by=None)

    assert not RefundOrder.objects.exists()


def test_what_is_ordered_is_no_longer_left(peer):
    gift = paid_gift(peer)
    refunds.order(gift, 2000, by=None)

    with pytest.raises(refunds.NotRefundable, match=r"At most \$5"):
        refunds.order(gift, 501, by=None)
    refunds.order(gift, 500, by=None)
    with pytest.raises(refunds.NotRefundable, match="Nothing is left"):
        refunds.order(gift, 1, by=None)

    assert refunds.left_of(gift) == 0


def test_what_was_given_back_at_the_provider_itself_counts_too(peer):
    gift = paid_gift(peer)
    ledger.apply(
        books.event(
            Kind.REFUNDED,
            payment_ref=gift.payment_ref,
            movement_ref="re_by_hand",
            amount_minor=2000,
        ),
        "stripe",
    )

    with pytest.raises(refunds.NotRefundable, match=r"At most \$5"):
        refunds.order(gift, 501, by=None)


def test_a_disputed_gift_is_not_given_back_twice(peer):
    gift = paid_gift(peer)
    ledger.apply(
        books.event(
            Kind.DISPUTED,
            payment_ref=gift.payment_ref,
            movement_ref="du_1",
            amount_minor=2500,
        ),
        "stripe",
    )

    with pytest.raises(refunds.NotRefundable, match="disputed"):
        refunds.order(gift, 100, by=None)


def test_a_provider_that_fails_is_asked_again_and_gives_back_once(peer):
    gift = paid_gift(peer)
    order = refunds.order(gift, 700, by=None)
    # Each try is three requests; of the last one only the answer is lost.
    peer.failures = [500, 503, 0]

    refunds.carry_out_due()
    order.refresh_from_db()
    assert (order.state, order.trouble) == (State.WAITING, "Unreachable")
    assert order.due_at > timezone.now()
    refunds.carry_out_due()  # not due
    assert order.attempts == 1
    due_again()
    refunds.carry_out_due()
    # As after a worker that died before it could note the answer.
    RefundOrder.objects.update(state=State.WAITING, due_at=timezone.now())
    peer.by_key.clear()
    refunds.carry_out_due()

    order.refresh_from_db()
    assert order.state == State.DONE
    assert [one["amount"] for one in peer.refunds] == [700]


def test_what_the_provider_refuses_waits_for_a_person(peer):
    gift = paid_gift(peer)
    order = refunds.order(gift, 700, by=None)
    peer.charges.clear()

    refunds.carry_out_due()

    order.refresh_from_db()
    assert order.state == State.FAILED
    assert "provider does not do this" in order.trouble
    assert refunds.left_of(gift) == 2500

    key = order.key
    peer.charges[gift.payment_ref] = objects.charge(payment_intent=gift.payment_ref)
    refunds.try_again(order)
    refunds.carry_out_due()

    order.refresh_from_db()
    assert order.state == State.DONE
    assert order.key != key


def test_a_refused_gift_ends_what_renews(peer):
    books.refuse("RU")
    series = books.series()
    gift = series.contributions.get()
    peer.subscribe({"gift": gift.public_id, "series": series.public_id})
    number = next(iter(peer.subscriptions))
    intent = next(iter(peer.charges))

    ledger.apply(
        books.paid(
            gift,
            payment_ref=intent,
            recurring=series.public_id,
            recurring_ref=number,
            country="RU",
        ),
        "stripe",
    )
    recurring.end_refused()
    refunds.carry_out_due()

    series.refresh_from_db()
    assert series.state == RecurringContribution.State.CANCELLED
    assert peer.subscriptions[number]["status"] == "canceled"
    assert [one["amount"] for one in peer.refunds] == [500]
    assert not GiverLetter.objects.exists()


def test_what_renews_though_refused_is_tried_until_it_ends(peer):
    books.refuse("RU")
    series = books.series()
    peer.subscribe({"series": series.public_id, "gift": "x"})
    number = next(iter(peer.subscriptions))
    ledger.apply(
        books.paid(
            series.contributions.get(),
            recurring=series.public_id,
            recurring_ref=number,
            country="RU",
        ),
        "stripe",
    )
    peer.failures = [500] * 3

    assert recurring.end_refused() == 0
    assert recurring.end_refused() == 1

    assert peer.subscriptions[number]["status"] == "canceled"


def begun(peer: Peer) -> RecurringContribution:
    series = books.series(state="active")
    peer.subscribe(
        {"gift": series.contributions.get().public_id, "series": series.public_id}
    )
    series.provider_ref = next(iter(peer.subscriptions))
    series.save()
    return series


def test_a_giver_changes_pauses_and_ends_and_is_told_each_time(peer):
    series = begun(peer)

    recurring.change_amount(series, 900)
    series.refresh_from_db()
    assert series.amount_minor == 900
    recurring.pause(series, books.NOON.date())
    series.refresh_from_db()
    assert (series.state, series.paused_until) == ("paused", books.NOON.date())
    recurring.resume(series)
    series.refresh_from_db()
    assert (series.state, series.paused_until) == ("active", None)
    recurring.cancel(series)
    series.refresh_from_db()
    recurring.cancel(series)

    assert series.state == "cancelled"
    kinds = list(GiverLetter.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["changed", "changed", "changed", "ended"]
    with pytest.raises(NotPossible, match="has ended"):
        recurring.change_amount(series, 100)


def test_nothing_is_noted_that_the_provider_did_not_do(peer):
    series = begun(peer)

    for change in (
        lambda: recurring.cancel(series),
        lambda: recurring.change_amount(series, 900),
        lambda: recurring.pause(series, books.NOON.date()),
    ):
        peer.failures = [500] * 3
        with pytest.raises(Unreachable):
            change()

    series.refresh_from_db()
    assert (series.state, series.amount_minor) == ("active", 500)
    assert not GiverLetter.objects.exists()


def test_givers_are_warned_once_of_a_card_that_ends(peer):
    ends = timezone.localdate() + recurring.WARN_OF_CARD[1]
    begun_one = begun(peer)
    begun_one.card_ends = ends
    begun_one.save()
    books.series(state="cancelled", card_ends=ends)

    recurring.warn_of_cards()
    recurring.warn_of_cards()

    assert list(GiverLetter.objects.values_list("kind", "recurring")) == [
        ("card", begun_one.pk)
    ]
