"""Links that are counted: how often a day, never by whom.

Our own address holds a link's number in the issue. The target itself is looked up in
what went out, so that nobody makes us lead to another place.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone

from newsroom.core.paths import path_to
from newsroom.newsletters.models import ClickTotal, Issue

_WEB = ("https://", "http://")


@dataclass(frozen=True)
class LinkTotal:
    """The clicks of one link, on the whole and on each day that had any."""

    url: str
    count: int
    days: dict[date, int]


def counted(public_id: str, number: int, url: str) -> str:
    """The address of ours that counts a click and leads on to ``url``.

    ``number`` is the link's place in the ``urls`` of the issue, from 0 on.
    """
    if not url.startswith(_WEB):
        return url
    path = path_to("newsletter_mail:go", public_id, number)
    return f"{settings.SITE_URL}{path}"


def target(issue: Issue, number: int) -> str | None:
    """Where a counted link leads; ``None`` unless the issue that went out has it."""
    urls = _urls(issue)
    if number < len(urls) and urls[number].startswith(_WEB):
        return urls[number]
    return None


def count(issue: Issue, number: int, *, at: datetime | None = None) -> None:
    """Add one to the day's total, by the newsletter's clock."""
    day = timezone.localdate(at, issue.newsletter.zone)
    table = ClickTotal._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (issue_id, link, day, count)"  # noqa: S608
            " VALUES (%s, %s, %s, 1) ON CONFLICT (issue_id, link, day)"
            f" DO UPDATE SET count = {table}.count + 1",
            [issue.pk, number, day],
        )


def totals(issue: Issue) -> list[LinkTotal]:
    """How often each link was followed, the most followed first; with those at 0."""
    days: dict[int, dict[date, int]] = {}
    rows = issue.clicks.order_by("day").values_list("link", "day", "count")
    for number, day, clicks in rows:
        days.setdefault(number, {})[day] = clicks
    found = [
        LinkTotal(url, sum(days.get(number, {}).values()), days.get(number, {}))
        for number, url in enumerate(_urls(issue))
        if url.startswith(_WEB)
    ]
    return sorted(found, key=lambda link: -link.count)


def _urls(issue: Issue) -> list[str]:
    """Of what went out: the same in each language and format."""
    for variant in issue.compiled.values():
        if isinstance(variant, dict) and variant.get("urls"):
            urls: list[str] = variant["urls"]
            return urls
    return []
