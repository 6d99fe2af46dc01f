"""Notes of devices: what is counted, what is passed over, what survives."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import OperationalError, connection
from hypothesis import given
from hypothesis import strategies as st

from newsroom.support.appeals import tally
from newsroom.support.models import VariantTotal
from tests.newsroom.support import appeals

OURS = {"host": "testserver", "origin": "http://testserver"}
AT = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _nothing_is_counted_yet():
    tally._counted.clear()
    yield
    tally._counted.clear()


@pytest.fixture
def variant(db):
    return appeals.prompt().variants.get()


def totals():
    return list(
        VariantTotal.objects.order_by("variant", "day").values_list(
            "variant", "day", "shown", "closed", "continued"
        )
    )


def note(body, at=AT, **headers):
    tally.take(OURS | headers, body.encode(), at)


def test_notes_become_totals_of_the_day(variant):
    for body in (f"s{variant.pk}", f"s{variant.pk}.g{variant.pk}", f"c{variant.pk}"):
        note(body)

    tally.add_up()

    assert totals() == [(variant.pk, date(2026, 3, 10), 2, 1, 1)]


def test_totals_add_up_over_turns_and_processes(variant):
    for _ in range(3):
        note(f"s{variant.pk}")
        tally.add_up()

    assert totals() == [(variant.pk, date(2026, 3, 10), 3, 0, 0)]


def test_a_day_ends_at_midnight_utc(variant):
    note(f"s{variant.pk}")
    note(f"s{variant.pk}", at=datetime(2026, 3, 11, 0, 10, tzinfo=UTC))

    tally.add_up()

    assert [(day.day, shown) for _, day, shown, *_ in totals()] == [(10, 1), (11, 1)]


def test_only_variants_that_exist_are_added(variant):
    note(f"s{variant.pk}.s{variant.pk + 999}.s9999999999")

    tally.add_up()

    assert totals() == [(variant.pk, date(2026, 3, 10), 1, 0, 0)]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "https://elsewhere.example/?http://testserver"},
        {"sec-fetch-site": "cross-site"},
        {"sec-gpc": "1"},
    ],
)
def test_what_other_sites_send_or_nobody_wishes_is_not_counted(variant, headers):
    note(f"s{variant.pk}", **headers)

    assert tally._counted == {}


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "null"}, {"origin": "http://127.0.0.1:8000", "host": "elsewhere"}],
)
def test_our_own_pages_and_silent_browsers_are_counted(headers):
    note("s1", **headers)

    assert len(tally._counted) == 1


def test_who_says_the_same_twice_in_a_note_is_counted_once():
    note("s1.s1.s1")

    assert tally._counted == {(1, AT.date()): {"shown": 1}}


@given(st.binary(max_size=600))
def test_whatever_comes_does_no_harm(body):
    tally._counted.clear()

    tally.take(OURS, body, AT)

    for (variant, _day), counts in tally._counted.items():
        assert variant > 0
        assert set(counts.values()) == {1}
    assert len(tally._counted) <= tally.MOST_NOTES


def test_made_up_numbers_do_not_fill_the_memory():
    for number in range(1, tally.MOST_COUNTED * 2):
        note(f"s{number}")
    note("c1")

    assert len(tally._counted) == tally.MOST_COUNTED
    # What was there before goes on being counted.
    assert tally._counted[1, AT.date()] == {"shown": 1, "closed": 1}


def test_nothing_is_lost_while_the_database_is_away(variant):
    def away(execute, sql, params, many, context):
        raise OperationalError("gone")

    note(f"s{variant.pk}")
    with connection.execute_wrapper(away):
        tally.add_up()
        note(f"s{variant.pk}.c{variant.pk}")
        tally.add_up()
    tally.add_up()

    assert totals() == [(variant.pk, date(2026, 3, 10), 2, 1, 0)]


def test_many_threads_count_together():
    def work():
        for _ in range(500):
            note("s7")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tally._counted == {(7, AT.date()): {"shown": 4000}}


def test_all_is_added_in_one_statement(django_assert_num_queries, db):
    variants = [appeals.prompt().variants.get().pk for _ in range(5)]
    note(".".join(f"s{pk}" for pk in variants))

    with django_assert_num_queries(1):
        tally.add_up()
    with django_assert_num_queries(0):
        tally.add_up()

    assert len(totals()) == 5


def test_a_total_does_not_overflow(variant):
    VariantTotal.objects.create(variant=variant, day=AT.date(), shown=2**31 - 1)
    note(f"s{variant.pk}")

    tally.add_up()

    assert totals()[0][2] == 2**31 - 1
    assert connection.is_usable()
