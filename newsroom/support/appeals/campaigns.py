"""What staff do with a campaign: begin it, stop it, clone it; silence all asking."""

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.core import page_store
from newsroom.support.models import (
    AmountChoice,
    Asking,
    Campaign,
    Frequency,
    Prompt,
    PromptVariant,
    TargetingRule,
)

PAGES = "asking"  # the name that pages with anything of ours declare

_RELATIONS = ("sections", "not_sections", "topics", "not_topics")
_STORIES = ("articles", "not_articles")


class State(enum.Enum):
    OFF = "off", gettext_lazy("off"), "draft"
    PLANNED = "planned", gettext_lazy("planned"), "scheduled"
    RUNNING = "running", gettext_lazy("running"), "published"
    ENDED = "ended", gettext_lazy("ended"), "withdrawn"

    def __init__(self, code: str, label: str, shape: str) -> None:
        self.code = code
        self.label = label
        self.shape = shape  # of the mark in lists


class NotPossible(Exception):
    """The message is a sentence for staff."""


def state_of(campaign: Campaign, at: datetime | None = None) -> State:
    at = at or timezone.now()
    if campaign.ends_at is not None and campaign.ends_at <= at:
        return State.ENDED
    if not campaign.is_active:
        return State.OFF
    if campaign.begins_at is not None and campaign.begins_at > at:
        return State.PLANNED
    return State.RUNNING


@transaction.atomic
def activate(campaign: Campaign, at: datetime | None = None) -> State:
    """Let it ask, from its first day on. Raises ``NotPossible``."""
    campaign.refresh_from_db(from_queryset=Campaign.objects.select_for_update())
    if campaign.ends_at is not None and campaign.ends_at <= (at or timezone.now()):
        raise NotPossible(_("Its last day has passed. Give it a later one first."))
    asks = PromptVariant.objects.filter(
        prompt__campaign=campaign, prompt__is_active=True, weight__gt=0
    )
    if not asks.exists():
        raise NotPossible(
            _("It has no message that could be shown. Add one, and switch it on.")
        )
    campaign.is_active = True
    campaign.save(update_fields=["is_active"])
    page_store.ended(PAGES)
    return state_of(campaign, at)


@transaction.atomic
def stop(campaign: Campaign) -> None:
    campaign.is_active = False
    campaign.save(update_fields=["is_active"])
    page_store.ended(PAGES)


@transaction.atomic
def silence(*, is_silent: bool) -> None:
    """Stop, or take up again, every strip, banner and message at once."""
    asking = Asking.objects.select_for_update().get(pk=1)
    asking.is_silent = is_silent
    asking.save(update_fields=["is_silent"])
    page_store.ended(PAGES)


@transaction.atomic
def clone(campaign: Campaign) -> Campaign:
    """The same once more, with all that belongs to it: switched off, without dates."""
    made = Campaign.objects.get(pk=campaign.pk)
    made.pk, made._state.adding = None, True
    name = _("%(name)s (copy)") % {"name": campaign.name}
    made.name = name[: Campaign._meta.get_field("name").max_length]
    made.is_active = False
    made.begins_at = made.ends_at = None
    made.raised_minor = made.supporters = 0
    made.save()
    for amount in campaign.amounts.all():
        _copied(amount, campaign=made)
    for prompt in campaign.prompts.all():
        _copy_prompt(prompt, made)
    return made


@transaction.atomic
def offer(
    campaign: Campaign | None,
    currency: str,
    frequency: str,
    amounts: Iterable[int],
    *,
    first: int | None,
) -> bool:
    """Offer exactly these amounts (minor units), ``first`` chosen at first.

    Without a campaign they are those of every campaign that has none of its own.
    Says whether anything changed.
    """
    wanted = set(amounts)
    rows = AmountChoice.objects.select_for_update().filter(
        campaign=campaign, currency=currency, frequency=Frequency(frequency)
    )
    stored = {row.amount_minor: row for row in rows}
    after = {amount: amount == first for amount in wanted}
    if after == {amount: row.is_default for amount, row in stored.items()}:
        return False
    for amount, row in stored.items():
        if amount not in wanted:
            row.delete()
        elif row.is_default and amount != first:
            # First, since no two may be chosen at once.
            row.is_default = False
            row.save(update_fields=["is_default"])
    for amount in sorted(wanted):
        kept = stored.get(amount) or AmountChoice(
            campaign=campaign,
            currency=currency,
            frequency=frequency,
            amount_minor=amount,
        )
        if kept.pk is None or kept.is_default != after[amount]:
            kept.is_default = after[amount]
            kept.save()
    page_store.ended(PAGES)
    return True


def _copy_prompt(prompt: Prompt, campaign: Campaign) -> None:
    variants = list(prompt.variants.all())
    rule = TargetingRule.objects.filter(prompt=prompt).first()
    made = _copied(Prompt.objects.get(pk=prompt.pk), campaign=campaign)
    for variant in variants:
        _copied(variant, prompt=made)
    if rule is None:
        return
    related = {
        name: list(getattr(rule, name).all()) for name in (*_RELATIONS, *_STORIES)
    }
    copy = _copied(rule, prompt=made)
    for name, rows in related.items():
        getattr(copy, name).set(rows)


def _copied(row: Any, **values: Campaign | Prompt) -> Any:
    """The row, made a new one with other ``values``."""
    row.pk, row._state.adding = None, True
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row
