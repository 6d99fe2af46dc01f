"""What each public page shows, as its template takes it.

A page's context names under ``shows`` all that it shows, for the page store. The
admin's preview builds the same context for the same template.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import Truncator

from articles import cards, front, listing, picture, related
from articles.cards import image_names
from articles.models import (
    Article,
    Byline,
    Contributor,
    Correction,
    Image,
    Section,
    Topic,
)
from newsroom.core import html

Context = dict[str, Any]

CORRECTIONS_SHOWN = 100
LOST_SHOWN = 5
DESCRIPTION_LENGTH = 200
_CAPTION_FIELDS = [
    "alt_text",
    "description",
    "credit_line",
    "provenance",
    "width",
    "height",
    "sizes",
    "withdrawn_at",
    "licence__name",
    "licence__url",
    "licence__shown_in_credit",
]


@dataclass(frozen=True)
class Voice:
    """An opinion with the face and the name of who holds it."""

    article: Article
    author: Contributor | None
    portrait: Image | None


@dataclass(frozen=True)
class Block:
    section: Section
    articles: list[Article]
    rhythm: str


def article_page(article: Article, at: datetime | None = None) -> Context:
    """All of an article's page, from its rows as they are now."""
    bylines = list(article.bylines.select_related("contributor"))
    topics = [use.tag for use in article.topic_uses.select_related("tag")]
    images = _images(html.image_ids(article.body))
    read_more = _read_more(article, at)
    lead = article.lead_image
    lead_is_shown = picture.is_showable(lead)
    names = {f"article:{article.pk}", f"section:{article.section_id}"}
    names |= {f"topic:{topic.pk}" for topic in topics}
    names |= {f"contributor:{line.contributor_id}" for line in bylines}
    for image in [*([lead] if lead else []), *images.values()]:
        names |= image_names(image.pk, image.licence_id)
    for other in read_more:
        names |= cards.shown_names(other)
    permanent_url = settings.SITE_URL + article.get_permanent_url()
    return {
        "article": article,
        "is_opinion": cards.is_opinion(article),
        "bylines": [] if article.byline_override else bylines,
        "topics": topics,
        "images": images,
        "corrections": list(article.corrections.newest_first()),
        "read_more": read_more,
        "lead_is_shown": lead_is_shown,
        "lead_caption": article.lead_caption or (lead.description if lead else ""),
        "current_section_id": article.section_id,
        "page_language": article.language,
        "permanent_url": permanent_url,
        "mailto": (
            f"mailto:?subject={quote(article.headline)}&body={quote(permanent_url)}"
        ),
        "canonical_url": article.canonical_url
        or settings.SITE_URL + article.get_absolute_url(),
        "description": description(article),
        "shared_picture": _shared_picture(lead) if lead and lead_is_shown else None,
        "shows": names,
    }


def front_page(at: datetime | None = None) -> Context:
    """The front page as it is, or was or will be at another time."""
    at = at or timezone.now()
    plan = front.plan(at)
    found = Article.objects.published(at).for_cards().in_bulk(plan.all())

    def stories(numbers: Iterable[int]) -> list[Article]:
        # Something may have been withdrawn between the plan and the loading.
        return [found[number] for number in numbers if number in found]

    names = {"front"} | _card_names(found.values())
    names |= {f"section:{block.section.pk}" for block in plan.blocks}
    voices = _voices(stories(plan.voices), names)
    return {
        "at": at,
        "lead": found.get(plan.lead) if plan.lead else None,
        "seconds": stories(plan.seconds),
        "river": stories(plan.river),
        "voices": voices,
        "blocks": [
            Block(block.section, stories(block.stories), block.rhythm)
            for block in plan.blocks
        ],
        "shows": names,
    }


def section_page(section: Section, query: QueryDict) -> Context:
    articles = Article.objects.published().filter(section=section).for_cards()
    page = listing.cut(articles, query)
    return {
        "section": section,
        "current_section_id": section.pk,
        "page": page,
        "opening": page.articles[:4] if page.is_first else [],
        "rest": page.articles[4:] if page.is_first else page.articles,
        "shows": {f"section:{section.pk}"} | _card_names(page.articles),
    }


