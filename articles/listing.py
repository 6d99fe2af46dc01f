"""Long lists of articles, cut into pages by a cursor.

A page starts where another one ended, by time and number of the article there, so
that it takes as long on the thousandth page as on the first, and nothing shows twice
when something is published in between.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.http import QueryDict

from articles.models import Article

PAGE_SIZE = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Listing:
    """The articles of one page; ``older`` and ``newer`` are queries, or empty."""

    articles: list[Article]
    older: str
    newer: str

    @property
    def is_first(self) -> bool:
        return not self.newer


def cut(
    articles: QuerySet[Article], query: QueryDict, *, size: int = PAGE_SIZE
) -> Listing:
    """The page that ``?before=`` or ``?after=`` asks for, newest first.

    What is no cursor of ours gives the first page.
    """
    if place := _read(query.get("before", "")):
        found = list(_newest(articles.filter(_older_than(*place)))[: size + 1])
        return _listing(found[:size], has_older=len(found) > size, has_newer=True)
    if place := _read(query.get("after", "")):
        newer = articles.filter(_newer_than(*place)).order_by("publish_at", "pk")
        found = list(newer[: size + 1])
        if len(found) > size:
            shown = found[:size][::-1]
            return _listing(shown, has_older=True, has_newer=True)
    found = list(_newest(articles)[: size + 1])
    return _listing(found[:size], has_older=len(found) > size, has_newer=False)


def cursor(article: Article) -> str:
    """Where an article stands: microseconds and number, not to be made by hand."""
    assert article.publish_at is not None  # noqa: S101 -- true of whatever is public
    microseconds = (article.publish_at - _EPOCH) // timedelta(microseconds=1)
    raw = f"{microseconds}.{article.pk}".encode()
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


def _newest(articles: QuerySet[Article]) -> QuerySet[Article]:
    return articles.order_by("-publish_at", "-pk")


def _older_than(at: datetime, number: int) -> Q:
    # The first condition is the one that an index can follow.
    return Q(publish_at__lte=at) & (Q(publish_at__lt=at) | Q(pk__lt=number))


def _newer_than(at: datetime, number: int) -> Q:
    return Q(publish_at__gte=at) & (Q(publish_at__gt=at) | Q(pk__gt=number))


def _listing(shown: list[Article], *, has_older: bool, has_newer: bool) -> Listing:
    return Listing(
        articles=shown,
        older=f"?before={cursor(shown[-1])}" if shown and has_older else "",
        newer=(f"?after={cursor(shown[0])}" if shown else "?") if has_newer else "",
    )
