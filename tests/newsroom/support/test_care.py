from datetime import timedelta

import pytest
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.support.mails import letters
from newsroom.support.models import (
    Asking,
    BankLine,
    Contribution,
    Giver,
    GiverLetter,
    GiverLook,
    RecurringContribution,
    Reminder,
    WebhookEvent,
)
from newsroom.support.people import care, givers
from tests import make
from tests.newsroom.support.people import gift, giver, running

pytestmark = pytest.mark.django_db


def years_ago(person: Giver, years: int) -> None:
    at = timezone.now() - timedelta(days=365 * years)
    Giver.objects.filter(pk=person.pk).update(created_at=at)
    person.contributions.update(created_at=at, paid_at=at)
    person.recurring.update(created_at=at, began_at=at)


def is_known(person: Giver) -> bool:
    person.refresh_from_db()
    return bool(person.address)


def test_who_gave_last_before_the_set_time_is_forgotten():
    Asking.objects.update(keeps_names_days=730)
    past, recent = giver("past@x.example"), giver("recent@x.example")
    made = gift(past)
    gift(recent)
    years_ago(past, 3)
    years_ago(recent, 1)

    care.forget()

    assert not is_known(past)
    assert is_known(recent)
    made.refresh_from_db()
    assert made.amount_minor == 2500


@pytest.mark.parametrize("state", ["active", "past_due", "paused"])
def test_nobody_is_forgotten_while_a_gift_runs(state):
    person = giver()
    running(person, state=state)
    gift(person)
    years_ago(person, 9)

    care.forget()

    assert is_known(person)


def test_the_time_begins_when_a_running_gift_has_ended():
    person = giver()
    running(person, state="cancelled", cancelled_at=timezone.now())
    years_ago(person, 9)

    care.forget()
    assert is_known(person)

    care.forget(timezone.now() + timedelta(days=1096))
    assert not is_known(person)


def test_what_nobody_finished_is_parted_from_whoever_began_it():
    person = giver()
    recurring = running(person, state="pending", began_at=None)
    values = {
        "state": "pending",
        "paid_at": None,
        "receipt_number": None,
        "message_sealed": mail_addresses.seal("hello"),
    }
    gift(person, **values)
    gift(person, recurring=recurring, **values)

    care.forget(timezone.now() + timedelta(days=29))
    assert Giver.objects.count() == 1

    care.forget(timezone.now() + timedelta(days=31))

    assert not Giver.objects.exists()
    kept = Contribution.objects.values_list("state", "giver", "message_sealed")
    assert [(state, who, bytes(words)) for state, who, words in kept] == [
        ("pending", None, b"")
    ] * 2
    assert RecurringContribution.objects.get().giver is None


def test_a_failed_renewal_stays_with_the_giver_whose_gift_runs():
    person = giver()
    made = gift(person, recurring=running(person), state="failed", paid_at=None)

    care.forget(timezone.now() + timedelta(days=60))

    made.refresh_from_db()
    assert made.giver == person
    assert is_known(person)


def test_letters_go_a_week_after_they_were_sent():
    made = gift(giver())
    letters.queue(GiverLetter.Kind.THANKS, "thanks:1", contribution=made)
    letters.deliver_due()

    care.forget()
    assert GiverLetter.objects.exists()

    care.forget(timezone.now() + timedelta(days=8))
    assert not GiverLetter.objects.exists()


def event(state: str, number: int) -> WebhookEvent:
    return WebhookEvent.objects.create(
        provider="sandbox",
        event_id=str(number),
        body_sealed=mail_addresses.seal("body"),
        state=state,
        happened_at=timezone.now(),
        applied_at=timezone.now() if state == "applied" else None,
    )


def test_bodies_of_events_go_a_month_after_they_were_applied():
    states = ["applied", "ignored", "stored", "stuck"]
    events = [event(state, number) for number, state in enumerate(states)]

    care.forget(timezone.now() + timedelta(days=29))
    assert all(WebhookEvent.objects.values_list("body_sealed", flat=True))

    care.forget(timezone.now() + timedelta(days=31))

    kept = {}
    for one in events:
        one.refresh_from_db()
        kept[one.state] = bool(one.body_sealed)
    assert kept == {"applied": False, "ignored": False, "stored": True, "stuck": True}


def test_looks_are_kept_for_two_years():
    givers.look(make.user("Support staff"), giver(), "gift")

    care.forget(timezone.now() + timedelta(days=729))
    assert GiverLook.objects.exists()

    care.forget(timezone.now() + timedelta(days=731))
    assert not GiverLook.objects.exists()


def test_payers_in_bank_statements_go_when_givers_data_would():
    Asking.objects.update(keeps_names_days=100)
    BankLine.objects.create(
        ref="1",
        booked_on="2026-03-14",
        amount_minor=2500,
        currency="USD",
        payer_sealed=mail_addresses.seal("ANNA"),
    )

    care.forget(timezone.now() + timedelta(days=99))
    assert BankLine.objects.get().payer_sealed

    care.forget(timezone.now() + timedelta(days=101))
    assert bytes(BankLine.objects.get().payer_sealed) == b""


def test_what_is_left_of_reminders_goes_after_a_year():
    now = timezone.now()
    Reminder.objects.create(due_on=now.date(), sent_at=now)
    waiting = Reminder.objects.create(
        due_on=now.date(), address_digest=b"x" * 32, address_sealed=b"y"
    )

    care.forget(now + timedelta(days=366))

    assert list(Reminder.objects.all()) == [waiting]
