"""One story in a list, as HTML.

Written out by functions, because a page shows forty of them; the classes are those of
``static/css/card.css``. A story must be loaded with ``for_cards()``.
"""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles import picture
from articles.models import Article
from articles.picture import Place
from newsroom.core import times
from newsroom.publication import furniture
from newsroom.publication.furniture import Furniture


@dataclass(frozen=True)
class Look:
    """How a card is shown: its classes, its picture, and which of its words."""

    classes: str = ""
    picture: Place | None = None
    has_standfirst: bool = True
    has_kicker: bool = True
    is_first: bool = False


_THIRD = Place(
    "card", 960, "(min-width: 62rem) 24rem, (min-width: 40rem) 50vw, 100vw"
)
_QUARTER = Place(
    "card", 640, "(min-width: 62rem) 17rem, (min-width: 40rem) 33vw, 100vw"
)
_BIG = Place("card", 1280, "(min-width: 75rem) 44rem, (min-width: 62rem) 58vw, 100vw")
_TURNED = Place("card", 960, "(min-width: 75rem) 27rem, (min-width: 40rem) 50vw, 100vw")
_THUMB = Place("square", 480, "(min-width: 62rem) 9rem, 34vw")
_ROW = Place("card", 640, "(min-width: 40rem) 13rem, 5.5rem")

# What a bare link to an article needs.
LINK_FIELDS = [
    "headline",
    "short_headline",
    "kicker",
    "language",
    "slug",
    "url_date",
    "public_id",
    "publish_at",
    "section__name",
    "section__slug",
]

LOOKS = {
    "big": Look("card--big", _BIG),
    "big-first": Look("card--big", _BIG, is_first=True),
    "turned": Look("card--big card--turn", _TURNED),
    "medium": Look("card--medium", _THIRD),
    "second": Look("", _QUARTER),
    "related": Look("", _QUARTER, has_standfirst=False),
    "thumb": Look("card--thumb", _THUMB, has_standfirst=False, has_kicker=False),
    "text": Look("", has_standfirst=False, has_kicker=False),
    "words": Look("card--medium"),
    "row": Look("", _ROW),
}


def card(article: Article, look: str, site: Furniture, *, level: int = 3) -> SafeString:
    """``level`` is that of the headline's heading."""
    chosen = LOOKS[look]
    if not picture.is_showable(article.lead_image):
        chosen = replace(chosen, picture=None)
    return format_html(
        '<article class="card {}{}"{}>{}<div class="card__text">{}'
        '<h{} class="card__headline"><a href="{}">{}</a></h{}>{}{}</div></article>',
        chosen.classes,
        SafeString(" card--opinion" if is_opinion(article) else ""),
        furniture.language_attributes(article.language, site.language),
        media(article, chosen.picture, is_first=chosen.is_first),
        kicker(article) if chosen.has_kicker else "",
        level,
        article.get_absolute_url(),
        article.card_headline,
        level,
        _standfirst(article) if chosen.has_standfirst else "",
        meta(article, site.zone),
    )


def media(
    article: Article, place: Place | None, *, is_first: bool = False
) -> SafeString:
    """The lead picture with its credit, if the card has a place for one."""
    image = article.lead_image
    if place is None or image is None or not picture.is_showable(image):
        return SafeString("")
    return format_html(
        '<figure class="card__media">{}<figcaption>{}</figcaption></figure>',
        picture.element(image, place, is_first=is_first),
        picture.credit_of(image),
    )


def kicker(article: Article) -> SafeString:
    words = article.kicker or str(article.section or "")
    return format_html('<p class="kicker">{}</p>', words) if words else SafeString("")


def meta(article: Article, zone: ZoneInfo) -> SafeString:
    """Who wrote it, and when it came out."""
    when = times.day(article.publish_at, zone) if article.publish_at else ""
    if who := authors(article):
        return format_html('<p class="meta">{} · {}</p>', who, when)
    return format_html('<p class="meta">{}</p>', when)


def authors(article: Article) -> str:
    """The names, or what stands in their place."""
    if article.byline_override:
        return article.byline_override
    names = [line.contributor.name for line in article.author_bylines]  # type: ignore[attr-defined]
    if len(names) < 2:
        return names[0] if names else article.source
    return _("%(names)s and %(last)s") % {
        "names": ", ".join(names[:-1]),
        "last": names[-1],
    }


def is_opinion(article: Article) -> bool:
    return article.genre == Article.Genre.OPINION


def shown_names(article: Article) -> set[str]:
    """What a card shows, as the page store calls it."""
    names = {f"article:{article.pk}", f"section:{article.section_id}"}
    names |= {
        f"contributor:{line.contributor_id}"
        for line in getattr(article, "author_bylines", [])
    }
    if article.lead_image is not None:
        names |= image_names(article.lead_image_id, article.lead_image.licence_id)
    return names


def image_names(image_id: int | None, licence_id: int | None) -> set[str]:
    names = {f"image:{image_id}"}
    return names | {f"licence:{licence_id}"} if licence_id else names


def _standfirst(article: Article) -> SafeString:
    if not article.standfirst:
        return SafeString("")
    return format_html('<p class="card__standfirst">{}</p>', article.standfirst)
