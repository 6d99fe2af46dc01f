"""The messages as readers see them: strip, banner, in the text, below it.

Parts are kept by all that they show, and hold for every reader: what differs from
device to device is hidden or shown there.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles import body
from articles.models import Article
from newsroom.core import html, kept
from newsroom.core.paths import path_to
from newsroom.newsletters import consent_words
from newsroom.publication import furniture
from newsroom.publication.furniture import Furniture
from newsroom.support import money
from newsroom.support.appeals import asked_rows, end_form, placeholders
from newsroom.support.appeals.asks import Amounts, Ask, Cause, Placement, State, Wording
from newsroom.support.models import Frequency, PromptVariant

# Without scripts, or where nothing can be kept, the others do not show: nobody could
# send them away for good.
_SHOW_BY_THEMSELVES = {Placement.STRIP, Placement.END, Placement.PAGE}
_TEMPLATES = {
    Placement.STRIP: "support/_strip.html",
    Placement.BANNER: "support/_bar.html",
    Placement.END: "support/_end.html",
    Placement.INSIDE: "support/_inside.html",
    Placement.PAGE: "support/_opening.html",
}
_BLOCK = re.compile(r"<(/?)(p|aside|blockquote|div|figure|ol|table|ul)\b[^>]*>")
# The names of the device's rules as they travel: short, for each page carries them.
_SHORT = {
    "days_since_shown": "s",
    "days_since_closed": "c",
    "days_since_given": "g",
    "reader_languages": "l",
    "not_reader_languages": "n",
}


@dataclass(frozen=True)
class Around:
    """What of the page stands in its messages. ``providers`` can take money here.

    ``consent`` is the number and the words of what who signs up agrees to.
    """

    publication: str
    providers: tuple[str, ...] = ()
    consent: tuple[int, SafeString] | None = None
    language: str = ""
    attributes: str = ""  # ``lang`` and ``dir``, where the page is in another language


@dataclass(frozen=True)
class Words:
    """A wording with everything filled in."""

    pk: int
    heading: str
    message: SafeString
    text: str  # the message in one line, for the strip
    button: str
    url: str


@dataclass(frozen=True)
class Goal:
    """How far a campaign is. ``share`` is of a hundred, at most that."""

    share: int
    words: str


def show(state: State, asks: tuple[Ask, ...], around: Around) -> SafeString:
    """The messages of one place, of which the device shows one at most."""
    # While developing, a template may change under us.
    render = _render if settings.DEBUG else _kept
    return render(state, asks, around)


def render_variant(
    variant: PromptVariant, *, article: Article | None = None
) -> SafeString:
    """One wording in its place, as a reader meets it: for the admin's preview.

    A message in the text comes with the text of ``article``, if one is given.
    """
    state, ask = asked_rows.read(timezone.now()), asked_rows.of_variant(variant)
    site = furniture.load()
    around = Around(
        publication=site.name,
        providers=tuple(method.provider for method in state.methods),
        consent=consent_to(state, site, (ask,)),
    )
    message = _one(state, ask, around, is_sketch=True)
    if article is None or ask.placement != Placement.INSIDE:
        return message
    text = body.render(article, {})
    place = after_paragraph(text, ask.after_paragraph)
    if place is None:
        return text
    # Both are finished parts of a page.
    return mark_safe(text[:place] + message + text[place:])  # noqa: S308


def script(
    state: State,
    *,
    counts: bool = False,
    waits: bool = False,
    has_given: bool = False,
) -> SafeString:
    """Loads what decides on the device.

    ``counts``: the page is an article to be counted. ``waits``: nothing is painted
    before it is done, where browsers can.
    """
    pace = state.pace
    told: dict[str, Any] = {
        "s": pace.after_showing,
        "c": pace.after_closing,
        "g": pace.after_giving,
        "r": int(pace.counts_reading),
        "v": int(pace.compares_variants),
        "w": [
            _("All right. We will not ask again on this device for a while."),
            _("Thank you. We will not ask again on this device for a while."),
            _("All right. Your browser keeps nothing for us: the next page may ask."),
        ],
    }
    if counts:
        told["a"] = 1
    if has_given:
        told["given"] = 1
    return format_html(
        '<script type="module" src="{}"{} data-pace="{}"></script>',
        static("js/pace.js"),
        SafeString(' blocking="render"') if waits else "",
        json.dumps(told, separators=(",", ":"), ensure_ascii=False),
    )


def consent_to(
    state: State, site: Furniture, asks: Iterable[Ask]
) -> tuple[int, SafeString] | None:
    """What stands beside the box to tick, where any of them offers a newsletter."""
    if not any(ask.newsletter for ask in asks):
        return None
    consent = state.consent(site.language)
    if consent is None:
        return None
    return consent.pk, consent_words.as_html(consent.text, site)


def after_paragraph(text: str, number: int) -> int | None:
    """Where a paragraph of a text ends, those in quotes and lists not counted.

    ``None`` if no other paragraph comes after it.
    """
    depth, seen, place = 0, 0, None
    for match in _BLOCK.finditer(text):
        is_end, tag = match[1] == "/", match[2]
        if tag != "p":
            depth += -1 if is_end else 1
        elif depth == 0 and is_end:
            seen += 1
            if seen == number:
                place = match.end()
            elif seen > number:
                return place
    return None


def needs_device_first(state: State, strip: tuple[Ask, ...]) -> bool:
    """Whether only the device can tell which strip stands above the page.

    Then the page waits for its word, so that nothing moves once it is seen.
    """
    return any(
        ask.depends_on_the_reader or len(state.wordings(ask)) > 1 for ask in strip
    )


def goal_of(cause: Cause) -> Goal | None:
    if not (cause.shows_goal and cause.goal_minor):
        return None
    raised = max(cause.raised_minor, 0)
    words = _("%(raised)s of %(goal)s so far") % {
        "raised": money.written(raised, cause.goal_currency),
        "goal": money.written(cause.goal_minor, cause.goal_currency),
    }
    return Goal(min(100, raised * 100 // cause.goal_minor), words)


def least(amounts: tuple[Amounts, ...]) -> tuple[int, str] | None:
    """The least that may be given each month, or else at all: minor units, currency."""
    found = {
        one.frequency: (min(filter(None, (one.least, *one.choices))), one.currency)
        for one in amounts
        if one.least or one.choices
    }
    return found.get(Frequency.MONTHLY) or min(found.values(), default=None)


def _render(state: State, asks: tuple[Ask, ...], around: Around) -> SafeString:
    shown = _shown_without_scripts(asks)
    return SafeString(
        "".join(
            _one(
                state,
                ask,
                around,
                is_hidden=ask is not shown,
                is_first=ask is asks[0],
            )
            for ask in asks
        )
    )


_kept: Callable[..., SafeString] = kept.by_language(most=500)(_render)


def _shown_without_scripts(asks: tuple[Ask, ...]) -> Ask | None:
    if not asks or asks[0].placement not in _SHOW_BY_THEMSELVES:
        return None
    plain = [ask for ask in asks if not ask.depends_on_the_reader]
    return (plain or [asks[0]])[0]


def _one(
    state: State,
    ask: Ask,
    around: Around,
    *,
    is_hidden: bool = False,
    is_first: bool = True,
    is_sketch: bool = False,
) -> SafeString:
    amounts = state.amounts(ask.cause)
    values = _values(state, ask.cause, amounts, around)
    wordings = [_words(one, ask, values) for one in state.wordings(ask)]
    page = path_to("support:page")
    context: dict[str, Any] = {
        "around": around,
        "ask": ask,
        "rules": json.dumps(_rules(state, ask), separators=(",", ":")),
        "is_hidden": is_hidden,
        # Looked at without its script: shows the buttons that the script brings.
        "is_sketch": is_sketch,
        "wordings": wordings,
        "goal": goal_of(ask.cause),
        "page": page,
    }
    if ask.placement == Placement.END:
        context |= {
            "form": end_form.build(state, ask.cause, around.providers),
            # The form has ids of its own: it stands once on a page.
            "is_first": is_first,
            "later": {"data": {"v": wordings[0].pk, "language": around.language}},
        }
    if ask.newsletter and ask.newsletter.is_open and around.consent:
        context["letter"] = ask.newsletter
        context["consent"], context["consent_words"] = around.consent
    return render_to_string(_TEMPLATES[Placement(ask.placement)], context)


def _words(wording: Wording, ask: Ask, values: dict[str, str]) -> Words:
    without_reading = {
        name: value for name, value in values.items() if name != placeholders.READ
    }
    text = html.to_text(placeholders.fill(wording.message, without_reading))
    plain_button = (
        _("Support %(publication)s") % values
        if ask.placement == Placement.STRIP
        else _("Continue")
    )
    return Words(
        pk=wording.pk,
        heading=placeholders.fill_text(wording.heading, values),
        message=placeholders.fill(wording.message, values),
        text=" ".join(text.split()),
        button=placeholders.fill_text(wording.button, values) or plain_button,
        url=f"{path_to('support:page')}?v={wording.pk}",
    )


def _values(
    state: State, cause: Cause, amounts: tuple[Amounts, ...], around: Around
) -> dict[str, str]:
    """The placeholders that have a value."""
    values = {"publication": around.publication}
    if state.pace.counts_reading:
        values[placeholders.READ] = ""
    if cause.goal_minor:
        raised = max(cause.raised_minor, 0)
        values["goal"] = money.written(cause.goal_minor, cause.goal_currency)
        values["raised"] = money.written(raised, cause.goal_currency)
    if cause.supporters:
        values["supporters"] = number_format(cause.supporters, force_grouping=True)
    if smallest := least(amounts):
        values["least"] = money.written(*smallest)
    return values


def _rules(state: State, ask: Ask) -> dict[str, Any]:
    """What the device decides by; see ``fits`` in ``static/js/pace.js``."""
    rules: dict[str, Any] = {
        "p": ask.pk,
        "k": ask.placement,
        "v": [[one.pk, one.weight] for one in state.wordings(ask)],
    }
    if ask.most_times:
        rules["t"] = [ask.most_times, ask.within_days]
    reader = dict(ask.targets.reader)
    for key, name in (("r", "read"), ("w", "width")):
        bounds = [reader.pop(f"least_{name}", None), reader.pop(f"most_{name}", None)]
        if bounds != [None, None]:
            rules[key] = bounds
    return rules | {_SHORT[name]: value for name, value in reader.items()}
