from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from newsroom.core import kept, tables, times
from newsroom.publication import furniture
from newsroom.publication.furniture import Furniture
from newsroom.publication.models import Page

register = template.Library()


@register.simple_tag(takes_context=True)
def moment(context: dict[str, Any], at: datetime) -> SafeString:
    """Day and time by the newsroom's clock; the browser puts the reader's instead."""
    return times.moment(at, context["publication"].zone)


@register.simple_tag(takes_context=True)
def day(context: dict[str, Any], at: datetime) -> SafeString:
    zone = context["publication"].zone
    return times.day(at, zone, year=timezone.now().astimezone(zone).year)


@register.simple_tag(takes_context=True)
def clock(context: dict[str, Any], at: datetime) -> SafeString:
    now = context.get("at") or timezone.now()
    return times.clock(at, context["publication"].zone, now=now)


@register.simple_tag(takes_context=True)
def masthead(context: dict[str, Any], *, is_front: bool = False) -> SafeString:
    """The head of the page; the front page's has the date."""
    site: Furniture = context["publication"]
    return _around(
        "_masthead.html",
        site,
        attributes=site_language(context),
        current_mark="page" if "section" in context else "true",
        current_section_id=context.get("current_section_id"),
        date=_today(site, context.get("at") or timezone.now()) if is_front else "",
        is_front=is_front,
    )


@register.simple_tag(takes_context=True)
def footer(context: dict[str, Any]) -> SafeString:
    return _around(
        "_footer.html",
        context["publication"],
        attributes=site_language(context),
    )


def _today(site: Furniture, at: datetime) -> SafeString:
    """The newsroom's date, in words; the browser keeps it true."""
    day = at.astimezone(site.zone).date()
    return format_html(
        '<time datetime="{}" data-today="{}">{}</time>',
        day.isoformat(),
        site.zone.key,
        times.in_words(day, "l j E Y"),
    )


def _around(template: str, site: Furniture, **values: Any) -> SafeString:
    """A part of the page that is the same on thousands of them."""
    # While developing, the template may change under us.
    render = _render if settings.DEBUG else _kept
    return render(template, site, **values)


def _render(template: str, site: Furniture, **values: Any) -> SafeString:
    return render_to_string(template, {"publication": site, **values})


_kept = kept.by_language(most=200)(_render)


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
    return mark_safe(tables.unfold(page.body))  # noqa: S308
