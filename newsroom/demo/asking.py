"""How The Meridian asks readers: campaigns, messages, amounts, countries' policies."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from newsroom.newsletters.models import Newsletter
from newsroom.support import money
from newsroom.support.models import (
    AmountChoice,
    Asking,
    Campaign,
    CountryPolicy,
    ExchangeRate,
    FreeAmount,
    PaymentMethod,
    Prompt,
    PromptVariant,
    Question,
    Spending,
    SpendingShare,
    TargetingRule,
)

_ABOUT_READERS = (
    "genres",
    "not_genres",
    "least_read",
    "days_since_closed",
    "days_since_given",
)


def fill(facts: dict[str, Any]) -> list[Campaign]:
    """Make what ``support.toml`` says; return the campaigns, in its order."""
    Asking.objects.filter(pk=1).update(**facts["asking"])
    _amounts(facts["amounts"], facts["free"])
    for position, one in enumerate(facts["method"]):
        PaymentMethod.objects.create(position=position, **one)
    _reasons(facts["question"], facts["spending"])
    for one in facts["country"]:
        CountryPolicy.objects.create(**one)
    today = timezone.localdate()
    for one in facts["rate"]:
        ExchangeRate.objects.create(
            day=today.replace(day=1), into="USD", source="Example rate", **one
        )
    return [_campaign(one) for one in facts["campaign"]]


def _amounts(offered: dict[str, Any], free: dict[str, Any]) -> None:
    for currency, by_frequency in offered.items():
        for frequency, amounts in by_frequency.items():
            for position, amount in enumerate(amounts):
                AmountChoice.objects.create(
                    frequency=frequency,
                    currency=currency,
                    amount_minor=amount,
                    is_default=position == 1,
                )
    for currency, by_frequency in free.items():
        for frequency, (least, most) in by_frequency.items():
            FreeAmount.objects.create(
                frequency=frequency,
                currency=currency,
                least_minor=least,
                most_minor=most,
            )


def _reasons(questions: list[dict[str, str]], spending: dict[str, Any]) -> None:
    for position, one in enumerate(questions):
        Question.objects.create(position=position, **one)
    shares = spending.pop("share")
    Spending.objects.filter(pk=1).update(is_shown=True, **spending)
    for label, percent in shares.items():
        SpendingShare.objects.create(
            spending_id=1, label=label, size=round(percent * 100)
        )


def _campaign(facts: dict[str, Any]) -> Campaign:
    begins_at = ends_at = None
    if "began_days_ago" in facts:
        begins_at = timezone.now() - timedelta(days=facts["began_days_ago"])
        ends_at = begins_at + timedelta(days=facts["lasts_days"])
    goal = facts.get("goal")
    currency = facts.get("goal_currency", "")
    campaign = Campaign.objects.create(
        name=facts["name"],
        purpose=facts["purpose"],
        begins_at=begins_at,
        ends_at=ends_at,
        goal_minor=goal and goal * 10 ** money.DIGITS[currency],
        goal_currency=currency,
        shows_goal=facts.get("shows_goal", False),
        priority=facts["priority"],
        is_active=True,
        statement_descriptor=facts["statement_descriptor"],
        thanks_subject=facts["thanks_subject"],
        thanks=facts["thanks"],
        thanks_signature=facts["thanks_signature"],
    )
    for one in facts["prompt"]:
        _prompt(campaign, one)
    return campaign


def _prompt(campaign: Campaign, facts: dict[str, Any]) -> None:
    prompt = Prompt.objects.create(
        campaign=campaign,
        placement=facts["placement"],
        newsletter=Newsletter.objects.filter(slug=facts.get("newsletter")).first(),
        **{
            name: facts[name]
            for name in ("after_paragraph", "most_times", "within_days")
            if name in facts
        },
    )
    for variant in facts["variants"]:
        PromptVariant.objects.create(prompt=prompt, **variant)
    TargetingRule.objects.create(
        prompt=prompt,
        **{name: facts[name] for name in _ABOUT_READERS if name in facts},
    )
