"""An issue's parts as its templates take them, with nothing that is not public."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from articles import picture, stories
from articles.models import Article, Image
from articles.picture import Picture
from articles.stories import Story
from newsroom.core import html, times
from newsroom.core.paths import path_to
from newsroom.core.queries import among, write_once
from newsroom.newsletters import mail_words
from newsroom.newsletters.mail_words import Counted
from newsroom.newsletters.models import Issue, IssueItem

MOST_PARTS = 60
SUMMARY_LENGTH = 320


@dataclass(frozen=True)
class Shot:
    """A picture of our own site with what has to stand beside it."""

    url: str
    alt: str
    caption: str
    credit: SafeString
    credit_text: str


@dataclass(frozen=True)
class Part:
    """A story, a heading or a text. Text is twice there: for HTML and for plain."""

    kind: str
    headline: str = ""
    kicker: str = ""
    language: str = ""
    byline: str = ""
    day: str = ""
    url: str = ""
    summary: str = ""
    body: SafeString = field(default_factory=SafeString)
    body_text: str = ""
    shot: Shot | None = None
    is_full: bool = False
    needs_rule: bool = False
    # For the page on the site: whose words these are, and the words as stored.
    article: int = 0
    image: int = 0
    dateline: str = ""
    words: str = ""


def of(
    items: Sequence[IssueItem],
    issue: Issue,
    *,
    as_summaries: bool,
    counted: Counted,
    at: datetime,
) -> list[Part]:
    """What can be shown now: a story that is not public is left out."""
    numbers = [item.article_id for item in items if item.article_id]
    found = _stories(numbers, at)
    parts = []
    for item in items:
        if item.kind == IssueItem.Kind.HEADING:
            parts.append(Part("heading", headline=item.headline or item.text))
        elif item.kind == IssueItem.Kind.TEXT:
            parts.append(_text(item, counted))
        elif item.article_id in found:
            story, rest = found[item.article_id]
            is_full = item.length == IssueItem.Length.FULL and not as_summaries
            parts.append(_story(item, issue, story, rest, is_full, counted))
    return _ruled([part for part in parts if part.headline or part.body])


def _ruled(shown: list[Part]) -> list[Part]:
    """A line parts a story from what is above it, unless that is a heading."""
    return [
        replace(part, needs_rule=part.kind == "story" and above.kind != "heading")
        for above, part in pairwise([Part("heading"), *shown])
    ]


def _text(item: IssueItem, counted: Counted) -> Part:
    words = mail_words.rich(item.text)
    return Part(
        "text",
        headline=item.headline,
        body=mail_words.for_mail(words, counted),
        body_text=mail_words.as_text(words),
        words=words,
    )


def _story(
    item: IssueItem,
    issue: Issue,
    story: Story,
    rest: dict[str, Any],
    is_full: bool,
    counted: Counted,
) -> Part:
    body, body_text = _body(rest, counted) if is_full else (SafeString(""), "")
    shot = _shot(story.picture, rest, is_full) if item.has_picture else None
    permanent = path_to("articles:permanent", rest["public_id"])
    return Part(
        "story",
        headline=item.headline or story.headline,
        kicker=story.kicker or story.section_name,
        language=story.language,
        byline=story.byline,
        day=times.in_words(
            story.publish_at.astimezone(issue.newsletter.zone).date(),
            "MONTH_DAY_FORMAT",
        ),
        url=counted(settings.SITE_URL + permanent),
        summary=_summary(item, story, rest["body"], is_full),
        body=body,
        body_text=body_text,
        shot=shot,
        is_full=is_full,
        article=story.pk,
        image=story.picture.pk if shot and story.picture else 0,
        dateline=rest["dateline_place"] if is_full else "",
        words=rest["body"] if is_full else "",
    )


def _summary(item: IssueItem, story: Story, body: str, is_full: bool) -> str:
    words = item.text or story.standfirst
    if words or is_full:
        return words
    first_lines = html.to_text(body).partition("\n")[0]
    return Truncator(first_lines).chars(SUMMARY_LENGTH)


def _body(rest: dict[str, Any], counted: Counted) -> tuple[SafeString, str]:
    images = pictures(html.image_ids(rest["body"]))
    body = rest["body"]
    if rest["dateline_place"]:
        dateline = f"<strong>{escape(rest['dateline_place'])}</strong> — "
        is_paragraph = body.startswith("<p>")
        body = (
            f"<p>{dateline}{body[3:]}" if is_paragraph else f"<p>{dateline}</p>{body}"
        )
    return (
        mail_words.for_mail(body, counted, images),
        mail_words.as_text(body, images),
    )


def _shot(image: Picture | None, rest: dict[str, Any], is_full: bool) -> Shot | None:
    if image is None or not image.is_showable:
        return None
    url, _width, _height = picture.shared(image)
    return Shot(
        url=mail_words.absolute(url),
        alt=image.alt_text,
        caption=(rest["lead_caption"] or image.description) if is_full else "",
        credit=picture.credit_of(image),
        credit_text=mail_words.credit_text(image),
    )


_chosen = stories.selection(
    lambda at, numbers: Article.objects.published(at).filter(pk__in=among(numbers)),
    most=MOST_PARTS,
    at=datetime,
    numbers=list,
)
_pictures_by_number = write_once(
    lambda numbers: Image.objects.filter(pk__in=among(numbers)).values_list(
        *picture.COLUMNS
    ),
    numbers=list,
)


def _stories(
    numbers: list[int], at: datetime
) -> dict[int, tuple[Story, dict[str, Any]]]:
    if not numbers:
        return {}
    public = stories.read(_chosen(at=at, numbers=numbers))
    rest: dict[int, dict[str, Any]] = {
        row["pk"]: dict(row)
        for row in Article.objects.published(at)
        .filter(pk__in=[story.pk for story in public])
        .values("pk", "public_id", "body", "dateline_place", "lead_caption")
    }
    return {story.pk: (story, rest[story.pk]) for story in public if story.pk in rest}


def pictures(numbers: Iterable[int]) -> dict[int, Picture]:
    """As they are now, by number."""
    wanted = list(numbers)
    if not wanted:
        return {}
    found = map(Picture.read, _pictures_by_number(numbers=wanted))
    return {one.pk: one for one in found if one}
