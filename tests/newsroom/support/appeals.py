"""Makers of what asks: a running campaign, a message in a place, its wordings."""

from typing import Any

from django.utils import timezone

from newsroom.support.appeals import asked_rows
from newsroom.support.appeals.asks import State
from newsroom.support.models import (
    AmountChoice,
    Asking,
    Campaign,
    FreeAmount,
    PaymentMethod,
    Prompt,
    PromptVariant,
    TargetingRule,
)

MESSAGE = "<p>Dear readers,</p><p>From just {least} you keep {publication} going.</p>"


def campaign(**values: Any) -> Campaign:
    return Campaign.objects.create(**{"name": "Winter", "is_active": True} | values)


def prompt(
    placement: str = Prompt.Placement.END,
    *,
    wordings: tuple[str, ...] = (MESSAGE,),
    weights: tuple[int, ...] = (),
    rule: dict[str, Any] | None = None,
    **values: Any,
) -> Prompt:
    """A message that runs; ``rule`` gives its targeting, lists of rows included."""
    if "campaign" not in values:
        values["campaign"] = campaign()
    made = Prompt.objects.create(placement=placement, **values)
    for number, words in enumerate(wordings):
        PromptVariant.objects.create(
            prompt=made,
            name="ABCDEF"[number],
            message=words,
            weight=weights[number] if weights else 1,
        )
    if rule is not None:
        many = {
            name: rows
            for name, rows in rule.items()
            if TargetingRule._meta.get_field(name).many_to_many
        }
        simple = {name: value for name, value in rule.items() if name not in many}
        targeting = TargetingRule.objects.create(prompt=made, **simple)
        for name, rows in many.items():
            getattr(targeting, name).set(rows)
    return made


def amounts() -> None:
    """Three frequencies of dollars, as a newspaper offers them."""
    AmountChoice.objects.all().delete()
    FreeAmount.objects.all().delete()
    offered = {
        "once": ([1000, 2500, 5000], 2500, 100),
        "monthly": ([200, 500, 1000], 500, 200),
        "annual": ([2500, 6000, 12000], 6000, 2000),
    }
    for frequency, (choices, default, least) in offered.items():
        FreeAmount.objects.create(
            frequency=frequency, currency="USD", least_minor=least, most_minor=10**6
        )
        for amount in choices:
            AmountChoice.objects.create(
                frequency=frequency,
                currency="USD",
                amount_minor=amount,
                is_default=amount == default,
            )


def method(name: str = "Card", **values: Any) -> PaymentMethod:
    defaults = {"provider": "bank_transfer", "code": name.lower().replace(" ", "-")}
    return PaymentMethod.objects.create(**defaults | values, name=name)


def settle(**values: Any) -> None:
    """Change how the newsroom asks; a privacy paragraph comes by itself."""
    Asking.objects.filter(pk=1).update(
        **{"privacy_paragraph": "A number and a date, on your device."} | values
    )


def state() -> State:
    return asked_rows.read(timezone.now())
