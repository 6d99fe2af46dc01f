import itertools
import random
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from newsroom.support import money
from newsroom.support.books import ledger
from newsroom.support.models import (
    Contribution,
    GiverLetter,
    LedgerEntry,
    RecurringContribution,
    RefundOrder,
)
from newsroom.support.payments.interface import Event, Kind
from tests.newsroom.support import books

pytestmark = pytest.mark.django_db

State = Contribution.State


def apply(*events: Event) -> None:
    for event in events:
        ledger.apply(event, "stripe")


def kinds_of_letters() -> list[str]:
    return sorted(GiverLetter.objects.values_list("kind", flat=True))


def test_a_paid_gift_is_booked_numbered_and_thanked_once():
    gift = books.gift()
    told = books.paid(gift, fee_minor=103)

    apply(told, told, books.paid(gift))

    gift.refresh_from_db()
    assert gift.state == State.SUCCEEDED
    assert gift.paid_at == books.NOON
    assert gift.receipt_number is not None
    assert dict(LedgerEntry.objects.values_list("kind", "amount_minor")) == {
        "gift": 2500,
        "fee": -103,
    }
    assert kinds_of_letters() == ["thanks"]


def test_nobody_is_thanked_before_the_country_is_known():
    gift = books.gift()

    apply(books.paid(gift, country="", has_country=False))

    gift.refresh_from_db()
    assert gift.state == State.SUCCEEDED
    assert gift.verdict == Contribution.Verdict.UNKNOWN
    assert gift.receipt_number is None
    assert kinds_of_letters() == []

    apply(
        books.event(Kind.CHARGED, payment_ref=gift.payment_ref, has_country=True),
    )

    gift.refresh_from_db()
    assert gift.receipt_number is not None
    assert kinds_of_letters() == ["thanks"]


def test_the_charge_may_be_told_before_the_payment():
    gift = books.gift()
    charged = books.event(
        Kind.CHARGED,
        contribution=gift.public_id,
        payment_ref="pi_1",
        has_country=True,
        country="DE",
        fee_minor=80,
        currency="USD",
    )

    apply(charged)
    gift.refresh_from_db()
    assert (gift.state, gift.receipt_number) == (State.PENDING, None)
    apply(books.paid(gift, payment_ref="pi_1", country="", has_country=False))

    gift.refresh_from_db()
    assert gift.state == State.SUCCEEDED
    assert kinds_of_letters() == ["thanks"]


def test_a_gift_from_a_refused_country_goes_back_without_a_word():
    books.refuse("RU")
    gift = books.gift()
    told = books.paid(gift, country="RU")

    apply(told, told)

    gift.refresh_from_db()
    assert gift.state == State.QUARANTINED
    assert gift.is_silent
    assert gift.receipt_number is None
    assert kinds_of_letters() == []
    assert list(RefundOrder.objects.values_list("amount_minor", "state")) == [
        (2500, "waiting")
    ]


def test_a_policy_may_allow_the_letter_that_explains():
    books.refuse("RU", sends_mail=True)
    gift = books.gift()

    apply(books.paid(gift, country="ru"))

    gift.refresh_from_db()
    assert not gift.is_silent
    assert kinds_of_letters() == ["explained"]


def test_a_quarantined_gift_that_went_back_is_given_back_and_not_told_of():
    books.refuse("RU")
    gift = books.gift()
    apply(books.paid(gift, country="RU"))
    order = RefundOrder.objects.get()

    apply(
        books.event(
            Kind.REFUNDED,
            payment_ref=f"pi_{gift.pk}",
            movement_ref="re_1",
            amount_minor=2500,
            order=order.key,
        )
    )

    gift.refresh_from_db()
    order.refresh_from_db()
    assert gift.state == State.REFUNDED
    assert (order.state, order.movement_ref) == ("done", "re_1")
    assert kinds_of_letters() == []


def test_the_country_itself_is_kept_nowhere():
    books.refuse("KZ")
    gift = books.gift()

    apply(books.paid(gift, country="KZ"))

    for model in (Contribution, LedgerEntry, RefundOrder, GiverLetter):
        for row in model.objects.values():
            assert "KZ" not in map(str, row.values())


