"""A harbour, a bridge and a refinery."""

import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.landscape import (
    gull,
    hills,
    sky_clouds,
)
from newsroom.demo.drawing.layers import (
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
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, between, drawing_on

BOXES = ("#9c3f34", "#3f6280", "#c08638", "#5f7258", "#c9c2b2", "#6f3b46", "#2f5160")


def harbour_cranes(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#5f86a3"), (0.3, "#bcbfb4"), (0.52, "#f6cf9e"),
                     (0.68, "#fbe3bd"),
                     (1, "#d8b48c"))  # fmt: skip
    sky_clouds(image, "#f9ddb8", rng, (0, 0), (0.15, 170), (0.45, 170), (0.62, 0))
    sky_clouds(image, "#78808c", rng, (0, 150), (0.2, 120), (0.4, 0))
    glow(image, (1330, 700), 820, "#ffe0a0", 0.9)
    glow(image, (1330, 700), 120, "#fffbe8", 1.0)
    hills(image, ridge(1920, 880, 120, rng), "#b79a86", "#cfae8f", 110)
    with drawing_on(image) as pen:
        for x, size in ((1720, 0.62), (1490, 0.7)):
            _crane(pen.moved(x, 892, size), "#8d7c72", lifted=True)
        for x, size in ((1120, 0.92), (690, 1.08)):
            _crane(pen.moved(x, 896, size), "#4e4a4d", lifted=x > 1000)
        _ship(pen.moved(60, 900), rng)
        _crane(pen.moved(240, 902, 1.3), "#33363d", lifted=False)
        _stacks(pen, rng)
        for x, y, size in (
            (1010, 250, 26),
            (1075, 290, 18),
            (960, 330, 15),
            (1480, 250, 16),
        ):
            gull(pen, (x, y), size, "#4d535a")
    haze(image, "#f3d3a7", 880, 60, 0.35)
    mirror(image, 936, rng, waves=1.5, blur=4)
    lay(image, "#27404d", fade(WIDE, (0, 0), (0.73, 0), (0.735, 90), (1, 190)))
    with drawing_on(image) as pen:
        pen.rect((0, 930, 1920, 942), "#4a443f")
    glow(image, (1330, 1010), 300, "#ffd58c", 0.5, flat=0.5)
    return finish(image, rng)


def _crane(pen: Pen, colour: Colour, lifted: bool) -> None:
    """A ship-to-shore crane; an idle one has its boom up."""
    light = lit(colour, 1.25)
    for x in (-70, 70):
        pen.line([(x, 0), (x, -330)], 13, colour)
        pen.line([(x * 1.0 + 16, 0), (x * 1.0 + 16, -330)], 5, light)
    pen.line([(-80, -130), (96, -130)], 15, colour)
    pen.line([(-70, -320), (86, -140)], 6, colour)
    pen.line([(86, -320), (-70, -140)], 6, colour)
    pen.line([(-170, -330), (100, -330)], 18, colour)
    pen.rect((-160, -372, -84, -336), colour)
    pen.line([(-40, -330), (30, -520), (70, -330)], 9, colour)
    pen.line([(30, -520), (-165, -336)], 4, colour)
    end = (250.0, -640.0) if lifted else (430.0, -334.0)
    pen.line([(86, -334), end], 14, colour)
    pen.line([(86, -322), (end[0] + 4, end[1] + 16)], 4, light)
    for share in (0.5, 0.92):
        pen.line([(30, -520), between((86, -334), end, share)], 4, colour)
    if not lifted:
        pen.rect((206, -330, 250, -306), colour)
        for x in (212, 244):
            pen.line([(x, -310), (x, -196)], 2, colour)
        pen.rect((192, -198, 264, -186), colour)
    for x in (-70, 78):
        pen.rect((x - 22, -14, x + 26, 6), colour)


def _ship(pen: Pen, rng: Random) -> None:
    pen.polygon([(-160, -70), (900, -70), (960, -86), (900, 40), (-160, 40)], "#2c4152")
    pen.polygon([(-160, 14), (912, 14), (900, 40), (-160, 40)], "#8a3a30")
    for column in range(17):
        for row in range(rng.choice((2, 3, 3, 4))):
            x, y = 60 + column * 46, -100 - row * 31
            colour = lit(rng.choice(BOXES), rng.uniform(0.7, 0.95))
            pen.rect((x, y, x + 44, y + 29), colour)
            pen.line([(x + 15, y + 3), (x + 15, y + 26)], 2, lit(colour, 0.8))
            pen.line([(x + 29, y + 3), (x + 29, y + 26)], 2, lit(colour, 0.8))
    pen.rect((-60, -250, 40, -70), "#e9dfce")
    for y in (-236, -200, -164, -128):
        pen.rect((-50, y, 30, y + 12), "#5b6a72")
    pen.rect((-46, -300, -6, -250), "#a04335")


def _stacks(pen: Pen, rng: Random) -> None:
    """Containers waiting on the quay."""
    for column in range(19):
        for row in range(rng.choice((1, 2, 2, 3, 4))):
            x, y = 1010 + column * 50 - (column % 3), 896 - row * 34
            colour = mix(
                lit(rng.choice(BOXES), rng.uniform(0.72, 1.0)), "#d9b48a", 0.14
            )
            pen.rect((x, y, x + 48, y + 33), colour)
            for line in range(6, 46, 8):
                pen.line(
                    [(x + line, y + 3), (x + line, y + 30)], 1.4, lit(colour, 0.82)
                )
    for x in range(0, 1920, 60):
        pen.rect((x, 928, x + 16, 940), "#2e2c2b")


def cable_bridge(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#7d9db4"), (0.3, "#bccbd2"), (0.52, "#efd9c6"),
                     (0.62, "#e8dcd2"),
                     (1, "#b9c4c8"))  # fmt: skip
    sky_clouds(image, "#f3e9e0", rng, (0, 60), (0.3, 170), (0.55, 0))
    glow(image, (1420, 640), 560, "#ffd9a6", 0.75)
    glow(image, (1420, 640), 66, "#fff4dc", 1.0)
    hills(image, ridge(1920, 820, 170, rng), "#a9b8c0", "#c3cacc", 130)
    haze(image, "#e9dfd6", 800, 110, 0.85)
    hills(image, ridge(1920, 850, 50, rng), "#8b9ea6", "#a5b2b6", 60)
    for x, tall, base, shade, fog in (
        (1500, 330, 860, "#7c8d98", 0.55), (560, 620, 896, "#3d4d59", 0.3),
    ):  # fmt: skip
        with drawing_on(image) as pen:
            _pylon(pen, x, tall, base, shade)
        haze(image, "#e6ddd5", base - 20, 66, fog)
    with drawing_on(image) as pen:
        _deck(pen)
        _lorries(pen)
    haze(image, "#ece3da", 856, 40, 0.5)
    mirror(image, 890, rng, waves=1.1, blur=3.5)
    lay(image, "#3d5867", fade(WIDE, (0, 0), (0.69, 0), (0.7, 50), (1, 150)))
    _floes(image, rng)
    mist = levels(clouds(WIDE, (900, 130), rng), 110, 200, 150)
    lay(
        image,
        "#f1e9e1",
        both(mist, fade(WIDE, (0, 0), (0.55, 0), (0.69, 230), (0.82, 0), (1, 0))),
    )
    return finish(image, rng)


def _height(x: float) -> float:
    """How high the roadway is at x."""
    return 742 - 40 * math.sin((x + 100) / 2100 * math.pi) + x * 0.012


def _pylon(pen: Pen, x: float, tall: float, base: float, colour: Colour) -> None:
    road = _height(x)
    top = road - tall
    wide = tall * 0.12
    for side, shade in ((-1, 1.12), (1, 0.84)):
        foot = x + side * wide
        pen.polygon(
            [(foot - tall * 0.022, base + 30), (x + side * tall * 0.012 - tall * 0.012,
                                                top),
             (x + side * tall * 0.012 + tall * 0.012, top),
             (foot + tall * 0.022, base + 30)],
            lit(colour, shade),
        )  # fmt: skip
    pen.rect((x - wide * 0.8, road - 6, x + wide * 0.8, road + tall * 0.03), colour)
    pen.rect(
        (x - wide * 0.45, top + tall * 0.42, x + wide * 0.45, top + tall * 0.445),
        colour,
    )
    for step in range(1, 13):
        for side in (-1, 1):
            end = x + side * tall * 0.082 * step
            pen.line([(x, top + tall * (0.02 + 0.021 * (12 - step))),
                      (end, _height(end) - 4)],
                     max(1.2, tall / 300), mix(colour, "#dfe3e4", 0.2))  # fmt: skip
    pen.circle((x, top - 6), 5, "#d9452f")


def _deck(pen: Pen) -> None:
    xs = range(-20, 1960, 20)
    pen.polygon(
        [
            *((x, _height(x)) for x in xs),
            *((x, _height(x) + 24 - x * 0.006) for x in reversed(xs)),
        ],
        "#485a66",
    )
    pen.line([(x, _height(x) + 1) for x in xs], 3, "#8b9aa3")
    pen.line([(x, _height(x) - 16) for x in xs], 2, "#6b7b85")
    for x in xs:
        pen.line([(x, _height(x)), (x, _height(x) - 16)], 1.5, "#6b7b85")
    for x in (130, 1010, 1240, 1740, 1890):
        wide = 13 - x * 0.003
        pen.polygon([(x - wide, _height(x) + 12), (x + wide, _height(x) + 12),
                     (x + wide * 1.4, 930), (x - wide * 1.4, 930)],
                     "#5b6c77")  # fmt: skip


def _lorries(pen: Pen) -> None:
    """Goods traffic by night and morning, lamps off."""
    for number, x in enumerate((240, 372, 742, 872, 1002, 1290)):
        y, size = _height(x) - 2, 1.08 - x * 0.00022
        lorry = pen.moved(x, y, size)
        lorry.rect((-44, -46, 22, -8), ("#2f4350", "#7c4038", "#41545f")[number % 3])
        lorry.rect((25, -38, 46, -8), "#26343d")
        lorry.rect((36, -34, 45, -24), "#9fb4bf")
        for wheel in (-32, -16, 34):
            lorry.circle((wheel, -6), 6, "#1a2228")


def _floes(image: Image.Image, rng: Random) -> None:
    """Ice on the river, larger towards the viewer."""
    with drawing_on(image) as pen:
        for _ in range(70):
            t = rng.random() ** 0.8
            x, y = rng.uniform(-60, 1980), 930 + 350 * t
            wide, high = (
                (20 + 130 * t) * rng.uniform(0.5, 1.3),
                (3 + 17 * t) * rng.uniform(0.6, 1.2),
            )
            shape = [
                (x + wide * math.cos(a) * rng.uniform(0.8, 1.1), y + high * math.sin(a))
                for a in (0, 0.9, 1.7, 2.6, 3.3, 4.2, 5.0, 5.7)
            ]
            pen.polygon([(px, py + 5 * t + 1) for px, py in shape], "#7f98a5")
            pen.polygon(shape, mix("#f2eeea", "#cfdbe0", rng.random()))


def refinery_night(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#0b1426"), (0.4, "#22304c"), (0.62, "#6a4150"),
                     (0.74, "#d0703f"),
                     (1, "#a04a2a"))  # fmt: skip
    sky_clouds(image, "#0c1220", rng, (0, 150), (0.35, 190), (0.6, 40), (0.7, 0))
    glow(image, (1230, 420), 760, "#e0702a", 0.6)
    _smoke(image, rng)
    with drawing_on(image, "#141823") as pen:
        lamps = _works(pen, rng)
        pen.rect((0, 930, 1920, 960), "#10131b")
    _flame(image)
    with drawing_on(image) as pen:
        for x, y in lamps:
            pen.circle(
                (x, y), rng.uniform(2, 4), rng.choice(("#ffe3a0", "#fff4d8", "#ffb765"))
            )
    bloom(image, 26, 0.75)
    mirror(image, 958, rng, waves=1.8, blur=4)
    lay(image, "#060a12", fade(WIDE, (0, 0), (0.747, 0), (0.75, 70), (1, 170)))
    return finish(image, rng)


def _smoke(image: Image.Image, rng: Random) -> None:
    plume = Stencil(image.size)
    for step in range(26):
        t = step / 25
        plume.circle((1236 - 900 * t**1.3, 330 - 250 * t**0.7), 24 + 150 * t)
    puffs = levels(clouds(image.size, (260, 200), rng, 5), 80, 180)
    lay(image, "#2b2328", dim(both(plume.cut(30), puffs), 0.85))


def _works(pen: Pen, rng: Random) -> list[Point]:
    """Columns, tanks and pipes; returns where their lamps are."""
    lamps: list[Point] = []
    for x, tall, wide in (
        (90, 330, 44), (180, 470, 32), (262, 390, 52), (352, 240, 90), (470, 560, 30),
        (540, 430, 46), (640, 300, 60), (745, 500, 34), (830, 350, 56), (940, 270, 76),
        (1060, 390, 40), (1400, 330, 56), (1500, 470, 34), (1590, 280, 80),
    ):  # fmt: skip
        pen.rect((x - wide / 2, 940 - tall, x + wide / 2, 940), radius=wide * 0.3)
        pen.rect((x - wide / 2 + 4, 950 - tall, x - wide / 4, 940), "#2a3040")
        for y in range(60, tall, 74):
            pen.rect((x - wide / 2 - 12, 940 - y, x + wide / 2 + 12, 944 - y))
            lamps += [(x - wide / 2 - 8, 934 - y), (x + wide / 2 + 8, 934 - y)]
    for x in (1700, 1850):
        pen.circle((x, 850), 76)
        pen.arc((x, 850), 70, 70, (180, 260), 8, "#333a4c")
        for leg in (-56, 0, 56):
            pen.line([(x + leg, 880), (x + leg * 1.1, 940)], 8)
    for _ in range(30):
        left, top = rng.uniform(0, 1560), rng.uniform(780, 930)
        long = rng.uniform(120, 330)
        pen.rect((left, top, left + long, top + rng.choice((5, 8, 12))))
        lamps += [(left + long * rng.random(), top - 6)]
    pen.polygon([(1218, 940), (1228, 440), (1244, 440), (1254, 940)])
    for y in range(470, 930, 46):
        half = 20 + (y - 440) * 0.15
        pen.line([(1236 - half, y + 46), (1236 + half, y)], 3)
        pen.line([(1236 + half, y + 46), (1236 - half, y)], 3)
    lamps += [(rng.uniform(20, 1660), rng.uniform(860, 936)) for _ in range(130)]
    return lamps


def _flame(image: Image.Image) -> None:
    for blur, colour, size in (
        (26, "#d4501c", 1.5),
        (9, "#ff9a3c", 1.1),
        (4, "#ffe9b0", 0.62),
    ):
        cut = Stencil(image.size)
        shape = [(0, 20), (-34, -40), (-22, -110), (-70, -190), (-40, -250),
                 (-84, -330),
                 (6, -250), (20, -170), (44, -110), (30, -30)]  # fmt: skip
        cut.moved(1236, 432, size).blob(shape)
        lay(image, colour, cut.cut(blur))
    glow(image, (1220, 320), 420, "#ff8f3a", 0.8)


SCENES = {
    "harbour-cranes": harbour_cranes,
    "cable-bridge": cable_bridge,
    "refinery-night": refinery_night,
}