def topic_page(topic: Topic, query: QueryDict) -> Context:
    articles = Article.objects.published().filter(topic_uses__tag=topic).for_cards()
    page = listing.cut(articles, query)
    return {
        "topic": topic,
        "page": page,
        "shows": {f"topic:{topic.pk}"} | _card_names(page.articles),
    }


def contributor_page(contributor: Contributor, query: QueryDict) -> Context:
    """What somebody worked on. A pen name's page tells nothing of who bears it."""
    work = Byline.objects.filter(contributor=contributor).values("article")
    page = listing.cut(
        Article.objects.published()
        .filter(pk__in=work, byline_override="")
        .for_cards(),
        query,
    )
    names = {f"contributor:{contributor.pk}"} | _card_names(page.articles)
    portrait = None if contributor.is_pen_name else contributor.portrait
    if portrait is not None:
        names |= image_names(portrait.pk, portrait.licence_id)
    return {
        "contributor": contributor,
        "portrait": portrait if picture.is_showable(portrait) else None,
        "page": page,
        "shows": names,
    }


def corrections_page(at: datetime | None = None) -> Context:
    """The log of what was wrong, of everything that readers can or could see."""
    at = at or timezone.now()
    corrections = [
        correction
        for correction in Correction.objects.filter(published_at__lte=at)
        .newest_first()
        .select_related("article")[:CORRECTIONS_SHOWN]
        if correction.article.was_public
    ]
    return {
        "corrections": [
            (correction, correction.article.is_public_at(at))
            for correction in corrections
        ],
        "shows": {"corrections"}
        | {f"article:{correction.article_id}" for correction in corrections},
    }


def lost_page(at: datetime | None = None) -> Context:
    """For whoever found nothing: the newest stories."""
    newest = Article.objects.published(at).newest_first().select_related("section")
    return {
        "newest": newest.only(*cards.LINK_FIELDS)[:LOST_SHOWN],
    }


def is_gone(article: Article) -> bool:
    """Whether readers may have seen it, and shall not any more."""
    return article.was_public and not article.is_public and not article.is_scheduled


def description(article: Article) -> str:
    """What search engines and those who share the page say of it."""
    words = article.standfirst or html.to_text(article.body[:2000])
    return Truncator(" ".join(words.split())).chars(DESCRIPTION_LENGTH)


def _images(numbers: list[int]) -> dict[int, Image]:
    if not numbers:
        return {}
    return (
        Image.objects.select_related("licence").only(*_CAPTION_FIELDS).in_bulk(numbers)
    )


def _read_more(article: Article, at: datetime | None) -> list[Article]:
    others: QuerySet[Article] = (
        Article.objects.published(at)
        .filter(read_more_of__article=article)
        .for_cards()
        .order_by("read_more_of__position")
    )
    return list(others[: related.SHOWN])


def _voices(articles: list[Article], names: set[str]) -> list[Voice]:
    authors = {
        article.pk: line.contributor
        for article in articles
        for line in article.author_bylines[:1]  # type: ignore[attr-defined]
        if not article.byline_override
    }
    portraits = _images(
        [
            author.portrait_id
            for author in authors.values()
            if author.portrait_id and not author.is_pen_name
        ]
    )
    for portrait in portraits.values():
        names |= image_names(portrait.pk, portrait.licence_id)
    return [
        Voice(article, author, _showable(portraits, author))
        for article in articles
        for author in [authors.get(article.pk)]
    ]


def _showable(
    portraits: dict[int, Image], author: Contributor | None
) -> Image | None:
    if author is None or author.portrait_id is None:
        return None
    portrait = portraits.get(author.portrait_id)
    return portrait if picture.is_showable(portrait) else None


def _card_names(articles: Iterable[Article]) -> set[str]:
    return set().union(*(cards.shown_names(article) for article in articles))


def _shared_picture(image: Image) -> Context:
    url, width, height = picture.shared(image)
    if url.startswith("/"):
        url = settings.SITE_URL + url
    return {"url": url, "width": width, "height": height, "alt": image.alt_text}
