"""The newsroom's clock: staff pages and the times that people type follow it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.publication.models import Publication

YEARS_AHEAD = 4


class NewsroomTimeMiddleware:
    """Show the admin in the publication's time zone, whoever looks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(Publication.current().zone):
            return self.get_response(request)


def zone_name(zone: tzinfo | None = None) -> str:
    """What people call the zone: Riga for Europe/Riga."""
    key = getattr(zone or timezone.get_current_timezone(), "key", "UTC")
    return str(key).rpartition("/")[2].replace("_", " ")


def utc(time: datetime) -> str:
    """The time in UTC, as it stands in small print: 07:30 UTC."""
    return f"{time.astimezone(UTC):%H:%M} UTC"


def offsets(
    zone: tzinfo, *, since: datetime, years: int = YEARS_AHEAD
) -> list[tuple[str, int]]:
    """When the zone's clocks change: local time, and minutes ahead of UTC from then.

    The first entry says what holds at the start of the year of ``since``; later ones
    stand at the local time that the clocks show after the change.
    """
    first = since.astimezone(UTC).year
    last = timezone.now().year + years
    return _offsets(zone, first, max(first + 1, last))


class LocalTime(forms.DateTimeInput):
    """One control in the newsroom's time.

    A script writes the same moment in UTC and on the reader's own clock beneath it,
    with the offset of that day, which is sent along (clocks may change before then).
    """

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        zone = timezone.get_current_timezone()
        since = timezone.now() - timedelta(days=366)
        # Typed text comes back as text; a stored time may be older than a year.
        if isinstance(value, datetime):
            aware = value if timezone.is_aware(value) else value.replace(tzinfo=zone)
            since = min(since, aware)
        more = {
            "data-zone": zone_name(zone),
            "data-offsets": json.dumps(offsets(zone, since=since)),
            "data-words": str(_("your clock")),
        }
        return super().get_context(name, value, (attrs or {}) | more)


class LocalTimeField(forms.DateTimeField):
    """A time on the newsroom's clock, refused in words where it does not exist."""

    widget = LocalTime

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages["invalid"] = _(
            "Write a date and a time, such as 2026-11-24 09:30."
        )

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except ValidationError as error:
            if getattr(error, "code", "") != "ambiguous_timezone":
                raise
            raise ValidationError(
                _(
                    "The clocks change at this hour, so the time comes twice or not at "
                    "all. Choose another one."
                ),
                code="ambiguous_timezone",
            ) from error


@lru_cache(maxsize=256)
def _offsets(zone: tzinfo, first: int, last: int) -> list[tuple[str, int]]:
    moment = datetime(first, 1, 1, tzinfo=UTC)
    end = datetime(last, 12, 31, tzinfo=UTC)
    found = [_offset_at(zone, moment)]
    while moment < end:
        following = moment + timedelta(days=1)
        if _minutes(zone, following) != found[-1][1]:
            found.append(_offset_at(zone, _change_between(zone, moment, following)))
        moment = following
    return found


def _change_between(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The first minute with the later offset."""
    later = _minutes(zone, after)
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if _minutes(zone, middle) == later:
            after = middle
        else:
            before = middle
    return after


def _offset_at(zone: tzinfo, moment: datetime) -> tuple[str, int]:
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}", _minutes(zone, moment)


def _minutes(zone: tzinfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return round(offset.total_seconds() / 60)
