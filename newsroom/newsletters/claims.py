"""Who sends which deliveries of an issue, and what became of them: the only writer.

A worker claims a handful of rows and commits that before it sends anything, so no
other sends them. It notes each fate after the mail server's own answer. A claim that
is not renewed for a minute belongs to a dead worker and is taken back.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from newsroom.newsletters.models import Delivery

SECONDS_SILENT = 60

State = Delivery.State


class Claimed(NamedTuple):
    id: int
    variant: str
    attempts: int
    subscriber_id: int
    address_digest: bytes
    address_sealed: bytes
    skipped: str  # why it must not be sent any more, or empty


# Settings of one transaction, which here is one statement: a claim is on disk before
# anything is sent; a note need not be (see ``MAIL_NOTES_STRICT``).
_COMMIT = "WITH how AS (SELECT set_config('synchronous_commit', %s, true))"

_CLAIM = f"""
{_COMMIT}, picked AS (
    SELECT delivery.id
    FROM newsletters_delivery AS delivery, how
    WHERE delivery.issue_id = %s AND delivery.id > %s
        AND delivery.state IN ('q', 'd')
        AND (delivery.not_before IS NULL OR delivery.not_before <= now())
        AND (SELECT status FROM newsletters_issue WHERE id = %s) = 'sending'
    ORDER BY delivery.id
    LIMIT %s
    FOR UPDATE OF delivery SKIP LOCKED
), claimed AS (
    UPDATE newsletters_delivery AS delivery
    SET state = 'c', claimed_by = %s, claimed_at = now()
    FROM picked
    WHERE delivery.id = picked.id
    RETURNING delivery.*
)
SELECT
    claimed.id, claimed.variant, claimed.attempts, subscriber.id,
    coalesce(subscriber.address_digest, claimed.address_digest),
    subscriber.address_sealed,
    CASE
        WHEN subscriber.id IS NULL THEN 'erased'
        WHEN suppression.id IS NOT NULL THEN 'suppressed'
        WHEN subscription.state IS DISTINCT FROM 'confirmed' THEN 'unsubscribed'
        WHEN subscriber.paused_until > %s THEN 'paused'
        ELSE ''
    END
FROM claimed
LEFT JOIN newsletters_subscriber AS subscriber
    ON subscriber.id = claimed.subscriber_id
LEFT JOIN newsletters_suppression AS suppression
    ON suppression.address_digest = subscriber.address_digest
LEFT JOIN newsletters_subscription AS subscription
    ON subscription.subscriber_id = subscriber.id AND subscription.newsletter_id = %s
ORDER BY claimed.id
"""  # noqa: S608

# What was taken was taken: a submission is noted whoever holds the row by now.
_NOTE_SUBMITTED = f"""
{_COMMIT}
UPDATE newsletters_delivery
SET state = 's', done_at = now(), claimed_by = '', reason = ''
FROM how
WHERE id = ANY(%s) AND state IN ('c', 'q', 'd')
"""  # noqa: S608

_NOTE_OTHERS = f"""
{_COMMIT}
UPDATE newsletters_delivery AS delivery
SET state = told.state, reason = told.reason, attempts = told.attempts,
    not_before = now() + told.seconds * interval '1 second',
    done_at = CASE WHEN told.state = 'd' THEN NULL ELSE now() END,
    claimed_by = ''
FROM how, unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::float[])
    AS told (id, state, reason, attempts, seconds)
WHERE delivery.id = told.id AND delivery.state = 'c' AND delivery.claimed_by = %s
"""  # noqa: S608

# Only a transaction that writes waits for the disk, then also for those before it.
_WRITE_TO_DISK = f"""
{_COMMIT}
UPDATE newsletters_delivery SET state = state FROM how WHERE id = %s
"""  # noqa: S608


class Note(NamedTuple):
    """A delivery that was skipped, failed or put off, and for how long."""

    id: int
    state: State
    reason: str
    attempts: int
    seconds: float = 0.0


def claim(
    issue_id: int,
    newsletter_id: int,
    worker: str,
    *,
    after: int,
    most: int,
    day: date,
) -> list[Claimed]:
    """Take rows on that nobody else has, in the order of their numbers.

    Gives nothing unless the issue is being sent.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            ["on", issue_id, after, issue_id, most, worker, day, newsletter_id],
        )
        return [
            Claimed(
                id=row[0],
                variant=row[1],
                attempts=row[2],
                subscriber_id=row[3],
                address_digest=bytes(row[4]),
                address_sealed=bytes(row[5] or b""),
                skipped=row[6],
            )
            for row in cursor.fetchall()
        ]


def note_submitted(ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_SUBMITTED, [_notes_commit(), list(ids)])


def note_again(ids: Sequence[int]) -> None:
    """Note what PostgreSQL may have lost of it, for good."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_SUBMITTED, ["on", list(ids)])


def write_to_disk(id: int) -> None:
    """See to it that everything noted until now is on disk, a row of it being named."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_TO_DISK, ["on", id])


def note(worker: str, notes: Iterable[Note]) -> None:
    """Only of rows that the worker still holds."""
    told = list(notes)
    if told:
        with connection.cursor() as cursor:
            cursor.execute(
                _NOTE_OTHERS,
                [
                    _notes_commit(),
                    [one.id for one in told],
                    [one.state.value for one in told],
                    [one.reason[:40] for one in told],
                    [one.attempts for one in told],
                    [one.seconds for one in told],
                    worker,
                ],
            )


def put_back(worker: str, ids: Sequence[int]) -> None:
    """Let go of rows whose text was not handed over; anybody may take them."""
    if ids:
        Delivery.objects.filter(
            pk__in=ids, state=State.CLAIMED, claimed_by=worker
        ).update(state=State.QUEUED, claimed_by="")


def put_back_failed(ids: Sequence[int]) -> None:
    """What failed for a reason of ours, and not of the readers', waits again."""
    Delivery.objects.filter(pk__in=ids, state=State.FAILED).update(
        state=State.QUEUED, reason="", done_at=None, not_before=None
    )


def renew(issue_id: int, worker: str) -> None:
    """Tell the others that the worker lives."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletters_delivery SET claimed_at = now()"
            " WHERE issue_id = %s AND state = 'c' AND claimed_by = %s",
            [issue_id, worker],
        )


def take_back(issue_id: int) -> int:
    """Free what silent workers hold, and return how much that was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletters_delivery SET state = 'q', claimed_by = ''"
            " WHERE issue_id = %s AND state = 'c'"
            " AND claimed_at < now() - %s * interval '1 second'",
            [issue_id, SECONDS_SILENT],
        )
        return int(cursor.rowcount)


def skip_rest(issue_id: int, reason: str) -> None:
    """What waits will not be sent. What is being sent is left to whoever sends it."""
    Delivery.objects.filter(
        issue=issue_id, state__in=[State.QUEUED, State.DEFERRED]
    ).update(state=State.SKIPPED, reason=reason, done_at=Now(), not_before=None)


def _notes_commit() -> str:
    return "on" if settings.MAIL_NOTES_STRICT else "off"
