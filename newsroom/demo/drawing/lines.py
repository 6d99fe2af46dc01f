"""Wires, masts and rails."""

import itertools
import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.landscape import (
    forest,
    hills,
    sky_clouds,
    stars,
)
from newsroom.demo.drawing.layers import (
    TALL,
    WIDE,
    Point,
    bloom,
    both,
    clouds,
    dim,
    fade,
    finish,
    glow,
    gradient,
    haze,
    lay,
    levels,
    mirror,
    ridge,
    shine,
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, between, drawing_on, half_round


def _sag(start: Point, end: Point, depth: float) -> list[Point]:
    """A hanging wire."""
    line = []
    for i in range(25):
        t = i / 24
        x, y = between(start, end, t)
        line.append((x, y + depth * 4 * t * (1 - t)))
    return line


def power_lines(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#54708f"), (0.28, "#a99fae"), (0.5, "#eeb088"),
                     (0.66, "#fbd9a4"), (1, "#f0c890"))  # fmt: skip
    sky_clouds(image, "#f9cfa6", rng, (0, 0), (0.12, 170), (0.4, 200), (0.6, 0))
    glow(image, (610, 830), 720, "#ffd890", 0.9)
    glow(image, (610, 830), 110, "#fff6dd", 1.0)
    for y, height, top, foot in (
        (850, 70, "#c79a86", "#e3b78f"), (910, 80, "#a07a76", "#c99a80"),
        (980, 70, "#6f5b60", "#95726a"),
    ):  # fmt: skip
        hills(image, ridge(1920, y, height, rng, 0.42), top, foot, 90)
        haze(image, "#f6cfa0", y + 30, 60, 0.45)
    posts = [(620.0, 866.0, 120.0), (700.0, 896.0, 200.0), (850.0, 950.0, 360.0),
             (1130.0, 1040.0, 640.0), (1720.0, 1230.0, 1180.0)]  # fmt: skip
    with drawing_on(image) as pen:
        for (x1, y1, size1), (x2, y2, size2) in itertools.pairwise(posts):
            for level, arm in ((0.66, 0.2), (0.78, 0.17), (0.9, 0.13)):
                for side in (-1, 1):
                    wire = _sag(
                        (x1 + side * arm * size1, y1 - level * size1),
                        (x2 + side * arm * size2, y2 - level * size2),
                        size2 * 0.05,
                    )
                    pen.line(wire, 1 + size2 / 700, "#4d4850")
        for post in posts:
            shade = mix("#b58a7c", "#2b2d38", min(1, post[2] / 640))
            _lattice(pen, *post, shade)
    hills(image, ridge(1920, 1130, 60, rng, 0.4), "#3d3a42", "#1f2027", 140)
    grass = Stencil(WIDE)
    for _ in range(900):
        at, ground = rng.uniform(0, 1920), rng.uniform(1090, 1300)
        tip = (at + rng.uniform(-12, 12), ground - rng.uniform(20, 60))
        grass.line([(at, ground), tip], 2)
    lay(image, "#17181d", grass.cut())
    return finish(image, rng)


def _lattice(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    """A pylon of angle iron."""
    thick = max(1.4, size / 130)

    def half(level: float) -> float:
        return size * (
            0.105 - 0.105 * level if level < 0.6 else 0.042 - 0.02 * (level - 0.6)
        )

    for side in (-1, 1):
        pen.line([(x + side * half(0), y), (x + side * half(0.6), y - size * 0.6),
                  (x + side * half(0.97), y - size * 0.97)], thick * 1.4,
                  colour)  # fmt: skip
    rungs = [0.0, 0.13, 0.25, 0.36, 0.46, 0.55, 0.62, 0.7, 0.78, 0.86, 0.93, 0.97]
    for low, high in itertools.pairwise(rungs):
        for side in (-1, 1):
            pen.line([(x + side * half(low), y - size * low),
                      (x - side * half(high), y - size * high)], thick * 0.8,
                      colour)  # fmt: skip
        pen.line([(x - half(high), y - size * high), (x + half(high), y - size * high)],
                 thick * 0.8, colour)  # fmt: skip
    for level, arm in ((0.69, 0.2), (0.81, 0.17), (0.93, 0.13)):
        for side in (-1, 1):
            tip = (x + side * arm * size, y - size * level)
            pen.line(
                [(x, y - size * (level + 0.035)), tip, (x, y - size * level)],
                thick,
                colour,
            )
            pen.line([tip, (tip[0], tip[1] + size * 0.03)], thick * 1.3, colour)


def telephone_cables(rng: Random) -> Image.Image:
    image = gradient(TALL, (0, "#3f6f8c"), (0.3, "#8db4bd"), (0.6, "#f0dcb8"),
                     (0.85, "#f5b98a"),
                     (1, "#e58f6c"))  # fmt: skip
    sky_clouds(
        image, "#fff1da", rng, (0, 30), (0.3, 150), (0.8, 190), (1, 60), cell=(900, 260)
    )
    glow(image, (1000, 1560), 800, "#ffe0a8", 0.7)
    with drawing_on(image, "#262b33") as pen:
        for index in range(17):
            start: Point = (-20, 300 + index * 36 + rng.uniform(-12, 12))
            end: Point = (560 + rng.uniform(-8, 8), 420 + (index % 5) * 62)
            pen.line(_sag(start, end, rng.uniform(30, 120)), rng.choice((2, 2.4, 3, 4)))
        for index in range(19):
            end = (1310, 120 + index * 50 + rng.uniform(-16, 16))
            start = (600 + rng.uniform(-8, 8), 420 + (index % 5) * 62)
            pen.line(_sag(start, end, rng.uniform(40, 150)), rng.choice((2, 2.4, 3, 4)))
        _post(pen, rng)
        wire = _sag((-20, 250), (580, 380), 90)
        pen.line(wire, 3)
        for x, y in wire[3:22:2]:
            _bird(pen, x + rng.uniform(-12, 12), y, rng.choice((-1, 1)))
        pen.polygon([(0, 1920), (0, 1810), (170, 1740), (330, 1800), (330, 1920)])
        pen.polygon(
            [(820, 1920), (820, 1760), (1010, 1660), (1280, 1780), (1280, 1920)]
        )
        pen.rect((1090, 1620, 1128, 1730))
    return finish(image, rng)


def _post(pen: Pen, rng: Random) -> None:
    pen.polygon([(556, 1920), (566, 240), (596, 240), (610, 1920)])
    pen.polygon([(588, 240), (596, 240), (610, 1920), (596, 1920)], "#3d444d")
    for row in range(5):
        y = 416 + row * 62
        pen.rect((400, y, 764, y + 15))
        for x in range(412, 760, 48):
            pen.rect((x - 7, y - 26, x + 7, y), "#d9e4e2" if x % 96 else "#b8cdc9", 4)
    pen.rect((500, 760, 664, 980), radius=8)
    pen.rect((512, 772, 652, 968), "#39414b", 4)
    for turn in range(7):
        pen.arc((620 + turn * 3, 900 + turn * 6), 66 + turn * 3, 90, (0, 360), 3)
    for y in range(1080, 1880, 90):
        pen.line([(540, y), (626, y + 4)], 7)


def _bird(pen: Pen, x: float, y: float, way: int) -> None:
    pen.oval((x, y - 15), 14, 12)
    pen.circle((x + way * 11, y - 27), 8)
    pen.polygon(
        [(x + way * 17, y - 30), (x + way * 27, y - 26), (x + way * 17, y - 23)]
    )
    pen.polygon([(x - way * 8, y - 16), (x - way * 32, y - 2), (x - way * 26, y + 4)])


def radio_mast(rng: Random) -> Image.Image:
    image = gradient(TALL, (0, "#0a1330"), (0.45, "#27366a"), (0.7, "#8a5a7e"),
                     (0.82, "#e9a07a"),
                     (0.88, "#f6c490"), (1, "#b77a66"))  # fmt: skip
    stars(image, rng, 900, 1300)
    band = Stencil(TALL)
    band.polygon(
        [(820, -40), (1320, -40), (1320, 300), (180, 1400), (-40, 1400), (-40, 1180)]
    )
    milky = levels(clouds(TALL, (300, 300), rng, 5), 100, 210)
    shine(image, "#7e86bd", dim(both(band.cut(90), milky), 0.5))
    hills(image, ridge(1280, 1640, 170, rng), "#5f4a68", "#8f6770", 120)
    with drawing_on(image) as pen:
        _mast(pen.moved(660, 1700))
        _town(pen, rng)
    for y in (236, 520, 860, 1200):
        glow(image, (660, y), 92, "#ff3b28", 0.95)
        glow(image, (660, y), 22, "#ffd0c0", 1.0)
    bloom(image, 18, 0.35)
    return finish(image, rng)


def _mast(pen: Pen) -> None:
    colour, red = "#e8e2dc", "#c2483a"
    for side in (-1, 1):
        for start, end in ((-520, 340), (-900, 430), (-1180, 520)):
            pen.line([(0, start), (side * end, 40)], 1.4, "#b59aa0")
    for step in range(26):
        low, high = -step * 48.0, -(step + 1) * 48.0
        wide, thin = 46 - step * 1.45, 46 - (step + 1) * 1.45
        tone = lit(red if (step // 3) % 2 else colour, 0.62)
        pen.line([(-wide, low), (-thin, high)], 6, tone)
        pen.line([(wide, low), (thin, high)], 6, lit(tone, 0.7))
        pen.line([(-wide, low), (thin, high)], 3, tone)
        pen.line([(wide, low), (-thin, high)], 3, tone)
        pen.line([(-thin, high), (thin, high)], 3, tone)
    pen.rect((-74, -1010, 74, -996), "#b8a9a8")
    pen.rect((-62, -860, 62, -848), "#b8a9a8")
    for x, y, size in (
        (-58, -930, 40),
        (62, -960, 32),
        (60, -800, 46),
        (-62, -760, 30),
    ):
        pen.oval((x, y), size * 0.62, size, "#d5c8c4")
        pen.oval((x + 4, y), size * 0.44, size * 0.78, "#a79498")
    pen.line([(0, -1248), (0, -1462)], 9, lit(red, 0.8))
    for y in (-1300, -1350, -1400):
        pen.line([(-20, y), (20, y)], 4, colour)


def _town(pen: Pen, rng: Random) -> None:
    """Roofs below the mast; some windows are lit."""
    x = -20
    while x < 1300:
        wide, tall = rng.randint(80, 190), rng.randint(60, 250)
        tone = lit("#241f31", rng.uniform(0.8, 1.25))
        pen.rect((x, 1800 - tall, x + wide, 1930), tone)
        if rng.random() < 0.5:
            pen.polygon([(x - 8, 1800 - tall), (x + wide / 2, 1750 - tall),
                         (x + wide + 8, 1800 - tall)], lit(tone, 0.8))  # fmt: skip
        for left in range(x + 14, x + wide - 22, 34):
            for top in range(1816 - tall, 1900, 44):
                if rng.random() < 0.34:
                    pen.rect(
                        (left, top, left + 16, top + 22),
                        rng.choice(("#ffd48a", "#f2a85c")),
                    )
        x += wide + rng.randint(-6, 12)


def night_train(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#0a1630"), (0.4, "#1d3560"), (0.62, "#5a6a92"),
                     (0.7, "#c99a8c"),
                     (1, "#b98b80"))  # fmt: skip
    stars(image, rng, 700, 800)
    glow(image, (1560, 240), 330, "#cfdcff", 0.55)
    with drawing_on(image) as pen:
        _crescent(pen, (1560, 240), 46)
    hills(image, ridge(1920, 820, 150, rng), "#33456e", "#7c7f96", 160)
    haze(image, "#b79a98", 820, 60, 0.5)
    wooded = ridge(1920, 850, 40, rng)
    hills(image, wooded, "#1c2742", "#111a2e", 60)
    with drawing_on(image) as pen:
        forest(pen, wooded, 60, "#141d33", rng)
        _viaduct(pen)
        _goods_train(pen, rng)
    glow(image, (236, 668), 330, "#ffeaa8", 0.9)
    glow(image, (236, 668), 60, "#fffbe8", 1.0)
    beam = Stencil(WIDE)
    beam.polygon([(236, 660), (236, 676), (-40, 780), (-40, 600)])
    shine(image, "#ffe9ac", dim(beam.cut(16), 0.3))
    glow(image, (1700, 610), 110, "#ff3a2a", 1.0)
    bloom(image, 22, 0.4)
    mirror(image, 950, rng, waves=1.4, blur=3)
    lay(image, "#07101f", fade(WIDE, (0, 0), (0.74, 0), (0.745, 70), (1, 170)))
    return finish(image, rng)


def _crescent(pen: Pen, at: Point, size: float) -> None:
    outer = [(math.cos(a / 20), math.sin(a / 20)) for a in range(12, 76)]
    inner = [(0.42 + 0.86 * math.cos(a / 20), -0.3 + 0.86 * math.sin(a / 20))
             for a in range(17, 69)]  # fmt: skip
    shape = [*outer, *reversed(inner)]
    pen.polygon([(at[0] + x * size, at[1] + y * size) for x, y in shape], "#f8f4e2")


def _viaduct(pen: Pen) -> None:
    stone = "#39415a"
    pen.rect((-20, 700, 1940, 752), stone)
    pen.rect((-20, 694, 1940, 704), lit(stone, 1.3))
    for x in range(-60, 1980, 160):
        pen.rect((x, 740, x + 44, 960), stone)
        pen.rect((x, 740, x + 12, 960), lit(stone, 1.25))
        middle = x + 102
        vault = half_round((middle, 822), -60, -64, 12)
        pen.polygon([(x + 40, 822), (x + 40, 744), (x + 164, 744), (x + 164, 822),
                     *reversed(vault)], stone)  # fmt: skip
        pen.line(vault, 4, lit(stone, 1.3))
    for x in range(80, 1920, 320):
        pen.line([(x, 700), (x, 540), (x + 60, 540)], 5, "#1a2238")
    pen.line([(-20, 556), (1940, 556)], 2, "#1a2238")
    pen.line([(1700, 700), (1700, 600)], 7, "#1a2238")
    pen.rect((1686, 586, 1714, 646), "#11182a", 8)
    pen.circle((1700, 604), 9, "#ff5040")


def _goods_train(pen: Pen, rng: Random) -> None:
    """A locomotive and its grain wagons."""
    pen.polygon([(232, 694), (232, 640), (262, 596), (470, 596), (470, 694)], "#8c2f2c")
    pen.rect((232, 660, 470, 674), "#d8b45e")
    pen.polygon([(246, 634), (268, 606), (312, 606), (312, 634)], "#ffdf9a")
    for x in range(330, 450, 30):
        pen.rect((x, 612, x + 18, 634), "#3d1a1c")
    for x in range(250, 470, 38):
        pen.circle((x, 694), 11, "#10151f")
    for index in range(10):
        x = 482 + index * 148
        tone = lit(
            rng.choice(("#4d5d78", "#5d5661", "#44607a")), rng.uniform(0.85, 1.1)
        )
        pen.polygon([(x, 684), (x + 6, 620), (x + 22, 602), (x + 118, 602),
                     (x + 134, 620),
                     (x + 140, 684)], tone)  # fmt: skip
        pen.polygon([(x + 22, 602), (x + 118, 602), (x + 130, 614), (x + 10, 614)],
                    lit(tone, 1.5))  # fmt: skip
        for rib in range(24, 130, 22):
            pen.line([(x + rib, 616), (x + rib, 682)], 3, lit(tone, 0.75))
        for wheel in (22, 44, 98, 120):
            pen.circle((x + wheel, 692), 9, "#10151f")


SCENES = {
    "power-lines": power_lines,
    "telephone-cables": telephone_cables,
    "radio-mast": radio_mast,
    "night-train": night_train,
}
