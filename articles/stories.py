"""Published articles as lists show them: what a card needs and nothing else.

A list of forty models with their joins costs more than the rest of the page, so lists
are read as plain rows, with their authors, in one query.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from articles.models import Article, Byline
from articles.models.article import ArticleQuerySet
from articles.picture import COLUMNS as PICTURE_COLUMNS
from articles.picture import Picture
from newsroom.core.paths import path_to
from newsroom.core.queries import Row, WriteOnce, write_once

_COLUMNS = (
    "pk",
    "headline",
    "short_headline",
    "kicker",
    "standfirst",
    "genre",
    "language",
    "slug",
    "url_date",
    "publish_at",
    "byline_override",
    "source",
    "section_id",
    "section__name",
)


@dataclass(frozen=True)
class Author:
    pk: int
    name: str
    job_title: str
    is_pen_name: bool
    portrait_id: int | None


@dataclass(frozen=True)
class Story:
    pk: int
    headline: str
    short_headline: str
    kicker: str
    standfirst: str
    genre: str
    language: str
    slug: str
    url_date: date
    publish_at: datetime
    byline_override: str
    source: str
    section_id: int
    section_name: str
    authors: tuple[Author, ...]
    picture: Picture | None

    @property
    def card_headline(self) -> str:
        return self.short_headline or self.headline

    @property
    def url(self) -> str:
        return path_to("articles:detail", self.url_date, self.slug)

    @property
    def is_opinion(self) -> bool:
        return self.genre == Article.Genre.OPINION

    @property
    def is_live(self) -> bool:
        return self.genre == Article.Genre.LIVE

    @cached_property
    def byline(self) -> str:
        """The names of the authors, or what stands in their place."""
        if self.byline_override:
            return self.byline_override
        names = [author.name for author in self.authors]
        if len(names) < 2:
            return names[0] if names else self.source
        return _("%(names)s and %(last)s") % {
            "names": ", ".join(names[:-1]),
            "last": names[-1],
        }

    @property
    def shows(self) -> set[str]:
        """What a card of it shows, as the page store calls it."""
        names = {f"article:{self.pk}", f"section:{self.section_id}"}
        names |= {f"contributor:{author.pk}" for author in self.authors}
        return names | self.picture.shows if self.picture else names


def selection(
    choose: Callable[..., ArticleQuerySet], *, most: int, **kinds: type
) -> WriteOnce:
    """A query for ``read``; ``choose`` starts from ``Article.objects.published``."""
    return write_once(
        lambda **values: columns(choose(**values))[:most],
        **kinds,
    )


def columns(articles: ArticleQuerySet) -> Any:
    """The rows that ``read`` takes."""
    authors = (
        Byline.objects.filter(article=OuterRef("pk"), role=Byline.Role.AUTHOR)
        .order_by("position", "pk")
        .values(
            row=JSONObject(
                pk=F("contributor_id"),
                name=F("contributor__name"),
                job_title=F("contributor__job_title"),
                is_pen_name=F("contributor__is_pen_name"),
                portrait_id=F("contributor__portrait_id"),
            )
        )
    )
    return articles.annotate(author_rows=ArraySubquery(authors)).values_list(
        *_COLUMNS, "author_rows", *(f"lead_image__{name}" for name in PICTURE_COLUMNS)
    )


def read(rows: Iterable[Row]) -> list[Story]:
    return [_story(row) for row in rows]


def _story(row: Row) -> Story:
    width = len(_COLUMNS)
    authors = tuple(Author(**json.loads(author)) for author in row[width])
    values: list[Any] = [*row[:width], authors, Picture.read(row[width + 1 :])]
    return Story(*values)
