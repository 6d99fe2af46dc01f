"""Land, water and weather."""

import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.layers import (
    TALL,
    WIDE,
    Point,
    Size,
    both,
    clouds,
    dim,
    fade,
    finish,
    glow,
    gradient,
    haze,
    height_at,
    lay,
    levels,
    mirror,
    noise,
    ridge,
    shine,
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on


def sky_clouds(
    image: Image.Image,
    colour: Colour,
    rng: Random,
    *stops: tuple[float, float],
    cell: Size = (760, 150),
) -> None:
    """Draw clouds that are as dense as the stops say from top to bottom."""
    puffs = levels(clouds(image.size, cell, rng, 5), 118, 190)
    lay(image, colour, both(puffs, fade(image.size, *stops)))


def hills(
    image: Image.Image, line: list[Point], top: Colour, foot: Colour, depth: float
) -> None:
    """Fill the land below an outline; its colour changes over the depth."""
    cut = Stencil(image.size)
    cut.polygon([*line, (image.width, image.height), (0, image.height)])
    start = min(y for _, y in line) / image.height
    end = min(0.999, start + depth / image.height)
    lay(image, gradient(image.size, (start, top), (end, foot), (1, foot)), cut.cut())


def fir(pen: Pen, at: Point, height: float, colour: Colour, snow: Colour = "") -> None:
    x, y = at
    for tier in range(5):
        low = y - height * tier * 0.18
        wide = height * 0.2 * (1 - tier * 0.17)
        tip = low - height * 0.32
        pen.polygon([(x - wide, low), (x, tip), (x + wide, low)], colour)
        if snow:
            pen.polygon(
                [(x - wide * 0.62, low - height * 0.12), (x, tip),
                 (x + wide * 0.5, low - height * 0.14), (x + wide * 0.1, low - height * 0.19),
                 (x - wide * 0.16, low - height * 0.1)],
                snow,
            )  # fmt: skip


def forest(
    pen: Pen, line: list[Point], tall: float, colour: Colour, rng: Random
) -> None:
    """Set firs along an outline."""
    x = line[0][0]
    while x < line[-1][0]:
        height = tall * rng.uniform(0.55, 1.2)
        fir(
            pen, (x, height_at(line, x) + 8), height, lit(colour, rng.uniform(0.9, 1.1))
        )
        x += tall * rng.uniform(0.12, 0.3)


def _massif(
    image: Image.Image, peaks: list[tuple[float, float]], base: float, rock: Colour,
    snow: Colour, rng: Random,
) -> None:  # fmt: skip
    """Mountains with a lit left and a shaded right side, under snow."""
    with drawing_on(image) as pen:
        for x, height in peaks:
            top = base - height
            left = _jagged((x - height * 1.25, base), (x, top), rng)
            right = _jagged((x, top), (x + height * 1.3, base), rng)
            spine = _jagged((x, top), (x + height * 0.22, base), rng, 0.16)
            pen.polygon([*left, *right], rock)
            pen.polygon([*spine, *reversed(right)], lit(rock, 0.72))
            snow_low = top + height * 0.42
            white = [p for p in left if p[1] < snow_low]
            pen.polygon([*white, *_teeth((x, snow_low), white[0], rng)], snow)
            grey = [p for p in right if p[1] < snow_low * 0.98]
            pen.polygon(
                [*grey, *_teeth(grey[-1], (x + height * 0.09, snow_low), rng)],
                mix(snow, rock, 0.5),
            )


def _jagged(start: Point, end: Point, rng: Random, rough: float = 0.07) -> list[Point]:
    span = math.dist(start, end) * rough
    line = []
    for i in range(31):
        t = i / 30
        swing = span * math.sin(math.pi * t) ** 0.5 * rng.uniform(-0.4, 0.4)
        line.append(
            (
                start[0] + (end[0] - start[0]) * t,
                start[1] + (end[1] - start[1]) * t + swing,
            )
        )
    return line


def _teeth(start: Point, end: Point, rng: Random) -> list[Point]:
    """The lower edge of the snow: long tongues in the gullies."""
    points = []
    for i in range(13):
        t = i / 12
        drop = rng.uniform(0, 64) if i % 2 else rng.uniform(-40, 6)
        edge = math.sin(math.pi * t) ** 0.4
        points.append(
            (
                start[0] + (end[0] - start[0]) * t + rng.uniform(-8, 8),
                start[1] + (end[1] - start[1]) * t + drop * edge,
            )
        )
    return points


def mountain_lake(rng: Random) -> Image.Image:
    image = gradient(
        WIDE, (0, "#5d93bd"), (0.3, "#a9cbdc"), (0.6, "#f1e6d2"), (1, "#e9dcc8")
    )
    sky_clouds(image, "#ffffff", rng, (0, 0), (0.15, 170), (0.4, 60), (0.5, 0))
    glow(image, (1500, 420), 700, "#ffe3b4", 0.6)
    far = [(x, rng.uniform(200, 330)) for x in range(-60, 2100, 190)]
    _massif(image, far, 800, "#93acc0", "#dde8ee", rng)
    haze(image, "#e6e4dc", 760, 130, 0.75)
    _massif(image, [(420, 520), (880, 390), (1420, 570), (1860, 360)], 830, "#5f7c92",
            "#f6f8f8", rng)  # fmt: skip
    haze(image, "#dfe3df", 830, 120, 0.7)
    hills(image, ridge(1920, 800, 110, rng), "#4d6f6a", "#35564f", 160)
    wooded = ridge(1920, 846, 60, rng)
    hills(image, wooded, "#2c4a44", "#1d3531", 60)
    with drawing_on(image) as pen:
        forest(pen, wooded, 62, "#24423d", rng)
    mirror(image, 862, rng, waves=0.9, blur=2.5)
    lay(image, "#1d4450", fade(WIDE, (0, 0), (0.67, 0), (0.68, 60), (1, 150)))
    with drawing_on(image) as pen:
        pen.polygon(
            [(0, 1130), (0, 1280), (900, 1280), (560, 1206), (240, 1160)], "#6d655a"
        )
        for _ in range(160):
            x = rng.uniform(0, 700)
            y = 1150 + x * 0.17 + rng.uniform(0, 110)
            pen.oval((x, y), rng.uniform(8, 34), rng.uniform(4, 12),
                     lit("#8a8175", rng.uniform(0.55, 1.15)))  # fmt: skip
        _jetty(pen)
    return finish(image, rng)


def _jetty(pen: Pen) -> None:
    """Too long for the water that is left."""
    pen.polygon([(330, 1136), (1010, 1010), (1042, 1022), (420, 1166)], "#5b4a3c")
    pen.line([(330, 1136), (1010, 1010)], 5, "#8d7760")
    for i in range(8):
        x, y = 400 + i * 88, 1126 - i * 16
        pen.line([(x, y - 30), (x, y + 74 - i * 4)], 9 - i * 0.5, "#3b2f28")
    pen.blob(
        [(1080, 1062), (1180, 1074), (1320, 1058), (1276, 1098), (1130, 1100)],
        "#26333a",
    )
    pen.line([(1096, 1064), (1304, 1060)], 6, "#c9b596")


def snow_road(rng: Random) -> Image.Image:
    image = gradient(TALL, (0, "#3b4a66"), (0.3, "#8790a8"), (0.46, "#e3b9a2"), (0.5, "#efd0b8"),
                     (0.52, "#c9d0dc"), (1, "#8b97b0"))  # fmt: skip
    sky_clouds(image, "#56607c", rng, (0, 190), (0.4, 40), (0.46, 0))
    hills(image, ridge(1280, 930, 180, rng), "#8693aa", "#a9b2c4", 160)
    haze(image, "#e6cfc4", 930, 120, 0.6)
    ground = [(i * 64.0, 950 + 8 * math.sin(i)) for i in range(21)]
    hills(image, ground, "#c3cbda", "#e1e6ee", 700)
    _road(image, rng)
    with drawing_on(image) as pen:
        for row in range(16):
            t = (row / 15) ** 1.7
            for side in (-1, 1):
                for spread in (0.0, 0.7, 1.4):
                    x = 660 + side * (96 + 560 * t + spread * (90 + 300 * t))
                    height = (70 + 720 * t) * rng.uniform(0.75, 1.15)
                    tone = mix("#7f8ea6", "#16232b", min(1, 0.2 + t * 1.3))
                    fir(pen, (x + rng.uniform(-20, 20) * (1 + 2 * t), 964 + 720 * t), height,
                        tone, mix("#b9c3d4", "#dfe6f0", t))  # fmt: skip
        for x, y, size in (
            (664, 974, 9),
            (674, 1000, 16),
            (694, 1052, 28),
            (736, 1160, 56),
        ):
            _lorry(pen, x, y, size)
    for x, y in ((691, 1153), (781, 1153)):
        glow(image, (x, y), 90, "#ff3320", 0.9)
    haze(image, "#f0d9cb", 980, 70, 0.35)
    flakes(image, rng, 520)
    return finish(image, rng)


def _road(image: Image.Image, rng: Random) -> None:
    road = Stencil(image.size)
    road.polygon([(644, 950), (664, 950), (1080, 1920), (120, 1920)])
    lay(image, gradient(image.size, (0.5, "#a5afc2"), (1, "#6f7b93")), road.cut(6))
    ruts = Stencil(image.size)
    for near, wide in ((330, 80), (800, 90)):
        ruts.polygon([(652, 952), (656, 952), (near + wide, 1920), (near, 1920)])
    lay(image, "#46516a", dim(ruts.cut(9), 0.5))
    crust = levels(noise(image.size, (90, 14), rng), 120, 230, 120)
    lay(image, "#ffffff", both(crust, fade(image.size, (0, 0), (0.52, 0), (1, 255))))


def _lorry(pen: Pen, x: float, y: float, size: float) -> None:
    pen.rect((x - size, y - size * 2.1, x + size, y), "#39424f", size * 0.1)
    pen.rect(
        (x - size * 0.9, y - size * 2.0, x + size * 0.9, y - size * 0.3), "#5c6674"
    )
    pen.rect((x - size, y - size * 0.25, x + size, y), "#20262e")
    for side in (-1, 1):
        pen.circle((x + side * size * 0.8, y - size * 0.12), size * 0.12, "#ff5a3c")


def flakes(image: Image.Image, rng: Random, number: int) -> None:
    """Falling snow, near and far."""
    for size, blur, share in ((1.6, 0.6, 0.8), (3.4, 1.4, 0.7), (7, 4, 0.5)):
        cut = Stencil(image.size)
        for _ in range(round(number / size)):
            at = (rng.uniform(0, image.width), rng.uniform(0, image.height))
            cut.oval(at, size * rng.uniform(0.6, 1.1), size * rng.uniform(0.7, 1.3))
        lay(image, "#f6f8ff", dim(cut.cut(blur), share))


def weather_station(rng: Random) -> Image.Image:
    image = gradient(
        WIDE, (0, "#3f79ad"), (0.45, "#b4d2e2"), (0.62, "#e9eff0"), (1, "#dfe8ee")
    )
    sky_clouds(image, "#ffffff", rng, (0, 20), (0.3, 150), (0.55, 200), (0.6, 0))
    _massif(image, [(140, 400), (560, 260), (1080, 330), (1640, 470)], 900, "#7d97ad",
            "#fbfcfc", rng)  # fmt: skip
    haze(image, "#eef3f5", 880, 110, 0.8)
    hills(image, ridge(1920, 930, 60, rng, 0.4), "#eaf1f5", "#c2d3e0", 420)
    drift = levels(clouds(WIDE, (700, 60), rng), 120, 190, 150)
    lay(
        image,
        "#9fb8cc",
        both(drift, fade(WIDE, (0, 0), (0.7, 0), (0.8, 200), (1, 255))),
    )
    shadow = Stencil(WIDE)
    shadow.polygon([(760, 1130), (1000, 1130), (1720, 1200), (1560, 1226)])
    shadow.polygon([(1500, 1010), (1512, 1010), (1900, 1050), (1900, 1054)])
    lay(image, "#6d8cab", dim(shadow.cut(8), 0.55))
    with drawing_on(image) as pen:
        _hut(pen.moved(230, 980))
        _screen(pen.moved(860, 1140))
        _anemometer(pen.moved(1500, 1014))
    return finish(image, rng, vignette=0.16)


def _hut(pen: Pen) -> None:
    pen.rect((-110, -110, 130, 6), "#7b3b2c")
    for x in range(-110, 130, 24):
        pen.line([(x, -110), (x, 6)], 2, "#5c2a20")
    pen.polygon([(-140, -104), (-96, -176), (116, -176), (160, -104)], "#eef3f6")
    pen.polygon([(-140, -104), (160, -104), (156, -92), (-136, -92)], "#9db0c0")
    pen.rect((-70, -78, -16, -30), "#ffe2a0")
    pen.rect((40, -84, 92, 6), "#4d241b")
    pen.rect((60, -222, 84, -170), "#6a6f74")


def _screen(pen: Pen) -> None:
    """The louvred box on legs in which thermometers hang."""
    for x in (-92, 84):
        pen.line([(x, -240), (x * 1.16, 10)], 13, "#d5dde2")
    pen.line([(-96, -30), (92, -180)], 8, "#c2ccd3")
    pen.line([(92, -30), (-92, -180)], 8, "#b3bec7")
    pen.rect((-122, -500, 118, -236), "#f4f6f6", 4)
    pen.rect((30, -500, 118, -236), "#d3dbe1", 4)
    for i in range(15):
        y = -486 + i * 16.4
        pen.rect((-110, y, 22, y + 9), "#c6d0d6")
        pen.rect((38, y, 110, y + 9), "#aab7c1")
    pen.polygon([(-142, -498), (-126, -532), (122, -532), (140, -498)], "#ffffff")
    pen.polygon([(-142, -498), (140, -498), (136, -488), (-138, -488)], "#9fb0bd")
    pen.line([(150, 10), (216, -236)], 8, "#a9927a")
    pen.line([(190, 10), (256, -236)], 8, "#a9927a")
    for i in range(5):
        pen.line(
            [(160 + i * 13, -26 - i * 48), (198 + i * 13, -26 - i * 48)], 6, "#a9927a"
        )


def _anemometer(pen: Pen) -> None:
    pen.line([(0, 0), (0, -640)], 11, "#59656f")
    for side in (-1, 1):
        pen.line([(0, -520), (side * 230, 4)], 2, "#7d8a94")
    pen.line([(-120, -600), (120, -600)], 7, "#59656f")
    for angle in (0, 2.1, 4.2):
        x, y = -120 + 52 * math.cos(angle), -640 + 14 * math.sin(angle)
        pen.line([(-120, -640), (x, y)], 4, "#3c464e")
        pen.slice((x, y), 20, 20, (90, 270), "#3c464e")
    pen.line([(-120, -640), (-120, -600)], 6, "#3c464e")
    pen.line([(120, -600), (120, -636)], 6, "#3c464e")
    pen.polygon([(60, -640), (150, -640), (196, -668), (196, -612), (150, -632), (60, -632)],
                "#b2402f")  # fmt: skip


def ferry_crossing(rng: Random) -> Image.Image:
    image = gradient(
        WIDE, (0, "#6f9fb8"), (0.4, "#c6d9da"), (0.54, "#f3e2c6"), (1, "#e8d5bb")
    )
    sky_clouds(
        image,
        "#f8f6f0",
        rng,
        (0, 60),
        (0.3, 210),
        (0.5, 40),
        (0.54, 0),
        cell=(900, 200),
    )
    hills(image, ridge(1920, 700, 120, rng), "#8ea9b4", "#a6b9bd", 110)
    sea(image, 700, "#5f8d9b", "#173f4f", rng)
    wake = Stencil(WIDE)
    wake.polygon([(1250, 850), (1960, 900), (1960, 1010), (1240, 872)])
    wake.polygon([(560, 858), (480, 884), (1300, 880), (1280, 856)])
    foam = both(wake.cut(10), levels(noise(WIDE, (34, 9), rng), 60, 150))
    lay(image, "#f2f6f5", foam)
    with drawing_on(image) as pen:
        _ferry(pen.moved(900, 864, 1.12))
        for _ in range(15):
            gull(
                pen,
                (rng.uniform(250, 1750), rng.uniform(150, 620)),
                rng.uniform(12, 38),
            )
    glow(image, (1640, 560), 420, "#ffe6b8", 0.5)
    return finish(image, rng)


def gull(pen: Pen, at: Point, size: float, colour: Colour = "#f7f7f4") -> None:
    x, y = at
    pen.curve([(x - size, y - size * 0.35), (x - size * 0.4, y - size * 0.5), (x, y),
               (x + size * 0.45, y - size * 0.55), (x + size, y - size * 0.2)],
              max(2, size * 0.13), colour)  # fmt: skip


def sea(image: Image.Image, top: int, far: Colour, near: Colour, rng: Random) -> None:
    """Open water with waves that grow towards the viewer."""
    depth = image.height - top
    water = gradient((image.width, depth), (0, far), (1, near))
    for band in range(7):
        start, end = (depth * (band / 7) ** 1.5, depth * ((band + 1) / 7) ** 1.5)
        cell = (30 + band * 46, 4 + band * 5)
        size = (image.width, round(end) - round(start) + 24)
        grey = noise(size, cell, rng)
        edge = fade(size, (0, 0), (0.15, 255), (0.85, 255), (1, 0))
        at = (0, round(start) - 12)
        lay(
            water,
            mix(far, "#ffffff", 0.35),
            dim(both(levels(grey, 150, 240), edge), 0.5),
            at,
        )
        lay(water, lit(near, 0.72), dim(both(levels(grey, 110, 20), edge), 0.5), at)
    image.paste(water, (0, top))


def _ferry(pen: Pen) -> None:
    pen.blob([(-420, -96), (-380, 8), (-300, 16), (300, 16), (352, 4), (374, -92), (0, -86)],
             "#1f4a63")  # fmt: skip
    pen.polygon([(-424, -92), (376, -92), (370, -70), (-414, -70)], "#f1efe8")
    pen.polygon([(-330, -92), (-300, -190), (330, -190), (350, -92)], "#f5f3ee")
    pen.polygon([(40, -92), (40, -190), (330, -190), (350, -92)], "#dfe2e0")
    pen.polygon([(-240, -190), (-214, -262), (250, -262), (266, -190)], "#fbfaf6")
    pen.polygon([(-190, -262), (-166, -318), (-30, -318), (-20, -262)], "#e8eae7")
    pen.rect((-164, -306, -44, -284), "#284250")
    for x in range(-286, 330, 34):
        pen.rect((x, -160, x + 20, -138), "#3a5563", 3)
    for x in range(-206, 240, 30):
        pen.rect((x, -236, x + 18, -216), "#3a5563", 3)
    for x in range(-380, 340, 60):
        pen.circle((x, -40), 7, "#7fa0ae")
    pen.polygon([(80, -262), (92, -352), (156, -352), (172, -262)], "#b2402f")
    pen.rect((88, -352, 160, -334), "#22303a")
    pen.line([(-100, -318), (-100, -400)], 5, "#4a5a62")
    pen.line([(-100, -392), (-330, -190)], 2, "#5d6c73")
    pen.line([(-100, -392), (120, -352)], 2, "#5d6c73")
    for x in (-250, 196, 262):
        pen.oval((x, -200), 24, 9, "#e07b39")


def wind_turbines(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#4d7ba3"), (0.35, "#a9c3d1"), (0.62, "#f6d9bf"), (0.66, "#f9e4cd"),
                     (1, "#e6d0b8"))  # fmt: skip
    sky_clouds(image, "#fdf3e6", rng, (0, 10), (0.3, 180), (0.55, 90), (0.64, 0))
    glow(image, (430, 830), 620, "#ffd7a0", 0.8)
    for x in range(140, 1920, 170):
        with drawing_on(image) as pen:
            _turbine(
                pen, (x + rng.uniform(-30, 30), 846), 130, "#b7bcc0", rng.uniform(0, 2)
            )
    sea(image, 838, "#b9b9b2", "#2b5469", rng)
    shine(image, "#ffdca8", dim(_path_of_light(image, 430, 838), 0.5))
    with drawing_on(image) as pen:
        for x, foot, size, turn in (
            (1640, 872, 300, 0.4),
            (1210, 888, 430, 0.9),
            (560, 930, 610, 0.5),
        ):
            _turbine(pen, (x, foot), size, "#f3f2ee", turn)
            pen.rect(
                (x - size * 0.025, foot - 6, x + size * 0.025, foot + size * 0.035),
                "#e0a92c",
            )
        for x, y in ((1480, 300), (1530, 330), (1450, 360), (1570, 290)):
            gull(pen, (x, y), 22, "#4a5d6c")
    return finish(image, rng)


def _path_of_light(image: Image.Image, x: float, top: float) -> Image.Image:
    cut = Stencil(image.size)
    cut.polygon([(x - 40, top), (x + 40, top), (x + 260, 1280), (x - 260, 1280)])
    return both(cut.cut(30), levels(noise(image.size, (60, 8), Random(5)), 90, 200))


def _turbine(pen: Pen, foot: Point, size: float, colour: Colour, turn: float) -> None:
    x, y = foot
    top = y - size
    dark = lit(colour, 0.82)
    pen.polygon([(x - size * 0.018, y), (x - size * 0.009, top), (x + size * 0.009, top),
                 (x + size * 0.018, y)], dark)  # fmt: skip
    pen.polygon(
        [(x - size * 0.018, y), (x - size * 0.009, top), (x, top), (x, y)], colour
    )
    for blade in range(3):
        angle = turn + blade * math.tau / 3
        along = (math.sin(angle), -math.cos(angle))
        side = (math.cos(angle), math.sin(angle))
        reach = size * 0.56

        def spot(t: float, off: float) -> Point:
            return (
                x + along[0] * reach * t + side[0] * size * off,  # noqa: B023
                top + along[1] * reach * t + side[1] * size * off,  # noqa: B023
            )

        pen.polygon(
            [spot(0, -0.008), spot(0.2, -0.022), spot(1, 0), spot(0.2, 0.008)], colour
        )
        pen.polygon([spot(0.2, 0), spot(1, 0), spot(0.2, 0.008), spot(0, 0.008)], dark)
    pen.circle((x, top), size * 0.022, lit(colour, 0.9))


SCENES = {
    "mountain-lake": mountain_lake,
    "snow-road": snow_road,
    "weather-station": weather_station,
    "ferry-crossing": ferry_crossing,
    "wind-turbines": wind_turbines,
}
