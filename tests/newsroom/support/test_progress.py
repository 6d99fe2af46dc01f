"""What campaigns have raised, as pages show it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from newsroom.support.appeals import progress
from newsroom.support.models import (
    Contribution,
    ExchangeRate,
    Giver,
    LedgerEntry,
)
from tests.newsroom.support import appeals

pytestmark = pytest.mark.django_db

State = Contribution.State
DAY = datetime(2026, 3, 10, 12, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def winter():
    return appeals.campaign(goal_minor=100_000, goal_currency="EUR", shows_goal=True)


def gift(
    campaign, minor, currency="EUR", *, state=State.SUCCEEDED, giver=None, **moves
):
    """A gift of a campaign, with what moved besides: ``fee=-30``."""
    made = Contribution.objects.create(
        campaign=campaign,
        state=state,
        giver=giver,
        frequency="once",
        amount_minor=minor,
        currency=currency,
        provider="stripe",
    )
    for kind, amount in {"gift": minor, **moves}.items():
        LedgerEntry.objects.create(
            contribution=made,
            kind=kind,
            amount_minor=amount,
            currency=currency,
            provider="stripe",
            ref=f"{made.pk}-{kind}",
            happened_at=DAY,
        )
    return made


def counted(campaign):
    progress.count_up()
    campaign.refresh_from_db()
    return campaign.raised_minor, campaign.supporters


def test_what_was_given_counts_and_what_went_back_does_not(winter):
    gift(winter, 5_000, fee=-150)
    gift(winter, 2_000, refund=-2_000, state=State.REFUNDED)
    gift(winter, 3_000, dispute=-3_000, reinstated=3_000)
    gift(winter, 9_000, state=State.QUARANTINED)
    gift(appeals.campaign(), 7_000)

    assert counted(winter) == (8_000, 2)


def test_a_giver_counts_once_and_an_erased_one_by_the_gift(winter):
    anna = Giver.objects.create()
    for giver in (anna, anna, None, None):
        gift(winter, 100, giver=giver)

    assert counted(winter) == (400, 3)


def test_other_currencies_count_at_the_rate_of_their_day(winter):
    for day, rate in ((date(2026, 3, 1), "0.9"), (date(2026, 3, 11), "0.5")):
        ExchangeRate.objects.create(
            day=day, currency="USD", into="EUR", rate=Decimal(rate), source="ECB"
        )
    ExchangeRate.objects.create(
        day=date(2026, 3, 2), currency="JPY", into="EUR", rate=Decimal("0.006"),
        source="ECB",
    )  # fmt: skip
    gift(winter, 1_000, "USD")
    gift(winter, 5_000, "JPY")
    gift(winter, 4_000, "GEL")  # no rate is known

    assert counted(winter)[0] == 900 + 3_000


def test_pages_are_made_anew_only_when_the_figures_change(
    winter, django_assert_num_queries
):
    gift(winter, 100)
    assert counted(winter) == (100, 1)

    # Campaigns, entries, rates, gifts, savepoint, update, release, begun or ended.
    with django_assert_num_queries(8):
        progress.count_up()


@pytest.mark.parametrize("name", ["begins_at", "ends_at"])
def test_a_campaign_that_began_or_ended_is_noticed(name):
    now = timezone.now()
    appeals.campaign(**{name: now})

    assert not progress.has_turned(now - timedelta(seconds=1))
    assert progress.has_turned(now)
    assert progress.has_turned(now + timedelta(minutes=9))
    assert not progress.has_turned(now + timedelta(minutes=11))
