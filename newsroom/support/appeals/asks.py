"""What may ask readers for support, and on which pages.

What is about the page is decided here, the same for all readers. What is about the
reader is decided on their device (``static/js/pace.js``), by what it alone knows. It
tells nobody, and keeps, as ``pace`` and only where it may, numbers and days:

- ``u``: be still until, whatever the answer was;
- ``a``: last asked;
- ``r``: articles read, and since when;
- ``t``: by message, times shown, and since when;
- ``d``: a die below 16,384 that picks variants.
"""

from dataclasses import dataclass
from typing import Any

from newsroom.support.models import Frequency, Prompt

# The name of all pages that ask.
SHOWN = "asking"
# So many messages compete for one place of a page; the browser takes the first that
# suits.
MOST_IN_ONE_PLACE = 3

Placement = Prompt.Placement


# What is read comes from ``lru_cache``: the same rows are the same objects, which is
# all that parts of pages are kept by.
@dataclass(frozen=True, eq=False)
class Wording:
    """One variant of a message."""

    pk: int
    weight: int
    heading: str
    message: str
    button: str


@dataclass(frozen=True)
class Targets:
    """Where a message may stand; an empty list of what it is only for means anywhere.

    ``reader`` is what only the device can tell, as the names and values of the rule.
    """

    sections: frozenset[int] = frozenset()
    not_sections: frozenset[int] = frozenset()
    topics: frozenset[int] = frozenset()
    not_topics: frozenset[int] = frozenset()
    articles: frozenset[int] = frozenset()
    not_articles: frozenset[int] = frozenset()
    genres: frozenset[str] = frozenset()
    not_genres: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    not_languages: frozenset[str] = frozenset()
    reader: tuple[tuple[str, Any], ...] = ()

    @property
    def needs_reading(self) -> bool:
        """Whether it depends on how many articles were read on the device."""
        return any(name in ("least_read", "most_read") for name, _value in self.reader)


@dataclass(frozen=True)
class Cause:
    """What a campaign tells of itself."""

    pk: int
    purpose: str = ""
    goal_minor: int | None = None
    goal_currency: str = ""
    shows_goal: bool = False
    raised_minor: int = 0
    supporters: int = 0


@dataclass(frozen=True)
class Letter:
    """The newsletter that a message offers as the second choice."""

    pk: int
    name: str
    is_open: bool = True


@dataclass(frozen=True)
class Method:
    """A way to pay; an empty list of what it takes means anything."""

    provider: str
    name: str
    currencies: tuple[str, ...] = ()
    frequencies: tuple[str, ...] = ()

    def takes(self, frequency: str, currency: str) -> bool:
        return (not self.frequencies or frequency in self.frequencies) and (
            not self.currencies or currency in self.currencies
        )


@dataclass(frozen=True)
class Consent:
    """What is agreed to by who signs up, in a language."""

    pk: int
    language: str
    text: str


@dataclass(frozen=True, eq=False)
class Ask:
    """A message in a place, as it may show."""

    pk: int
    placement: str
    cause: Cause
    wordings: tuple[Wording, ...]
    targets: Targets = Targets()
    after_paragraph: int = 4
    offers_reminder: bool = True
    newsletter: Letter | None = None
    most_times: int = 0
    within_days: int = 30

    @property
    def depends_on_the_reader(self) -> bool:
        return bool(self.targets.reader or self.most_times)


@dataclass(frozen=True)
class Amounts:
    """What is offered for one frequency, in minor units."""

    frequency: str
    currency: str
    choices: tuple[int, ...]
    default: int | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Pace:
    """What the device must know to ask no more than we mean to."""

    after_showing: int = 0
    after_closing: int = 14
    after_giving: int = 60
    counts_reading: bool = False
    compares_variants: bool = False


@dataclass(frozen=True)
class Page:
    """What a page is about, as far as messages are chosen by it."""

    language: str
    article: int | None = None
    section: int | None = None
    topics: frozenset[int] = frozenset()
    genre: str = ""
    is_sensitive: bool = False


@dataclass(frozen=True, eq=False)
class State:
    """Everything that asks, and how."""

    is_silent: bool
    pace: Pace
    privacy_paragraph: str
    currency: str
    asks: tuple[Ask, ...] = ()
    # Of any campaign (key 0) and of single ones.
    offered: tuple[tuple[int, tuple[Amounts, ...]], ...] = ()
    methods: tuple[Method, ...] = ()
    consents: tuple[Consent, ...] = ()
    never_asked: frozenset[str] = frozenset()

    def asks_on(self, page: Page) -> bool:
        """Whether anything may ask on a page at all."""
        return not (
            self.is_silent or page.is_sensitive or page.language in self.never_asked
        )

    def on(self, page: Page, placement: str) -> tuple[Ask, ...]:
        """The messages for a place, the most important first."""
        if not self.asks_on(page):
            return ()
        found: list[Ask] = []
        for ask in self.asks:
            if ask.placement != placement or not _suits(ask.targets, page):
                continue
            if ask.targets.needs_reading and not self.pace.counts_reading:
                continue
            found.append(ask)
            # Whatever comes below one that shows to everybody would never show.
            if not ask.depends_on_the_reader or len(found) == MOST_IN_ONE_PLACE:
                break
        return tuple(found)

    def wordings(self, ask: Ask) -> tuple[Wording, ...]:
        """What readers are shown: all while variants are compared, else the first."""
        return ask.wordings if self.pace.compares_variants else ask.wordings[:1]

    def amounts(
        self, cause: Cause | None = None, currency: str = ""
    ) -> tuple[Amounts, ...]:
        """By frequency; a campaign's own ones stand instead of the general ones.

        Without a currency: in the usual one.
        """
        wanted, offered = currency or self.currency, dict(self.offered)
        general, own = offered.get(0, ()), offered.get(cause.pk, ()) if cause else ()
        found = {
            one.frequency: one for one in (*general, *own) if one.currency == wanted
        }
        return tuple(
            found[frequency] for frequency in Frequency.values if frequency in found
        )

    def currencies(self) -> list[str]:
        """All in which anything is offered, the usual one first."""
        codes = {one.currency for _key, group in self.offered for one in group}
        return sorted(codes, key=lambda code: (code != self.currency, code))

    def consent(self, language: str) -> Consent | None:
        """In a language, or else in English."""
        found = {one.language: one for one in self.consents}
        return found.get(language) or found.get("en")


def _suits(targets: Targets, page: Page) -> bool:
    """Whether the page is one of those that a message may stand on."""
    here = [
        (targets.sections, targets.not_sections, {page.section}),
        (targets.topics, targets.not_topics, page.topics),
        (targets.genres, targets.not_genres, {page.genre}),
        (targets.languages, targets.not_languages, {page.language}),
        (targets.articles, targets.not_articles, {page.article}),
    ]
    return all(
        (not only or only & values) and not (excluded & values)
        for only, excluded, values in here
    )
