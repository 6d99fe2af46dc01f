"""What each public page shows, as its template takes it.

A page's context names under ``shows`` all that it shows, for the page store. The
admin's preview builds the same context for the same template.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import Truncator

from articles import front, picture, related, stories, surroundings
from articles.listing import Listings
from articles.models import (
    Article,
    Byline,
    Contributor,
    Correction,
    Image,
    Section,
    Topic,
)
from articles.picture import Picture
from articles.stories import Author, Story
from newsroom.core import html
from newsroom.core.queries import Row, among, write_once
from newsroom.publication.furniture import Furniture, Link

Context = dict[str, Any]

CORRECTIONS_SHOWN = 100
LOST_SHOWN = 5
DESCRIPTION_LENGTH = 200


@dataclass(frozen=True)
class Voice:
    """An opinion with the face and the name of who holds it."""

    story: Story
    author: Author | None
    portrait: Picture | None


@dataclass(frozen=True)
class Block:
    section: Link
    stories: list[Story]
    rhythm: str


def published_page(
    url_date: date, slug: str, at: datetime | None = None
) -> Context | None:
    """The page of the article that readers find at an address."""
    at = at or timezone.now()
    rows = _at_address(at=at, url_date=url_date, slug=slug)
    if not rows:
        return None
    width = len(_ARTICLE_COLUMNS)
    article = Article.from_db(DEFAULT_DB_ALIAS, _ARTICLE_COLUMNS, rows[0][:width])
    return _article_page(article, rows[0][width:], at)


def article_page(article: Article, at: datetime | None = None) -> Context:
    """The page of an article, whoever may see it; what is round it as it is stored."""
    [row] = _round_article(article=article.pk)
    return _article_page(article, row, at or timezone.now())


def _article_page(article: Article, row: Row, at: datetime) -> Context:
    around = surroundings.read(article, row)
    images = _pictures(html.image_ids(article.body))
    read_more = stories.read(_read_more(at=at, article=article.pk))
    names = around.pop("shows").union(
        *(image.shows for image in images.values()),
        *(other.shows for other in read_more),
    )
    lead: Picture | None = around["lead"]
    permanent_url = settings.SITE_URL + article.get_permanent_url()
    return around | {
        "article": article,
        "is_opinion": article.genre == Article.Genre.OPINION,
        "kicker": _kicker(article, around["section_link"]),
        "images": images,
        "read_more": read_more,
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
        "shared_picture": _shared(lead) if lead and lead.is_showable else None,
        "shows": names,
    }


def front_page(site: Furniture, at: datetime | None = None) -> Context:
    """The front page as it is, or was or will be at another time."""
    at = at or timezone.now()
    plan = front.plan(at, site.sections)
    rows = _by_number(at=at, numbers=plan.all())
    found = {story.pk: story for story in stories.read(rows)}

    def of(numbers: Iterable[int]) -> list[Story]:
        # Something may have been withdrawn between the plan and the loading.
        return [found[number] for number in numbers if number in found]

    voices = _voices(of(plan.voices))
    names = {"front"}.union(*(story.shows for story in found.values()))
    names |= {f"section:{block.section.pk}" for block in plan.blocks}
    names = names.union(*(voice.portrait.shows for voice in voices if voice.portrait))
    return {
        "at": at,
        "lead": found.get(plan.lead) if plan.lead else None,
        "seconds": of(plan.seconds),
        "river": of(plan.river),
        "voices": voices,
        "blocks": [
            Block(block.section, of(block.stories), block.rhythm)
            for block in plan.blocks
        ],
        "shows": names,
    }


def section_page(section: Section, query: QueryDict) -> Context:
    page = _in_section.page(query, at=timezone.now(), of=section.pk)
    opening = page.stories[:4] if page.is_first else []
    return {
        "section": section,
        "current_section_id": section.pk,
        "page": page,
        "opening": opening,
        "rest": page.stories[len(opening) :],
        "shows": {f"section:{section.pk}"}.union(*_shown(page.stories)),
    }


def topic_page(topic: Topic, query: QueryDict) -> Context:
    page = _about_topic.page(query, at=timezone.now(), of=topic.pk)
    return {
        "topic": topic,
        "page": page,
        "shows": {f"topic:{topic.pk}"}.union(*_shown(page.stories)),
    }


def contributor_page(contributor: Contributor, query: QueryDict) -> Context:
    """What somebody worked on. A pen name's page tells nothing of who bears it."""
    page = _by_contributor.page(query, at=timezone.now(), of=contributor.pk)
    names = {f"contributor:{contributor.pk}"}.union(*_shown(page.stories))
    portrait = None
    if contributor.portrait_id and not contributor.is_pen_name:
        portrait = _pictures([contributor.portrait_id])[contributor.portrait_id]
        names |= portrait.shows
    return {
        "contributor": contributor,
        "portrait": portrait if portrait and portrait.is_showable else None,
        "page": page,
        "shows": names,
    }