def test_a_part_given_back_leaves_the_gift_paid():
    gift = books.gift()
    apply(books.paid(gift))
    part = {"payment_ref": f"pi_{gift.pk}", "amount_minor": 1000}

    apply(books.event(Kind.REFUNDED, movement_ref="re_1", **part))
    gift.refresh_from_db()
    assert gift.state == State.SUCCEEDED
    apply(
        books.event(Kind.REFUNDED, movement_ref="re_2", **part | {"amount_minor": 1500})
    )

    gift.refresh_from_db()
    assert gift.state == State.REFUNDED
    assert kinds_of_letters() == ["refunded", "refunded", "thanks"]


def test_a_dispute_takes_the_money_until_it_is_won():
    gift = books.gift()
    apply(books.paid(gift))
    dispute = {
        "payment_ref": f"pi_{gift.pk}",
        "movement_ref": "dp_1",
        "amount_minor": 2500,
        "currency": "USD",
    }

    apply(books.event(Kind.DISPUTED, fee_minor=1500, **dispute))
    gift.refresh_from_db()
    assert gift.state == State.DISPUTED
    apply(books.event(Kind.REINSTATED, **dispute))

    gift.refresh_from_db()
    assert gift.state == State.SUCCEEDED
    assert sum(LedgerEntry.objects.values_list("amount_minor", flat=True)) == 1000


def test_a_refund_that_did_not_arrive_is_back_and_its_order_failed():
    gift = books.gift()
    apply(books.paid(gift))
    order = RefundOrder.objects.create(
        contribution=gift, amount_minor=2500, due_at=books.NOON
    )
    moved = {
        "payment_ref": f"pi_{gift.pk}",
        "movement_ref": "re_1",
        "amount_minor": 2500,
        "order": order.key,
    }

    apply(books.event(Kind.REFUNDED, **moved), books.event(Kind.REINSTATED, **moved))

    gift.refresh_from_db()
    order.refresh_from_db()
    assert gift.state == State.SUCCEEDED
    assert order.state == "failed"


@pytest.mark.parametrize("kind", [Kind.CHARGED, Kind.REFUNDED, Kind.DISPUTED])
def test_what_is_about_an_unknown_payment_waits(kind):
    told = books.event(kind, payment_ref="pi_9", movement_ref="x", amount_minor=5)

    with pytest.raises(ledger.CannotApply):
        apply(told)

    assert not LedgerEntry.objects.exists()


def test_a_renewal_before_its_checkout_waits():
    series = books.series()
    renewal = books.event(
        Kind.PAID,
        recurring_ref="sub_1",
        payment_ref="pi_2",
        amount_minor=500,
        currency="USD",
        has_country=True,
    )
    checkout = books.event(
        Kind.RECURRING, recurring=series.public_id, recurring_ref="sub_1"
    )

    with pytest.raises(ledger.CannotApply):
        apply(renewal)
    apply(checkout, renewal)

    made = Contribution.objects.get(payment_ref="pi_2")
    assert made.recurring == series
    assert made.giver == series.giver
    assert made.state == State.SUCCEEDED


def test_the_first_payment_is_thanked_and_a_renewal_gets_its_receipt():
    series = books.series()
    first = series.contributions.get()
    common = {"recurring": series.public_id, "recurring_ref": "sub_1"}

    # The renewal is heard of first.
    apply(
        books.event(
            Kind.PAID,
            after=60,
            payment_ref="pi_2",
            amount_minor=500,
            currency="USD",
            has_country=True,
            **common,
        ),
        books.paid(first, payment_ref="pi_1", **common),
    )

    letters = dict(GiverLetter.objects.values_list("kind", "contribution__payment_ref"))
    series.refresh_from_db()
    assert letters == {"thanks": "pi_1", "receipt": "pi_2"}
    assert series.state == RecurringContribution.State.ACTIVE
    assert series.began_at == books.NOON
    assert series.contributions.count() == 2


def test_what_is_paid_twice_is_two_gifts():
    gift = books.gift()

    apply(books.paid(gift, payment_ref="pi_1"), books.paid(gift, payment_ref="pi_2"))

    assert sorted(Contribution.objects.values_list("payment_ref", "state")) == [
        ("pi_1", "succeeded"),
        ("pi_2", "succeeded"),
    ]


def test_a_failed_renewal_is_told_unless_it_succeeds_within_the_hour():
    series = books.series()
    common = {
        "recurring": series.public_id,
        "payment_ref": "pi_2",
        "amount_minor": 500,
        "currency": "USD",
    }

    apply(books.event(Kind.FAILED, **common))
    letter = GiverLetter.objects.get()
    assert letter.kind == "failed"
    assert letter.due_at > letter.created_at + timedelta(minutes=50)
    apply(books.event(Kind.PAID, has_country=True, **common))

    assert kinds_of_letters() == ["receipt"]
    assert Contribution.objects.get(payment_ref="pi_2").state == State.SUCCEEDED


