"""What asks for support on public pages.

``support_begin`` in the head reads, in one query, all that asks; without it the other
tags print nothing. Pages that must not ask leave its block empty.
"""

from typing import Any

from django import template
from django.conf import settings
from django.template.defaultfilters import linebreaks_filter
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles.models import Article
from newsroom.core.paths import path_to
from newsroom.newsletters import offers
from newsroom.publication.templatetags.publication_tags import site_language
from newsroom.support import payments
from newsroom.support.appeals import asked_rows, asking, asks
from newsroom.support.appeals.asking import Around
from newsroom.support.appeals.asks import Ask, Page, Placement, State

register = template.Library()

# Django's, which the tags of the layers below take for a mapping.
Context = Any

_BEGUN = "support"
_TOPIC = "topic:"


@register.simple_tag(takes_context=True)
def support_begin(context: Context) -> SafeString:
    """Look up what asks, and load the script where it has something to do."""
    support_page = path_to("support:page")
    path = context["page_url"].removeprefix(settings.SITE_URL)
    is_support_page = path == support_page
    if path.startswith(support_page) and not is_support_page:
        return SafeString("")
    state, page = _begin(context), _page(context)
    if is_support_page:
        places = [Placement.PAGE]
    else:
        places = [Placement.STRIP, Placement.BANNER]
        if page.article is not None:
            places += [Placement.INSIDE, Placement.END]
    shown = {place: state.on(page, place) for place in places}
    context.render_context[_BEGUN]["shown"] = shown
    if any(ask.newsletter for found in shown.values() for ask in found):
        context["also_shows"].add(offers.SHOWN)
    counts = (
        state.pace.counts_reading and page.article is not None and state.asks_on(page)
    )
    if context.get("is_preview") or not (counts or any(shown.values())):
        return SafeString("")
    waits = asking.needs_device_first(state, shown.get(Placement.STRIP, ()))
    return asking.script(state, counts=counts, waits=waits)


@register.simple_tag(takes_context=True)
def support_strip(context: Context) -> SafeString:
    """The line above the page."""
    return _place(context, Placement.STRIP)


@register.simple_tag(takes_context=True)
def support_message(context: Context) -> SafeString:
    """The message at the end of an article."""
    return _place(context, Placement.END)


@register.simple_tag(takes_context=True)
def support_bar(context: Context) -> SafeString:
    """The bar at the foot of the window."""
    return _place(context, Placement.BANNER)


@register.simple_tag(takes_context=True)
def support_opening(context: Context) -> SafeString:
    """The message on the support page."""
    return _place(context, Placement.PAGE)


@register.simple_tag(takes_context=True)
def support_inside(context: Context, body: SafeString) -> SafeString:
    """The text of an article, with the messages that stand in it."""
    for ask in _shown(context, Placement.INSIDE):
        place = asking.after_paragraph(body, ask.after_paragraph)
        if place is not None:
            message = asking.show(_begin(context), (ask,), _around(context))
            # Both were finished parts of the page before.
            body = mark_safe(body[:place] + message + body[place:])  # noqa: S308
    return body


@register.simple_tag(takes_context=True)
def support_told(context: Context) -> SafeString:
    """What readers are told of what their device keeps, below “Forget”."""
    if _BEGUN not in context.render_context:
        return SafeString("")
    state = _begin(context)
    if not (state.pace.counts_reading or state.pace.compares_variants):
        return SafeString("")
    return format_html(
        '<aside class="told" aria-label="{}"{}><div class="wrap">{}</div></aside>',
        _("What this device keeps"),
        site_language(context),
        linebreaks_filter(state.privacy_paragraph),
    )


@register.simple_tag(takes_context=True)
def support_given(context: Context) -> SafeString:
    """For the page that says thanks: this device is not asked again for a while."""
    return asking.script(_begin(context), has_given=True)


def _begin(context: Context) -> State:
    """What asks now, looked up once a page."""
    if _BEGUN not in context.render_context:
        context["also_shows"].add(asks.SHOWN)
        at = context.get("at") or timezone.now()
        context.render_context[_BEGUN] = {"state": asked_rows.read(at), "shown": {}}
    state: State = context.render_context[_BEGUN]["state"]
    return state


def _shown(context: Context, placement: Placement) -> tuple[Ask, ...]:
    begun: dict[str, Any] = context.render_context.get(_BEGUN, {"shown": {}})
    shown: tuple[Ask, ...] = begun["shown"].get(placement, ())
    return shown


def _place(context: Context, placement: Placement) -> SafeString:
    shown = _shown(context, placement)
    if not shown:
        return SafeString("")
    return asking.show(_begin(context), shown, _around(context))


def _around(context: Context) -> Around:
    site, begun = context["publication"], context.render_context[_BEGUN]
    asks_here = [ask for found in begun["shown"].values() for ask in found]
    return Around(
        publication=site.name,
        providers=tuple(payments.active()),
        consent=asking.consent_to(begun["state"], site, asks_here),
        language=context["page_language"],
        attributes=site_language(context),
    )


def _page(context: Context) -> Page:
    article = context.get("article")
    section = context.get("current_section_id")
    if not isinstance(article, Article):
        return Page(language=context["page_language"], section=section)
    names = context.get("shows", ())
    return Page(
        language=article.language,
        article=article.pk,
        section=section,
        topics=frozenset(
            int(name.removeprefix(_TOPIC)) for name in names if name.startswith(_TOPIC)
        ),
        genre=article.genre,
        is_sensitive=article.is_sensitive,
    )
