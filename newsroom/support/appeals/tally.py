"""How often variants were shown, closed and followed: daily totals, never of whom.

The edge takes in the notes of devices (``POST /n/``, such as ``s12.g12``) and counts
them in memory. Every ten seconds, and when it ends, each process adds what it counted
in one statement; while the database is away, it goes on counting.
"""

import re
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import structlog
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection

log = structlog.get_logger()

PATH = "/n/"
SECONDS_BETWEEN = 10
# One page has few messages, and each can be shown, closed and followed once.
MOST_NOTES = 12
# So many are counted at once: who makes up numbers cannot fill the memory.
MOST_COUNTED = 2_000

Key = tuple[int, date]

_NOTE = re.compile(r"([scg])([1-9][0-9]{0,9})")
_COLUMNS = {"s": "shown", "c": "closed", "g": "continued"}
_LARGEST = 2**31 - 1  # of the columns

_lock = threading.Lock()
_counted: dict[Key, Counter[str]] = {}


def take(headers: Mapping[str, str], body: bytes, at: datetime | None = None) -> None:
    """Count what a device noted, unless another site's page or nobody's wish sent it.

    ``headers`` by their names in small letters. Whatever is odd is passed over.
    """
    if headers.get("sec-gpc") == "1" or _is_foreign(headers):
        return
    day = (at or datetime.now(UTC)).astimezone(UTC).date()
    notes = set(body.decode("ascii", "replace").split(".")[:MOST_NOTES])
    for note in notes:
        if found := _NOTE.fullmatch(note):
            _count((int(found[2]), day), _COLUMNS[found[1]])


def add_up() -> None:
    """Add to the database what was counted; if it is away, keep it for the next time.

    Only variants that exist are added.
    """
    with _lock:
        taken = dict(_counted)
        _counted.clear()
    if not taken:
        return
    try:
        _add(taken)
    except DatabaseError as error:
        log.warning("totals_wait", error=type(error).__name__, variants=len(taken))
        with _lock:
            for key, counts in taken.items():
                _counted.setdefault(key, Counter()).update(counts)


def _is_foreign(headers: Mapping[str, str]) -> bool:
    """As ``core.client.is_foreign`` says of forms."""
    if headers.get("sec-fetch-site") == "cross-site":
        return True
    origin = headers.get("origin", "null")
    if origin in ("null", settings.SITE_URL):
        return False
    return urlsplit(origin).netloc != headers.get("host", "")


def _count(key: Key, what: str) -> None:
    with _lock:
        if key in _counted or len(_counted) < MOST_COUNTED:
            _counted.setdefault(key, Counter())[what] += 1


def _add(taken: Mapping[Key, Counter[str]]) -> None:
    # Looked up late: the edge takes this module in before there are models.
    totals, variants = (
        apps.get_model("support", name)._meta.db_table
        for name in ("VariantTotal", "PromptVariant")
    )
    columns = list(_COLUMNS.values())
    sums = ", ".join(
        f"{column} = least({totals}.{column}::bigint + excluded.{column}, {_LARGEST})"
        for column in columns
    )
    # In one order, so that processes do not wait for each other in a circle.
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {totals} (variant_id, day, {', '.join(columns)})"  # noqa: S608
            " SELECT counted.* FROM unnest(%s::bigint[], %s::date[], %s::int[],"
            f" %s::int[], %s::int[]) AS counted (variant, day, {', '.join(columns)})"
            f" JOIN {variants} ON {variants}.id = counted.variant"
            " ORDER BY counted.variant, counted.day"
            f" ON CONFLICT (variant_id, day) DO UPDATE SET {sums}",
            [
                [variant for variant, _day in taken],
                [day for _variant, day in taken],
                *([counts[column] for counts in taken.values()] for column in columns),
            ],
        )