def test_a_card_that_was_declined_first_leaves_the_gift_to_the_next_one():
    gift = books.gift()
    declined = books.event(
        Kind.FAILED, contribution=gift.public_id, payment_ref="try_1"
    )
    paid = books.paid(gift, payment_ref="try_2")

    apply(declined, paid, declined)

    gift.refresh_from_db()
    assert (gift.state, gift.payment_ref) == (State.SUCCEEDED, "try_2")
    assert Contribution.objects.count() == 1


def test_a_fee_that_cannot_be_counted_keeps_no_gift_waiting():
    gift = books.gift()

    apply(books.paid(gift, fee_minor=30, fee_currency="XXX"))

    gift.refresh_from_db()
    assert gift.state == State.SUCCEEDED
    assert LedgerEntry.objects.get().kind == "gift"


def test_a_payment_that_names_no_series_does_not_revive_what_has_ended():
    series = books.series(state="cancelled", cancelled_at=books.NOON)
    gift = series.contributions.get()

    apply(books.paid(gift))

    series.refresh_from_db()
    assert series.state == "cancelled"


def test_who_fails_in_the_checkout_gets_no_letter():
    gift = books.gift()

    apply(books.event(Kind.FAILED, contribution=gift.public_id))

    gift.refresh_from_db()
    assert gift.state == State.FAILED
    assert kinds_of_letters() == []


def test_the_newest_event_says_how_a_recurring_gift_stands():
    series = books.series()
    apply(
        books.event(
            Kind.RECURRING,
            after=20,
            recurring=series.public_id,
            state="active",
            amount_minor=900,
            next_at=books.NOON + timedelta(days=30),
        ),
        books.event(
            Kind.RECURRING,
            after=10,
            recurring=series.public_id,
            state="past_due",
            amount_minor=500,
        ),
    )

    series.refresh_from_db()
    assert series.state == "active"
    assert series.amount_minor == 900
    assert series.next_at == books.NOON + timedelta(days=30)


def test_what_has_ended_stays_so_and_is_told_once():
    series = books.series()
    ended = books.event(
        Kind.RECURRING, after=10, recurring=series.public_id, state="cancelled"
    )

    apply(
        ended,
        books.event(
            Kind.RECURRING, after=20, recurring=series.public_id, state="active"
        ),
        ended,
    )

    series.refresh_from_db()
    assert series.state == "cancelled"
    assert series.cancelled_at == books.NOON + timedelta(seconds=10)
    assert kinds_of_letters() == ["ended"]


def test_a_card_that_ends_is_noted_for_every_gift_of_its_payer():
    mine = books.series(payer_ref="cus_1", provider_ref="sub_1")
    other = books.series(payer_ref="cus_2", provider_ref="sub_2")

    apply(books.event(Kind.CARD_ENDS, payer_ref="cus_1", card_ends=date(2026, 12, 31)))

    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.card_ends == date(2026, 12, 31)
    assert other.card_ends is None


def test_an_entry_cannot_belong_to_two_gifts():
    one, other = books.gift(), books.gift()
    apply(books.paid(one, payment_ref="pi_1"), books.paid(other, payment_ref="pi_2"))
    apply(
        books.event(
            Kind.REFUNDED, payment_ref="pi_1", movement_ref="re_1", amount_minor=5
        )
    )

    with pytest.raises(ledger.CannotApply, match="another gift"):
        apply(
            books.event(
                Kind.REFUNDED, payment_ref="pi_2", movement_ref="re_1", amount_minor=5
            )
        )


