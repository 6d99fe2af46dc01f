"""Mountains and fields."""

import math
from collections.abc import Sequence
from random import Random

from PIL import Image

from newsroom.demo.drawing.landscape import (
    forest,
    hills,
    sky_clouds,
)
from newsroom.demo.drawing.layers import (
    WIDE,
    Point,
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
    noise,
    ridge,
    rounded,
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, between, drawing_on


def _massif(
    image: Image.Image, peaks: Sequence[tuple[float, float]], base: float, rock: Colour,
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
        x, y = between(start, end, t)
        line.append((x, y + swing))
    return line


def _teeth(start: Point, end: Point, rng: Random) -> list[Point]:
    """The lower edge of the snow: long tongues in the gullies."""
    points = []
    for i in range(13):
        t = i / 12
        drop = rng.uniform(0, 64) if i % 2 else rng.uniform(-40, 6)
        edge = math.sin(math.pi * t) ** 0.4
        x, y = between(start, end, t)
        points.append((x + rng.uniform(-8, 8), y + drop * edge))
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
    pen.polygon([(60, -640), (150, -640), (196, -668), (196, -612), (150, -632),
                 (60, -632)],
                "#b2402f")  # fmt: skip


def grain_silos(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#46586b"), (0.35, "#8b99a2"), (0.58, "#f0dcae"),
                     (0.64, "#f2dfae"),
                     (1, "#d9b45e"))  # fmt: skip
    sky_clouds(
        image,
        "#2f3d4d",
        rng,
        (0, 255),
        (0.3, 210),
        (0.55, 30),
        (0.6, 0),
        cell=(800, 260),
    )
    sky_clouds(image, "#e9dcc0", rng, (0, 0), (0.3, 40), (0.45, 150), (0.6, 0))
    hills(image, ridge(1920, 812, 34, rng), "#8f8a63", "#a89a5e", 40)
    for x in range(1060, 1560, 112):
        image.paste(rounded((106, 330), "#c3c2ba"), (x, 470))
        with drawing_on(image) as pen:
            pen.slice((x + 53, 474), 53, 34, (180, 360), "#a3a49f")
            for y in range(520, 790, 44):
                pen.line([(x, y), (x + 106, y)], 2, "#9a9a93")
    image.paste(rounded((132, 520), "#b8b2a4", 0.2), (1560, 284))
    with drawing_on(image) as pen:
        _elevator(pen)
        pen.polygon([(0, 800), (1920, 800), (1920, 1280), (0, 1280)], "#c69a3f")
    _wheat(image, rng)
    glow(image, (300, 760), 700, "#ffe7a6", 0.45)
    return finish(image, rng)


def _elevator(pen: Pen) -> None:
    pen.polygon([(1548, 290), (1626, 236), (1704, 290)], "#5b5f62")
    for y in (330, 420, 510, 600):
        pen.rect((1604, y, 1648, y + 30), "#4b555c")
    pen.line([(1080, 440), (1580, 300)], 18, "#6b6a66")
    for x in range(1090, 1570, 60):
        pen.line([(x, 440 - (x - 1080) * 0.28), (x, 480)], 4, "#6b6a66")
    for x in (760, 850, 940):
        pen.rect((x, 760, x + 74, 796), "#7a4438")
        pen.rect((x + 8, 768, x + 66, 774), "#93574a")
        for wheel in (16, 58):
            pen.circle((x + wheel, 798), 9, "#2d2b2a")


def _wheat(image: Image.Image, rng: Random) -> None:
    field = gradient((1920, 480), (0, "#dfbd66"), (0.4, "#c4933a"), (1, "#7d5417"))
    for cell, low, high in (((9, 60), 60, 200), ((26, 160), 90, 190)):
        grey = levels(noise((1920, 480), cell, rng), low, high)
        lay(
            field, "#5b3b10", dim(both(grey, fade((1920, 480), (0, 20), (1, 255))), 0.6)
        )
    rows = levels(noise((1920, 480), (500, 22), rng), 120, 210)
    lay(field, "#f3d98f", dim(rows, 0.4))
    image.paste(field, (0, 800))
    with drawing_on(image) as pen:
        for number in range(620):
            t = (number / 620) ** 0.8
            x, foot = rng.uniform(-20, 1940), 930 + 400 * t
            tall = (30 + 190 * t) * rng.uniform(0.8, 1.1)
            lean = rng.uniform(-0.12, 0.3) * tall
            colour = lit(
                mix("#d8ae4f", "#f0cf7c", rng.random()), rng.uniform(0.62, 1.05)
            )
            pen.curve([(x, foot), (x + lean * 0.3, foot - tall * 0.6),
                       (x + lean, foot - tall)],
                      1.2 + 2.6 * t, lit(colour, 0.8))  # fmt: skip
            for grain in range(6):
                share = 1 - grain * 0.055
                pen.oval((x + lean * share + (grain % 2 * 2 - 1) * 3 * t,
                          foot - tall * share),
                         1.5 + 4.6 * t, 3 + 9 * t, colour)  # fmt: skip


SCENES = {
    "mountain-lake": mountain_lake,
    "weather-station": weather_station,
    "grain-silos": grain_silos,
}
