from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from newsroom.publication.models import Publication
from newsroom.support.books import charts, reports
from newsroom.support.models import ExchangeRate
from tests.newsroom.support import appeals, people

pytestmark = pytest.mark.django_db

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def gift(day, amount, *, at_hour=12, **values):
    at = datetime(2026, *day, at_hour, tzinfo=UTC)
    made = people.gift(amount_minor=amount, paid_at=at, **values)
    made.at = at
    return made


def test_each_currency_is_summed_for_itself_net_of_fees_and_refunds():
    first = gift((11, 3), 2500)
    people.moved(first, "fee", -103, at=first.at)
    people.moved(first, "refund", -500, at=first.at)
    gift((11, 4), 1000, frequency="monthly")
    gift((11, 5), 900, currency="JPY")

    report = reports.totals(NOVEMBER, NOVEMBER)

    dollars = report.total("USD")
    assert report.currencies == ["JPY", "USD"]
    assert (dollars.gifts, dollars.gross, dollars.fees) == (2, 3500, -103)
    assert (dollars.back, dollars.net) == (-500, 2897)
    assert report.total("JPY").net == 900


def test_a_dispute_takes_the_money_and_a_won_one_brings_it_back():
    lost = gift((11, 3), 2500)
    people.moved(lost, "dispute", -2500, at=lost.at)
    assert reports.totals(NOVEMBER, NOVEMBER).total("USD").net == 0

    people.moved(lost, "reinstated", 2500, at=lost.at)

    assert reports.totals(NOVEMBER, NOVEMBER).total("USD").net == 2500


def test_months_are_those_of_the_newsroom():
    Publication.objects.update(time_zone="Europe/Riga")
    gift((10, 31), 500, at_hour=21)
    gift((10, 31), 700, at_hour=23)  # 01:00 of November in Riga

    report = reports.totals(OCTOBER, NOVEMBER)

    sums = report.by(lambda cell: cell.month, currency="USD")
    assert {month: one.gross for month, one in sums.items()} == {
        OCTOBER: 500,
        NOVEMBER: 700,
    }


def test_sums_by_campaign_and_variant_carry_their_names():
    prompt = appeals.prompt(wordings=("<p>One</p>", "<p>Two</p>"))
    variant = prompt.variants.order_by("pk")[1]
    gift((11, 3), 500, campaign=prompt.campaign, variant=variant)
    gift((11, 3), 200)

    report = reports.totals(NOVEMBER, NOVEMBER)

    by_campaign = report.by(lambda cell: cell.campaign, currency="USD")
    assert by_campaign[prompt.campaign_id].gross == 500
    assert by_campaign[None].gross == 200
    assert report.variants == {variant.pk: "Winter: end of an article B"}
    only = reports.totals(NOVEMBER, NOVEMBER, campaign=prompt.campaign)
    assert only.total("USD").gross == 500


def test_currencies_become_one_sum_only_by_rates_of_a_day_that_are_named():
    gift((11, 3), 1000, currency="EUR")
    gift((11, 3), 5000, currency="JPY")
    gift((11, 3), 2500)
    gift((11, 3), 700, currency="GBP")
    for currency, rate in [("EUR", "1.0825"), ("JPY", "0.00645")]:
        ExchangeRate.objects.create(
            day="2026-11-20", currency=currency, into="USD", rate=rate, source="ECB"
        )
    report = reports.totals(NOVEMBER, NOVEMBER)

    found = reports.converted(report, into="USD", day=date(2026, 11, 20))

    # 10.825 and 32.25 dollars beside 25.00; a half of a cent goes to the even one.
    assert found.total == 1082 + 3225 + 2500
    assert found.missing == ["GBP"]
    assert {rate.rate for rate in found.rates} == {
        Decimal("1.0825"),
        Decimal("0.00645"),
    }


def test_recurring_revenue_counts_a_twelfth_of_what_comes_once_a_year():
    people.running(amount_minor=500)
    people.running(amount_minor=6000, frequency="annual")
    people.running(amount_minor=900, state="past_due")
    people.running(amount_minor=900, state="paused")
    people.running(amount_minor=900, state="cancelled")
    people.running(amount_minor=300, currency="JPY")

    found = {one.currency: (one.monthly, one.gifts) for one in reports.running()}

    assert found == {"JPY": (300, 1), "USD": (1900, 3)}


def test_churn_is_what_ended_of_what_ran_when_the_month_began():
    def at(month, day):
        return datetime(2026, month, day, tzinfo=UTC)

    people.running(began_at=at(9, 1))
    people.running(began_at=at(9, 1), cancelled_at=at(11, 9), state="cancelled")
    people.running(began_at=at(11, 2))
    people.running(began_at=at(11, 2), cancelled_at=at(11, 9), state="cancelled")
    people.running(began_at=None, state="pending")

    october, november = reports.churn([OCTOBER, NOVEMBER])

    assert (october.at_start, october.began, october.ended) == (2, 0, 0)
    assert (november.at_start, november.began, november.ended) == (2, 2, 1)
    assert november.percent == "50.0%"


def test_the_bars_of_a_month_stand_on_each_other_and_what_went_below():
    one = gift((11, 3), 30_000)
    people.moved(one, "fee", -6000, at=one.at)
    gift((11, 4), 10_000, frequency="monthly")

    chart = charts.by_month(reports.totals(OCTOBER, NOVEMBER), "USD")

    empty, full = chart.columns
    once, monthly, out = full.parts
    assert empty.parts == []
    assert once.y + once.height == pytest.approx(chart.zero)
    assert monthly.y + monthly.height == pytest.approx(once.y, abs=0.2)
    assert out.y == chart.zero
    assert once.height == pytest.approx(5 * out.height, rel=0.02)
    assert (full.gross, full.out, full.net) == ("$400", "−$60", "$340")
    assert len(chart.lines) <= 8


@pytest.mark.parametrize("amount", [1, 99, 12_345, 10**12])
def test_lines_of_a_chart_are_few_whatever_the_sums(amount):
    gift((11, 3), amount)

    chart = charts.by_month(reports.totals(NOVEMBER, NOVEMBER), "USD")

    assert 2 <= len(chart.lines) <= 8
    assert all(0 <= y <= chart.height for y, _words in chart.lines)


@pytest.mark.parametrize("typed", ["", "2026", "2026-13", "2026-00", "0001-01", "x"])
def test_what_is_no_month_is_none(typed):
    assert reports.read_month(typed) is None
