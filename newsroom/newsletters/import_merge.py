"""Rows of a file put beside those that are known, some thousands at a time.

They are copied into a temporary table, compared with what is there, and merged by a few
statements of one transaction, the lines of the ledger among them. Nobody who left,
bounced or complained is ever brought back, and what somebody chose here stays as it is:
a file can add subscriptions, confirm those that wait, and end them.
"""

import json
from typing import Any

from django.db import connection

from newsroom.newsletters.consent import Method
from newsroom.newsletters.import_rows import Line

# Outcome, and the rows of the file and newsletters concerned where they were refused.
Outcomes = dict[str, tuple[int, list[list[int | None]]]]

_CREATE = """
CREATE TEMPORARY TABLE newsletters_incoming (
    number int4, digest bytea, domain bytea, sealed bytea, language text, format text,
    source text, created timestamptz, paused date, newsletter int8, state text,
    requested timestamptz, confirmed timestamptz, unsubscribed timestamptz,
    suppressed text
) ON COMMIT DROP
"""
_COMPARE = """
CREATE TEMPORARY TABLE newsletters_held ON COMMIT DROP AS
SELECT
    i.*, reader.id AS reader_id, known.id AS known_id,
    CASE
        WHEN i.sealed IS NULL THEN
            CASE WHEN bar.id IS NULL THEN 'barred' ELSE 'known' END
        WHEN bar.id IS NOT NULL
            AND (i.suppressed = '' OR bar.reason = 'erasure') THEN 'suppressed'
        WHEN i.newsletter IS NULL THEN
            CASE WHEN reader.id IS NULL THEN 'added' ELSE 'known' END
        WHEN known.id IS NULL THEN 'added'
        WHEN known.state = 'unsubscribed' THEN
            CASE WHEN i.state = 'unsubscribed' THEN 'known' ELSE 'left' END
        WHEN i.suppressed <> '' THEN
            CASE WHEN bar.id IS NULL THEN 'ended' ELSE 'known' END
        WHEN known.state = 'pending' AND i.state = 'confirmed' THEN 'confirmed'
        WHEN known.state = 'confirmed' AND i.state = 'unsubscribed'
            AND (i.unsubscribed IS NULL OR i.unsubscribed > known.confirmed_at)
            THEN 'ended'
        ELSE 'known'
    END AS outcome
FROM newsletters_incoming i
LEFT JOIN newsletters_subscriber reader ON reader.address_digest = i.digest
LEFT JOIN newsletters_subscription known
    ON known.subscriber_id = reader.id AND known.newsletter_id = i.newsletter
LEFT JOIN newsletters_suppression bar ON bar.address_digest = i.digest
"""
_MERGE = [
    # Those who get no mail, as the file says.
    """
INSERT INTO newsletters_suppression (address_digest, reason, created_at)
SELECT DISTINCT ON (digest) digest, suppressed, now()
FROM newsletters_held WHERE suppressed <> '' AND outcome <> 'suppressed'
ORDER BY digest
ON CONFLICT (address_digest) DO NOTHING
""",
    # Readers; somebody who signs up at this moment keeps their own row.
    """
INSERT INTO newsletters_subscriber (
    address_sealed, address_digest, domain_digest, language, format, paused_until,
    source, created_at, soft_bounces
)
SELECT DISTINCT ON (digest) sealed, digest, domain, language, format, paused, source,
    coalesce(created, requested, confirmed, now()), 0
FROM newsletters_held WHERE reader_id IS NULL AND outcome = 'added'
ORDER BY digest, number
ON CONFLICT (address_digest) DO NOTHING
""",
    """
INSERT INTO newsletters_subscription (
    subscriber_id, newsletter_id, state, source, requested_at, confirmed_at,
    unsubscribed_at
)
SELECT reader.id, newsletter, state, held.source,
    coalesce(requested, confirmed, created, unsubscribed, now()),
    CASE WHEN state = 'confirmed' THEN coalesce(confirmed, created, now())
         ELSE confirmed END,
    CASE WHEN state = 'unsubscribed' THEN coalesce(unsubscribed, now())
         ELSE unsubscribed END
FROM newsletters_held held
JOIN newsletters_subscriber reader ON reader.address_digest = held.digest
WHERE outcome = 'added' AND newsletter IS NOT NULL
ORDER BY reader.id
ON CONFLICT (subscriber_id, newsletter_id) DO NOTHING
""",
    """
UPDATE newsletters_subscription known
SET state = 'confirmed', confirmed_at = coalesce(held.confirmed, now())
FROM newsletters_held held
WHERE known.id = held.known_id AND held.outcome = 'confirmed'
    AND known.state = 'pending'
""",
    """
INSERT INTO newsletters_consentevent (
    kind, method, at, address_digest, newsletter_id, basis
)
SELECT 'imported', %(method)s, now(), digest, newsletter, %(basis)s
FROM newsletters_held
WHERE outcome IN ('added', 'confirmed') AND state = 'confirmed'
    AND newsletter IS NOT NULL
ORDER BY digest
""",
    # What the file ends: the one subscription, or all of somebody who gets no mail.
    """
WITH ending AS (
    SELECT known_id AS id, unsubscribed FROM newsletters_held
    WHERE outcome = 'ended' AND suppressed = ''
    UNION
    SELECT known.id, NULL::timestamptz
    FROM newsletters_held held
    JOIN newsletters_subscription known ON known.subscriber_id = held.reader_id
    WHERE held.suppressed <> '' AND held.outcome <> 'suppressed'
        AND known.state <> 'unsubscribed' AND NOT EXISTS (
            SELECT 1 FROM newsletters_suppression bar
            WHERE bar.address_digest = held.digest AND bar.created_at < now()
        )
),
ended AS (
    UPDATE newsletters_subscription known
    SET state = 'unsubscribed', unsubscribed_at = coalesce(ending.unsubscribed, now())
    FROM ending WHERE known.id = ending.id AND known.state <> 'unsubscribed'
    RETURNING known.subscriber_id, known.newsletter_id
)
INSERT INTO newsletters_consentevent (
    kind, method, at, address_digest, newsletter_id, basis
)
SELECT 'withdrawn', %(method)s, now(), reader.address_digest, ended.newsletter_id,
    %(basis)s
FROM ended JOIN newsletters_subscriber reader ON reader.id = ended.subscriber_id
""",
]
_REPORT = """
SELECT outcome, count(*), coalesce(
    jsonb_agg(jsonb_build_array(number, newsletter) ORDER BY number)
        FILTER (WHERE outcome IN ('left', 'suppressed', 'ended')), '[]'
)
FROM newsletters_held GROUP BY outcome
"""


