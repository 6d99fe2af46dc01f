"""Charts: large letters, few lines, and the source below."""

from random import Random

from PIL import Image

from newsroom.demo.drawing.layers import WIDE, Point
from newsroom.demo.drawing.lettering import width_of, write
from newsroom.demo.drawing.palette import (
    AMBER,
    BRICK,
    GREEN,
    INK,
    INK_SOFT,
    PAPER,
    RULE,
    SEA,
    STONE,
    Colour,
)
from newsroom.demo.drawing.pen import drawing_on

LEFT, RIGHT = 90, 1830


def _sheet(title: str, subtitle: str, source: str) -> Image.Image:
    image = Image.new("RGB", WIDE, PAPER)
    with drawing_on(image) as pen:
        pen.rect((LEFT, 70, LEFT + 120, 84), GREEN)
        pen.line([(LEFT, 1186), (RIGHT, 1186)], 2, RULE)
    write(image, (LEFT, 168), title, 66, bold=True)
    write(image, (LEFT, 234), subtitle, 42, colour=INK_SOFT)
    write(image, (LEFT, 1238), source, 34, colour=INK_SOFT)
    write(
        image, (RIGHT, 1238), "The Meridian", 34, bold=True, colour=GREEN, anchor="rs"
    )
    return image


def _rules(
    image: Image.Image, values: dict[str, float], left: float, right: float
) -> None:
    """Level lines across the chart, each with its label on the left."""
    with drawing_on(image) as pen:
        for y in values.values():
            pen.line([(left, y), (right, y)], 2, RULE)
    for label, y in values.items():
        write(image, (left - 18, y), label, 38, colour=INK_SOFT, anchor="rm")


def _key(image: Image.Image, at: Point, entries: list[tuple[str, Colour]]) -> None:
    x, y = at
    with drawing_on(image) as pen:
        for label, colour in entries:
            pen.rect((x, y - 30, x + 34, y + 2), colour, 4)
            x += 50 + width_of(label, 40) + 56
    x = at[0]
    for label, _ in entries:
        write(image, (x + 50, y), label, 40)
        x += 50 + width_of(label, 40) + 56


def lorries(rng: Random) -> Image.Image:
    image = _sheet(
        "Six times as many lorries",
        "Freight crossings at Novy Bereg, by month",
        "Source: customs statistics; brokers’ ledgers",
    )
    foot, scale = 1080, 0.30
    _rules(
        image,
        {f"{n:,}": foot - n * scale for n in (0, 500, 1000, 1500, 2000)},
        240,
        RIGHT,
    )
    _key(image, (240, 330), [("Official count", STONE), ("Brokers’ ledgers", GREEN)])
    months = ("May", "June", "July", "Aug", "Sept", "Oct")
    official = (402, 398, 411, 390, 377, 384)
    ledgers = (645, 912, 1324, 1705, 2041, 2310)
    with drawing_on(image) as pen:
        for i, (one, other) in enumerate(zip(official, ledgers, strict=True)):
            x = 300 + i * 258
            pen.rect((x, foot - one * scale, x + 86, foot), STONE)
            pen.rect((x + 94, foot - other * scale, x + 180, foot), GREEN)
        pen.line([(240, foot), (RIGHT, foot)], 4, INK)
    for i, month in enumerate(months):
        x = 300 + i * 258
        write(image, (x + 90, foot + 58), month, 42, anchor="ms")
        write(image, (x + 137, foot - ledgers[i] * scale - 16), f"{ledgers[i]:,}", 40,
              bold=True, colour=GREEN, anchor="ms")  # fmt: skip
    write(image, (300 + 5 * 258 + 43, foot - 384 * scale - 16), "384", 40, bold=True,
          colour=INK_SOFT, anchor="ms")  # fmt: skip
    return image


def bread_prices(rng: Random) -> Image.Image:
    image = _sheet(
        "Bread by the index, and by the receipt",
        "Price of a 400-gram grey loaf, a year ago = 100",
        "Source: statistical office; 211 readers’ receipts from 61 shops",
    )
    top, foot = 350.0, 1070.0

    def level(value: float) -> float:
        return foot - (value - 95) * (foot - top) / 45

    _rules(image, {str(n): level(n) for n in (100, 110, 120, 130)}, 200, 1440)
    series: list[tuple[str, str, Colour, float, tuple[float, ...]]] = [
        ("134", "Receipts, three\nnorthern towns", AMBER, 6,
         (100, 101, 104, 106, 110, 113, 117, 119, 124, 127, 129, 132, 134)),
        ("127", "Receipts, all\nnineteen towns", BRICK, 11,
         (100, 101, 102, 105, 107, 110, 111, 115, 117, 120, 122, 125, 127)),
        ("109.4", "National index", SEA, 8,
         (100, 100.6, 101.4, 102.2, 103.1, 104.4, 105, 105.9, 106.5, 107.4, 108, 108.9,
          109.4)),
    ]  # fmt: skip
    labels = {"134": 372.0, "127": 560.0, "109.4": 838.0}
    with drawing_on(image) as pen:
        pen.line([(200, level(95)), (1440, level(95))], 4, INK)
        for end, _, colour, width, values in series:
            line = [(220 + i * 100, level(v)) for i, v in enumerate(values)]
            pen.line(line, width, colour)
            pen.circle(line[-1], width + 7, colour)
            pen.line([(1444, level(values[-1])), (1466, labels[end] - 14)], 2, colour)
    for end, label, colour, _, _ in series:
        write(image, (1476, labels[end]), end, 52, bold=True, colour=colour)
        write(image, (1476, labels[end] + 18), label + "\n", 38, colour=colour)
    for i, month in enumerate(("Nov", "Jan", "Mar", "May", "July", "Sept", "Nov")):
        write(image, (220 + i * 200, foot + 56), month, 40, anchor="ms")
    return image


