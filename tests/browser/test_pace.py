"""A thousand devices, by the module that readers load: limits, pauses and shares."""

import itertools
import math

import pytest

SIMULATE = """
async ({ devices, days, visits, ask, pace, closing, url }) => {
  const { calm, fits, noteShown, tidy, open } = await import(url);
  const traces = [];
  for (let device = 0; device < devices; device++) {
    const stored = {};
    const trace = [];
    for (let day = 20000; day < 20000 + days; day++) {
      for (let visit = 0; visit < visits; visit++) {
        const memory = open(() => stored, false);
        const { kept, keeps } = memory;
        memory.keep(() => tidy(kept, pace, day));
        if (!fits(ask, pace, { day, kept, keeps, width: 800, language: "en-gb" })) {
          continue;
        }
        memory.keep(() => noteShown(kept, ask, day));
        const answer = Math.random();
        let did = "shown";
        if (answer < closing[0]) did = "closed";
        else if (answer < closing[0] + closing[1]) did = "given";
        if (did === "closed") memory.keep(() => calm(kept, day, pace.c));
        if (did === "given") memory.keep(() => calm(kept, day, pace.g));
        trace.push([day - 20000, did]);
      }
    }
    traces.push(trace);
  }
  return traces;
}
"""
FITS = """
async ({ url, ask, pace, reader }) => {
  const { fits } = await import(url);
  return fits(ask, pace, reader);
}
"""
PICK = """
async ({ url, variants, message, devices }) => {
  const { pick, throwDie } = await import(url);
  return Array.from({ length: devices }, () => {
    const die = throwDie();
    const first = pick(variants, die, message);
    if (pick(variants, die, message) !== first) throw new Error("not stable");
    return first;
  });
}
"""
EVERY_DIE = """
async ({ url, variants, messages }) => {
  const { pick } = await import(url);
  return Array.from({ length: 16383 }, (_, die) =>
    messages.map((message) => pick(variants, die + 1, message)));
}
"""
PACE = {"s": 0, "c": 14, "g": 60, "r": 0, "v": 0}
DEVICES = 1000


@pytest.fixture
def run(site, page):
    """Runs one of the scripts above in the browser, with the module at hand."""
    page.goto(f"{site.url}/newsletters/check-your-mail/")

    def run(script, **values):
        return page.evaluate(script, {"url": "/static/js/pace.js", **values})

    return run


def ask(kind="banner", **rules):
    return {"p": 12, "k": kind, "v": [[1, 1]], **rules}


def test_limits_and_pauses_hold_on_a_thousand_devices(run):
    traces = run(
        SIMULATE, devices=DEVICES, days=120, visits=2, closing=[0.1, 0.05],
        ask=ask(t=[3, 30]), pace=PACE | {"s": 2},
    )  # fmt: skip

    assert len(traces) == DEVICES
    for trace in traces:
        assert trace == expected(trace, times=3, within=30, pause=2)
    answers = [did for trace in traces for _day, did in trace]
    assert {"shown", "closed", "given"} == set(answers)


def expected(trace, *, times, within, pause):
    """The days on which a device that comes daily must be asked, by what it did."""
    answers = dict(trace)
    found, free_from, last, first, count = [], 0, -999, None, 0
    for day in range(120):
        if first is not None and day - first >= within:
            first, count = None, 0
        if day < free_from or day - last < pause or count >= times:
            continue
        did = answers.get(day)
        found.append([day, did])
        first, count, last = (day if first is None else first), count + 1, day
        if did == "closed":
            free_from = day + PACE["c"]
        elif did == "given":
            free_from = day + PACE["g"]
    return found


def test_without_a_limit_it_asks_at_every_visit(run):
    traces = run(
        SIMULATE, devices=3, days=5, visits=2, closing=[0, 0], ask=ask(), pace=PACE
    )

    days = [[day, "shown"] for day in range(5) for _visit in range(2)]
    assert traces == [days] * 3


@pytest.mark.parametrize(
    "weights", [[1, 1], [1, 3], [9, 1], [2, 1, 1]], ids=lambda weights: str(weights)
)
@pytest.mark.parametrize("message", [1, 12, 98_765])
def test_variants_have_the_shares_that_were_set(run, weights, message):
    variants = [[number + 1, weight] for number, weight in enumerate(weights)]

    chosen = run(PICK, variants=variants, message=message, devices=DEVICES)

    counts = [chosen.count(number) for number, _weight in variants]
    assert chance_of(counts, weights) > 1e-7


def chance_of(counts, weights):
    """How likely shares at least so far off are (chi square, by counting all cases)."""
    total, devices = sum(weights), sum(counts)
    shares = [weight / total for weight in weights]

    def chi_square(case):
        return sum(
            (seen - devices * share) ** 2 / (devices * share)
            for seen, share in zip(case, shares, strict=True)
        )

    def probability(case):
        logarithm = math.lgamma(devices + 1) + sum(
            seen * math.log(share) - math.lgamma(seen + 1)
            for seen, share in zip(case, shares, strict=True)
        )
        return math.exp(logarithm)

    found = chi_square(counts) - 1e-9
    return sum(
        probability(case)
        for case in cases(devices, len(weights))
        if chi_square(case) >= found
    )


