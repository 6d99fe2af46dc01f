"""Times as a page prints them.

A stored page is the same for everybody and lies for days, so it says nothing such as
“today”: it names the newsroom's clock, and ``page.js`` puts the reader's in its place.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


def zone_name(zone: ZoneInfo) -> str:
    """How readers call it: Europe/Riga is “Riga time”."""
    city = zone.key.rpartition("/")[2].replace("_", " ")
    return city if zone.key in ("UTC", "GMT") else _("%(city)s time") % {"city": city}


def moment(at: datetime, zone: ZoneInfo) -> SafeString:
    """Day and time, with the clock that they are told by."""
    local = at.astimezone(zone)
    return format_html(
        '<time datetime="{}" data-moment>{}, {} <span>{}</span></time>',
        _machine(at),
        formats.date_format(local, "DATE_FORMAT"),
        f"{local:%H:%M}",
        zone_name(zone),
    )


def day(at: datetime, zone: ZoneInfo) -> SafeString:
    """The day; on that very day the reader's browser shows the time instead."""
    return format_html(
        '<time datetime="{}" data-day>{}</time>',
        _machine(at),
        formats.date_format(at.astimezone(zone), "DATE_FORMAT"),
    )


def clock(at: datetime, zone: ZoneInfo, *, now: datetime) -> SafeString:
    """The time of day, or for what is older than today the short date."""
    local = at.astimezone(zone)
    is_today = local.date() == now.astimezone(zone).date()
    return format_html(
        '<time datetime="{}" data-clock>{}</time>',
        _machine(at),
        f"{local:%H:%M}" if is_today else formats.date_format(local, "j M"),
    )


def _machine(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
