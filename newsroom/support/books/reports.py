"""What came in and what is left of it, by month, frequency, currency and campaign.

Everything is summed from the ledger, each currency for itself. Months are those of the
publication's time zone. Amounts are in minor units.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from newsroom.publication.models import Publication
from newsroom.support import money
from newsroom.support.models import (
    AmountChoice,
    Asking,
    Campaign,
    ExchangeRate,
    FreeAmount,
    Frequency,
    LedgerEntry,
    PromptVariant,
    RecurringContribution,
)

Key = TypeVar("Key", bound=Hashable)

MOST_MONTHS = 60
_MONTH = re.compile(r"(\d{4})-(\d{2})")
State = RecurringContribution.State


@dataclass
class Sums:
    """``fees`` and ``back`` (refunds, disputes) are below 0, if any.

    Where a fee or a dispute comes back months later, they are above it.
    """

    gifts: int = 0
    gross: int = 0
    fees: int = 0
    back: int = 0

    @property
    def net(self) -> int:
        return self.gross + self.fees + self.back

    def add(self, other: "Sums") -> None:
        self.gifts += other.gifts
        self.gross += other.gross
        self.fees += other.fees
        self.back += other.back


@dataclass(frozen=True)
class Cell:
    month: date
    currency: str
    frequency: str
    campaign: int | None
    variant: int | None
    sums: Sums = field(compare=False)


@dataclass(frozen=True)
class Report:
    months: list[date]
    cells: list[Cell]
    campaigns: dict[int, str]
    variants: dict[int, str]

    @property
    def currencies(self) -> list[str]:
        return sorted({cell.currency for cell in self.cells})

    def by(self, key: Callable[[Cell], Key], *, currency: str) -> dict[Key, Sums]:
        """The sums of a currency, grouped."""
        found: dict[Key, Sums] = defaultdict(Sums)
        for cell in self.cells:
            if cell.currency == currency:
                found[key(cell)].add(cell.sums)
        return dict(found)

    def total(self, currency: str) -> Sums:
        return self.by(lambda cell: "", currency=currency).get("", Sums())


@dataclass(frozen=True)
class Converted:
    """All currencies as one, by rates of one day. Without those that have no rate."""

    into: str
    day: date
    rates: list[ExchangeRate]
    missing: list[str]
    months: list[tuple[date, int]]

    @property
    def total(self) -> int:
        return sum(amount for _month, amount in self.months)


@dataclass(frozen=True)
class Running:
    """What renews now in a currency. ``monthly`` counts a twelfth of the annual."""

    currency: str
    monthly: int
    gifts: int


@dataclass(frozen=True)
class Churn:
    month: date
    at_start: int
    began: int
    ended: int

    @property
    def share(self) -> float | None:
        """Of those that ran when the month began."""
        return self.ended / self.at_start if self.at_start else None

    @property
    def percent(self) -> str:
        return "–" if self.share is None else f"{self.share * 100:.1f}%"


def totals(first: date, last: date, *, campaign: Campaign | None = None) -> Report:
    """From the first month to the last one, both included."""
    zone = Publication.current().zone
    entries = LedgerEntry.objects.filter(
        happened_at__gte=bounds(first)[0], happened_at__lt=bounds(last)[1]
    )
    if campaign is not None:
        entries = entries.filter(contribution__campaign=campaign)
    cells = _cells(entries, zone)
    return Report(
        months=_months(first, last),
        cells=cells,
        campaigns=dict(
            Campaign.objects.filter(
                pk__in={cell.campaign for cell in cells if cell.campaign}
            ).values_list("pk", "name")
        ),
        variants={
            variant.pk: str(variant)
            for variant in PromptVariant.objects.filter(
                pk__in={cell.variant for cell in cells if cell.variant}
            ).select_related("prompt__campaign")
        },
    )


def converted(report: Report, *, into: str, day: date) -> Converted:
    """What was left each month, in one currency, by the rates entered for a day."""
    found = {
        rate.currency: rate
        for rate in ExchangeRate.objects.filter(day=day, into=into)
        if rate.currency in report.currencies
    }
    months: dict[date, int] = dict.fromkeys(report.months, 0)
    for cell in report.cells:
        if cell.currency == into:
            months[cell.month] += cell.sums.net
        elif rate := found.get(cell.currency):
            months[cell.month] += _exchanged(cell.sums.net, cell.currency, rate)
    missing = [
        currency
        for currency in report.currencies
        if currency != into and currency not in found
    ]
    return Converted(into, day, list(found.values()), missing, list(months.items()))


def rate_days() -> list[tuple[date, str]]:
    """Days and currencies for which rates were entered, the newest first."""
    return list(
        ExchangeRate.objects.order_by("-day", "into")
        .values_list("day", "into")
        .distinct()[:200]
    )


def running() -> list[Running]:
    """Monthly recurring revenue now, by currency; paused gifts bring nothing."""
    rows = (
        RecurringContribution.objects.filter(state__in=[State.ACTIVE, State.PAST_DUE])
        .values_list("currency", "frequency")
        .annotate(sum=Sum("amount_minor"), count=Count("pk"))
        .order_by("currency")
    )
    monthly: dict[str, Decimal] = defaultdict(Decimal)
    gifts: dict[str, int] = defaultdict(int)
    for currency, frequency, amount, count in rows:
        share = 12 if frequency == Frequency.ANNUAL else 1
        monthly[currency] += Decimal(amount) / share
        gifts[currency] += count
    return [
        Running(currency, _whole(amount), gifts[currency])
        for currency, amount in monthly.items()
    ]


def churn(months: Iterable[date]) -> list[Churn]:
    """How many recurring gifts began and ended in each month."""
    months = list(months)
    counts = {}
    for place, month in enumerate(months):
        begin, end = bounds(month)
        ran = Q(began_at__lt=begin) & (
            Q(cancelled_at=None) | Q(cancelled_at__gte=begin)
        )
        counts[f"start_{place}"] = Count("pk", filter=ran)
        began = Q(began_at__gte=begin, began_at__lt=end)
        counts[f"began_{place}"] = Count("pk", filter=began)
        ended = Q(cancelled_at__gte=begin, cancelled_at__lt=end)
        counts[f"ended_{place}"] = Count("pk", filter=ran & ended)
    found = RecurringContribution.objects.exclude(began_at=None).aggregate(**counts)
    return [
        Churn(
            month,
            found[f"start_{place}"],
            found[f"began_{place}"],
            found[f"ended_{place}"],
        )
        for place, month in enumerate(months)
    ]


def currencies_in_use() -> list[str]:
    """What gifts are offered in."""
    offered = set(AmountChoice.objects.values_list("currency", flat=True).distinct())
    offered |= set(FreeAmount.objects.values_list("currency", flat=True).distinct())
    return sorted(offered | {Asking.current().default_currency})


def read_month(typed: str) -> date | None:
    found = _MONTH.fullmatch(typed)
    if (
        found is None
        or not 1 <= int(found[2]) <= 12
        or not 2000 <= int(found[1]) < 3000
    ):
        return None
    return date(int(found[1]), int(found[2]), 1)


def this_month() -> date:
    zone = Publication.current().zone
    return timezone.localdate(timezone=zone).replace(day=1)


def months_until(day: date, count: int) -> list[date]:
    """So many months, the last one that of ``day``."""
    number = day.year * 12 + day.month - 1
    return [_month(one) for one in range(number - count + 1, number + 1)]


def bounds(month: date) -> tuple[datetime, datetime]:
    """When a month begins and ends on the publication's clock."""
    zone = Publication.current().zone
    following = _month(month.year * 12 + month.month)
    return (
        datetime.combine(month, time(), zone),
        datetime.combine(following, time(), zone),
    )


