from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles import body, cards, picture
from articles.models import Article, Image
from newsroom.publication import furniture

register = template.Library()

_LEAD_STORY = picture.Place(
    "card", 1280, "(min-width: 75rem) 38rem, (min-width: 62rem) 50vw, 100vw"
)


@register.simple_tag(takes_context=True)
def card(
    context: dict[str, Any], article: Article, look: str, level: int = 3
) -> SafeString:
    """One story in a list; the looks are those of ``cards.LOOKS``."""
    return cards.card(article, look, context["publication"], level=level)


@register.simple_tag
def kicker(article: Article) -> SafeString:
    return cards.kicker(article)


@register.simple_tag
def live_mark(article: Article) -> SafeString:
    """Says before a headline that the story is still being written."""
    if article.genre != Article.Genre.LIVE:
        return SafeString("")
    return format_html("<b>{}</b> ", _("Live"))


@register.simple_tag
def authors(article: Article) -> str:
    return cards.authors(article)


@register.simple_tag
def lead_story_picture(article: Article) -> SafeString:
    """The picture of the front page's first story."""
    return cards.media(article, _LEAD_STORY, is_first=True)


@register.simple_tag
def lead_story_preload(article: Article) -> SafeString:
    if article.lead_image is None or not picture.is_showable(article.lead_image):
        return SafeString("")
    return picture.preload(article.lead_image, _LEAD_STORY)


@register.simple_tag(takes_context=True)
def article_language(context: dict[str, Any], article: Article) -> SafeString:
    """Attributes for words of an article on a page in another language."""
    return furniture.language_attributes(article.language, context["page_language"])


@register.simple_tag
def lead_picture(image: Image) -> SafeString:
    return picture.element(image, picture.LEAD, is_first=True)


@register.simple_tag
def lead_preload(image: Image) -> SafeString:
    return picture.preload(image, picture.LEAD)


@register.simple_tag
def portrait(image: Image) -> SafeString:
    """The picture on a contributor's own page."""
    return picture.element(image, picture.PORTRAIT)


@register.simple_tag
def face(image: Image) -> SafeString:
    """The small portrait beside an opinion."""
    return picture.element(image, picture.FACE)


@register.simple_tag
def credit(image: Image) -> SafeString:
    return picture.credit_of(image)


@register.simple_tag
def blank_picture() -> SafeString:
    return body.blank()


@register.simple_tag
def article_body(article: Article, images: Mapping[int, Image]) -> SafeString:
    """The text, with its pictures, players, quotes and tables unfolded."""
    return body.render(article, images)
