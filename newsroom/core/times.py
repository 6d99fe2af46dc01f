"""Times as a page prints them.

A stored page is the same for everybody and lies for days, so it says nothing such as
“today”: it names the newsroom's clock, and ``page.js`` puts the reader's in its place.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from newsroom.core import kept


def zone_name(zone: ZoneInfo) -> str:
    """How readers call it: Europe/Riga is “Riga time”."""
    city = zone.key.rpartition("/")[2].replace("_", " ")
    return city if zone.key in ("UTC", "GMT") else _("%(city)s time") % {"city": city}


@kept.by_language(most=2000)
def moment(at: datetime, zone: ZoneInfo) -> SafeString:
    """Day and time, with the clock that they are told by."""
    local = at.astimezone(zone)
    return format_html(
        '<time datetime="{}" data-moment>{}, {} <span>{}</span></time>',
        _machine(at),
        in_words(local.date()),
        f"{local:%H:%M}",
        zone_name(zone),
    )


@kept.by_language(most=2000)
def day(at: datetime, zone: ZoneInfo, *, year: int | None = None) -> SafeString:
    """The day, without its year if that is ``year``.

    On that very day the reader's browser shows the time instead.
    """
    local = at.astimezone(zone).date()
    format = "MONTH_DAY_FORMAT" if local.year == year else "DATE_FORMAT"
    return format_html(
        '<time datetime="{}" data-day>{}</time>', _machine(at), in_words(local, format)
    )


def clock(at: datetime, zone: ZoneInfo, *, now: datetime) -> SafeString:
    """The time of day, or for what is older than today the short date."""
    return _clock(at, zone, now.astimezone(zone).date())


@kept.by_language(most=2000)
def _clock(at: datetime, zone: ZoneInfo, today: date) -> SafeString:
    local = at.astimezone(zone)
    is_today = local.date() == today
    return format_html(
        '<time datetime="{}" data-clock>{}</time>',
        _machine(at),
        f"{local:%H:%M}" if is_today else in_words(local.date(), "j M"),
    )


@kept.by_language(most=2000)
def in_words(day: date, format: str = "DATE_FORMAT") -> str:
    """The day in the language that is spoken now."""
    if format == "DATE_FORMAT" and (get_language() or "en").startswith("en"):
        format = "j F Y"  # newspapers write the month out
    return formats.date_format(day, format)


def _machine(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
