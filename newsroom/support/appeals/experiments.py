"""What became of a message's variants, and what can be told from it.

A gift is what one decision brought: one payment, or all payments so far of a gift that
renews. Money is what the ledger says, refunds and disputes taken off, fees not; it is
compared currency by currency and never added across them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from simple_history.utils import update_change_reason

from newsroom.core import page_store
from newsroom.support.appeals import campaigns, intervals
from newsroom.support.appeals.intervals import Interval
from newsroom.support.models import (
    Contribution,
    LedgerEntry,
    Prompt,
    PromptVariant,
    VariantTotal,
)

# Below this the tails of gifts are not known well enough for an honest interval.
FEWEST_GIFTS = 50
_NOT_FEES = [kind for kind in LedgerEntry.Kind if kind != LedgerEntry.Kind.FEE]


@dataclass(frozen=True)
class Money:
    """What a variant brought in one currency, in minor units."""

    currency: str
    amounts: tuple[int, ...]
    shown: int

    @property
    def total_minor(self) -> int:
        return sum(self.amounts)

    @property
    def per_thousand_minor(self) -> int | None:
        """For each thousand readers shown; ``None`` where nobody was."""
        return round(self.total_minor * 1000 / self.shown) if self.shown else None


@dataclass(frozen=True)
class Outcome:
    variant: PromptVariant
    shown: int
    closed: int
    continued: int
    money: tuple[Money, ...]

    @property
    def gifts(self) -> int:
        return sum(len(money.amounts) for money in self.money)

    @property
    def conversion(self) -> Interval | None:
        """Gifts for each reader shown."""
        # A device that gave without having told that it showed the message.
        return intervals.rate(min(self.gifts, self.shown), self.shown)

    def in_currency(self, currency: str) -> Money:
        for money in self.money:
            if money.currency == currency:
                return money
        return Money(currency, (), self.shown)


@dataclass(frozen=True)
class Comparison:
    """One variant beside the first: how often it brings gifts, and how much."""

    outcome: Outcome
    base: Outcome
    rate: Interval | None
    money: tuple[tuple[str, Interval | None], ...]

    @property
    def sentences(self) -> list[str]:
        return [
            money_in_words(self.outcome, self.base, currency, interval)
            for currency, interval in self.money
        ] + [rate_in_words(self.outcome, self.base, self.rate)]


@dataclass(frozen=True)
class Result:
    outcomes: list[Outcome]
    comparisons: list[Comparison]
    currencies: list[str]

    @property
    def is_running(self) -> bool:
        weights = [outcome.variant.weight for outcome in self.outcomes]
        return sum(weight > 0 for weight in weights) > 1


def of(prompt: Prompt) -> Result:
    variants = list(prompt.variants.order_by("pk"))
    counted = {
        row["variant"]: row
        for row in VariantTotal.objects.filter(variant__in=variants)
        .values("variant")
        .annotate(shown=Sum("shown"), closed=Sum("closed"), continued=Sum("continued"))
    }
    gifts = _gifts(variants)
    none = {"shown": 0, "closed": 0, "continued": 0}
    outcomes = []
    for variant in variants:
        row = counted.get(variant.pk, none)
        shown = row["shown"]
        money = tuple(
            Money(currency, tuple(amounts), shown)
            for currency, amounts in sorted(gifts[variant.pk].items())
        )
        outcomes.append(Outcome(variant, shown, row["closed"], row["continued"], money))
    currencies = sorted({money.currency for one in outcomes for money in one.money})
    comparisons = [compare(one, outcomes[0], currencies) for one in outcomes[1:]]
    return Result(outcomes, comparisons, currencies)


def compare(outcome: Outcome, base: Outcome, currencies: Sequence[str]) -> Comparison:
    money = []
    for currency in currencies:
        ours, theirs = outcome.in_currency(currency), base.in_currency(currency)
        interval = None
        if _is_enough(ours.amounts, outcome.shown) and _is_enough(
            theirs.amounts, base.shown
        ):
            interval = intervals.ratio_of_money(
                ours.amounts, outcome.shown, theirs.amounts, base.shown
            )
        money.append((currency, interval))
    rate = None
    if min(outcome.gifts, base.gifts) >= FEWEST_GIFTS and outcome.shown and base.shown:
        rate = intervals.ratio_of_rates(
            outcome.gifts, outcome.shown, base.gifts, base.shown
        )
    return Comparison(outcome, base, rate, tuple(money))


@transaction.atomic
def take(winner: PromptVariant) -> None:
    """Show this variant to everybody; the others keep their figures and their words."""
    for variant in PromptVariant.objects.select_for_update().filter(
        prompt=winner.prompt_id
    ):
        weight = 1 if variant.pk == winner.pk else 0
        if variant.weight != weight:
            variant.weight = weight
            variant.save(update_fields=["weight"])
            reason = _("The test ended: %(name)s is shown to all.")
            update_change_reason(variant, reason % {"name": winner.name})
    page_store.ended(campaigns.PAGES)


def money_in_words(
    outcome: Outcome, base: Outcome, currency: str, interval: Interval | None
) -> str:
    names = {
        "name": outcome.variant.name,
        "base": base.variant.name,
        "currency": currency,
    }
    if interval is None:
        fewest = min(
            len(outcome.in_currency(currency).amounts),
            len(base.in_currency(currency).amounts),
        )
        return _(
            "No difference can be told yet in %(currency)s: the smaller side has "
            "%(count)s gifts, and it takes %(needed)s."
        ) % {**names, "count": fewest, "needed": FEWEST_GIFTS}
    return _told(
        names,
        interval,
        more=_(
            "%(name)s brings %(percent)s more per reader shown in %(currency)s than "
            "%(base)s, between %(low)s and %(high)s."
        ),
        less=_(
            "%(name)s brings %(percent)s less per reader shown in %(currency)s than "
            "%(base)s, between %(low)s and %(high)s."
        ),
        neither=_(
            "No difference can be told yet in %(currency)s: %(name)s may bring from "
            "%(low)s to %(high)s than %(base)s."
        ),
    )


def rate_in_words(outcome: Outcome, base: Outcome, interval: Interval | None) -> str:
    names = {"name": outcome.variant.name, "base": base.variant.name}
    if interval is None:
        return _(
            "No difference in how many give can be told yet: the smaller side has "
            "%(count)s gifts, and it takes %(needed)s."
        ) % {"count": min(outcome.gifts, base.gifts), "needed": FEWEST_GIFTS}
    return _told(
        names,
        interval,
        more=_(
            "Of the readers shown, %(percent)s more give with %(name)s than with "
            "%(base)s, between %(low)s and %(high)s."
        ),
        less=_(
            "Of the readers shown, %(percent)s fewer give with %(name)s than with "
            "%(base)s, between %(low)s and %(high)s."
        ),
        neither=_(
            "No difference in how many give can be told yet: with %(name)s it may be "
            "from %(low)s to %(high)s than with %(base)s."
        ),
    )


def _told(
    names: dict[str, str], interval: Interval, *, more: str, less: str, neither: str
) -> str:
    """The sentence that fits; of a loss the smaller one stands first, too."""
    low, high = _percent(interval.low), _percent(interval.high)
    percent = _percent(interval.estimate)
    if interval.low > 1:
        return more % {**names, "percent": percent, "low": low, "high": high}
    if interval.high < 1:
        return less % {**names, "percent": percent, "low": high, "high": low}
    return neither % {
        **names,
        "low": _("%(percent)s less") % {"percent": low},
        "high": _("%(percent)s more") % {"percent": high},
    }


def _percent(ratio: float) -> str:
    return f"{round(abs(ratio - 1) * 100)}%"


def _is_enough(amounts: Sequence[int], shown: int) -> bool:
    return len(amounts) >= FEWEST_GIFTS and shown > len(amounts)


def _gifts(variants: list[PromptVariant]) -> dict[int, dict[str, list[int]]]:
    """By variant and currency, what each gift brought, in minor units, above 0."""
    sums: dict[tuple[int, str, str], int] = defaultdict(int)
    entries = (
        LedgerEntry.objects.filter(
            contribution__variant__in=variants, kind__in=_NOT_FEES
        )
        .exclude(contribution__state=Contribution.State.QUARANTINED)
        .values_list(
            "contribution__variant_id",
            "currency",
            "contribution__recurring_id",
            "contribution_id",
        )
        .annotate(sum=Sum("amount_minor"))
        .order_by()
    )
    for variant, currency, recurring, contribution, amount in entries:
        gift = f"recurring {recurring}" if recurring else f"once {contribution}"
        sums[variant, currency, gift] += amount
    found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (variant, currency, _gift), amount in sums.items():
        if amount > 0:
            found[variant][currency].append(amount)
    return found
