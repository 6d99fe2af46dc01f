"""How many gifts one network may begin in an hour: who tries out cards needs many.

Counted as ``newsletters.limits`` counts, under the day's own key; but a gift cannot be
put off until later, so what is too much is refused.
"""

import hashlib
import hmac
import os
from datetime import UTC, datetime

from django.db.models import F
from django.utils import timezone

from newsroom.newsletters.models import LimitKey, LimitUse

MOST_IN_AN_HOUR = 60

_WHAT = "gift"


def has_room(network: str, at: datetime | None = None) -> bool:
    """Take one of the hour's places, if there is one."""
    at = (at or timezone.now()).astimezone(UTC)
    key, _is_new = LimitKey.objects.get_or_create(
        day=at.date(), defaults={"key": os.urandom(32)}
    )
    who = hmac.digest(bytes(key.key), f"{_WHAT}:{network}".encode(), hashlib.sha256)
    use, _is_new = LimitUse.objects.get_or_create(
        day=key, what=_WHAT, who=who, hour=at.hour, defaults={"count": 0}
    )
    room = LimitUse.objects.filter(pk=use.pk, count__lt=MOST_IN_AN_HOUR)
    return room.update(count=F("count") + 1) == 1
