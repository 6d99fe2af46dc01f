"""Long lists of stories, cut into pages by a cursor.

A page starts where another one ended, by time and number of the article there, so
that it takes as long on the thousandth page as on the first, and nothing shows twice
when something is published in between.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.http import QueryDict

from articles import stories
from articles.models.article import ArticleQuerySet
from articles.stories import Story

PAGE_SIZE = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Listing:
    """The stories of one page; ``older`` and ``newer`` are queries, or empty."""

    stories: list[Story]
    older: str
    newer: str

    @property
    def is_first(self) -> bool:
        return not self.newer


class Listings:
    """All pages of one kind of list.

    ``choose(at, of)`` gives the articles of one list, such as those of section ``of``.
    """

    def __init__(self, choose: Callable[[datetime, int], ArticleQuerySet]) -> None:
        most = PAGE_SIZE + 1
        self._newest = stories.selection(
            lambda at, of: choose(at, of).newest_first(),
            most=most,
            at=datetime,
            of=int,
        )
        self._older = stories.selection(
            lambda at, of, time, number: (
                choose(at, of).filter(_older_than(time, number)).newest_first()
            ),
            most=most,
            at=datetime,
            of=int,
            time=datetime,
            number=int,
        )
        self._newer = stories.selection(
            lambda at, of, time, number: (
                choose(at, of)
                .filter(_newer_than(time, number))
                .order_by("publish_at", "pk")
            ),
            most=most,
            at=datetime,
            of=int,
            time=datetime,
            number=int,
        )

    def page(self, query: QueryDict, *, at: datetime, of: int) -> Listing:
        """The page that ``?before=`` or ``?after=`` asks for, newest first.

        What is no cursor of ours gives the first page.
        """
        if place := _read(query.get("before", "")):
            time, number = place
            found = stories.read(self._older(at=at, of=of, time=time, number=number))
            return _listing(
                found[:PAGE_SIZE], has_older=len(found) > PAGE_SIZE, has_newer=True
            )
        if place := _read(query.get("after", "")):
            time, number = place
            found = stories.read(self._newer(at=at, of=of, time=time, number=number))
            if len(found) > PAGE_SIZE:
                shown = found[:PAGE_SIZE][::-1]
                return _listing(shown, has_older=True, has_newer=True)
        found = stories.read(self._newest(at=at, of=of))
        return _listing(
            found[:PAGE_SIZE], has_older=len(found) > PAGE_SIZE, has_newer=False
        )


def cursor(story: Story) -> str:
    """Where a story stands: microseconds and number, not to be made by hand."""
    microseconds = (story.publish_at - _EPOCH) // timedelta(microseconds=1)
    raw = f"{microseconds}.{story.pk}".encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read(written: str) -> tuple[datetime, int] | None:
    if not written or len(written) > 60:
        return None
    try:
        raw = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
        microseconds, number = raw.decode("ascii").split(".")
        place = _EPOCH + timedelta(microseconds=int(microseconds)), int(number)
    except (ValueError, OverflowError):
        return None
    return place if 0 < place[1] < 2**63 else None


def _older_than(time: datetime, number: int) -> Q:
    # The first condition is the one that an index can follow.
    return Q(publish_at__lte=time) & (Q(publish_at__lt=time) | Q(pk__lt=number))


def _newer_than(time: datetime, number: int) -> Q:
    return Q(publish_at__gte=time) & (Q(publish_at__gt=time) | Q(pk__gt=number))


def _listing(shown: list[Story], *, has_older: bool, has_newer: bool) -> Listing:
    return Listing(
        stories=shown,
        older=f"?before={cursor(shown[-1])}" if shown and has_older else "",
        newer=(f"?after={cursor(shown[0])}" if shown else "?") if has_newer else "",
    )
