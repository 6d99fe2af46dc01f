import threading

import pytest
from django.db import connection, connections, transaction
from django.db.utils import OperationalError

from newsroom.core import mail_addresses
from newsroom.newsletters import consent, subscribers
from newsroom.newsletters.models import (
    BounceEvent,
    ConsentEvent,
    Newsletter,
    Subscriber,
    Subscription,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source
from tests import make

pytestmark = pytest.mark.django_db

State = Subscription.State
Method = ConsentEvent.Method
Reason = Suppression.Reason


@pytest.fixture
def newsletter():
    return make.newsletter()


def confirm(reader, *newsletters, method=Method.LINK):
    return subscribers.confirm(reader, newsletters, source=Source.SITE, method=method)


def state_of(reader, newsletter):
    return reader.subscriptions.get(newsletter=newsletter).state


def ledger(reader):
    return list(
        ConsentEvent.objects.filter(address_digest=reader.address_digest)
        .order_by("pk")
        .values_list("kind", "method")
    )


def suppress(reader, reason):
    digest = bytes(reader.address_digest)
    subscribers.suppress(digest, reason, method=Method.BOUNCE)


def test_an_address_is_one_row_however_it_is_written():
    one = make.subscriber("Reader@Example.org")
    other = make.subscriber("reader@example.ORG")

    assert one == other
    assert subscribers.find("reader@example.org") == one
    assert one.address == "reader@example.org"


def test_a_subscriber_names_nobody_in_messages_and_logs():
    reader = make.subscriber("reader@example.org")

    assert "reader@" not in f"{reader} {reader!r}"


def test_who_asked_is_pending_until_they_confirm(newsletter):
    reader = make.subscriber()

    subscribers.request(
        reader, [newsletter], source=Source.SITE, text=consent.current_text("en")
    )
    asked = state_of(reader, newsletter)
    new = confirm(reader, newsletter)

    assert asked == State.PENDING
    assert new == [newsletter]
    assert state_of(reader, newsletter) == State.CONFIRMED
    assert ledger(reader) == [("requested", "form"), ("confirmed", "link")]


def test_asking_again_neither_ends_nor_begins_a_subscription(newsletter):
    reader = make.subscriber(of=[newsletter])

    subscribers.request(
        reader, [newsletter], source=Source.SITE, text=consent.current_text("en")
    )

    assert state_of(reader, newsletter) == State.CONFIRMED


def test_confirming_twice_is_noted_once(newsletter):
    reader = make.subscriber(of=[newsletter])

    assert confirm(reader, newsletter) == []
    assert ledger(reader) == [("confirmed", "link")]


def test_leaving_one_newsletter_leaves_the_others(newsletter):
    other = make.newsletter()
    reader = make.subscriber(of=[newsletter, other])

    left = subscribers.leave(reader, [newsletter], method=Method.ONE_CLICK)

    assert left == [newsletter]
    assert state_of(reader, newsletter) == State.UNSUBSCRIBED
    assert state_of(reader, other) == State.CONFIRMED
    assert ledger(reader)[-1] == ("withdrawn", "one_click")


def test_leaving_twice_is_no_error_and_noted_once(newsletter):
    reader = make.subscriber(of=[newsletter])
    subscribers.leave(reader, None, method=Method.LINK)

    assert subscribers.leave(reader, None, method=Method.LINK) == []
    assert ledger(reader).count(("withdrawn", "link")) == 1


def test_who_left_may_come_back_by_a_fresh_confirmation(newsletter):
    reader = make.subscriber(of=[newsletter])
    subscribers.leave(reader, None, method=Method.LINK)

    assert confirm(reader, newsletter) == [newsletter]
    assert state_of(reader, newsletter) == State.CONFIRMED


@pytest.mark.parametrize("reason", [Reason.BOUNCE, Reason.COMPLAINT, Reason.ERASURE])
def test_a_confirmation_lifts_a_suppression(newsletter, reason):
    reader = make.subscriber(of=[newsletter])
    suppress(reader, reason)

    confirm(reader, newsletter)

    assert subscribers.suppression_of(bytes(reader.address_digest)) is None


def test_what_staff_suppressed_stays_suppressed(newsletter):
    reader = make.subscriber()
    suppress(reader, Reason.MANUAL)

    confirm(reader, newsletter)

    assert subscribers.suppression_of(bytes(reader.address_digest)) is not None


def test_suppressing_ends_all_subscriptions_and_keeps_the_first_reason(newsletter):
    reader = make.subscriber(of=[newsletter, make.newsletter()])

    suppress(reader, Reason.MANUAL)
    suppress(reader, Reason.BOUNCE)

    assert set(reader.subscriptions.values_list("state", flat=True)) == {"unsubscribed"}
    assert Suppression.objects.get().reason == Reason.MANUAL


def test_an_address_can_be_suppressed_that_never_subscribed():
    digest = mail_addresses.digest("nobody@example.org")

    subscribers.suppress(digest, Reason.MANUAL, method=Method.STAFF)

    assert subscribers.suppression_of(digest).reason == Reason.MANUAL


def test_a_reader_moves_to_another_address(newsletter):
    reader = make.subscriber("old@example.org", of=[newsletter], soft_bounces=0)
    old_digest = bytes(reader.address_digest)

    moved = subscribers.move(reader, "new@example.net")

    assert moved.pk == reader.pk
    assert subscribers.find("old@example.org") is None
    assert subscribers.find("new@example.net").address == "new@example.net"
    assert bytes(moved.domain_digest) == mail_addresses.domain_digest("example.net")
    assert state_of(moved, newsletter) == State.CONFIRMED
    of_old = ConsentEvent.objects.filter(address_digest=old_digest)
    assert of_old.order_by("pk").last().kind == "withdrawn"
    assert ledger(moved) == [("confirmed", "preferences")]


def test_a_reader_may_move_to_an_address_that_bounced_once(newsletter):
    reader = make.subscriber("old@example.org", of=[newsletter])
    digest = mail_addresses.digest("new@example.net")
    subscribers.suppress(digest, Reason.BOUNCE, method=Method.BOUNCE)

    subscribers.move(reader, "new@example.net")

    assert subscribers.suppression_of(digest) is None


def test_moving_to_the_same_address_changes_nothing(newsletter):
    reader = make.subscriber("reader@example.org", of=[newsletter])

    subscribers.move(reader, "reader@example.org")

    assert ledger(reader) == [("confirmed", "link")]


def test_moving_to_an_address_that_is_here_makes_one_of_two(newsletter):
    other = make.newsletter()
    one = make.subscriber("one@example.org", of=[newsletter])
    two = make.subscriber("two@example.org", of=[other])

    kept = subscribers.move(one, "two@example.org")

    assert kept == two
    assert Subscriber.objects.get() == two
    assert state_of(two, newsletter) == State.CONFIRMED
    assert state_of(two, other) == State.CONFIRMED


def test_the_bounces_of_an_address_go_with_it(newsletter):
    for move in (True, False):
        reader = make.subscriber(of=[newsletter])
        BounceEvent.objects.create(
            kind="soft", source="report", address_digest=bytes(reader.address_digest)
        )
        if move:
            subscribers.move(reader, "elsewhere@example.net")
        else:
            subscribers.erase(reader, method=Method.PREFERENCES)

    assert BounceEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_who_leaves_makes_nobody_wait():
    newsletter = make.newsletter()
    reader = make.subscriber(of=[newsletter])
    refused = []

    def touch():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                Newsletter.objects.select_for_update().get(pk=newsletter.pk)
        except OperationalError as error:
            refused.append(error)
        finally:
            connections.close_all()

    with transaction.atomic():
        subscribers.leave(reader, None, method=Method.ONE_CLICK)
        thread = threading.Thread(target=touch)
        thread.start()
        thread.join()

    assert refused == []
