"""What stands on a giver's own page, and the wish for the link to it."""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsroom.core import mail_addresses
from newsroom.newsletters import limits
from newsroom.support import money, payments
from newsroom.support.mails import letters, receipts, thanks
from newsroom.support.models import (
    Contribution,
    Frequency,
    Giver,
    GiverLetter,
    RecurringContribution,
)
from newsroom.support.payments.interface import NotPossible
from newsroom.support.people import givers

PER_NETWORK_AND_HOUR = 20

_PAUSES = (1, 2, 3, 6)  # months
_YEAR = 12


@dataclass(frozen=True)
class Running:
    """A recurring gift, in words, and what can be done with it."""

    gift: RecurringContribution
    terms: str
    changes_amounts: bool
    pauses: bool
    has_own_page: bool


@dataclass(frozen=True)
class Given:
    gift: Contribution
    amount: str
    given_back: str
    has_receipt: bool


@transaction.atomic
def ask_for_link(address: str, *, network: str) -> None:
    """Owe a (normalised) address its link, if it is a giver's: a worker looks it up.

    So the form does the same for every address, in the same time.
    """
    first = limits.reserve_hour(
        "giver-link", network.encode(), most=PER_NETWORK_AND_HOUR
    )
    if first is None:
        return
    # Once a day at most: the key says so, and nobody else can tell whose it is.
    asked = f"{address} {timezone.now():%Y-%m-%d}".encode()
    letters.queue(
        GiverLetter.Kind.LINK,
        f"link:{mail_addresses.sign('giver link', asked).hex()}",
        address_sealed=mail_addresses.seal(address),
        due_at=first,
    )


def contents(giver: Giver, zone: ZoneInfo) -> dict[str, Any]:
    years: dict[int, list[str]] = {}
    for year, currency in receipts.years_of(giver, zone):
        years.setdefault(year, []).append(currency)
    return {
        "running": [shown(gift) for gift in givers.running_gifts_of(giver)],
        "ended": [shown(gift) for gift in giver.recurring.filter(state="cancelled")],
        "given": [_given(gift) for gift in givers.gifts_of(giver)],
        "years": years,
    }


def shown(gift: RecurringContribution) -> Running:
    terms = thanks.with_frequency(gift.amount_minor, gift.currency, gift.frequency)
    try:
        provider = payments.named(gift.provider)
    except payments.Unknown:
        return Running(gift, terms, False, False, False)
    return Running(
        gift,
        terms,
        changes_amounts=provider.changes_amounts,
        pauses=provider.pauses,
        has_own_page=provider.has_own_page,
    )


def pauses(gift: RecurringContribution, today: date) -> list[tuple[date, str]]:
    """The days that pauses end on, and what they are called.

    They count from the next payment: a month less is a payment less, whenever asked.
    """
    first = first_left_out(gift, today)
    if gift.frequency == Frequency.ANNUAL:
        return [(_months_later(first, _YEAR), _("1 year"))]
    return [
        (
            _months_later(first, months),
            ngettext("%(count)d month", "%(count)d months", months) % {"count": months},
        )
        for months in _PAUSES
    ]


def first_left_out(gift: RecurringContribution, today: date) -> date:
    """The day of the first payment that a pause begun now leaves out."""
    return max(today, timezone.localdate(gift.next_at)) if gift.next_at else today


def words_of(error: Exception) -> str:
    """A sentence for the giver about what could not be done."""
    if isinstance(error, NotPossible) and error.args:
        return str(error)
    return _(
        "The payment provider does not answer. Nothing has changed; please try again "
        "in some minutes."
    )


def _given(gift: Contribution) -> Given:
    back = receipts.given_back(gift)
    return Given(
        gift,
        amount=money.written(gift.amount_minor, gift.currency),
        given_back=money.written(back, gift.currency) if back else "",
        has_receipt=receipts.has_one(gift),
    )


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))
