from datetime import UTC, datetime

import pytest

from newsroom.newsletters import segments
from newsroom.newsletters.models import Segment, Subscription
from newsroom.newsletters.models.subscriber import Source
from newsroom.publication.models import Publication
from tests import make

pytestmark = pytest.mark.django_db


def joined(person, newsletter, at):
    person.subscriptions.filter(newsletter=newsletter).update(confirmed_at=at)


def found(conditions):
    return set(segments.matching(conditions))


def test_without_conditions_a_segment_is_everybody_who_is_subscribed():
    letter = make.newsletter()
    reader = make.subscriber(of=[letter])
    make.subscriber()

    assert found({}) == {reader}
    assert segments.count({}) == 1


def test_somebody_with_two_newsletters_counts_once():
    make.subscriber(of=[make.newsletter(), make.newsletter()])

    assert segments.count({}) == 1


def test_language_and_source_narrow_the_readers():
    letter = make.newsletter()
    reader = make.subscriber(of=[letter], language="ru")
    make.subscriber(of=[letter])
    reader.subscriptions.update(source=Source.ARTICLE)

    assert found({"languages": ["ru", "uk"]}) == {reader}
    assert found({"sources": ["article"]}) == {reader}
    assert found({"languages": ["ru"], "sources": ["site"]}) == set()


def test_days_of_joining_are_those_of_the_newsrooms_clock():
    Publication.objects.update_or_create(pk=1, defaults={"time_zone": "Europe/Riga"})
    letter = make.newsletter()
    late, early = make.subscriber(of=[letter]), make.subscriber(of=[letter])
    # Midnight in Riga is 22:00 UTC.
    joined(late, letter, datetime(2026, 2, 28, 22, 30, tzinfo=UTC))
    joined(early, letter, datetime(2026, 2, 28, 21, 30, tzinfo=UTC))

    assert found({"joined_after": "2026-03-01"}) == {late}
    assert found({"joined_before": "2026-03-01"}) == {early}


def test_named_newsletters_narrow_the_readers_of_another_one():
    sent, named = make.newsletter(), make.newsletter()
    both = make.subscriber(of=[sent, named])
    make.subscriber(of=[sent])
    make.subscriber(of=[named])
    segment = Segment.objects.create(
        name="Both", conditions={"newsletters": [named.pk]}
    )

    audience = segments.narrow(
        Subscription.objects.confirmed().filter(newsletter=sent), segment
    )

    assert [subscription.subscriber for subscription in audience] == [both]


def test_without_named_newsletters_the_conditions_are_about_the_one_that_is_sent():
    sent, other = make.newsletter(), make.newsletter()
    reader = make.subscriber(of=[sent, other])
    joined(reader, sent, datetime(2020, 1, 1, tzinfo=UTC))
    segment = Segment.objects.create(
        name="New here", conditions={"joined_after": "2025-01-01"}
    )

    audience = segments.narrow(
        Subscription.objects.confirmed().filter(newsletter=sent), segment
    )

    assert not audience.exists()


def test_those_who_lack_a_newsletter_or_left_it_can_be_found():
    sent, other = make.newsletter(), make.newsletter()
    make.subscriber(of=[sent, other])
    lacks, left = make.subscriber(of=[sent]), make.subscriber(of=[sent, other])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    left.subscriptions.filter(newsletter=other).update(
        state="unsubscribed", unsubscribed_at=now
    )

    assert found({"newsletters": [sent.pk], "without": [other.pk]}) == {lacks, left}
    assert found({"newsletters": [other.pk], "state": "unsubscribed"}) == {left}


def test_a_segment_never_widens_who_receives():
    letter = make.newsletter()
    reader = make.subscriber(of=[letter])
    reader.subscriptions.update(
        state="unsubscribed", unsubscribed_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    segment = Segment.objects.create(name="Left", conditions={"state": "unsubscribed"})

    audience = segments.narrow(Subscription.objects.confirmed(), segment)

    assert not audience.exists()
