"""How often somebody may ask, counted without knowing who it was.

Networks and addresses are hashed under a random key that lasts one day (UTC) and is
deleted with that day's counts. Whoever asks too often is put off, not refused: a place
is reserved in the first later hour or day that has one.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from newsroom.newsletters.models import LimitKey, LimitUse

# What would have to wait longer is no longer wanted: sign-ups that nobody confirmed
# are deleted after 30 days.
DAYS_AHEAD = 29
_WHOLE_DAY = (0,)

_COUNT_UP = """
    INSERT INTO newsletters_limituse AS use (day_id, what, who, hour, count)
    VALUES (%s, %s, %s, %s, 1)
    ON CONFLICT (day_id, what, who, hour)
    DO UPDATE SET count = use.count + 1 WHERE use.count < %s
"""


def reserve_hour(
    what: str, who: bytes, *, most: int, at: datetime | None = None
) -> datetime | None:
    """Take one of the ``most`` places of an hour, and return when it begins.

    That is ``at`` itself while its hour has room. ``None``: none for four weeks.
    """
    at = (at or timezone.now()).astimezone(UTC)
    for day in _days_from(at):
        first = at.hour if day == at.date() else 0
        hour = _reserve(day, what, who, range(first, 24), most=most)
        if hour is not None:
            return max(at, datetime.combine(day, time(hour), UTC))
    return None


def reserve_day(
    what: str, who: bytes, *, most: int, at: datetime | None = None
) -> datetime | None:
    """The same by days: the first one with a place, from the day of ``at`` on."""
    at = (at or timezone.now()).astimezone(UTC)
    for day in _days_from(at):
        if _reserve(day, what, who, _WHOLE_DAY, most=most) is not None:
            return max(at, datetime.combine(day, time(0), UTC))
    return None


def delete_past(at: datetime | None = None) -> int:
    """Delete the keys of past days with what was counted under them."""
    at = at or timezone.now()
    past = LimitKey.objects.filter(day__lt=at.astimezone(UTC).date())
    return past.delete()[0]


def _days_from(at: datetime) -> Iterable[date]:
    return (at.date() + timedelta(days=number) for number in range(DAYS_AHEAD))


def _reserve(
    day: date, what: str, who: bytes, hours: Iterable[int], *, most: int
) -> int | None:
    key = _key_of(day)
    digest = hmac.digest(bytes(key.key), what.encode() + b":" + who, hashlib.sha256)
    full = set(
        LimitUse.objects.filter(
            day=key, what=what, who=digest, count__gte=most
        ).values_list("hour", flat=True)
    )
    for hour in hours:
        if hour not in full and _count_up(key, what, digest, hour, most=most):
            return hour
    return None


def _count_up(key: LimitKey, what: str, who: bytes, hour: int, *, most: int) -> bool:
    """Whether there was room: others may be quicker between looking and counting."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_UP, [key.pk, what, who, hour, most])
        return bool(cursor.rowcount)


def _key_of(day: date) -> LimitKey:
    key, _is_new = LimitKey.objects.get_or_create(
        day=day, defaults={"key": os.urandom(32)}
    )
    return key
