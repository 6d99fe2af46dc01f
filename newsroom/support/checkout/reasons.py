"""What stands beside the form: where the money goes, and answers to questions."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from newsroom.support import money
from newsroom.support.appeals import placeholders
from newsroom.support.models import Question, Spending

WHOLE = 10_000  # in hundredths of a percent


@dataclass(frozen=True)
class Share:
    """``hundredths`` of a percent, for the bar; ``amount`` is empty for percents."""

    label: str
    percent: str
    amount: str
    hundredths: int


@dataclass(frozen=True)
class Spent:
    period: str
    note: str
    total: str
    shares: list[Share]


@dataclass(frozen=True)
class Answer:
    question: str
    words: SafeString


def spent() -> Spent | None:
    """Where the money goes, the most first; nothing unless staff show it.

    An earlier version that was brought back may not fit its rows: then nothing, too.
    """
    spending = Spending.objects.filter(is_shown=True).prefetch_related("shares").first()
    if spending is None:
        return None
    currency, total = spending.currency, spending.total_minor
    if sum(one.size for one in spending.shares.all()) != (total or WHOLE):
        return None
    shares = []
    for one in spending.shares.all():
        hundredths = round(one.size * WHOLE / total) if total else one.size
        amount = money.written(one.size, currency) if currency else ""
        shares.append(Share(one.label, percent(hundredths), amount, hundredths))
    return Spent(
        period=spending.period,
        note=spending.note,
        total=money.written(total, currency) if total else "",
        shares=shares,
    )


def answers(values: Mapping[str, str]) -> list[Answer]:
    """Those of which something is left once ``values`` are put in."""
    found = []
    for one in Question.objects.filter(is_shown=True):
        words = placeholders.fill(one.answer, values)
        if words.strip():
            found.append(Answer(one.question, words))
    return found


def percent(hundredths: int) -> str:
    """``62.5%``: with as many digits after the point as it has."""
    places = 0 if hundredths % 100 == 0 else 1 if hundredths % 10 == 0 else 2
    number = number_format(hundredths / 100, decimal_pos=places)
    return _("%(number)s%%") % {"number": number}