def cases(devices, kinds):
    for head in itertools.product(range(devices + 1), repeat=kinds - 1):
        rest = devices - sum(head)
        if rest >= 0:
            yield (*head, rest)


def test_over_all_numbers_the_shares_are_exact_and_messages_independent(run):
    chosen = run(EVERY_DIE, variants=[[1, 1], [2, 3]], messages=[5, 6, 12, 4321])

    for column in zip(*chosen, strict=True):
        assert abs(column.count(1) - 16_383 / 4) <= 1
    for one, other in itertools.combinations(range(4), 2):
        both = sum(row[one] == 1 == row[other] for row in chosen)
        assert abs(both / 16_383 - 1 / 16) < 0.01


def reader(**values):
    defaults = {
        "day": 20_000,
        "kept": {},
        "keeps": True,
        "width": 800,
        "language": "en-gb",
    }
    return defaults | values


@pytest.mark.parametrize(
    ("rules", "reads", "suits"),
    [
        ({}, {}, True),
        ({"w": [600, None]}, {"width": 600}, True),
        ({"w": [600, None]}, {"width": 599}, False),
        ({"w": [None, 600]}, {"width": 601}, False),
        ({"l": ["ru", "en"]}, {}, True),
        ({"l": ["ru"]}, {}, False),
        ({"l": ["en"]}, {"language": "eng"}, False),
        ({"n": ["en"]}, {}, False),
        ({"n": ["ru"]}, {}, True),
        ({"r": [5, None]}, {"kept": {"r": [4, 19_990]}}, False),
        ({"r": [5, None]}, {"kept": {"r": [5, 19_990]}}, True),
        ({"r": [None, 5]}, {"kept": {"r": [6, 19_990]}}, False),
        ({"r": [1, 5]}, {}, False),
        ({"s": 7}, {"kept": {"a": 19_994}}, False),
        ({"s": 7}, {"kept": {"a": 19_993}}, True),
        ({"s": 7}, {}, True),
        # Not now on day 19,980: we ask again from 19,994 on, this message after 30.
        ({"c": 30}, {"kept": {"u": 19_994}}, False),
        ({"c": 20}, {"kept": {"u": 19_994}}, True),
        # Gave on day 19,900.
        ({"g": 101}, {"kept": {"u": 19_960}}, False),
        ({"g": 100}, {"kept": {"u": 19_960}}, True),
        ({}, {"kept": {"u": 20_001}}, False),
        ({}, {"kept": {"u": 20_000}}, True),
        ({"t": [2, 30]}, {"kept": {"t": {"12": [2, 19_971]}}}, False),
        ({"t": [2, 30]}, {"kept": {"t": {"12": [2, 19_970]}}}, True),
        ({"t": [2, 30]}, {"kept": {"t": {"13": [2, 19_971]}}}, True),
    ],
)  # fmt: skip
def test_each_rule_is_kept_by_the_device(run, rules, reads, suits):
    found = run(FITS, ask=ask(**rules), pace=PACE, reader=reader(**reads))

    assert found is suits


@pytest.mark.parametrize(
    ("kind", "suits"),
    [("strip", True), ("end", True), ("banner", False), ("inside", False)],
)
def test_where_nothing_can_be_kept_only_plain_messages_show(run, kind, suits):
    found = run(FITS, ask=ask(kind, t=[1, 30]), pace=PACE, reader=reader(keeps=False))

    assert found is suits


@pytest.mark.parametrize(
    ("typed", "digits", "minor"),
    [
        ("5", 2, 500), ("7,50", 2, 750), ("7.5", 2, 750), (" 12 ", 0, 12),
        ("1.5", 0, 0), ("1.234", 3, 1234), ("1.234", 2, 0), ("abc", 2, 0), ("-5", 2, 0),
        ("", 2, 0),
        ("0.07", 2, 7), ("1e3", 2, 0),
    ],
)  # fmt: skip
def test_a_typed_amount_is_read_as_the_server_reads_it(run, typed, digits, minor):
    script = (
        "async ({ url, typed, digits }) => (await import(url)).minor(typed, digits)"
    )

    assert run(script, typed=typed, digits=digits) == minor


@pytest.mark.parametrize("found", ["", "null", "[1]", '"x"', "{", "7"])
def test_what_is_not_ours_is_passed_over(run, found):
    script = """
    async ({ url, found }) => {
      const { open } = await import(url);
      const { keeps, kept } = open(() => ({ pace: found }), false);
      return [keeps, typeof kept];
    }
    """

    _keeps, kind = run(script, found=found)

    assert kind == "object"


def test_what_another_window_kept_meanwhile_stays(run):
    script = """
    async ({ url }) => {
      const { open } = await import(url);
      const shared = {};
      const [one, other] = [open(() => shared, false), open(() => shared, false)];
      other.keep((kept) => { kept.u = 20100; });
      one.keep((kept) => { kept.a = 20000; });
      return JSON.parse(shared.pace);
    }
    """

    assert run(script) == {"u": 20_100, "a": 20_000}
