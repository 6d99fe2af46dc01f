from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from newsroom.newsletters import letters, limits, sign_up
from newsroom.newsletters.models import (
    Letter,
    LimitKey,
    LimitUse,
    ReaderRequest,
    Subscriber,
)
from tests import make
from tests.newsroom.newsletters.readers import SIGN_UP, path, sign_up_form, work

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _half_past_noon():
    """So that neither an hour nor a day ends while a test runs."""
    with time_machine.travel(timezone.now().replace(hour=12, minute=30)):
        yield


def test_an_hour_has_its_places_and_the_next_one_begins_on_the_hour():
    reserved = [
        limits.reserve_hour("network", b"one", most=2, at=NOON) for _ in range(5)
    ]

    one, two = NOON.replace(minute=0) + HOUR, NOON.replace(minute=0) + 2 * HOUR
    assert reserved == [NOON, NOON, one, one, two]


def test_networks_do_not_take_each_others_places():
    limits.reserve_hour("network", b"one", most=1, at=NOON)

    assert limits.reserve_hour("network", b"other", most=1, at=NOON) == NOON
    assert limits.reserve_hour("other limit", b"one", most=1, at=NOON) == NOON


def test_places_are_reserved_past_midnight_under_that_days_key():
    late = NOON.replace(hour=23)

    reserved = [
        limits.reserve_hour("network", b"one", most=1, at=late) for _ in range(3)
    ]

    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert reserved == [late, midnight, midnight + HOUR]
    keys = [bytes(key.key) for key in LimitKey.objects.order_by("day")]
    assert len(set(keys)) == 2
    who = LimitUse.objects.values_list("who", flat=True)
    assert len({bytes(digest) for digest in who}) == 2


def test_a_day_has_its_places():
    reserved = [
        limits.reserve_day("sign-up", b"reader", most=1, at=NOON) for _ in range(3)
    ]

    assert reserved[0] == NOON
    assert [at.date() - NOON.date() for at in reserved] == [
        timedelta(days=number) for number in range(3)
    ]


def test_after_four_weeks_there_is_no_place():
    for _ in range(limits.DAYS_AHEAD):
        assert limits.reserve_day("sign-up", b"reader", most=1, at=NOON)

    assert limits.reserve_day("sign-up", b"reader", most=1, at=NOON) is None


def test_the_key_of_a_day_goes_with_its_counts():
    limits.reserve_hour("network", b"one", most=1, at=NOON)

    limits.delete_past(NOON + timedelta(hours=11))
    assert LimitUse.objects.count() == 1
    limits.delete_past(NOON + timedelta(hours=12))

    assert not LimitKey.objects.exists()
    assert not LimitUse.objects.exists()


def test_neither_network_nor_address_can_be_read_in_the_rows(client):
    client.post(SIGN_UP, sign_up_form(make.newsletter()), REMOTE_ADDR="203.0.113.77")
    work()

    stored = repr(list(LimitUse.objects.values())) + repr(
        list(ReaderRequest.objects.values())
    )
    assert LimitUse.objects.count() == 2
    assert "203.0.113" not in stored
    assert "reader.example" not in stored


def per_hour(networks, due):
    hours = [(at.date(), at.hour) for at in due]
    return max(hours.count(hour) for hour in set(hours)) / networks


def test_one_network_gets_twenty_mails_an_hour_and_the_others_wait(client):
    letter = make.newsletter()

    answers = {
        client.post(
            SIGN_UP, sign_up_form(letter, address=f"r{number}@reader.example")
        ).status_code
        for number in range(90)
    }
    work()

    assert answers == {302}
    due = Letter.objects.values_list("due_at", flat=True)
    assert Letter.objects.count() == 90
    assert per_hour(1, due) == sign_up.PER_NETWORK_AND_HOUR
    assert len(mail.outbox) == sign_up.PER_NETWORK_AND_HOUR


def test_what_waits_leaves_when_its_hour_comes(client):
    letter = make.newsletter()
    for number in range(25):
        client.post(SIGN_UP, sign_up_form(letter, address=f"r{number}@reader.example"))
    work()
    assert len(mail.outbox) == 20

    with time_machine.travel(timezone.now() + HOUR):
        letters.deliver_due()

    assert len(mail.outbox) == 25
    assert len({message.to[0] for message in mail.outbox}) == 25


def test_many_networks_get_one_mail_a_day_to_one_address(client):
    one, other = make.newsletter(), make.newsletter()

    for number in range(150):
        client.post(
            SIGN_UP,
            sign_up_form(one if number % 2 else other),
            REMOTE_ADDR=f"203.0.{number // 100}.{number % 100}",
        )
        if number % 10 == 0:
            work()
    work()

    assert Subscriber.objects.count() == 1
    assert len(mail.outbox) == 1
    [waiting] = Letter.objects.filter(sent_at=None)
    assert waiting.due_at.date() > timezone.now().date()
    assert set(waiting.facts["newsletters"]) == {one.pk, other.pk}


def test_over_days_the_address_still_gets_one_mail_a_day(client):
    letter = make.newsletter()
    begin = timezone.now()

    for number in range(40):
        with time_machine.travel(begin + number * timedelta(hours=3)):
            client.post(SIGN_UP, sign_up_form(letter))
            work()

    sent = Letter.objects.exclude(sent_at=None).values_list("sent_at", flat=True)
    days = sorted(at.date() for at in sent)
    assert len(days) == len(set(days))
    assert all(later > earlier for earlier, later in pairwise(days))


def test_the_link_is_mailed_once_a_day(client):
    make.subscriber("known@reader.example", of=[make.newsletter()])

    for _ in range(30):
        client.post(path("my_link"), {"email": "known@reader.example"})
        work()

    assert len(mail.outbox) == 1


def test_the_network_is_told_by_a_trusted_proxy(client, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
    letter = make.newsletter()

    for number in range(40):
        client.post(
            SIGN_UP,
            sign_up_form(letter, address=f"r{number}@reader.example"),
            headers={"x-forwarded-for": f"6.6.6.6, 203.0.113.{number % 2}"},
        )
    work()

    assert len(mail.outbox) == 40
