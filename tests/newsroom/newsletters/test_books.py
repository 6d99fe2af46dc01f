from datetime import timedelta

import pytest
from django.utils import timezone

from newsroom.newsletters import audience, books
from newsroom.newsletters.models import Delivery, Issue
from tests import make

State = Delivery.State


@pytest.fixture
def issue(db):
    """Five deliveries of an issue under way."""
    newsletter = make.newsletter()
    for _ in range(5):
        make.subscriber(of=[newsletter])
    issue = make.issue(newsletter=newsletter, status=Issue.Status.SENDING)
    issue.audience = audience.freeze(issue)
    issue.save()
    return issue


def settle(issue, *outcomes):
    rows = issue.deliveries.order_by("pk")
    for row, (state, reason) in zip(rows, outcomes, strict=False):
        row.state, row.reason = state, reason
        row.save()


ALL_DONE = [
    (State.SUBMITTED, ""),
    (State.SUBMITTED, ""),
    (State.FAILED, "550 5.1.1"),
    (State.SKIPPED, "paused"),
    (State.SKIPPED, "unsubscribed"),
]


def test_the_books_tell_how_each_mail_stands(issue):
    settle(issue, (State.SUBMITTED, ""), (State.DEFERRED, "451"), (State.CLAIMED, ""))

    found = books.of(issue)

    assert (found.audience, found.queued, found.claimed) == (5, 2, 1)
    assert (found.submitted, found.deferred) == (1, 1)
    assert found.balanced
    assert found.waiting == 4


def test_they_stay_open_while_anything_waits(issue):
    settle(issue, *ALL_DONE[:4])

    assert not books.close(issue.pk)


def test_they_are_closed_with_every_reason(issue):
    settle(issue, *ALL_DONE)

    assert books.close(issue.pk)
    issue.refresh_from_db()

    assert issue.status == Issue.Status.SENT
    assert issue.totals == {
        "audience": 5,
        "submitted": 2,
        "failed": 1,
        "skipped": 2,
        "reasons": {"550 5.1.1": 1, "paused": 1, "unsubscribed": 1},
    }


def test_an_issue_whose_books_do_not_balance_is_not_called_sent(issue):
    settle(issue, *ALL_DONE)
    issue.deliveries.order_by("pk").last().delete()

    assert not books.close(issue.pk)
    issue.refresh_from_db()

    assert issue.status == Issue.Status.SENDING
    assert issue.trouble


def test_a_paused_issue_is_not_closed(issue):
    settle(issue, *ALL_DONE)
    Issue.objects.filter(pk=issue.pk).update(status=Issue.Status.PAUSED)

    assert not books.close(issue.pk)


def test_a_month_later_only_totals_are_left(issue):
    settle(issue, *ALL_DONE)
    books.close(issue.pk)
    month = timezone.now() + timedelta(days=31)

    assert books.delete_old(timezone.now() + timedelta(days=29)) == 0
    assert books.delete_old(month) == 5

    issue.refresh_from_db()
    assert not issue.deliveries.exists()
    assert books.of(issue).submitted == 2
    assert books.of(issue).balanced
