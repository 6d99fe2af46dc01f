import json
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.support import reminders
from newsroom.support.mails import letters
from newsroom.support.models import (
    BankLine,
    Contribution,
    Giver,
    GiverLetter,
    GiverLook,
    LedgerEntry,
    Reminder,
)
from newsroom.support.people import givers
from tests import make
from tests.newsroom.support.people import ADDRESS, gift, giver, running

pytestmark = pytest.mark.django_db


def stored() -> str:
    """Every row of the tables that givers stand in, as a dump would have them."""
    words = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("support_", "newsletters_", "procrastinate_")):
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    words += [bytes(part).decode() for part in copy]
    # Binary columns are written as hexadecimal digits.
    return "".join(words)


def test_who_gives_again_is_the_same_giver():
    first = giver()

    again = giver(" Anna@READER.example ")

    assert again == first
    assert givers.find(ADDRESS) == first
    assert givers.find("other@reader.example") is None


def test_nothing_readable_lies_in_the_database():
    person = giver(name="Anna Akhmatova")
    made = gift(person, message_sealed=mail_addresses.seal("For my brother"))
    letters.queue(GiverLetter.Kind.THANKS, f"thanks:{made.pk}", contribution=made)
    reminders.ask(
        "boris@reader.example", timezone.localdate(), network="192.0.2.7", language="en"
    )

    rows = stored()

    for word in ("anna@", "reader.example", "Akhmatova", "brother", "192.0.2.7"):
        assert word not in rows
        assert word.encode().hex() not in rows
    assert made.public_id in rows
    assert (person.address, person.name) == (ADDRESS, "Anna Akhmatova")


def test_who_never_gave_may_correct_what_they_typed():
    giver(name="Ana", language="en")

    corrected = giver(name="Anna", language="ka")

    assert (corrected.name, corrected.language) == ("Anna", "ka")


def test_nobody_changes_by_a_form_what_a_giver_chose():
    person = giver(name="Anna", language="ka", is_neutral=True)
    gift(person)

    giver(name="Somebody else", language="ru", is_neutral=False)

    person.refresh_from_db()
    assert (person.name, person.language) == ("Anna", "ka")
    assert person.is_neutral


def test_neutral_mails_can_be_asked_for_with_any_gift():
    gift(giver())

    assert giver(is_neutral=True).is_neutral


def test_a_name_is_one_line_of_bounded_length():
    person = giver(name="  Anna\r\nBcc:\tx\u2028y\x00 " + "z" * 200)

    assert person.name.startswith("Anna Bcc: x y z")
    assert len(person.name) == givers.LONGEST_NAME


@pytest.mark.django_db(transaction=True)
def test_two_who_give_at_once_get_one_row():
    barrier = Barrier(4)

    def work():
        barrier.wait()
        try:
            giver()
        finally:
            connection.close()

    workers = [Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Giver.objects.count() == 1


def test_erasing_leaves_the_books_without_a_name():
    person = giver()
    recurring = running(person, state="cancelled")
    made = gift(
        person,
        recurring=recurring,
        message_sealed=mail_addresses.seal("For my brother"),
        is_anonymous=False,
    )
    BankLine.objects.create(
        ref="1",
        booked_on="2026-03-14",
        amount_minor=2500,
        currency="USD",
        contribution=made,
        payer_sealed=mail_addresses.seal("ANNA EXAMPLE"),
        purpose_sealed=mail_addresses.seal("MRD 7F3K"),
    )
    letters.queue(GiverLetter.Kind.THANKS, "thanks:1", contribution=made)
    reminders.ask(ADDRESS, timezone.localdate(), network="192.0.2.7", language="en")

    givers.erase(person)
    givers.erase(person)

    person.refresh_from_db()
    made.refresh_from_db()
    recurring.refresh_from_db()
    assert (person.address, person.name) == ("", "")
    assert person.address_digest is None
    assert person.domain_digest is None
    assert person.erased_at
    assert bytes(made.message_sealed) == b""
    assert made.is_anonymous
    assert (made.amount_minor, made.receipt_number is not None) == (2500, True)
    assert recurring.payer_ref == ""
    assert LedgerEntry.objects.count() == 1
    assert bytes(BankLine.objects.get().payer_sealed) == b""
    assert bytes(BankLine.objects.get().purpose_sealed) == b""
    assert not GiverLetter.objects.exists()
    assert Reminder.objects.get().address_digest is None
    assert givers.find(ADDRESS) is None


def test_who_comes_back_after_being_erased_is_somebody_new():
    person = giver()
    gift(person)
    givers.erase(person)

    again = giver(name="")

    assert again != person
    assert again.name == ""
    assert Contribution.objects.get().giver == person


@pytest.mark.parametrize("state", ["active", "past_due", "paused"])
def test_nobody_is_erased_while_a_gift_runs(state):
    person = giver()
    running(person, state=state)

    with pytest.raises(givers.StillGiving):
        givers.erase(person)

    person.refresh_from_db()
    assert person.address == ADDRESS


def test_the_export_has_all_that_we_hold():
    person = giver()
    made = gift(
        person,
        currency="JPY",
        amount_minor=2500,
        message_sealed=mail_addresses.seal("For my brother"),
    )
    running(person)
    letters.queue(GiverLetter.Kind.THANKS, "thanks:1", contribution=made)
    givers.look(make.user("Support staff"), person, "gift")

    everything = givers.export(person)

    written = json.loads(json.dumps(everything))
    assert written["email"] == ADDRESS
    assert written["name"] == "Anna Example"
    [exported] = written["gifts"]
    assert (exported["amount"], exported["currency"]) == ("2500", "JPY")
    assert exported["message"] == "For my brother"
    assert exported["movements"][0]["kind"] == "gift"
    assert written["recurring_gifts"][0]["amount"] == "5.00"
    assert written["letters"] == [{"kind": "thanks", "sent": None}]
    assert written["seen_by_staff"][0]["what"] == "gift"


def test_each_look_is_noted_and_outlives_the_giver():
    person = giver()
    user = make.user("Support staff")

    givers.look(user, person, "x" * 100)
    givers.look(user, None, "list")
    givers.erase(person)

    looks = GiverLook.objects.order_by("pk")
    assert [look.giver_id for look in looks] == [person.pk, None]
    assert looks[0].what == "x" * 60
