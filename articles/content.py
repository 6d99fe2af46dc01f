"""An article's content: rows to JSON (``read``) and JSON to rows (``apply``).

Nothing else turns one into the other. The content of a revision is one JSON object,
``SCHEMA_VERSION`` says of which shape. Rows that it points to stand as ``{"id": 7,
"name": "World"}``: the id finds them, the name is read when they are gone.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction

from articles.models import (
    Article,
    Byline,
    Contributor,
    Image,
    ImageUse,
    RelatedArticle,
    Revision,
    Section,
    Topic,
    TopicUse,
)
from newsroom.accounts.models import User
from newsroom.core import html

SCHEMA_VERSION = 1

Content = dict[str, Any]
RowT = TypeVar("RowT", bound=models.Model)

TEXTS = (
    "headline",
    "short_headline",
    "kicker",
    "standfirst",
    "body",
    "lead_caption",
    "genre",
    "dateline_place",
    "byline_override",
    "language",
    "ednote",
    "editors_note",
    "seo_title",
    "social_title",
    "source",
    "canonical_url",
    "slug",
)
TIMES = ("publish_at", "embargoed_until", "unpublish_at", "updated_at")
# What publishing sets, and applying a later text must not move.
TIMES_OF_STATE = ("publish_at",)


def empty() -> Content:
    """The content of an article that nobody has begun."""
    return read(Article())


def read(article: Article) -> Content:
    """The content that the article's rows hold now."""
    content: Content = {name: getattr(article, name) for name in TEXTS}
    content |= {name: write_time(getattr(article, name)) for name in TIMES}
    content["is_sensitive"] = article.is_sensitive
    content["translation_group"] = (
        str(article.translation_group) if article.translation_group else None
    )
    content["section"] = reference(article.section)
    content["lead_image"] = reference(article.lead_image)
    saved = article.pk is not None
    content["topics"] = [
        reference(use.tag)
        for use in (article.topic_uses.select_related("tag") if saved else [])
    ]
    content["bylines"] = [
        {"contributor": reference(byline.contributor), "role": byline.role}
        for byline in (article.bylines.select_related("contributor") if saved else [])
    ]
    content["related"] = [
        reference(choice.related)
        for choice in (
            article.related_choices.select_related("related") if saved else []
        )
    ]
    return content


def reference(row: models.Model | None) -> dict[str, Any] | None:
    """A row as content names it."""
    return None if row is None else {"id": row.pk, "name": str(row)}


def append(
    article: Article,
    content: Content,
    *,
    by: User | None,
    note: str = "",
    based_on: Revision | None = None,
) -> Revision:
    """Keep ``content`` as the article's newest revision; readers see nothing of it.

    The article must be locked by the caller, so that no two revisions both believe
    that they are the newest.
    """
    content = content | {"body": html.clean(content["body"])}
    revision = Revision.objects.create(
        article=article,
        created_by=by,
        note=note,
        schema_version=SCHEMA_VERSION,
        content=content,
        based_on=based_on,
    )
    article.latest_revision = revision
    article.save(update_fields=["latest_revision"])
    note_image_uses(article, content, is_live=False)
    return revision


@transaction.atomic
def apply(article: Article, revision: Revision) -> list[str]:
    """Make the article's rows what the revision says.

    Returns the names of what the revision points to and no longer exists. What is
    gone is left out; the times that belong to the state are left alone once the
    article is published.
    """
    content = revision.content
    lost = fill(article, content)
    article.save()
    _apply_topics(article, content["topics"], lost)
    _apply_bylines(article, content["bylines"], lost)
    _apply_related(article, content["related"], lost)
    note_image_uses(article, content, is_live=True)
    return lost


def fill(article: Article, content: Content) -> list[str]:
    """Set the article's own fields, in memory only; returns what is lost."""
    lost: list[str] = []
    kept_slug = article.slug if article.url_date else ""
    for name in TEXTS:
        setattr(article, name, content[name])
    # Left empty, the address stays what it was made of when the article came out.
    article.slug = content["slug"] or kept_slug
    for name in TIMES:
        is_of_state = name in TIMES_OF_STATE
        if not (is_of_state and article.status == Article.Status.PUBLISHED):
            setattr(article, name, parse_time(content[name]))
    article.is_sensitive = content["is_sensitive"]
    article.translation_group = content["translation_group"]
    article.section = _find(Section, content["section"], lost)
    article.lead_image = _find(Image, content["lead_image"], lost)
    return lost


def used_image_ids(content: Content) -> dict[int, str]:
    """The pictures that content uses, with the place of each: lead before body."""
    places = dict.fromkeys(html.image_ids(content["body"]), ImageUse.Place.BODY.value)
    if content["lead_image"]:
        places = {content["lead_image"]["id"]: ImageUse.Place.LEAD.value} | {
            image_id: place
            for image_id, place in places.items()
            if image_id != content["lead_image"]["id"]
        }
    return places


def note_image_uses(article: Article, content: Content, *, is_live: bool) -> None:
    """Write down which pictures the content uses, in place of what stood there."""
    places = used_image_ids(content)
    existing = set(Image.objects.filter(pk__in=places).values_list("pk", flat=True))
    ImageUse.objects.filter(article=article, is_live=is_live).delete()
    ImageUse.objects.bulk_create(
        ImageUse(article=article, image_id=image_id, place=place, is_live=is_live)
        for image_id, place in places.items()
        if image_id in existing
    )


def parse_time(written: str | None) -> datetime | None:
    """A time of content, which is ISO 8601 in UTC."""
    return datetime.fromisoformat(written) if written else None


def write_time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _find(
    model: type[RowT], named: dict[str, Any] | None, lost: list[str]
) -> RowT | None:
    if named is None:
        return None
    row = model._default_manager.filter(pk=named["id"]).first()
    if row is None:
        lost.append(named["name"])
    return row


def _existing(
    model: type[RowT], named: Iterable[dict[str, Any]], lost: list[str]
) -> list[RowT]:
    named = list(named)
    rows = model._default_manager.in_bulk([name["id"] for name in named])
    lost.extend(name["name"] for name in named if name["id"] not in rows)
    return [rows[name["id"]] for name in named if name["id"] in rows]


def _apply_topics(
    article: Article, topics: list[dict[str, Any]], lost: list[str]
) -> None:
    article.topic_uses.all().delete()
    TopicUse.objects.bulk_create(
        TopicUse(content_object=article, tag=topic, position=position)
        for position, topic in enumerate(_existing(Topic, topics, lost))
    )


def _apply_bylines(
    article: Article, bylines: list[dict[str, Any]], lost: list[str]
) -> None:
    people = {
        person.pk: person
        for person in _existing(
            Contributor, [byline["contributor"] for byline in bylines], lost
        )
    }
    article.bylines.all().delete()
    Byline.objects.bulk_create(
        Byline(
            article=article,
            contributor=people[byline["contributor"]["id"]],
            role=byline["role"],
            position=position,
        )
        for position, byline in enumerate(bylines)
        if byline["contributor"]["id"] in people
    )


def _apply_related(
    article: Article, related: list[dict[str, Any]], lost: list[str]
) -> None:
    article.related_choices.all().delete()
    RelatedArticle.objects.bulk_create(
        RelatedArticle(article=article, related=other, position=position)
        for position, other in enumerate(_existing(Article, related, lost))
    )
