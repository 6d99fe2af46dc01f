"""The form of the message at the end of an article: how often, in what, how much."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from newsroom.support import money
from newsroom.support.appeals.asks import Amounts, Cause, Method, State
from newsroom.support.models import Frequency


@dataclass(frozen=True)
class Choice:
    minor: int
    written: str
    is_chosen: bool


@dataclass(frozen=True)
class Group:
    """The amounts of one frequency and currency. ``place`` is the currency's."""

    frequency: str
    currency: str
    place: int
    legend: str
    other: str
    hint: str
    sign: str
    digits: int
    choices: list[Choice]
    takes_other: bool


@dataclass(frozen=True)
class Often:
    frequency: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Way:
    """A way to pay, with the places of the currencies in which it does."""

    name: str
    places: str


@dataclass(frozen=True)
class EndForm:
    """Each frequency and currency has its own form, so that all work without scripts.

    There are ``currencies`` only where there is a choice.
    """

    oftens: list[Often]
    currencies: list[str]
    groups: list[Group]
    ways: list[Way]


def build(state: State, cause: Cause, providers: Collection[str]) -> EndForm:
    """What may be given; ``providers`` are those that take money here."""
    methods = [one for one in state.methods if one.provider in providers]
    usual = state.amounts(cause)
    offered = {state.currency: usual} if usual else {}
    wanted = [one.frequency for one in usual]
    for currency in state.currencies():
        amounts = state.amounts(cause, currency)
        # Whatever is chosen first, the other choice must find an amount.
        if currency not in offered and _fits(amounts, wanted, methods):
            offered[currency] = tuple(one for one in amounts if one.frequency in wanted)
    several = len(offered) > 1
    return EndForm(
        oftens=_oftens(wanted),
        currencies=list(offered) if several else [],
        groups=[
            _group(one, place, names_currency=several)
            for place, amounts in enumerate(offered.values(), 1)
            for one in amounts
        ],
        ways=_ways(methods, list(offered) or [state.currency]),
    )


def _fits(
    amounts: tuple[Amounts, ...], wanted: list[str], methods: list[Method]
) -> bool:
    """Whether each frequency that is wanted is offered and can be paid."""
    by_frequency = {one.frequency: one for one in amounts}
    return bool(wanted) and all(
        frequency in by_frequency
        and any(
            method.takes(frequency, by_frequency[frequency].currency)
            for method in methods
        )
        for frequency in wanted
    )


def _oftens(frequencies: list[str]) -> list[Often]:
    chosen = Frequency.MONTHLY if Frequency.MONTHLY in frequencies else frequencies[:1]
    return [Often(one, str(Frequency(one).label), one in chosen) for one in frequencies]


def _ways(methods: list[Method], currencies: list[str]) -> list[Way]:
    places: dict[str, set[int]] = {}
    for method in methods:
        for place, currency in enumerate(currencies, 1):
            if not method.currencies or currency in method.currencies:
                places.setdefault(method.name, set()).add(place)
    return [
        Way(
            name,
            # Those that fit everywhere need not say so.
            "" if len(found) == len(currencies) else " ".join(map(str, sorted(found))),
        )
        for name, found in places.items()
    ]


def _group(one: Amounts, place: int, *, names_currency: bool) -> Group:
    legend, other = _words(one, names_currency=names_currency)
    sign = money.sign(one.currency)
    smallest = money.written(one.least or 0, one.currency).strip(f"{sign}\xa0")
    return Group(
        frequency=one.frequency,
        currency=one.currency,
        place=place if names_currency else 0,
        legend=legend,
        other=other,
        hint=_("%(least)s or more") % {"least": smallest},
        sign=sign,
        digits=money.DIGITS[one.currency],
        choices=[
            Choice(minor, money.written(minor, one.currency), minor == one.default)
            for minor in one.choices
        ],
        takes_other=one.least is not None,
    )


def _words(one: Amounts, *, names_currency: bool) -> tuple[str, str]:
    legends = {
        Frequency.ONCE: (_("Amount, once"), _("Amount in %(currency)s, once")),
        Frequency.MONTHLY: (
            _("Amount, each month"),
            _("Amount in %(currency)s, each month"),
        ),
        Frequency.ANNUAL: (
            _("Amount, each year"),
            _("Amount in %(currency)s, each year"),
        ),
    }
    others = {
        Frequency.ONCE: _("Or another amount, once"),
        Frequency.MONTHLY: _("Or another amount, a month"),
        Frequency.ANNUAL: _("Or another amount, a year"),
    }
    frequency = Frequency(one.frequency)
    legend = legends[frequency][names_currency] % {"currency": one.currency}
    return legend, others[frequency]
