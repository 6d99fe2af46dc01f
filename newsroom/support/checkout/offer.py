"""What readers may give on the support page: how often, how much, in what, how."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from newsroom.support import payments
from newsroom.support.models import (
    AmountChoice,
    Campaign,
    FreeAmount,
    Frequency,
    PaymentMethod,
)


@dataclass(frozen=True)
class Group:
    """The amounts of one frequency in one currency, in minor units."""

    frequency: str
    currency: str
    amounts: tuple[int, ...]
    default_minor: int | None
    # Where the giver may write the amount.
    least_minor: int | None = None
    most_minor: int | None = None

    @property
    def name(self) -> str:
        return f"{self.frequency}_{self.currency}"

    def may_be(self, amount_minor: int) -> bool:
        if amount_minor in self.amounts:
            return True
        if self.least_minor is None or self.most_minor is None:
            return False
        return self.least_minor <= amount_minor <= self.most_minor


@dataclass(frozen=True)
class Offer:
    """Nothing can be given where there are no groups."""

    groups: tuple[Group, ...]
    methods: tuple[PaymentMethod, ...]
    campaign: Campaign | None = None
    default_currency: str = ""

    @property
    def frequencies(self) -> list[Frequency]:
        offered = {group.frequency for group in self.groups}
        return [frequency for frequency in Frequency if frequency in offered]

    @property
    def currencies(self) -> list[str]:
        """The default one first."""
        offered = {group.currency for group in self.groups}
        return sorted(offered, key=lambda code: (code != self.default_currency, code))

    def group(self, frequency: str, currency: str) -> Group | None:
        return next(
            (
                group
                for group in self.groups
                if (group.frequency, group.currency) == (frequency, currency)
            ),
            None,
        )

    def method(self, named: str) -> PaymentMethod | None:
        """By ``provider:code``."""
        return next((way for way in self.methods if name_of(way) == named), None)


def load(campaign: Campaign | None, *, default_currency: str) -> Offer:
    """What is offered now. A campaign's own amounts stand in place of the general."""
    methods = PaymentMethod.objects.filter(
        is_active=True, provider__in=payments.active()
    )
    ways = tuple(methods.order_by("position", "pk"))
    groups = _groups(campaign)
    return Offer(
        groups=tuple(
            group
            for group in groups
            if any(fits(way, group.frequency, group.currency) for way in ways)
        ),
        methods=ways,
        campaign=campaign,
        default_currency=default_currency,
    )


def name_of(method: PaymentMethod) -> str:
    return f"{method.provider}:{method.code}"


def fits(method: PaymentMethod, frequency: str, currency: str) -> bool:
    """Whether a method takes such gifts; one that names none takes all."""
    takes_frequency = not method.frequencies or frequency in method.frequencies
    return takes_frequency and (not method.currencies or currency in method.currencies)


def covering(method: PaymentMethod, amount_minor: int, currency: str) -> int:
    """What to add so that, after the fee, about ``amount_minor`` arrives."""
    fixed = int(method.fee_fixed.get(currency, 0))
    rest = 1 - method.fee_percent / Decimal(100)
    whole = (Decimal(amount_minor + fixed) / rest).to_integral_value(ROUND_CEILING)
    return int(whole) - amount_minor


def _groups(campaign: Campaign | None) -> list[Group]:
    choices = AmountChoice.objects.filter(campaign=None)
    if campaign is not None:
        choices |= AmountChoice.objects.filter(campaign=campaign)
    free = {(row.frequency, row.currency): row for row in FreeAmount.objects.all()}
    offered: dict[tuple[str, str], list[AmountChoice]] = {key: [] for key in free}
    for choice in choices.order_by("amount_minor"):
        offered.setdefault((choice.frequency, choice.currency), []).append(choice)
    return [
        _group(frequency, currency, chosen, free.get((frequency, currency)))
        for (frequency, currency), chosen in sorted(offered.items())
    ]


def _group(
    frequency: str,
    currency: str,
    choices: Iterable[AmountChoice],
    free: FreeAmount | None,
) -> Group:
    choices = list(choices)
    own = [choice for choice in choices if choice.campaign_id is not None]
    choices = own or choices
    default = next((one.amount_minor for one in choices if one.is_default), None)
    return Group(
        frequency=frequency,
        currency=currency,
        amounts=tuple(choice.amount_minor for choice in choices),
        default_minor=default,
        least_minor=free.least_minor if free else None,
        most_minor=free.most_minor if free else None,
    )
