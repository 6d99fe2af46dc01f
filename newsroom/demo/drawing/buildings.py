"""Houses and streets."""

import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.landscape import (
    bare_tree,
    flakes,
    hills,
    sky_clouds,
)
from newsroom.demo.drawing.layers import (
    WIDE,
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
    noise,
    ridge,
    rounded,
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on

WINDOWS = ("#ffd27f", "#f6b65c", "#ffe6ae", "#f0a24a", "#d6e4f2")


def apartment_blocks(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#141d38"), (0.4, "#39416a"), (0.62, "#7d6480"),
                     (0.72, "#c58a7c"),
                     (1, "#b98478"))  # fmt: skip
    sky_clouds(image, "#222a4a", rng, (0, 120), (0.3, 170), (0.6, 0))
    hills(image, ridge(1920, 880, 60, rng), "#5d5572", "#7d6c82", 70)
    with drawing_on(image) as pen:
        for x, top, wide, tone in ((820, 470, 200, "#494a6a"),
                                   (1120, 520, 190, "#4d4c6a"),
                                   (560, 560, 210, "#4b4b6b")):  # fmt: skip
            _block(pen, x, top, wide, 940, tone, rng)
        _block(pen, 60, 210, 460, 990, "#2f3552", rng)
        _block(pen, 1370, 150, 480, 1000, "#2c3150", rng)
    bloom(image, 22, 0.5)
    snow = gradient((1920, 420), (0, "#8f8fb2"), (0.35, "#b5b6d0"), (1, "#d9dcec"))
    lay(
        snow, "#7f83a8", dim(levels(clouds((1920, 420), (500, 60), rng), 120, 200), 0.6)
    )
    drift = Stencil(WIDE)
    drift.polygon([*ridge(1920, 990, 40, rng, 0.4), (1920, 1280), (0, 1280)])
    lay(image, _under(snow), drift.cut(2))
    with drawing_on(image) as pen:
        for x, y, size in ((640, 1010, 210), (1250, 1000, 170), (1180, 1110, 330)):
            bare_tree(pen, (x, y), -math.pi / 2, size * 0.36, size * 0.045, rng)
        for x in (330, 905, 1560):
            pen.line([(x, 1070), (x, 800), (x + 54, 786)], 7, "#1b2036")
        _walker(pen.moved(800, 1150, 1.15))
        for step in range(9):
            pen.oval((770 - step * 44, 1156 + step * 12), 9 + step, 4, "#8c90b4")
    for x in (384, 959, 1614):
        glow(image, (x, 790), 260, "#ffb65e", 0.75)
        glow(image, (x, 790), 34, "#fff0cc", 1.0)
        glow(image, (x - 20, 1086), 330, "#e8924a", 0.5, flat=0.34)
    flakes(image, rng, 620)
    return finish(image, rng)


def _under(ground: Image.Image) -> Image.Image:
    """A sheet as large as the picture with the ground at its foot."""
    sheet = Image.new("RGB", WIDE)
    sheet.paste(ground, (0, WIDE[1] - ground.height))
    return sheet


def _block(
    pen: Pen, x: int, top: int, wide: int, foot: int, tone: Colour, rng: Random
) -> None:
    """A house of concrete panels with balconies; about half are at home."""
    size = wide / 460
    pen.rect((x, top, x + wide, foot), tone)
    pen.rect((x + wide * 0.93, top, x + wide, foot), lit(tone, 0.72))
    pen.rect((x - 4, top - 12 * size, x + wide + 4, top + 3), "#c9cbe0")
    columns, floor = 10, 46 * size + 8
    step = wide * 0.92 / columns
    y = top + 18 * size
    while y + floor < foot:
        pen.line([(x, y - 7 * size), (x + wide, y - 7 * size)], 1.2, lit(tone, 0.8))
        for column in range(columns):
            left = x + 8 * size + column * step
            shine = rng.random() < 0.5
            colour = rng.choice(WINDOWS) if shine else lit(tone, 0.66)
            box = (left, y, left + step * 0.62, y + floor * 0.52)
            pen.rect(box, colour)
            pen.line([(left + step * 0.31, y), (left + step * 0.31, box[3])], 1.6, tone)
            if shine and rng.random() < 0.4:
                curtain = (left, y, left + step * 0.2, box[3])
                pen.rect(curtain, mix(colour, "#7a3b20", 0.45))
            if column in (2, 3, 6, 7):
                pen.rect((left - 3, box[3] - 3, left + step * 0.84, box[3] + 11 * size),
                         lit(tone, 1.4))  # fmt: skip
        y += floor
    for spot in (0.2, 0.55, 0.8):
        pen.line(
            [(x + wide * spot, top - 8), (x + wide * spot, top - 60 * size)],
            2.5,
            "#232845",
        )


def _walker(pen: Pen) -> None:
    pen.oval((10, 8), 50, 9, "#7e82a8")
    pen.polygon([(-10, -56), (4, -56), (10, 6), (-2, 8)], "#12162a")
    pen.polygon([(0, -56), (14, -56), (-14, 8), (-24, 4)], "#181c32")
    pen.blob(
        [(-20, -140), (0, -152), (20, -140), (30, -50), (0, -40), (-28, -50)], "#7d2f33"
    )
    pen.blob([(14, -136), (24, -130), (38, -84), (28, -80)], "#682529")
    pen.circle((2, -164), 16, "#d9a884")
    pen.blob([(-16, -166), (-10, -186), (8, -188), (20, -168), (2, -172)], "#20253f")
    pen.rect((26, -84, 52, -46), "#cfc3a4", 3)


def courthouse(rng: Random) -> Image.Image:
    image = gradient(
        WIDE, (0, "#3f6d96"), (0.4, "#93b5c6"), (0.8, "#e9dfcb"), (1, "#e3d3b6")
    )
    sky_clouds(
        image,
        "#f9f5ec",
        rng,
        (0, 60),
        (0.2, 210),
        (0.5, 160),
        (0.7, 0),
        cell=(820, 220),
    )
    with drawing_on(image) as pen:
        _wings(pen)
    for x in range(410, 1500, 196):
        image.paste(rounded((96, 560), "#d8cbb0", 0.24), (x, 430))
    with drawing_on(image) as pen:
        _portico(pen)
        _steps(pen)
        for x, y, size, coat in ((1240, 1090, 0.86, "#2f4353"),
                                 (1310, 1100, 0.9, "#7a3a33"),
                                 (560, 1180, 1.12, "#3a3f3a")):  # fmt: skip
            _figure(pen.moved(x, y, size), coat)
    shade = Stencil(WIDE)
    shade.polygon([(400, 420), (1520, 420), (1520, 520), (400, 470)])
    shade.polygon([(1180, 1030), (1920, 1160), (1920, 1280), (1420, 1280)])
    lay(image, "#2b2a33", dim(shade.cut(14), 0.32))
    glow(image, (120, 120), 900, "#fff0cc", 0.4)
    return finish(image, rng)


def _wings(pen: Pen) -> None:
    """The front behind the columns, and what stands to its sides."""
    pen.rect((60, 420, 1860, 1010), "#b3a48a")
    for x in (110, 240, 1560, 1690):
        for y in (500, 720):
            pen.rect((x, y, x + 76, y + 140), "#4a5358", 3)
            pen.rect((x - 8, y + 140, x + 84, y + 152), "#cdbfa4")
            pen.line([(x + 38, y), (x + 38, y + 140)], 4, "#8f8573")
            pen.line([(x, y + 56), (x + 76, y + 56)], 4, "#8f8573")
    pen.rect((400, 400, 1520, 1010), "#6d6252")
    for x in (570, 760, 1080, 1280):
        pen.rect((x, 560, x + 90, 800), "#3b4145")
    pen.rect((896, 620, 1024, 1010), "#4b2f22")
    pen.line([(960, 620), (960, 1010)], 5, "#2c1c15")


def _portico(pen: Pen) -> None:
    stone, shade = "#d9ccb1", "#b09f83"
    for x in range(410, 1500, 196):
        pen.rect((x - 14, 414, x + 110, 436), stone)
        pen.rect((x - 8, 436, x + 104, 446), shade)
        pen.rect((x - 16, 984, x + 112, 1012), stone)
    pen.rect((376, 336, 1544, 416), stone)
    pen.rect((376, 402, 1544, 416), shade)
    pen.rect((360, 318, 1560, 340), "#e6dcc5")
    pen.polygon([(350, 320), (960, 96), (1570, 320)], stone)
    pen.polygon([(430, 306), (960, 120), (1490, 306)], shade)
    pen.polygon([(350, 320), (960, 96), (960, 118), (402, 320)], "#ece2cc")
    pen.line([(960, 160), (960, 290)], 8, stone)
    pen.line([(870, 190), (1050, 190)], 7, stone)
    for side in (-1, 1):
        x = 960 + side * 90
        pen.line([(x - 32, 244), (x, 190), (x + 32, 244)], 4, stone)
        pen.slice((x, 244), 36, 26, (0, 180), stone)
    pen.circle((960, 158), 13, stone)
    pen.rect((900, 288, 1020, 300), stone)


def _steps(pen: Pen) -> None:
    for step in range(11):
        y = 1008 + step * 25
        reach = 40 + step * 42
        light = mix("#e0d4bb", "#c6b799", step / 10)
        pen.rect((380 - reach, y, 1540 + reach, y + 15), light)
        pen.rect((380 - reach, y + 15, 1540 + reach, y + 26), lit(light, 0.72))


def _figure(pen: Pen, coat: Colour) -> None:
    pen.oval((26, 4), 60, 9, "#8d8069")
    for x in (-13, 5):
        pen.rect((x - 7, -74, x + 9, 4), "#23272c", 4)
    pen.blob(
        [(-28, -156), (0, -170), (28, -156), (36, -60), (0, -52), (-36, -60)], coat
    )
    pen.blob([(2, -164), (28, -156), (36, -60), (6, -54)], lit(coat, 0.75))
    pen.oval((0, -192), 17, 21, "#cf9f7d")
    pen.blob(
        [(-18, -192), (-14, -214), (4, -218), (19, -200), (12, -204), (-10, -204)],
        "#3a2b24",
    )


def old_town_roofs(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#5a7fa0"), (0.25, "#b6bdbf"), (0.42, "#f3d2a4"),
                     (0.55, "#f8e3bd"),
                     (1, "#e9c690"))  # fmt: skip
    sky_clouds(image, "#fbe6c5", rng, (0, 30), (0.2, 200), (0.4, 60), (0.5, 0))
    glow(image, (1480, 480), 620, "#ffe0a0", 0.8)
    for depth in range(7):
        t = depth / 6
        with drawing_on(image) as pen:
            if depth in (1, 3):
                _spire(
                    pen,
                    560 if depth == 1 else 1250,
                    560 + 60 * depth,
                    250 + 90 * depth,
                    t,
                )
            x = rng.uniform(-160, -60)
            while x < 1960:
                wide = rng.uniform(90, 190) * (0.6 + 1.5 * t)
                _house(pen, x, 560 + 520 * t**1.2 + rng.uniform(-26, 26), wide, t, rng)
                x += wide * rng.uniform(0.7, 1.0)
        haze(image, "#f5d7a8", 610 + 520 * t**1.2, 80 + 60 * t, 0.34 * (1 - t))
    return finish(image, rng)


def _spire(pen: Pen, x: float, foot: float, tall: float, t: float) -> None:
    stone, copper = mix("#d9b894", "#8a5a44", t), mix("#b9bfa6", "#4f7f72", t)
    wide = tall * 0.13
    pen.rect((x - wide, foot - tall * 0.5, x + wide, foot + 80), stone)
    pen.rect((x + wide * 0.2, foot - tall * 0.5, x + wide, foot + 80), lit(stone, 0.86))
    pen.polygon([(x - wide * 1.2, foot - tall * 0.5),
                 (x - wide * 0.5, foot - tall * 0.64),
                 (x, foot - tall), (x + wide * 0.5, foot - tall * 0.64),
                 (x + wide * 1.2, foot - tall * 0.5)], copper)  # fmt: skip
    pen.circle((x, foot - tall * 0.38), wide * 0.34, "#f2ead6")
    pen.line([(x, foot - tall), (x, foot - tall * 1.1)], 3, copper)
    pen.slice(
        (x, foot - tall * 0.16), wide * 0.3, wide * 0.5, (180, 360), lit(stone, 0.6)
    )


def _house(pen: Pen, x: float, y: float, wide: float, t: float, rng: Random) -> None:
    """A house seen over the roofs before it; y is its eaves."""
    tall = wide * rng.uniform(0.5, 0.85)
    red = rng.choice(("#a8462f", "#b5553a", "#93402f", "#7d4a3d"))
    plaster = rng.choice(("#e6d9bd", "#d9b98a", "#c9cbb9", "#dca98b"))
    tiles = mix("#dfa981", red, 0.25 + 0.75 * t)
    wall = mix("#efcfa3", plaster, 0.3 + 0.7 * t)
    pen.rect((x, y, x + wide, 1300), lit(wall, 1.02 - 0.18 * t))
    view = pen.moved(x, y, wide)
    if rng.random() < 0.45:
        _gable(view, tall / wide, tiles, wall)
    else:
        _hip(view, tall / wide * 0.7, tiles, wall, rng)
    if rng.random() < 0.6:
        left = rng.uniform(0.2, 0.75)
        view.rect((left, -tall / wide, left + 0.1, -tall / wide / 2), lit(tiles, 0.8))
    for row in range(2):
        for column in range(3):
            left, top = 0.14 + 0.28 * column, 26 / wide + row * 0.42
            glass = "#ffdf9c" if rng.random() < 0.2 else "#55656b"
            tone = mix("#d9b48a", glass, 0.3 + 0.7 * t)
            view.rect((left, top, left + 0.14, top + 0.24), tone)


def _gable(pen: Pen, tall: float, tiles: Colour, wall: Colour) -> None:
    pen.polygon([(-0.04, 0.02), (0.5, -tall), (1.04, 0.02)], lit(wall, 0.95))
    for side in (-1, 1):
        pen.line([(0.5, -tall), (0.5 + side * 0.56, 0.03)], 0.07, tiles)
    pen.rect((0.44, -tall * 0.4, 0.56, -tall * 0.16), "#5a4a42")


def _hip(pen: Pen, tall: float, tiles: Colour, wall: Colour, rng: Random) -> None:
    pen.polygon([(-0.05, 0.03), (0.14, -tall), (0.86, -tall), (1.05, 0.03)], tiles)
    for row in range(1, 6):
        share = 1 - row / 6
        y = -tall * share
        pen.line([(0.14 * share, y), (1 - 0.14 * share, y)], 0.01, lit(tiles, 0.86))
    if rng.random() < 0.7:
        left = rng.uniform(0.25, 0.6)
        pen.rect((left, -tall * 0.8, left + 0.14, -tall * 0.34), lit(wall, 1.06))
        pen.rect((left + 0.02, -tall * 0.71, left + 0.12, -tall * 0.4), "#5b6a70")


def hospital_windows(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#243547"), (1, "#152230"))
    wall = levels(noise(WIDE, (260, 200), rng), 60, 220)
    lay(image, "#35495c", dim(wall, 0.5))
    with drawing_on(image) as pen:
        for y in (58, 468, 878):
            pen.rect((0, y + 344, 1920, y + 372), "#2d4153")
            pen.rect((0, y + 344, 1920, y + 350), "#48607a")
        for row, y in enumerate((58, 468, 878)):
            for column in range(6):
                _ward(pen.moved(56 + column * 312, y), row, column, rng)
    bloom(image, 34, 0.55)
    shade = both(fade(WIDE, (0, 0), (0.7, 0), (1, 150)))
    lay(image, "#0a1119", shade)
    return finish(image, rng, vignette=0.3)


def _ward(pen: Pen, row: int, column: int, rng: Random) -> None:
    """A window; the third floor has been boarded up."""
    pen.rect((-12, -12, 258, 330), "#3f566c")
    if row == 0:
        pen.rect((0, 0, 246, 318), lit("#8d7656", rng.uniform(0.62, 0.8)))
        for x in range(0, 246, 62):
            pen.line([(x, 0), (x, 318)], 2.4, "#4d402f")
        return
    light = rng.random() < 0.74
    warm = (
        rng.choice(("#ffe2a4", "#f7efd2", "#d5ecf0", "#bfe3e6")) if light else "#1b2d3d"
    )
    pen.rect((0, 0, 246, 318), warm)
    if light:
        pen.rect((0, 230, 246, 318), lit(warm, 0.8))
        tint = rng.choice(("#7fa9a6", "#c99c6b", "#8aa0b5"))
        for x in range(0, rng.choice((50, 80, 110)), 16):
            pen.rect((x, 0, x + 15, 300), lit(tint, 1.0 if x % 32 else 0.84))
        scene = (row * 6 + column) % 4
        if scene == 0:
            _drip(pen)
        elif scene == 1:
            _nurse(pen)
        elif scene == 2:
            pen.rect((140, 206, 200, 230), "#a3503d", 4)
            for dx, dy in ((150, -40), (170, -60), (190, -36)):
                pen.blob(
                    [(170, 210), (dx + 20, 210 + dy), (dx + 6, 196 + dy)], "#4f7a52"
                )
    for x in (0, 123, 240):
        pen.rect((x - 3, 0, x + 6, 318), "#26394a")
    pen.rect((0, 92, 246, 100), "#26394a")


def _drip(pen: Pen) -> None:
    pen.line([(196, 60), (196, 318)], 5, "#4c5d68")
    pen.line([(176, 64), (216, 64)], 5, "#4c5d68")
    pen.rect((178, 70, 200, 122), "#e9f2f2", 6)
    pen.curve([(188, 122), (180, 190), (140, 230)], 2.4, "#6d808a")
    pen.rect((60, 236, 246, 262), "#f1f4f2", 8)
    pen.circle((92, 226), 17, "#5c4638")


def _nurse(pen: Pen) -> None:
    pen.blob([(110, 318), (116, 196), (150, 168), (184, 196), (192, 318)], "#3f7f86")
    pen.circle((150, 138), 27, "#b98564")
    pen.blob(
        [(120, 140), (126, 106), (152, 100), (178, 112), (180, 140), (150, 122)],
        "#2c2422",
    )
    pen.rect((160, 220, 204, 264), "#f3efe3", 3)


SCENES = {
    "apartment-blocks": apartment_blocks,
    "courthouse": courthouse,
    "old-town-roofs": old_town_roofs,
    "hospital-windows": hospital_windows,
}