def _story(series: RecurringContribution, gift: Contribution) -> list[Event]:
    """A year of two givers, each event twice."""
    first = series.contributions.get()
    of_series = {"recurring": series.public_id, "recurring_ref": "sub_1"}
    money_of = {"currency": "USD", "payment_ref": "pi_2"}
    terms = {"amount_minor": 700}
    told = [
        books.event(Kind.RECURRING, 0, **of_series, state="pending"),
        books.event(Kind.RECURRING, 0, **of_series, state="active", amount_minor=500),
        books.paid(
            first,
            payment_ref="pi_1",
            **of_series,
            fee_minor=45,
            card_ends=date(2027, 1, 31),
        ),
        books.event(Kind.FAILED, 60, **of_series, **money_of, amount_minor=500),
        books.event(Kind.RECURRING, 61, **of_series, **terms, state="past_due"),
        books.event(
            Kind.PAID,
            90,
            **of_series,
            **money_of,
            amount_minor=500,
            has_country=True,
            card_ends=date(2029, 1, 31),
        ),
        books.event(Kind.RECURRING, 91, **of_series, state="active", amount_minor=700),
        books.event(Kind.RECURRING, 120, **of_series, **terms, state="cancelled"),
        books.paid(gift, payment_ref="pi_3", country="", has_country=False),
        books.event(
            Kind.CHARGED,
            payment_ref="pi_3",
            contribution=gift.public_id,
            has_country=True,
            fee_minor=99,
            currency="USD",
        ),
        books.event(
            Kind.REFUNDED,
            70,
            payment_ref="pi_3",
            movement_ref="re_1",
            amount_minor=700,
        ),
        books.event(
            Kind.DISPUTED,
            80,
            payment_ref="pi_3",
            movement_ref="dp_1",
            amount_minor=1800,
            fee_minor=1500,
            currency="USD",
        ),
        books.event(
            Kind.REINSTATED,
            99,
            payment_ref="pi_3",
            movement_ref="dp_1",
            amount_minor=1800,
        ),
    ]
    return told + told


def test_any_order_and_repetition_gives_the_same_rows():
    series, gift = books.series(), books.gift()
    told = _story(series, gift)
    results = []
    for seed in range(12):
        shuffled = list(told)
        if seed:
            random.Random(seed).shuffle(shuffled)
        with transaction.atomic():
            point = transaction.savepoint()
            _apply_until_all_are(shuffled)
            results.append(books.rows())
            transaction.savepoint_rollback(point)

    for other in results[1:]:
        assert other == results[0]
    assert results[0]["gifts"][0][1] == "succeeded"
    assert len(results[0]["gifts"]) == 3
    assert [kind for kind, *_rest in results[0]["letters"]] == [
        *["ended", "receipt", "refunded", "thanks", "thanks"],
    ]


def _apply_until_all_are(events: list[Event]) -> None:
    """As the job does: what cannot be applied yet is tried again."""
    waiting = list(events)
    for _round in range(len(events)):
        left = []
        for event in waiting:
            try:
                apply(event)
            except ledger.CannotApply:
                left.append(event)
        if not left:
            return
        waiting = left
    raise AssertionError("Some events were never applied")


@settings(max_examples=25, deadline=None)
@given(
    currency=st.sampled_from(sorted(money.DIGITS)),
    amount=st.integers(1, money.MOST_MINOR),
    parts=st.lists(st.integers(1, 10**6), max_size=4),
    fee=st.integers(0, 10**5),
)
def test_what_is_left_is_what_came_less_what_went(currency, amount, parts, fee):
    with transaction.atomic():
        point = transaction.savepoint()
        gift = books.gift(amount_minor=amount, currency=currency)
        apply(books.paid(gift, fee_minor=fee))
        for number, part in enumerate(parts):
            apply(
                books.event(
                    Kind.REFUNDED,
                    payment_ref=f"pi_{gift.pk}",
                    movement_ref=f"re_{number}",
                    amount_minor=part,
                )
            )
        entries = gift.entries.all()
        total = sum(entry.amount_minor for entry in entries)
        currencies = {entry.currency for entry in entries}
        transaction.savepoint_rollback(point)

    assert total == amount - sum(parts) - fee
    assert currencies == {currency}


def test_every_pair_of_events_of_a_gift_is_the_same_both_ways():
    gift = books.gift()
    one = {"payment_ref": "pi_1", "contribution": gift.public_id}
    sums = {"amount_minor": 2500, "currency": "USD"}
    told = [
        books.event(Kind.PAID, 0, **one, **sums),
        books.event(Kind.CHARGED, 1, **one, has_country=True),
        books.event(Kind.FAILED, 2, **one),
        books.event(Kind.REFUNDED, 3, **one, **sums, movement_ref="re_1"),
        books.event(Kind.DISPUTED, 4, **one, **sums, movement_ref="dp_1"),
    ]

    for first, second in itertools.combinations(told, 2):
        both = []
        for pair in ([first, second], [second, first]):
            with transaction.atomic():
                point = transaction.savepoint()
                apply(*pair)
                both.append(books.rows())
                transaction.savepoint_rollback(point)
        assert both[0] == both[1], (first.kind, second.kind)
