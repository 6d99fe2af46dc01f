from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from newsroom.core import times

RIGA = ZoneInfo("Europe/Riga")
AT = datetime(2026, 11, 23, 12, 5, 7, tzinfo=UTC)


def test_a_moment_names_the_clock_that_it_is_told_by():
    assert times.moment(AT, RIGA) == (
        '<time datetime="2026-11-23T12:05:07Z" data-moment>'
        "23 November 2026, 14:05 <span>Riga time</span></time>"
    )


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("UTC", "UTC"),
        ("Europe/Riga", "Riga time"),
        ("America/New_York", "New York time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
    ],
)
def test_a_zone_is_called_by_its_city(key, name):
    assert times.zone_name(ZoneInfo(key)) == name


def test_a_day_of_this_year_goes_without_the_year():
    assert ">23 November<" in times.day(AT, RIGA, year=2026)
    assert ">23 November 2026<" in times.day(AT, RIGA, year=2027)


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2026, 11, 23, 21, 0, tzinfo=UTC), "14:05"),
        (datetime(2026, 11, 23, 22, 30, tzinfo=UTC), "23 Nov"),
    ],
)
def test_the_clock_turns_into_a_date_at_the_newsrooms_midnight(now, shown):
    assert f">{shown}<" in times.clock(AT, RIGA, now=now)


def test_dates_speak_the_language_of_the_page():
    with translation.override("ru"):
        assert "23 ноября 2026" in times.moment(AT, RIGA)
