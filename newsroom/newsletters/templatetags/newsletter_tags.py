from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from articles import picture
from newsroom.newsletters import consent_words, offers
from newsroom.newsletters.archive import Part
from newsroom.newsletters.models.subscriber import Source
from newsroom.publication.templatetags.publication_tags import site_language

register = template.Library()

_WIDE = picture.Place(
    "full", 1920, "(min-width: 75rem) 58rem, (min-width: 62rem) 70vw, 100vw"
)
_BESIDE = picture.Place("card", 640, "(min-width: 40rem) 15rem, 100vw")


@register.simple_tag(takes_context=True)
def newsletter_box(context: dict[str, Any], modifier: str = "") -> SafeString:
    """The sign-up box of the newsletter that is offered below articles.

    Costs the page one query, and adds ``newsletters`` to what the page shows.
    """
    context["also_shows"].add(offers.SHOWN)
    site = context["publication"]
    offer, consent = offers.below_articles(site.language)
    if offer is None or consent is None:
        return SafeString("")
    return render_to_string(
        "newsletters/_box.html",
        {
            "attributes": site_language(context),
            "page_language": site.language,
            "consent": consent,
            "consent_words": consent_words.as_html(consent.text, site),
            "modifier": modifier,
            "offer": offer,
            "source": Source.ARTICLE,
            "variant": "box",
        },
    )


@register.simple_tag
def issue_picture(part: Part) -> SafeString:
    """The picture of a story on the page of an issue."""
    if part.picture is None:
        return SafeString("")
    place = _WIDE if part.is_large else _BESIDE
    return picture.element(part.picture, place)
