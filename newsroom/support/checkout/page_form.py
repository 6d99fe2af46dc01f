"""The form of the support page as it stands: what is chosen, what was typed.

Filled from an address of ours (``?frequency=monthly&amount=500``), from a gift that
was begun, or from what was posted: each becomes the form's own fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import Form
from django.utils.translation import gettext as _

from newsroom.core import mail_addresses
from newsroom.support import money
from newsroom.support.checkout import offer
from newsroom.support.checkout.offer import Group, Offer
from newsroom.support.models import Contribution, Frequency, PaymentMethod
from newsroom.support.people import givers

# Parameters of the page's address that are part of what is stored under it.
PARAMETERS = ("frequency", "amount", "other", "currency", "v")

Values = Mapping[str, str]

_ORDER = (
    "frequency",
    "currency",
    "amount",
    "country",
    "method",
    "email",
    "name",
    "message",
)
_LONGEST_TYPED = 20
_MOST_DIGITS = 12


@dataclass(frozen=True)
class Tile:
    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True)
class Amounts:
    """The amounts of one frequency and currency. ``place`` is the currency's."""

    group: Group
    place: int
    is_shown: bool
    legend: str
    tiles: list[Tile]
    is_free: bool
    other: str
    typed: str
    sign: str
    limits: str


@dataclass(frozen=True)
class Currency:
    """``pattern`` and ``digits`` are for the script that shows the sum: ``$#``, 2."""

    code: str
    place: int
    is_chosen: bool
    pattern: str
    digits: int


@dataclass(frozen=True)
class Problem:
    """What is wrong, and the element on the page that it is about."""

    place: str
    words: str


@dataclass(frozen=True)
class Way:
    """A way to pay. ``places`` and ``frequencies`` are those that it fits."""

    name: str
    method: PaymentMethod
    is_chosen: bool
    places: str
    frequencies: str
    fee: str
    fixed: str


@dataclass(frozen=True)
class Shown:
    frequencies: list[Tile]
    currencies: list[Currency]
    amounts: list[Amounts]
    ways: list[Way]


def of_query(query: Values, offered: Offer) -> dict[str, str]:
    """From a link or a form that leads here. What is not offered is passed over."""
    frequency = query.get("frequency", "")
    values = {
        "frequency": frequency,
        "currency": query.get("currency", ""),
        "v": query.get("v", ""),
    }
    currency = values["currency"] or next(iter(offered.currencies), "")
    group = offered.group(frequency, currency)
    if group is None:
        return values
    amount, typed = query.get("amount", ""), query.get("other", "").strip()
    if typed:
        values[f"other_{group.name}"] = typed[:_LONGEST_TYPED]
    elif amount.isascii() and amount.isdigit() and len(amount) <= _MOST_DIGITS:
        values |= _amount(group, int(amount))
    return values


def of_contribution(gift: Contribution, offered: Offer) -> dict[str, str]:
    """From a gift that was begun and not paid, the giver's own words included."""
    amount_minor = gift.amount_minor - gift.covered_minor
    group = offered.group(gift.frequency, gift.currency)
    message = bytes(gift.message_sealed)
    giver = gift.giver
    is_new = giver is not None and not givers.has_given(giver)
    values = {
        "frequency": gift.frequency,
        "currency": gift.currency,
        "method": f"{gift.provider}:{gift.method}",
        "cover": "on" if gift.covered_minor else "",
        "email": giver.address if giver else "",
        # Anybody may write anybody's address: what is known of somebody who has given
        # is not shown to whoever wrote it.
        "name": giver.name if giver and is_new else "",
        "neutral": "on" if giver and is_new and giver.is_neutral else "",
        "message": mail_addresses.unseal(message) if message else "",
        "named": "" if gift.is_anonymous else "on",
        "instead": gift.public_id,
        "v": str(gift.variant_id or ""),
    }
    return values | (_amount(group, amount_minor) if group else {})


