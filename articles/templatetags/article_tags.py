from collections.abc import Mapping
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from articles import body, cards, picture
from articles.models import Article
from articles.pages import Voice
from articles.picture import Picture
from articles.stories import Story
from newsroom.publication import furniture

register = template.Library()

_LEAD_STORY = picture.Place(
    "card", 1280, "(min-width: 75rem) 38rem, (min-width: 62rem) 50vw, 100vw"
)


@register.simple_tag(takes_context=True)
def card(
    context: dict[str, Any], story: Story, look: str, level: int = 3
) -> SafeString:
    """One story in a list; the looks are those of ``cards.LOOKS``."""
    return cards.card(story, look, context["publication"], level=level)


@register.simple_tag(takes_context=True)
def line(context: dict[str, Any], story: Story) -> SafeString:
    """One story among the latest."""
    now = context.get("at") or timezone.now()
    return cards.line(story, context["publication"], now=now)


@register.simple_tag(takes_context=True)
def voice(context: dict[str, Any], opinion: Voice) -> SafeString:
    return cards.voice(
        opinion.story,
        opinion.author,
        opinion.portrait,
        context["publication"].language,
    )


@register.simple_tag
def lead_story_picture(story: Story) -> SafeString:
    """The picture of the front page's first story."""
    return cards.media(story, _LEAD_STORY, is_first=True)


@register.simple_tag
def lead_story_preload(story: Story) -> SafeString:
    if story.picture is None or not story.picture.is_showable:
        return SafeString("")
    return picture.preload(story.picture, _LEAD_STORY)


@register.simple_tag(takes_context=True)
def words_in(context: dict[str, Any], language: str) -> SafeString:
    """Attributes for words in a language on a page in another one."""
    return furniture.language_attributes(language, context["page_language"])


@register.simple_tag
def lead_picture(image: Picture) -> SafeString:
    return picture.element(image, picture.LEAD, is_first=True)


@register.simple_tag
def lead_preload(image: Picture) -> SafeString:
    return picture.preload(image, picture.LEAD)


@register.simple_tag
def portrait(image: Picture) -> SafeString:
    """The picture on a contributor's own page."""
    return picture.element(image, picture.PORTRAIT)


@register.simple_tag
def credit(image: Picture) -> SafeString:
    return picture.credit_of(image)


@register.simple_tag
def blank_picture() -> SafeString:
    return body.blank()


@register.simple_tag
def article_body(article: Article, images: Mapping[int, Picture]) -> SafeString:
    """The text, with its pictures, players, quotes and tables unfolded."""
    return body.render(article, images)