def _cells(entries: QuerySet[LedgerEntry], zone: ZoneInfo) -> list[Cell]:
    rows = (
        entries.annotate(month=TruncMonth("happened_at", tzinfo=zone))
        .values_list(
            "month",
            "currency",
            "contribution__frequency",
            "contribution__campaign_id",
            "contribution__variant_id",
            "kind",
        )
        .annotate(sum=Sum("amount_minor"), count=Count("pk"))
        .order_by()
    )
    sums: dict[tuple[date, str, str, int | None, int | None], Sums] = defaultdict(Sums)
    for month, currency, frequency, campaign, variant, kind, amount, count in rows:
        one = sums[month.date(), currency, frequency, campaign, variant]
        if kind == LedgerEntry.Kind.GIFT:
            one.gifts += count
            one.gross += amount
        elif kind == LedgerEntry.Kind.FEE:
            one.fees += amount
        else:
            one.back += amount
    return [Cell(*key, sums=one) for key, one in sorted(sums.items(), key=_order)]


def _months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return months_until(last, max(count, 1))


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _order(
    item: tuple[tuple[date, str, str, int | None, int | None], Sums],
) -> tuple[date, str, int, int, int]:
    (month, currency, frequency, campaign, variant), _sums = item
    places = list(Frequency.values)
    place = places.index(frequency) if frequency in places else len(places)
    return month, currency, place, campaign or 0, variant or 0


def _exchanged(amount_minor: int, currency: str, rate: ExchangeRate) -> int:
    amount = money.decimal(amount_minor, currency) * rate.rate
    return _whole(amount.scaleb(money.DIGITS[rate.into]))


def _whole(amount: Decimal) -> int:
    return int(amount.to_integral_value(rounding=ROUND_HALF_EVEN))
