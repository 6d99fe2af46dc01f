from datetime import timedelta

import pytest
from django.utils import timezone

from newsroom.newsletters import audience, subscribers
from newsroom.newsletters.models import ConsentEvent, Delivery, Segment, Subscription
from tests import make

LINK = ConsentEvent.Method.LINK


@pytest.fixture
def newsletter(db):
    return make.newsletter()


def frozen(newsletter, **values):
    issue = make.issue(newsletter=newsletter, **values)
    issue.audience = audience.freeze(issue)
    issue.save()
    return issue


def states(issue):
    """What stands for each reader: the state and why."""
    return {
        delivery.subscriber: (delivery.state, delivery.reason)
        for delivery in issue.deliveries.select_related("subscriber")
    }


def test_everybody_who_confirmed_gets_it_and_nobody_else(newsletter):
    confirmed = make.subscriber(of=[newsletter])
    left = make.subscriber(of=[newsletter])
    subscribers.leave(left, [newsletter], method=LINK)
    pending = make.subscriber()
    Subscription.objects.create(
        subscriber=pending,
        newsletter=newsletter,
        state="pending",
        source="site",
        requested_at=timezone.now(),
    )
    make.subscriber(of=[make.newsletter()])

    issue = frozen(newsletter)

    assert states(issue) == {confirmed: ("q", "")}
    assert issue.audience == 1


def test_paused_and_suppressed_readers_stand_in_the_books_with_the_reason(newsletter):
    tomorrow = timezone.now().date() + timedelta(days=1)
    paused = make.subscriber(of=[newsletter], paused_until=tomorrow)
    suppressed = make.subscriber(of=[newsletter])
    subscribers.suppress(
        bytes(suppressed.address_digest), "manual", method=ConsentEvent.Method.STAFF
    )
    Subscription.objects.filter(subscriber=suppressed).update(
        state="confirmed", unsubscribed_at=None
    )

    issue = frozen(newsletter)

    assert states(issue) == {paused: ("k", "paused"), suppressed: ("k", "suppressed")}
    assert audience.estimate(issue) == 1


def test_a_pause_that_ended_is_none(newsletter):
    today = timezone.now().date()
    make.subscriber(of=[newsletter], paused_until=today - timedelta(days=1))

    assert [state for state, _ in states(frozen(newsletter)).values()] == ["q"]


def test_the_message_fits_language_and_format(newsletter):
    make.subscriber(of=[newsletter], language="ru", format="summary")
    make.subscriber(of=[newsletter])

    assert audience.variants(frozen(newsletter)) == {"ru-summary", "en-full"}


def test_a_segment_narrows_it(newsletter):
    reader = make.subscriber(of=[newsletter], language="ka")
    make.subscriber(of=[newsletter])
    segment = Segment.objects.create(name="Georgian", conditions={"languages": ["ka"]})

    assert set(states(frozen(newsletter, segment=segment))) == {reader}


def test_to_freeze_again_adds_nobody_twice(newsletter):
    make.subscriber(of=[newsletter])
    issue = frozen(newsletter)
    make.subscriber(of=[newsletter])

    assert audience.freeze(issue) == 2
    assert audience.freeze(issue) == 2


def test_a_correction_goes_to_those_who_got_the_wrong_version(newsletter):
    got_it, failed, left, new = (make.subscriber(of=[newsletter]) for _ in range(4))
    wrong = frozen(newsletter)
    wrong.deliveries.filter(subscriber=new).delete()
    wrong.deliveries.filter(subscriber__in=[got_it, left]).update(
        state=Delivery.State.SUBMITTED
    )
    wrong.deliveries.filter(subscriber=failed).update(state=Delivery.State.FAILED)
    subscribers.leave(left, [newsletter], method=LINK)

    note = frozen(newsletter, corrects=wrong)

    assert states(note) == {got_it: ("q", ""), left: ("k", "unsubscribed")}