def corrections_page(at: datetime | None = None) -> Context:
    """The log of what was wrong, of everything that readers can or could see."""
    at = at or timezone.now()
    newest = (
        Correction.objects.filter(published_at__lte=at)
        .newest_first()
        .select_related("article")
        .defer("article__body")[:CORRECTIONS_SHOWN]
    )
    corrections = [one for one in newest if one.article.was_public]
    return {
        "corrections": [(one, one.article.is_public_at(at)) for one in corrections],
        "shows": {"corrections", *(f"article:{one.article_id}" for one in corrections)},
    }


def lost_page(at: datetime | None = None) -> Context:
    """For whoever found nothing: the newest stories."""
    return {"newest": stories.read(_newest(at=at or timezone.now()))}


def is_gone(article: Article) -> bool:
    """Whether readers may have seen it, and shall not any more."""
    return article.was_public and not article.is_public and not article.is_scheduled


def description(article: Article) -> str:
    """What search engines and those who share the page say of it."""
    words = article.standfirst or html.to_text(article.body[:2000])
    return Truncator(" ".join(words.split())).chars(DESCRIPTION_LENGTH)


def _kicker(article: Article, section: Link | None) -> str:
    """The kicker, unless it only says again what the section says."""
    name = section.name.casefold() if section else ""
    return "" if name.startswith(article.kicker.casefold()) else article.kicker


def _pictures(numbers: list[int]) -> dict[int, Picture]:
    if not numbers:
        return {}
    found = map(Picture.read, _pictures_by_number(numbers=numbers))
    return {one.pk: one for one in found if one}


def _voices(opinions: list[Story]) -> list[Voice]:
    authors = [
        story.authors[0] if story.authors and not story.byline_override else None
        for story in opinions
    ]
    portraits = _pictures(
        [
            author.portrait_id
            for author in authors
            if author and author.portrait_id and not author.is_pen_name
        ]
    )
    voices = []
    for story, author in zip(opinions, authors, strict=True):
        portrait = portraits.get(author.portrait_id or 0) if author else None
        is_shown = portrait is not None and portrait.is_showable
        voices.append(Voice(story, author, portrait if is_shown else None))
    return voices


def _shown(found: list[Story]) -> Iterable[set[str]]:
    return (story.shows for story in found)


def _shared(lead: Picture) -> Context:
    url, width, height = picture.shared(lead)
    if url.startswith("/"):
        url = settings.SITE_URL + url
    return {"url": url, "width": width, "height": height, "alt": lead.alt_text}


_ARTICLE_COLUMNS = [field.attname for field in Article._meta.concrete_fields]
_at_address = write_once(
    lambda at, url_date, slug: surroundings.columns(
        Article.objects.published(at).filter(url_date=url_date, slug=slug),
        *_ARTICLE_COLUMNS,
    ),
    at=datetime,
    url_date=date,
    slug=str,
)
_round_article = write_once(
    lambda article: surroundings.columns(Article.objects.filter(pk=article)),
    article=int,
)
_pictures_by_number = write_once(
    lambda numbers: Image.objects.filter(pk__in=among(numbers)).values_list(
        *picture.COLUMNS
    ),
    numbers=list,
)
_read_more = stories.selection(
    lambda at, article: (
        Article.objects.published(at)
        .filter(read_more_of__article=article)
        .order_by("read_more_of__position")
    ),
    most=related.SHOWN,
    at=datetime,
    article=int,
)
_by_number = stories.selection(
    lambda at, numbers: Article.objects.published(at).filter(pk__in=among(numbers)),
    most=100,
    at=datetime,
    numbers=list,
)
_newest = stories.selection(
    lambda at: Article.objects.published(at).newest_first(),
    most=LOST_SHOWN,
    at=datetime,
)
_in_section = Listings(lambda at, of: Article.objects.published(at).filter(section=of))
_about_topic = Listings(
    lambda at, of: Article.objects.published(at).filter(topic_uses__tag=of)
)
_by_contributor = Listings(
    lambda at, of: Article.objects.published(at).filter(
        pk__in=Byline.objects.filter(contributor=of).values("article"),
        byline_override="",
    )
)
