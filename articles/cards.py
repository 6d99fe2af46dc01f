"""One story in a list, as HTML.

Written out by functions, because a page shows forty of them; the classes are those of
``static/css/card.css``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles import picture
from articles.picture import Picture, Place
from articles.stories import Author, Story
from newsroom.core import kept, times
from newsroom.publication import furniture
from newsroom.publication.furniture import Furniture


@dataclass(frozen=True)
class Look:
    """How a card is shown: its classes, its picture, and which of its words."""

    classes: str = ""
    place: Place | None = None
    has_standfirst: bool = True
    has_kicker: bool = True
    is_first: bool = False


_THIRD = Place("card", 960, "(min-width: 62rem) 24rem, (min-width: 40rem) 50vw, 100vw")
_QUARTER = Place(
    "card", 640, "(min-width: 62rem) 17rem, (min-width: 40rem) 33vw, 100vw"
)
_BIG = Place("card", 1280, "(min-width: 75rem) 44rem, (min-width: 62rem) 58vw, 100vw")
_TURNED = Place("card", 960, "(min-width: 75rem) 27rem, (min-width: 40rem) 50vw, 100vw")
_THUMB = Place("square", 480, "(min-width: 62rem) 9rem, 34vw")
_ROW = Place("card", 640, "(min-width: 40rem) 13rem, 5.5rem")

LOOKS = {
    "big": Look("card card--big", _BIG),
    "big-first": Look("card card--big", _BIG, is_first=True),
    "turned": Look("card card--big card--turn", _TURNED),
    "medium": Look("card card--medium", _THIRD),
    "second": Look("card", _QUARTER),
    "third": Look("card card--thumb", _QUARTER),
    "related": Look("card card--thumb", _QUARTER, has_standfirst=False),
    "thumb": Look("card card--thumb", _THUMB, has_standfirst=False, has_kicker=False),
    "text": Look("card", has_standfirst=False, has_kicker=False),
    "words": Look("card card--medium"),
    "row": Look("card", _ROW),
}


def card(story: Story, look: str, site: Furniture, *, level: int = 3) -> SafeString:
    """``level`` is that of the headline's heading."""
    year = timezone.now().astimezone(site.zone).year
    return _card(story, look, level, site.language, site.zone, year)


@kept.by_language(most=1000)
def _card(
    story: Story,
    look: str,
    level: int,
    site_language: str,
    zone: ZoneInfo,
    year: int,
) -> SafeString:
    chosen = LOOKS[look]
    values: list[Any] = [
        chosen.classes + (" card--opinion" if story.is_opinion else ""),
        furniture.language_attributes(story.language, site_language),
        media(story, chosen.place, is_first=chosen.is_first),
    ]
    # One template for all the words: escaping each line by itself takes longer.
    words = ""
    if chosen.has_kicker:
        words += '<p class="kicker">{}</p>'
        values.append(story.kicker or story.section_name)
    words += f'<h{level} class="card__headline"><a href="{{}}">{{}}</a></h{level}>'
    values += [story.url, story.card_headline]
    if chosen.has_standfirst and story.standfirst:
        words += '<p class="card__standfirst">{}</p>'
        values.append(story.standfirst)
    if story.byline:
        words += '<p class="meta">{} · {}</p>'
        values.append(story.byline)
    else:
        words += '<p class="meta">{}</p>'
    values.append(times.day(story.publish_at, zone, year=year))
    return format_html(
        '<article class="{}"{}>{}<div class="card__text">' + words + "</div></article>",
        *values,
    )


def line(story: Story, site: Furniture, *, now: datetime) -> SafeString:
    """A story among the latest: its time and its headline."""
    time = times.clock(story.publish_at, site.zone, now=now)
    return _line(story, time, site.language)


@kept.by_language(most=500)
def _line(story: Story, time: SafeString, site_language: str) -> SafeString:
    live = format_html("<b>{}</b> ", _("Live")) if story.is_live else ""
    return format_html(
        '{}<h3{}><a href="{}">{}{}</a></h3>',
        time,
        furniture.language_attributes(story.language, site_language),
        story.url,
        live,
        story.card_headline,
    )


@kept.by_language(most=500)
def voice(
    story: Story, author: Author | None, portrait: Picture | None, site_language: str
) -> SafeString:
    """An opinion with the face and the name of who holds it."""
    face = name = title = SafeString("")
    if portrait:
        face = format_html(
            '<figure class="voice__face">{}<figcaption>{}</figcaption></figure>',
            picture.element(portrait, picture.FACE),
            picture.credit_of(portrait),
        )
    if story.byline:
        name = format_html('<p class="voice__name">{}</p>', story.byline)
    if author and author.job_title and not author.is_pen_name:
        title = format_html('<p class="meta">{}</p>', author.job_title)
    return format_html(
        '<article class="{}"{}>{}<div><h3 class="card__headline"><a href="{}">{}</a>'
        "</h3>{}{}</div></article>",
        "voice" if portrait else "voice voice--words",
        furniture.language_attributes(story.language, site_language),
        face,
        story.url,
        story.card_headline,
        name,
        title,
    )


def media(story: Story, place: Place | None, *, is_first: bool = False) -> SafeString:
    """The lead picture with its credit, if the card has a place for one."""
    if place is None or story.picture is None or not story.picture.is_showable:
        return SafeString("")
    return format_html(
        '<figure class="card__media">{}<figcaption>{}</figcaption></figure>',
        picture.element(story.picture, place, is_first=is_first),
        picture.credit_of(story.picture),
    )