def compare(lines: list[Line]) -> Outcomes:
    """What would become of them. Changes nothing; needs a transaction."""
    with connection.cursor() as cursor:
        _hold(cursor, lines)
        return _report(cursor)


def merge(lines: list[Line], *, method: Method, basis: str) -> Outcomes:
    """Take them in; needs a transaction."""
    values = {"method": method.value, "basis": basis}
    with connection.cursor() as cursor:
        _hold(cursor, lines)
        for statement in _MERGE:
            cursor.execute(statement, values)
        return _report(cursor)


def _hold(cursor: Any, lines: list[Line]) -> None:
    cursor.execute(_CREATE)
    with cursor.copy("COPY newsletters_incoming FROM STDIN") as copy:
        copy.write("".join([line.copied for line in lines]))
    # Without figures the planner takes such tables for tiny, and joins in squares.
    cursor.execute("ANALYZE newsletters_incoming (digest)")
    cursor.execute(_COMPARE)
    cursor.execute("ANALYZE newsletters_held (digest, reader_id, outcome)")


def _report(cursor: Any) -> Outcomes:
    cursor.execute(_REPORT)
    found = cursor.fetchall()
    cursor.execute("DROP TABLE newsletters_incoming, newsletters_held")
    return {
        outcome: (count, json.loads(refused) if isinstance(refused, str) else refused)
        for outcome, count, refused in found
    }
