"""What asks now, as it is stored: read in one query, and taken apart."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from newsroom.core.queries import Row, write_once
from newsroom.newsletters.models import ConsentText, Newsletter
from newsroom.support.appeals.asks import (
    Amounts,
    Ask,
    Cause,
    Consent,
    Letter,
    Method,
    Pace,
    State,
    Targets,
    Wording,
)
from newsroom.support.models import (
    AmountChoice,
    Asking,
    Campaign,
    CountryPolicy,
    FreeAmount,
    PaymentMethod,
    Prompt,
    PromptVariant,
    TargetingRule,
)

_LISTS = (
    "sections",
    "not_sections",
    "topics",
    "not_topics",
    "articles",
    "not_articles",
)
_WORDS = ("genres", "not_genres", "languages", "not_languages")

_Key = tuple[str, str]  # frequency, currency


def read(at: datetime) -> State:
    """What asks at a time. One query."""
    return _state(_frozen(_rows(at=at)[0]))


def of_variant(variant: PromptVariant) -> Ask:
    """A variant by itself, wherever and to whomever it may show: for previews."""
    prompt, campaign = variant.prompt, variant.prompt.campaign
    letter = prompt.newsletter
    return Ask(
        pk=prompt.pk or 0,
        placement=prompt.placement,
        cause=Cause(
            pk=campaign.pk or 0,
            purpose=campaign.purpose,
            goal_minor=campaign.goal_minor,
            goal_currency=campaign.goal_currency,
            shows_goal=campaign.shows_goal,
            raised_minor=campaign.raised_minor,
            supporters=campaign.supporters,
        ),
        wordings=(
            Wording(
                variant.pk or 0,
                variant.weight,
                variant.heading,
                variant.message,
                variant.button,
            ),
        ),
        after_paragraph=prompt.after_paragraph,
        offers_reminder=prompt.offers_reminder,
        newsletter=Letter(letter.pk, letter.name, letter.is_open) if letter else None,
    )


def _campaigns(campaigns: QuerySet, prompts: QuerySet[Prompt]) -> QuerySet:
    """Rows of campaigns with their messages, each as one object."""
    variants = (
        PromptVariant.objects.filter(prompt=OuterRef("pk"), weight__gt=0)
        .order_by("pk")
        .values(
            row=JSONObject(
                pk="pk",
                weight="weight",
                heading="heading",
                message="message",
                button="button",
            )
        )
    )
    rows = (
        prompts.filter(campaign=OuterRef("pk"))
        .order_by("pk")
        .values(
            row=JSONObject(
                pk="pk",
                placement="placement",
                after_paragraph="after_paragraph",
                offers_reminder="offers_reminder",
                newsletter=Subquery(_newsletter().values("row")),
                most_times="most_times",
                within_days="within_days",
                variants=ArraySubquery(variants),
                targeting=Subquery(_targeting().values("row")),
            )
        )
    )
    annotated: QuerySet = campaigns.annotate(
        row=JSONObject(
            pk="pk",
            purpose="purpose",
            goal_minor="goal_minor",
            goal_currency="goal_currency",
            shows_goal="shows_goal",
            raised_minor="raised_minor",
            supporters="supporters",
            prompts=ArraySubquery(rows),
        )
    )
    return annotated


def _newsletter() -> QuerySet:
    return Newsletter.objects.filter(pk=OuterRef("newsletter_id")).values(
        row=JSONObject(pk="pk", name="name", is_open="is_open")
    )


def _targeting() -> QuerySet:
    lists = {}
    for name in _LISTS:
        many = TargetingRule._meta.get_field(name)
        target = many.m2m_reverse_field_name() + "_id"  # type: ignore[union-attr]
        through = getattr(TargetingRule, name).through
        lists[name] = ArraySubquery(
            through._default_manager.filter(targetingrule=OuterRef("pk")).values(target)
        )
    names = [
        one.name
        for one in TargetingRule._meta.concrete_fields
        if one.name not in ("id", "prompt")
    ]
    row = JSONObject(**{name: F(name) for name in names}, **lists)
    return TargetingRule.objects.filter(prompt=OuterRef("pk")).values(row=row)


def _everything(at: datetime) -> QuerySet:
    running = Campaign.objects.running(at)
    campaigns = _campaigns(running, Prompt.objects.filter(is_active=True))
    amounts = AmountChoice.objects.order_by("amount_minor", "pk").values(
        row=JSONObject(
            campaign="campaign_id",
            frequency="frequency",
            currency="currency",
            amount="amount_minor",
            is_default="is_default",
        )
    )
    free = FreeAmount.objects.order_by("pk").values(
        row=JSONObject(
            frequency="frequency",
            currency="currency",
            least="least_minor",
            most="most_minor",
        )
    )
    methods = (
        PaymentMethod.objects.filter(is_active=True)
        .order_by("position", "pk")
        .values(
            row=JSONObject(
                provider="provider",
                name="name",
                currencies="currencies",
                frequencies="frequencies",
            )
        )
    )
    consents = (
        ConsentText.objects.order_by("language", "-version")
        .distinct("language")
        .values(row=JSONObject(pk="pk", language="language", text="text"))
    )
    silent = CountryPolicy.objects.filter(never_ask=True).values("languages")
    return Asking.objects.filter(pk=1).values_list(
        "is_silent",
        "counts_reading",
        "compares_variants",
        "privacy_paragraph",
        "default_currency",
        "days_after_showing",
        "days_after_closing",
        "days_after_giving",
        ArraySubquery(campaigns.values("row")),
        ArraySubquery(amounts),
        ArraySubquery(free),
        ArraySubquery(methods),
        ArraySubquery(consents),
        ArraySubquery(silent),
    )


_rows = write_once(_everything, at=datetime)


def _frozen(row: Row) -> Row:
    return tuple(
        tuple(map(_as_text, value)) if isinstance(value, list) else value
        for value in row
    )


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# What is read seldom changes: taken apart once, not once a page.
@lru_cache(maxsize=8)
def _state(row: Row) -> State:
    silent, counts, compares, paragraph, currency, shown, closed, given, *lists = row
    campaigns, amounts, free, methods, consents, never_asked = [
        [json.loads(entry) for entry in entries] for entries in lists
    ]
    return State(
        is_silent=silent,
        pace=Pace(shown, closed, given, counts, compares),
        privacy_paragraph=paragraph,
        currency=currency,
        asks=tuple(ask for campaign in campaigns for ask in _asks(campaign)),
        offered=_offered(amounts, free),
        methods=tuple(
            Method(
                one["provider"],
                one["name"],
                tuple(one["currencies"]),
                tuple(one["frequencies"]),
            )
            for one in methods
        ),
        consents=tuple(Consent(**one) for one in consents),
        never_asked=frozenset(code for codes in never_asked for code in codes),
    )


def _asks(campaign: dict[str, Any]) -> Iterable[Ask]:
    prompts = campaign.pop("prompts")
    cause = Cause(**campaign)
    for prompt in prompts:
        letter = prompt.pop("newsletter")
        wordings = tuple(Wording(**one) for one in prompt.pop("variants"))
        targets = _targets(prompt.pop("targeting"))
        if wordings:
            yield Ask(
                **prompt,
                cause=cause,
                wordings=wordings,
                targets=targets,
                newsletter=Letter(**letter) if letter else None,
            )


def _targets(rule: dict[str, Any] | None) -> Targets:
    if rule is None:
        return Targets()
    where = {name: frozenset(rule.pop(name)) for name in (*_LISTS, *_WORDS)}
    reader = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in rule.items()
        if value not in (None, [])
    }
    return Targets(**where, reader=tuple(sorted(reader.items())))


def _offered(
    amounts: list[dict[str, Any]], free: list[dict[str, Any]]
) -> tuple[tuple[int, tuple[Amounts, ...]], ...]:
    limits = {
        (one["frequency"], one["currency"]): (one["least"], one["most"]) for one in free
    }
    # By campaign (0: any), then by frequency and currency.
    grouped: dict[int, dict[_Key, list[dict[str, Any]]]] = {0: {}}
    for key in limits:
        grouped[0][key] = []
    for one in amounts:
        group = grouped.setdefault(one["campaign"] or 0, {})
        group.setdefault((one["frequency"], one["currency"]), []).append(one)
    return tuple(
        (campaign, tuple(_of_one(key, found, limits) for key, found in group.items()))
        for campaign, group in grouped.items()
    )


def _of_one(
    key: _Key, found: list[dict[str, Any]], limits: dict[_Key, tuple[int, int]]
) -> Amounts:
    least, most = limits.get(key, (None, None))
    chosen = next((one["amount"] for one in found if one["is_default"]), None)
    return Amounts(
        *key,
        tuple(one["amount"] for one in found),
        chosen if chosen is not None or not found else found[0]["amount"],
        least,
        most,
    )
