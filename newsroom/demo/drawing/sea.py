"""Out at sea."""

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
    both,
    dim,
    fade,
    finish,
    glow,
    gradient,
    lay,
    levels,
    noise,
    ridge,
    shine,
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on


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


def _ferry(pen: Pen) -> None:
    pen.blob([(-420, -96), (-380, 8), (-300, 16), (300, 16), (352, 4), (374, -92),
              (0, -86)],
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
    image = gradient(WIDE, (0, "#4d7ba3"), (0.35, "#a9c3d1"), (0.62, "#f6d9bf"),
                     (0.66, "#f9e4cd"),
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
    pen.polygon([(x - size * 0.018, y), (x - size * 0.009, top),
                 (x + size * 0.009, top),
                 (x + size * 0.018, y)], dark)  # fmt: skip
    pen.polygon(
        [(x - size * 0.018, y), (x - size * 0.009, top), (x, top), (x, y)], colour
    )
    for blade in range(3):
        _blade(pen.moved(x, top, size), turn + blade * math.tau / 3, colour)
    pen.circle((x, top), size * 0.022, lit(colour, 0.9))


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


def _blade(pen: Pen, angle: float, colour: Colour) -> None:
    """A blade of a rotor whose hub is the pen's origin."""
    sine, cosine = math.sin(angle), math.cos(angle)

    def spot(along: float, off: float) -> Point:
        return sine * along + cosine * off, sine * off - cosine * along

    tip, root = spot(0.56, 0), spot(0.112, 0.008)
    pen.polygon([spot(0, -0.008), spot(0.112, -0.022), tip, root], colour)
    pen.polygon([spot(0.112, 0), tip, root, spot(0, 0.008)], lit(colour, 0.82))


SCENES = {
    "ferry-crossing": ferry_crossing,
    "wind-turbines": wind_turbines,
}