def shown(offered: Offer, values: Values) -> Shown:
    frequency = _one_of(
        values.get("frequency", ""), offered.frequencies, Frequency.MONTHLY
    )
    currency = _one_of(values.get("currency", ""), offered.currencies, "")
    return Shown(
        frequencies=[
            Tile(one, str(Frequency(one).label), one == frequency)
            for one in offered.frequencies
        ],
        currencies=[
            Currency(
                code=code,
                place=place,
                is_chosen=code == currency,
                pattern=money.written(0, code).replace("0", "#"),
                digits=money.DIGITS[code],
            )
            for place, code in enumerate(offered.currencies, 1)
        ],
        amounts=[
            _amounts(
                group,
                offered,
                values,
                is_shown=(group.frequency, group.currency) == (frequency, currency),
            )
            for group in offered.groups
        ],
        ways=_ways(offered, values, frequency, currency),
    )


def problems(form: Form) -> list[Problem]:
    """Everything that is wrong, in the order of the form, for the list above it."""
    return [
        Problem(name, str(form.errors[name][0]))
        for name in _ORDER
        if name in form.errors
    ]


def _amount(group: Group, amount_minor: int) -> dict[str, str]:
    if amount_minor in group.amounts:
        return {f"amount_{group.name}": str(amount_minor)}
    if not group.may_be(amount_minor):
        return {}
    written = money.decimal(amount_minor, group.currency)
    whole = written.to_integral_value()
    return {f"other_{group.name}": str(whole if whole == written else written)}


def _amounts(
    group: Group, offered: Offer, values: Values, *, is_shown: bool
) -> Amounts:
    typed = values.get(f"other_{group.name}", "")
    chosen = values.get(f"amount_{group.name}", "")
    if not chosen and not typed:
        first = next(iter(group.amounts), None)
        chosen = str(group.default_minor or first)
    return Amounts(
        group=group,
        place=offered.currencies.index(group.currency) + 1,
        is_shown=is_shown,
        legend=_legend(group),
        tiles=[
            Tile(str(one), money.written(one, group.currency), str(one) == chosen)
            for one in group.amounts
        ],
        is_free=group.least_minor is not None,
        other=_("Another amount") if group.amounts else _("Amount"),
        typed=typed,
        sign=money.sign(group.currency),
        limits=_limits(group),
    )


def _legend(group: Group) -> str:
    words = {
        Frequency.ONCE: _("Amount in %(currency)s, once"),
        Frequency.MONTHLY: _("Amount in %(currency)s, each month"),
        Frequency.ANNUAL: _("Amount in %(currency)s, each year"),
    }
    return words[Frequency(group.frequency)] % {"currency": group.currency}


def _limits(group: Group) -> str:
    if group.least_minor is None or group.most_minor is None:
        return ""
    return _("%(least)s to %(most)s") % {
        "least": money.written(group.least_minor, group.currency),
        "most": money.written(group.most_minor, group.currency),
    }


def _ways(offered: Offer, values: Values, frequency: str, currency: str) -> list[Way]:
    fitting = [
        offer.name_of(method)
        for method in offered.methods
        if offer.fits(method, frequency, currency)
    ]
    chosen = _one_of(values.get("method", ""), fitting, "")
    return [_way(method, offered, chosen) for method in offered.methods]


def _way(method: PaymentMethod, offered: Offer, chosen: str) -> Way:
    places = [
        str(place)
        for place, code in enumerate(offered.currencies, 1)
        if not method.currencies or code in method.currencies
    ]
    frequencies = [
        one
        for one in offered.frequencies
        if not method.frequencies or one in method.frequencies
    ]
    name = offer.name_of(method)
    fixed = method.fee_fixed.items()
    return Way(
        name=name,
        method=method,
        is_chosen=name == chosen,
        places=" ".join(places),
        frequencies=" ".join(frequencies),
        fee=f"{method.fee_percent.normalize():f}",
        fixed=" ".join(f"{code}:{int(minor)}" for code, minor in fixed),
    )


def _one_of(wanted: str, offered: Any, otherwise: str) -> str:
    """What is wanted, or else the usual, or else the first."""
    if wanted in offered:
        return wanted
    return otherwise if otherwise in offered else next(iter(offered), "")
