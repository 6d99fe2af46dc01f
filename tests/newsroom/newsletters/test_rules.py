import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction

from newsroom.newsletters import rules
from newsroom.newsletters.models import Issue, Rule
from tests import make

pytestmark = pytest.mark.django_db

RIGA = ZoneInfo("Europe/Riga")
FRIDAY = datetime(2026, 11, 20, 7, tzinfo=RIGA)
EVERY_DAY = list(range(7))


def rule(**values):
    newsletter = values.pop("newsletter", None) or make.newsletter(
        time_zone="Europe/Riga"
    )
    defaults = {
        "newsletter": newsletter,
        "weekdays": [4],
        "hour": time(7),
        "done_until": FRIDAY - timedelta(days=6),
    }
    return Rule.objects.create(**defaults | values)


def story(at=FRIDAY - timedelta(hours=20), **values):
    return make.published_article(publish_at=at, **values)


def test_an_issue_is_made_at_its_hour_and_waits_for_approval():
    new = story()
    one = rule()

    before = rules.make_due(FRIDAY - timedelta(minutes=1))
    [issue] = rules.make_due(FRIDAY + timedelta(minutes=1))

    assert before == []
    assert issue.newsletter == one.newsletter
    assert issue.status == Issue.Status.DRAFT
    assert issue.rule_slot == FRIDAY
    assert [item.article for item in issue.items.all()] == [new]


def test_a_slot_is_dealt_with_once():
    story()
    rule()

    rules.make_due(FRIDAY)
    rules.make_due(FRIDAY + timedelta(minutes=1))
    rules.make_due(FRIDAY + timedelta(days=3))

    assert Issue.objects.count() == 1


def test_a_rule_can_send_by_itself():
    story()
    rule(sends_by_itself=True)

    [issue] = rules.make_due(FRIDAY + timedelta(minutes=1))

    issue.refresh_from_db()
    assert issue.status == Issue.Status.SENDING


@pytest.mark.parametrize(
    ("late", "status"),
    [
        (timedelta(hours=5, minutes=59), Issue.Status.SENDING),
        (timedelta(hours=6), Issue.Status.DRAFT),
        (timedelta(days=2), Issue.Status.DRAFT),
    ],
)
def test_a_missed_hour_is_sent_while_it_is_young_and_waits_after(late, status):
    story()
    rule(sends_by_itself=True)

    [issue] = rules.make_due(FRIDAY + late)

    issue.refresh_from_db()
    assert issue.status == status


def test_of_several_missed_hours_only_the_newest_is_made():
    story()
    rule(weekdays=EVERY_DAY, done_until=FRIDAY - timedelta(days=4))

    [issue] = rules.make_due(FRIDAY + timedelta(hours=1))

    assert issue.rule_slot == FRIDAY


def test_without_new_articles_there_is_no_issue():
    rule(sends_by_itself=True)

    made = rules.make_due(FRIDAY)
    story(FRIDAY + timedelta(minutes=5))
    later = rules.make_due(FRIDAY + timedelta(minutes=10))

    assert made == later == []


def test_as_many_stories_as_the_rule_says():
    for hours in range(1, 6):
        story(FRIDAY - timedelta(hours=hours))
    rule(most_articles=3)

    [issue] = rules.make_due(FRIDAY)

    assert issue.items.count() == 3


def test_what_lacks_something_waits_in_place_of_going_out(settings):
    settings.DEFAULT_FROM_EMAIL = ""
    story()
    rule(sends_by_itself=True)

    [issue] = rules.make_due(FRIDAY)

    issue.refresh_from_db()
    assert issue.status == Issue.Status.DRAFT


def test_a_rule_that_is_off_makes_nothing():
    story()
    rule(is_active=False)

    assert rules.make_due(FRIDAY) == []


def test_a_rule_that_fails_stops_no_other(monkeypatch):
    story()
    bad, good = rule(), rule()
    begin = rules.composing.begin

    def begin_or_fail(newsletter, **values):
        if newsletter == bad.newsletter:
            raise RuntimeError
        return begin(newsletter, **values)

    monkeypatch.setattr(rules.composing, "begin", begin_or_fail)

    [issue] = rules.make_due(FRIDAY)

    assert issue.newsletter == good.newsletter
    bad.refresh_from_db()
    assert bad.done_until < FRIDAY


@pytest.mark.parametrize(
    ("hour", "slots"),
    [
        # Clocks go from 03:00 to 04:00: 03:30 does not exist and comes as 04:30.
        (time(3, 30), ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"]),
        (time(7), ["2026-03-28T05:00", "2026-03-29T04:00", "2026-03-30T04:00"]),
    ],
)
def test_when_summer_time_begins_every_day_has_one_issue(hour, slots):
    assert made_by_the_minute(hour, datetime(2026, 3, 28, tzinfo=RIGA)) == slots


@pytest.mark.parametrize(
    ("hour", "slots"),
    [
        # Clocks go from 04:00 back to 03:00: 03:30 comes twice and counts once.
        (time(3, 30), ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"]),
        (time(7), ["2026-10-24T04:00", "2026-10-25T05:00", "2026-10-26T05:00"]),
    ],
)
def test_when_summer_time_ends_every_day_has_one_issue(hour, slots):
    assert made_by_the_minute(hour, datetime(2026, 10, 24, tzinfo=RIGA)) == slots


def made_by_the_minute(hour, first_day):
    """The slots of three days, looked for every quarter of an hour."""
    one = rule(weekdays=EVERY_DAY, hour=hour, done_until=first_day)
    made = []
    at = first_day.astimezone(UTC)
    while at < first_day.astimezone(UTC) + timedelta(days=3):
        slot = rules.latest_slot(one, at)
        if slot is not None:
            made.append(f"{slot.astimezone(UTC):%Y-%m-%dT%H:%M}")
            one.done_until = slot
        at += timedelta(minutes=15)
    return made


def test_the_next_hour_is_told_by_the_newsletters_clock():
    one = rule()

    assert rules.next_slot(one, FRIDAY) == FRIDAY + timedelta(days=7)
    assert rules.next_slot(one, FRIDAY - timedelta(hours=1)) == FRIDAY


def test_the_database_refuses_a_second_issue_of_a_slot():
    one = rule()
    make.issue(newsletter=one.newsletter, rule=one, rule_slot=FRIDAY)

    with pytest.raises(IntegrityError), transaction.atomic():
        make.issue(newsletter=one.newsletter, rule=one, rule_slot=FRIDAY)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_at_the_same_time_make_one_issue():
    story()
    rule()
    together = threading.Barrier(4)

    def work():
        together.wait()
        rules.make_due(FRIDAY)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Issue.objects.count() == 1