def budget(rng: Random) -> Image.Image:
    image = _sheet(
        "Paid for twice, built once",
        "Hospital buildings in Verkhny Log district",
        "Source: treasury files; building inspectorate",
    )
    years = range(2019, 2027)
    money = (0.12, 0.18, 1.10, 0.15, 0.20, 0.17, 1.10, 0.14)
    space = (0.0, 0.4, 0.0, 3.1, 0.0, 0.3, 0.0, 0.0)
    write(image, (LEFT, 318), "Money voted, billion roubles", 42, bold=True)
    write(image, (LEFT, 776), "Floor space handed over, thousand m²", 42, bold=True)
    _rules(image, {"0": 690, "0.5": 555, "1.0": 420}, 200, RIGHT)
    _rules(image, {"0": 1080, "2": 970, "4": 860}, 200, RIGHT)
    with drawing_on(image) as pen:
        for i in range(8):
            x = 250 + i * 198
            pen.rect(
                (x, 690 - money[i] * 270, x + 120, 690),
                BRICK if money[i] > 1 else STONE,
            )
            pen.rect((x, 1080 - space[i] * 55, x + 120, 1080), GREEN)
        for y in (690, 1080):
            pen.line([(200, y), (RIGHT, y)], 4, INK)
    for i, year in enumerate(years):
        x = 310 + i * 198
        write(image, (x, 1136), str(year), 42, anchor="ms")
        if money[i] > 1:
            write(image, (x, 690 - money[i] * 270 - 14), "1.1", 44, bold=True,
                  colour=BRICK,
                  anchor="ms")  # fmt: skip
        if space[i] > 1:
            write(image, (x, 1080 - space[i] * 55 - 14), "3.1", 44, bold=True,
                  colour=GREEN,
                  anchor="ms")  # fmt: skip
    return image


def departures(rng: Random) -> Image.Image:
    image = _sheet(
        "Arriving, and moving on",
        "Exiles in the Baltic capitals, thousands of people by half-year",
        "Source: residence permits; school registers. Estimates",
    )
    zero, scale = 760, 24
    _rules(
        image,
        {label: zero - n * scale for label, n in (("15", 15), ("10", 10), ("5", 5),
                                                  ("0", 0),
                                                  ("5 ", -5), ("10 ", -10))},
        200, RIGHT,
    )  # fmt: skip
    came = (9.2, 14.6, 12.1, 9.8, 7.7, 6.4, 4.9, 3.6, 2.8)
    went = (0.3, 0.8, 1.7, 2.9, 4.2, 5.6, 7.3, 9.1, 10.4)
    with drawing_on(image) as pen:
        for i, (up, down) in enumerate(zip(came, went, strict=True)):
            x = 240 + i * 176
            pen.rect((x, zero - up * scale, x + 124, zero), SEA)
            pen.rect((x, zero, x + 124, zero + down * scale), AMBER)
        pen.line([(200, zero), (RIGHT, zero)], 4, INK)
        balance = [(302 + i * 176, zero - (c - w) * scale)
                   for i, (c, w) in enumerate(zip(came, went,
                                                  strict=True))]  # fmt: skip
        pen.line(balance, 11, PAPER)
        pen.line(balance, 6, INK)
        for spot in balance:
            pen.circle(spot, 12, INK)
            pen.circle(spot, 6, PAPER)
    write(image, (700, 372), "Arrived", 46, bold=True, colour=SEA)
    write(image, (560, 1000), "Moved farther west", 46, bold=True, colour="#a8641a")
    write(image, (1130, 640), "Balance", 46, bold=True, halo=PAPER)
    for i, label in enumerate(("2022", "", "2023", "", "2024", "", "2025", "", "2026")):
        write(image, (302 + i * 176, 1160), label, 42, anchor="ms")
    return image


SCENES = {
    "chart-lorries": lorries,
    "chart-bread-prices": bread_prices,
    "chart-budget": budget,
    "chart-departures": departures,
}
