"""How far campaigns are, as pages show it: counted anew every few minutes."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from newsroom.core import page_store
from newsroom.support import money
from newsroom.support.appeals import asks
from newsroom.support.models import Campaign, Contribution, ExchangeRate, LedgerEntry

# Pages that show a campaign which has begun or ended since are made anew; so late may
# this be done and still miss nothing.
_LOOKS_BACK = timedelta(minutes=10)
_MOVEMENTS = [kind for kind in LedgerEntry.Kind.values if kind != LedgerEntry.Kind.FEE]


def count_up(at: datetime | None = None) -> None:
    """Note what campaigns have raised and from how many; end pages that show it."""
    at = at or timezone.now()
    for campaign in Campaign.objects.filter(is_active=True):
        raised = raised_by(campaign)
        supporters = supporters_of(campaign)
        changed = Campaign.objects.filter(pk=campaign.pk).exclude(
            raised_minor=raised, supporters=supporters
        )
        with transaction.atomic():
            if changed.update(raised_minor=raised, supporters=supporters):
                page_store.ended(asks.SHOWN)
    if has_turned(at):
        page_store.ended(asks.SHOWN)


def has_turned(at: datetime) -> bool:
    """Whether a campaign began or ended a short while before."""
    then = at - _LOOKS_BACK
    return Campaign.objects.filter(
        Q(begins_at__gt=then, begins_at__lte=at) | Q(ends_at__gt=then, ends_at__lte=at),
        is_active=True,
    ).exists()


def raised_by(campaign: Campaign) -> int:
    """In the goal's currency and its minor unit; what was given back is taken off.

    What came in another currency is counted at the latest rate known on its day. What
    has no rate is not counted: a sum must not guess.
    """
    into = campaign.goal_currency
    if not into:
        return 0
    rows = (
        LedgerEntry.objects.filter(contribution__campaign=campaign, kind__in=_MOVEMENTS)
        .exclude(contribution__state=Contribution.State.QUARANTINED)
        .values_list("currency", TruncDate("happened_at"))
        .annotate(sum=Sum("amount_minor"))
        .order_by()
    )
    rates = _rates(into)
    total = Decimal(0)
    for currency, day, amount_minor in rows:
        rate = Decimal(1) if currency == into else _rate(rates[currency], day)
        if rate is not None:
            total += money.decimal(amount_minor, currency) * rate
    return int(total.scaleb(money.DIGITS[into]).to_integral_value(ROUND_HALF_UP))


def supporters_of(campaign: Campaign) -> int:
    """How many givers; those who are erased count by their gifts."""
    gifts = Contribution.objects.filter(
        campaign=campaign, state=Contribution.State.SUCCEEDED
    )
    counted = gifts.aggregate(
        known=Count("giver", distinct=True), unknown=Count("pk", filter=Q(giver=None))
    )
    return int(counted["known"] + counted["unknown"])


def _rates(into: str) -> dict[str, list[tuple[date, Decimal]]]:
    """The newest first, by currency."""
    rates = defaultdict(list)
    rows = ExchangeRate.objects.filter(into=into).order_by("-day")
    for currency, day, rate in rows.values_list("currency", "day", "rate"):
        rates[currency].append((day, rate))
    return rates


def _rate(rates: list[tuple[date, Decimal]], day: date) -> Decimal | None:
    return next((rate for known, rate in rates if known <= day), None)
