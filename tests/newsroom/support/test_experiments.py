import math
import random

import pytest

from newsroom.support.appeals import experiments, intervals
from newsroom.support.models import PromptVariant, VariantTotal
from tests.newsroom.support import appeals, people

# Sizes of gifts as they come in: many small ones, few large ones.
SIZES = [200, 500, 1000, 2500, 5000, 10_000, 50_000]
SHARES = [20, 30, 25, 12, 8, 4, 1]
MEAN = sum(size * share for size, share in zip(SIZES, SHARES, strict=True)) / 100


def compared(shown, gifts):
    """A message with two variants, shown and given to so often, in minor units."""
    prompt = appeals.prompt(wordings=("<p>One</p>", "<p>Two</p>"))
    variants = list(prompt.variants.order_by("pk"))
    for variant, times, amounts in zip(variants, shown, gifts, strict=True):
        VariantTotal.objects.create(variant=variant, day="2026-11-20", shown=times)
        for amount in amounts:
            people.gift(variant=variant, amount_minor=amount)
    return prompt


def poisson(chance, mean):
    return max(0, round(chance.gauss(mean, math.sqrt(mean))))


@pytest.mark.parametrize(("shown", "share"), [(20_000, 0.005), (50_000, 0.006)])
def test_intervals_of_money_hold_the_truth_95_times_in_100(shown, share):
    chance = random.Random(f"{shown} {share}")
    held = 0
    for _ in range(400):
        first, second = (
            chance.choices(SIZES, SHARES, k=poisson(chance, mean))
            for mean in (shown * share * 1.2, shown * share)
        )
        interval = intervals.ratio_of_money(first, shown, second, shown)
        held += interval.low <= 1.2 <= interval.high

    # Of 400 tries chance alone moves the share by two and a half points.
    assert 0.92 <= held / 400 <= 0.985


def test_intervals_of_rates_hold_the_truth_95_times_in_100():
    chance = random.Random(5)
    held = 0
    for _ in range(1500):
        first, second = poisson(chance, 120), poisson(chance, 80)
        interval = intervals.ratio_of_rates(first, 20_000, second, 10_000)
        held += interval.low <= 0.75 <= interval.high

    assert 0.935 <= held / 1500 <= 0.967


def test_too_narrow_an_interval_would_be_noticed(monkeypatch):
    chance = random.Random(3)
    monkeypatch.setattr(intervals, "t_quantile", lambda freedom: 1.4)
    held = 0
    for _ in range(300):
        first, second = (chance.choices(SIZES, SHARES, k=100) for _ in range(2))
        interval = intervals.ratio_of_money(first, 20_000, second, 20_000)
        held += interval.low <= 1 <= interval.high

    assert held / 300 < 0.92


def test_quantiles_are_those_of_the_tables():
    assert intervals.t_quantile(10) == pytest.approx(2.228, abs=0.002)
    assert intervals.t_quantile(30) == pytest.approx(2.042, abs=0.001)
    assert intervals.t_quantile(1e9) == pytest.approx(1.960, abs=0.001)


def test_a_rate_lies_within_its_interval_also_at_the_ends():
    none, all_of_them = intervals.rate(0, 50), intervals.rate(50, 50)

    assert (none.low, none.estimate) == (0.0, 0.0)
    assert none.high == pytest.approx(0.0713, abs=0.001)
    assert (all_of_them.high, all_of_them.estimate) == (1.0, 1.0)
    assert intervals.rate(0, 0) is None


@pytest.mark.django_db
def test_a_clear_winner_is_told_in_a_sentence():
    prompt = compared((10_000, 10_000), ([500] * 60, [500] * 120))

    [comparison] = experiments.of(prompt).comparisons

    money, rate = comparison.sentences
    assert money.startswith("B brings 100% more per reader shown in USD than A, betwee")
    assert rate.startswith("Of the readers shown, 100% more give with B than with A")


@pytest.mark.django_db
def test_a_clear_loser_is_told_with_the_smaller_loss_first():
    prompt = compared((10_000, 10_000), ([500] * 120, [500] * 60))

    [comparison] = experiments.of(prompt).comparisons

    [(_currency, interval)] = comparison.money
    smaller, larger = (round((1 - end) * 100) for end in (interval.high, interval.low))
    assert smaller < 50 < larger
    assert (
        f"less per reader shown in USD than A, between {smaller}% and {larger}%"
        in (comparison.sentences[0])
    )


@pytest.mark.django_db
def test_of_few_gifts_nothing_is_told():
    prompt = compared((10_000, 10_000), ([500] * 8, [50_000] * 70))

    [comparison] = experiments.of(prompt).comparisons

    assert comparison.rate is None
    assert comparison.sentences[0] == (
        "No difference can be told yet in USD: the smaller side has 8 gifts, and it "
        "takes 50."
    )


@pytest.mark.django_db
def test_alike_variants_leave_it_open():
    prompt = compared((10_000, 10_000), ([500, 900] * 40, [900, 500] * 41))

    [comparison] = experiments.of(prompt).comparisons

    assert comparison.sentences[0].startswith("No difference can be told yet in USD: B")


@pytest.mark.django_db
def test_currencies_are_compared_each_for_itself():
    prompt = compared((10_000, 10_000), ([500] * 60, [500] * 60))
    for number, variant in enumerate(prompt.variants.order_by("pk")):
        for _ in range(60):
            people.gift(
                variant=variant, currency="JPY", amount_minor=300 + 900 * number
            )

    result = experiments.of(prompt)

    assert result.currencies == ["JPY", "USD"]
    dollars = [one.in_currency("USD").total_minor for one in result.outcomes]
    assert dollars == [30_000, 30_000]
    yen, usd, _rate = result.comparisons[0].sentences
    assert yen.startswith("B brings 300% more per reader shown in JPY")
    assert usd.startswith("No difference")


@pytest.mark.django_db
def test_a_gift_that_renews_counts_once_with_all_that_it_paid():
    prompt = compared((1000, 1000), ([], []))
    variant = prompt.variants.order_by("pk")[0]
    renewing = people.running(variant=variant)
    for _ in range(3):
        people.gift(variant=variant, recurring=renewing, amount_minor=500)

    outcome = experiments.of(prompt).outcomes[0]

    assert outcome.gifts == 1
    assert outcome.in_currency("USD").amounts == (1500,)
    assert outcome.in_currency("USD").per_thousand_minor == 1500


@pytest.mark.django_db
def test_what_went_back_or_is_quarantined_is_no_gift():
    prompt = compared((1000, 1000), ([500], []))
    variant = prompt.variants.order_by("pk")[0]
    returned = people.gift(variant=variant, amount_minor=900)
    people.moved(returned, "refund", -900)
    people.gift(variant=variant, amount_minor=700, state="quarantined")
    partly = people.gift(variant=variant, amount_minor=800)
    people.moved(partly, "refund", -300)
    people.moved(partly, "fee", -50)

    outcome = experiments.of(prompt).outcomes[0]

    assert sorted(outcome.in_currency("USD").amounts) == [500, 500]


@pytest.mark.django_db
def test_the_winner_is_shown_to_all_and_the_history_says_so():
    prompt = compared((10, 10), ([], []))
    first, second = prompt.variants.order_by("pk")

    experiments.take(second)

    weights = dict(PromptVariant.objects.values_list("name", "weight"))
    assert weights == {"A": 0, "B": 1}
    reasons = [row.history_change_reason for row in first.history.all()]
    assert reasons[0] == "The test ended: B is shown to all."
    assert not experiments.of(prompt).is_running
