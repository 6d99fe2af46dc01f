"""Who gets an issue, written down once and for all when it starts."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from newsroom.newsletters import segments
from newsroom.newsletters.models import Delivery, Issue, Subscriber, Subscription

# In the order of the hash: twice as quick with a million, because the unique index
# grows at its end, and no provider gets all of its mails in a row.
_FREEZE = """
INSERT INTO newsletters_delivery (
    issue_id, subscriber_id, address_digest, variant,
    state, reason, done_at, attempts, claimed_by
)
SELECT
    %s, reader.id, reader.address_digest, reader.language || '-' || reader.format,
    CASE WHEN reader.skipped = '' THEN 'q' ELSE 'k' END,
    reader.skipped,
    CASE WHEN reader.skipped = '' THEN NULL ELSE now() END,
    0, ''
FROM (
    SELECT
        subscriber.*,
        CASE
            WHEN suppression.id IS NOT NULL THEN 'suppressed'
            WHEN subscription.state IS DISTINCT FROM 'confirmed' THEN 'unsubscribed'
            WHEN subscriber.paused_until > %s THEN 'paused'
            ELSE ''
        END AS skipped
    FROM newsletters_subscriber AS subscriber
    LEFT JOIN newsletters_suppression AS suppression
        ON suppression.address_digest = subscriber.address_digest
    LEFT JOIN newsletters_subscription AS subscription
        ON subscription.subscriber_id = subscriber.id
        AND subscription.newsletter_id = %s
    WHERE subscriber.id IN ({readers})
    ORDER BY subscriber.address_digest
) AS reader
ON CONFLICT (issue_id, address_digest) DO NOTHING
"""


def freeze(issue: Issue) -> int:
    """Write a delivery for each reader of the issue, and return how many there are.

    Whoever is paused or suppressed has one too, skipped with the reason. To freeze
    again adds nobody twice.
    """
    day = timezone.now().astimezone(issue.newsletter.zone).date()
    try:
        readers, parameters = _readers(issue).query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _FREEZE.format(readers=readers),
            [issue.pk, day, issue.newsletter_id, *parameters],
        )
        cursor.execute(
            "SELECT count(*) FROM newsletters_delivery WHERE issue_id = %s", [issue.pk]
        )
        [count] = cursor.fetchone()
    return int(count)


def estimate(issue: Issue) -> int:
    """How many would get the issue now, for a question before it is sent."""
    day = timezone.now().astimezone(issue.newsletter.zone).date()
    receiving = Subscription.objects.receiving(day).filter(
        newsletter=issue.newsletter_id
    )
    readers = Subscriber.objects.filter(pk__in=_readers(issue))
    return readers.filter(pk__in=receiving.values("subscriber")).count()


def variants(issue: Issue) -> set[str]:
    """The languages and formats in which the issue is needed."""
    waiting = issue.deliveries.filter(state=Delivery.State.QUEUED)
    return set(waiting.order_by().values_list("variant", flat=True).distinct())


def _readers(issue: Issue) -> QuerySet[Any]:
    """The numbers of the subscribers."""
    if issue.corrects_id is not None:
        # A note to those who got the wrong version, and to nobody else.
        return (
            Delivery.objects.filter(
                issue=issue.corrects_id,
                state=Delivery.State.SUBMITTED,
                subscriber__isnull=False,
            )
            .order_by()
            .values("subscriber_id")
        )
    subscriptions: QuerySet[Subscription] = Subscription.objects.confirmed().filter(
        newsletter=issue.newsletter_id
    )
    if issue.segment is not None:
        subscriptions = segments.narrow(subscriptions, issue.segment)
    return subscriptions.order_by().values("subscriber_id")
