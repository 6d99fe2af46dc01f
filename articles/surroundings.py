"""What stands round an article’s text: section, names, topics, corrections, picture.

All of it comes with the article in one query, from the rows as they are now.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from articles import picture
from articles.models import Article, Byline, Correction, TopicUse
from articles.picture import Picture
from newsroom.core.paths import path_to
from newsroom.core.queries import Row
from newsroom.publication.furniture import Link


@dataclass(frozen=True)
class Credited:
    """Who did what for the article."""

    name: str
    url: str
    what: str


@dataclass(frozen=True)
class Remark:
    """A correction on the page of its article."""

    pk: int
    kind: str
    text: str
    published_at: datetime


def read(article: Article, row: Row) -> dict[str, Any]:
    """What stands round an article's text, from the columns of ``columns``."""
    section_name, section_slug, *lists = row[:5]
    bylines, topics, corrections = [
        [json.loads(entry) for entry in entries] for entries in lists
    ]
    lead = Picture.read(row[5:])
    names = {f"article:{article.pk}", f"section:{article.section_id}"}
    names |= {f"topic:{topic['pk']}" for topic in topics}
    names |= {f"contributor:{line['pk']}" for line in bylines}
    return {
        "section_link": _link("articles:section", section_name, section_slug)
        if section_name
        else None,
        "bylines": [] if article.byline_override else list(map(_credited, bylines)),
        "topics": [
            _link("articles:topic", topic["name"], topic["slug"]) for topic in topics
        ],
        "corrections": list(map(_remark, corrections)),
        "lead": lead,
        "shows": names | lead.shows if lead else names,
    }


def columns(articles: QuerySet[Article], *before: str) -> QuerySet:
    """Rows for ``read``, with other columns before them."""
    bylines = (
        Byline.objects.filter(article=OuterRef("pk"))
        .order_by("position", "pk")
        .values(
            row=JSONObject(
                pk=F("contributor_id"),
                name=F("contributor__name"),
                slug=F("contributor__slug"),
                job_title=F("contributor__job_title"),
                is_pen_name=F("contributor__is_pen_name"),
                role=F("role"),
            )
        )
    )
    topics = (
        TopicUse.objects.filter(content_object=OuterRef("pk"))
        .order_by("position", "pk")
        .values(
            row=JSONObject(pk=F("tag_id"), name=F("tag__name"), slug=F("tag__slug"))
        )
    )
    corrections = (
        Correction.objects.filter(article=OuterRef("pk"))
        .newest_first()
        .values(
            row=JSONObject(
                pk=F("pk"), kind=F("kind"), text=F("text"), at=F("published_at")
            )
        )
    )
    return articles.annotate(
        byline_rows=ArraySubquery(bylines),
        topic_rows=ArraySubquery(topics),
        correction_rows=ArraySubquery(corrections),
    ).values_list(
        *before,
        "section__name",
        "section__slug",
        "byline_rows",
        "topic_rows",
        "correction_rows",
        *(f"lead_image__{name}" for name in picture.COLUMNS),
    )


def _credited(line: dict[str, Any]) -> Credited:
    if line["role"] != Byline.Role.AUTHOR:
        what = str(Byline.Role(line["role"]).label)
    else:
        what = "" if line["is_pen_name"] else line["job_title"]
    url = path_to("articles:contributor", line["slug"])
    return Credited(line["name"], url, what)


def _remark(correction: dict[str, Any]) -> Remark:
    return Remark(
        correction["pk"],
        str(Correction.Kind(correction["kind"]).label),
        correction["text"],
        datetime.fromisoformat(correction["at"]),
    )


def _link(view: str, name: str, slug: str) -> Link:
    return Link(name, path_to(view, slug))
