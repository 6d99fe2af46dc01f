"""Bars that the server draws: where they stand, how tall they are, what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from newsroom.support import money
from newsroom.support.books.reports import Report, Sums
from newsroom.support.models import Frequency

WIDTH = 760
HEIGHT = 220
_LEFT, _TOP, _BOTTOM = 76, 10, 196
_MOST_LINES = 5

ROW_HEIGHT = 30
_LABELS = 300
_FIGURES = 120


@dataclass(frozen=True)
class Part:
    kind: str  # a frequency, or "out" for fees and refunds
    y: float
    height: float


@dataclass(frozen=True)
class Column:
    month: date
    x: float
    middle: float
    width: float
    parts: list[Part]
    has_label: bool
    sums: Sums
    by_frequency: list[str]
    gross: str
    out: str
    net: str


@dataclass(frozen=True)
class Columns:
    """What came each month, stacked by frequency; what went stands below the line."""

    currency: str
    columns: list[Column]
    lines: list[tuple[float, str]]
    zero: float
    highest: str
    gross: str
    net: str
    gifts: int

    left = _LEFT
    width = WIDTH
    height = HEIGHT
    foot = HEIGHT - 6


@dataclass(frozen=True)
class Row:
    name: str
    y: float
    middle: float
    width: float
    gross: str
    net: str
    gifts: int

    @property
    def end(self) -> float:
        return round(_LABELS + self.width, 1)


@dataclass(frozen=True)
class Rows:
    """What was left, one bar for each campaign or variant."""

    currency: str
    rows: list[Row]

    left = _LABELS
    text = _LABELS - 10
    width = WIDTH

    @property
    def height(self) -> int:
        return max(len(self.rows), 1) * ROW_HEIGHT


@dataclass(frozen=True)
class _Axis:
    """From ``bottom`` to ``top`` in minor units, a line at every ``step``."""

    top: int
    bottom: int
    step: int
    highest: int

    @property
    def scale(self) -> float:
        return (_BOTTOM - _TOP) / (self.top - self.bottom)

    def at(self, value: int) -> float:
        return round(_TOP + (self.top - value) * self.scale, 1)


def by_month(report: Report, currency: str) -> Columns:
    found = report.by(lambda cell: (cell.month, cell.frequency), currency=currency)
    months: dict[date, dict[str, Sums]] = {
        month: {
            frequency: found.get((month, frequency), Sums()) for frequency in Frequency
        }
        for month in report.months
    }
    totals = {month: _together(one.values()) for month, one in months.items()}
    axis = _axis(list(totals.values()), currency)
    each = (WIDTH - _LEFT) / max(len(report.months), 1)
    labelled = -(-len(report.months) // 12)
    everything = report.total(currency)
    return Columns(
        currency=currency,
        columns=[
            _column(
                month,
                [(str(one), months[month][one]) for one in Frequency],
                totals[month],
                currency,
                place=_LEFT + number * each,
                each=each,
                axis=axis,
                has_label=number % labelled == 0,
            )
            for number, month in enumerate(report.months)
        ],
        lines=[
            (axis.at(value), money.written(value, currency))
            for value in range(axis.bottom, axis.top + 1, axis.step)
        ],
        zero=axis.at(0),
        highest=money.written(axis.highest, currency),
        gross=money.written(everything.gross, currency),
        net=money.written(everything.net, currency),
        gifts=everything.gifts,
    )


def of_names(found: Sequence[tuple[str, Sums]], currency: str) -> Rows:
    """Bars for names, the one that brought most first."""
    ordered = sorted(found, key=lambda one: (-one[1].net, one[0]))
    highest = max((sums.net for _name, sums in ordered), default=0)
    room = WIDTH - _LABELS - _FIGURES
    return Rows(
        currency,
        [
            Row(
                name=name,
                y=place * ROW_HEIGHT + 6.0,
                middle=place * ROW_HEIGHT + 19.0,
                width=round(room * max(sums.net, 0) / highest, 1) if highest > 0 else 0,
                gross=money.written(sums.gross, currency),
                net=money.written(sums.net, currency),
                gifts=sums.gifts,
            )
            for place, (name, sums) in enumerate(ordered)
        ],
    )


def _column(
    month: date,
    stack: list[tuple[str, Sums]],
    total: Sums,
    currency: str,
    *,
    place: float,
    each: float,
    axis: _Axis,
    has_label: bool,
) -> Column:
    parts = []
    base = zero = axis.at(0)
    for kind, sums in stack:
        height = round(sums.gross * axis.scale, 1)
        base = round(base - height, 1)
        if height > 0:
            parts.append(Part(kind, base, height))
    out = total.fees + total.back
    if out < 0:
        parts.append(Part("out", zero, round(-out * axis.scale, 1)))
    return Column(
        month=month,
        x=round(place + each * 0.15, 1),
        middle=round(place + each * 0.5, 1),
        width=round(each * 0.7, 1),
        parts=parts,
        has_label=has_label,
        sums=total,
        by_frequency=[money.written(sums.gross, currency) for _kind, sums in stack],
        gross=money.written(total.gross, currency),
        out=money.written(out, currency),
        net=money.written(total.net, currency),
    )


def _together(many: Iterable[Sums]) -> Sums:
    total = Sums()
    for one in many:
        total.add(one)
    return total


def _axis(sums: list[Sums], currency: str) -> _Axis:
    highest = max((one.gross for one in sums), default=0)
    lowest = min([0, *(one.fees + one.back for one in sums)])
    step = _step(highest - lowest, currency)
    return _Axis(
        top=-(-max(highest, step) // step) * step,
        bottom=lowest // step * step,
        step=step,
        highest=highest,
    )


def _step(span: int, currency: str) -> int:
    """A round distance between lines, in minor units, so that few of them fit."""
    step: int = 10 ** money.DIGITS[currency]
    while span / step > _MOST_LINES:
        for factor in (2, 5, 10):
            if span / (step * factor) <= _MOST_LINES:
                return step * factor
        step *= 10
    return step
