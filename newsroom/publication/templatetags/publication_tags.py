from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from newsroom.core import times
from newsroom.publication import furniture
from newsroom.publication.models import Page

register = template.Library()


@register.simple_tag(takes_context=True)
def moment(context: dict[str, Any], at: datetime) -> SafeString:
    """Day and time by the newsroom's clock; the browser puts the reader's instead."""
    return times.moment(at, context["publication"].zone)


@register.simple_tag(takes_context=True)
def day(context: dict[str, Any], at: datetime) -> SafeString:
    return times.day(at, context["publication"].zone)


@register.simple_tag(takes_context=True)
def clock(context: dict[str, Any], at: datetime) -> SafeString:
    now = context.get("at") or timezone.now()
    return times.clock(at, context["publication"].zone, now=now)


@register.simple_tag(takes_context=True)
def today(context: dict[str, Any]) -> SafeString:
    """The newsroom's date, in words; for pages that are made anew all day."""
    at = context.get("at") or timezone.now()
    publication = context["publication"]
    return format_html(
        '<time datetime="{}" data-today="{}">{}</time>',
        f"{at.astimezone(publication.zone):%Y-%m-%d}",
        publication.zone.key,
        publication.day(at),
    )


@register.simple_tag(takes_context=True)
def site_language(context: dict[str, Any]) -> SafeString:
    """Attributes for the site's own words on a page in another language."""
    language = context["publication"].language
    return furniture.language_attributes(language, context["page_language"])


@register.simple_tag
def accent_style(style: str) -> SafeString:
    """The publication's colour. The response's policy carries the hash of it."""
    # ``Furniture.accent_style`` lets nothing through but # and six digits.
    return mark_safe(f"<style>{style}</style>") if style else mark_safe("")  # noqa: S308


@register.simple_tag
def page_body(page: Page) -> SafeString:
    """The words of a fixed page, which were cleaned when they were stored."""
    return mark_safe(page.body)  # noqa: S308
