"""How often the intervals of A/B tests hold the truth: 95 of 100 times, or they lie.

Simulates tests whose truth is known, as large and as lopsided as newsrooms have them:
gifts come as a Poisson stream, most of them small, a few large. The share must lie
between 93 and 97 percent for each kind of test (``--tests`` of each, 2,000 at first).
"""

import argparse
import math
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

from newsroom.support.appeals import intervals

LEAST, MOST = 0.93, 0.97
FEWEST_GIFTS = 50  # as ``newsroom.support.appeals.experiments`` has it

Draw = Callable[[random.Random, int], list[int]]

_SIZES = [200, 500, 1000, 2500, 5000, 10_000, 50_000]
_SHARES = [20, 30, 25, 12, 8, 4, 1]


@dataclass(frozen=True)
class Gifts:
    """How large gifts are; ``mean`` is the true one."""

    name: str
    draw: Draw
    mean: float


def _offered(chance: random.Random, count: int) -> list[int]:
    return chance.choices(_SIZES, _SHARES, k=count)


def _typed(chance: random.Random, count: int) -> list[int]:
    return [max(1, round(500 * math.exp(chance.gauss(0, 1)))) for _ in range(count)]


def _alike(chance: random.Random, count: int) -> list[int]:
    return [500] * count


OFFERED = Gifts(
    "offered",
    _offered,
    sum(size * share for size, share in zip(_SIZES, _SHARES, strict=True)) / 100,
)
TYPED = Gifts("typed", _typed, 500 * math.exp(0.5))
ALIKE = Gifts("alike", _alike, 500)

# Readers shown and the share that gives, of both variants, and how large gifts are.
KINDS = [
    (20_000, 0.004, 20_000, 0.004, OFFERED, OFFERED),
    (20_000, 0.006, 20_000, 0.006, OFFERED, OFFERED),
    (20_000, 0.006, 20_000, 0.006, TYPED, TYPED),
    (20_000, 0.006, 20_000, 0.006, ALIKE, TYPED),
    (50_000, 0.0048, 25_000, 0.004, OFFERED, OFFERED),
    (50_000, 0.0048, 25_000, 0.004, TYPED, TYPED),
    (50_000, 0.008, 50_000, 0.008, OFFERED, OFFERED),
    (50_000, 0.008, 50_000, 0.008, OFFERED, TYPED),
    (100_000, 0.012, 50_000, 0.010, OFFERED, OFFERED),
    (100_000, 0.012, 50_000, 0.010, TYPED, TYPED),
]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    is_good = True
    print("shown       give           gifts              money   rate")
    for kind in KINDS:
        money, rate = _coverage(chance, options.tests, *kind)
        shown, share, base_shown, base_share, gifts, base = kind
        good = all(LEAST <= one <= MOST for one in (money, rate))
        is_good = is_good and good
        print(
            f"{shown:>6}/{base_shown:<6} {share:.2%}/{base_share:.2%} "
            f"{gifts.name + '/' + base.name:<18} {money:.1%}  {rate:.1%}"
            f"{'' if good else '  out of bounds'}"
        )
    return 0 if is_good else 1


def _coverage(
    chance: random.Random,
    tests: int,
    shown: int,
    share: float,
    base_shown: int,
    base_share: float,
    gifts: Gifts,
    base: Gifts,
) -> tuple[float, float]:
    """Of so many tests, the share whose interval holds the truth: money, rate."""
    true_money = share * gifts.mean / (base_share * base.mean)
    money = rate = done = 0
    while done < tests:
        count = _poisson(chance, shown * share)
        base_count = _poisson(chance, base_shown * base_share)
        if min(count, base_count) < FEWEST_GIFTS:
            continue
        done += 1
        found = intervals.ratio_of_money(
            gifts.draw(chance, count), shown, base.draw(chance, base_count), base_shown
        )
        money += found.low <= true_money <= found.high
        found = intervals.ratio_of_rates(count, shown, base_count, base_shown)
        rate += found.low <= share / base_share <= found.high
    return money / tests, rate / tests


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's way, in pieces that ``exp`` can hold."""
    count = 0
    while mean > 0:
        part = min(mean, 500)
        limit, product = math.exp(-part), chance.random()
        while product > limit:
            count += 1
            product *= chance.random()
        mean -= part
    return count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
