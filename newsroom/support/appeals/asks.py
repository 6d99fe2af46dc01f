"""What may ask readers for support, and on which pages.

What is about the page is decided here, the same for all readers. What is about the
reader is decided on their device (``static/js/pace.js``), by what it alone knows.
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
    newsletter: tuple[str, str] | None = None  # name, slug
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
    # Of any campaign (key 0) and of single ones, in the currency.
    offered: tuple[tuple[int, tuple[Amounts, ...]], ...] = ()
    methods: tuple[tuple[str, str], ...] = ()  # provider, name
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

    def amounts(self, cause: Cause | None = None) -> tuple[Amounts, ...]:
        """By frequency; a campaign's own ones stand instead of the general ones."""
        offered = dict(self.offered)
        by_frequency = {one.frequency: one for one in offered.get(0, ())}
        if cause is not None:
            by_frequency |= {one.frequency: one for one in offered.get(cause.pk, ())}
        return tuple(
            by_frequency[frequency]
            for frequency in Frequency.values
            if frequency in by_frequency
        )


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
