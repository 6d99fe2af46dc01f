"""What is seen from above: a yard of lorries, a square of umbrellas."""

import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.layers import (
    SQUARE,
    WIDE,
    Point,
    clouds,
    dim,
    finish,
    gradient,
    lay,
    levels,
    noise,
)
from newsroom.demo.drawing.palette import Colour, lit
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on, through

_TURN = math.radians(-11)


def _turned(x: float, y: float) -> Point:
    """Measures of the yard, from its middle, on the picture."""
    return (
        960 + x * math.cos(_TURN) - y * math.sin(_TURN),
        640 + x * math.sin(_TURN) + y * math.cos(_TURN),
    )


def _box(
    pen: Pen, x: float, y: float, wide: float, high: float, ink: Colour | int
) -> None:
    corners = ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))
    pen.polygon([_turned(*corner) for corner in corners], ink)


def satellite_yard(rng: Random) -> Image.Image:
    image = Image.new("RGB", WIDE, "#7f875f")
    with drawing_on(image) as pen:
        _fields(pen, rng)
        _roads(pen)
    patches = levels(clouds(WIDE, (420, 420), rng, 5), 90, 190)
    lay(image, "#4d5337", dim(patches, 0.42))
    gravel = Stencil(WIDE)
    _box(gravel, -560, -290, 1130, 600, 255)
    lay(image, "#b9b19c", gravel.cut(5))
    stones = levels(noise(WIDE, (6, 6), rng), 110, 240)
    lay(image, "#8f8873", dim(stones, 0.3))
    lorries = _parked(rng)
    shade = Stencil(WIDE)
    for x, y, wide, high, _ in lorries:
        _box(shade, x + 5, y + 5, wide, high, 255)
    for x, y, wide, high, _ in _SHEDS:
        _box(shade, x + 15, y + 16, wide, high, 255)
    lay(image, "#20241f", dim(shade.cut(2), 0.6))
    with drawing_on(image) as pen:
        for x, y, wide, high, colour in _SHEDS:
            _shed(pen, x, y, wide, high, colour)
        for x, y, wide, high, colour in lorries:
            _box(pen, x, y, wide, high, colour)
            _box(pen, x, y - 11, wide, 9, lit(colour, 0.7))
        _trees(pen, rng)
    cloud = levels(clouds(WIDE, (620, 460), rng, 5), 158, 215)
    lay(image, "#2b3029", dim(cloud, 0.35), (46, 60))
    lay(image, "#f4f6f6", dim(cloud, 0.85))
    lay(image, "#9db4c4", dim(Image.new("L", WIDE, 255), 0.1))
    return finish(image, rng, vignette=0.12, grain=8)


_SHEDS: tuple[tuple[float, float, float, float, Colour], ...] = (
    (-540, -520, 420, 170, "#8f9ba3"), (-60, -520, 300, 170, "#a3a8a6"),
    (300, -500, 250, 130, "#9c6a55"), (620, -280, 130, 420, "#b4b3ab"),
    (640, 190, 110, 120, "#7f8d96"), (-760, -260, 130, 260, "#8d5f4e"),
    (-740, 60, 110, 150, "#a9aaa5"),
)  # fmt: skip


def _shed(
    pen: Pen, x: float, y: float, wide: float, high: float, colour: Colour
) -> None:
    _box(pen, x, y, wide, high, colour)
    if wide > high:
        _box(pen, x, y + high / 2, wide, high / 2, lit(colour, 0.84))
        for left in range(20, int(wide) - 10, 46):
            _box(pen, x + left, y + high * 0.2, 16, high * 0.18, lit(colour, 1.3))
    else:
        _box(pen, x + wide / 2, y, wide / 2, high, lit(colour, 0.84))
        for top in range(20, int(high) - 10, 46):
            _box(pen, x + wide * 0.2, y + top, wide * 0.18, 16, lit(colour, 1.3))


def _parked(rng: Random) -> list[tuple[float, float, float, float, Colour]]:
    """Lorries in five rows, a few gaps between them, and some on the road."""
    parked: list[tuple[float, float, float, float, Colour]] = []
    tones = (
        "#f2f1ec",
        "#f2f1ec",
        "#e3e1da",
        "#c7ccd0",
        "#3f6184",
        "#9c4438",
        "#d9a53c",
        "#41534b",
    )
    for row in range(5):
        for place in range(37):
            if len(parked) == 164 or rng.random() < 0.1:
                continue
            x = -535 + place * 29.5 + rng.uniform(-1.5, 1.5)
            y = -258 + row * 116 + rng.uniform(-6, 6)
            parked.append((x, y, 15, 62 + rng.uniform(-4, 6), rng.choice(tones)))
    for x, y in ((-430, 352), (-350, 348), (-270, 353), (-190, 350)):
        parked.append((x, y, 58, 14, rng.choice(tones)))
    return parked


def _fields(pen: Pen, rng: Random) -> None:
    tones = (
        "#8f9a63",
        "#6f7d4c",
        "#a79a66",
        "#b8a877",
        "#5f6e45",
        "#9a8b5a",
        "#7f8c58",
        "#c0b285",
    )
    x = -1300.0
    while x < 1300:
        wide, y = rng.uniform(110, 280), -1000.0
        while y < 1000:
            high = rng.uniform(110, 300)
            tone = rng.choice(tones)
            _box(pen, x + 2, y + 2, wide - 4, high - 4, tone)
            if rng.random() < 0.6:
                for line in range(8, int(wide) - 6, 9):
                    _box(pen, x + line, y + 5, 2, high - 10, lit(tone, 0.9))
            y += high
        x += wide


def _roads(pen: Pen) -> None:
    ways: tuple[tuple[float, tuple[Point, ...]], ...] = (
        (30, ((-1400, 400), (-700, 380), (0, 372), (700, 356), (1400, 300))),
        (16, ((-600, 372), (-620, 60), (-600, -330), (-560, -1000))),
        (16, ((592, 360), (590, 40), (600, -560), (640, -1000))),
        (16, ((-620, -326), (0, -322), (600, -326))),
        (14, ((200, 372), (240, 640), (180, 1000))),
    )
    for width, points in ways:
        line = [_turned(*p) for p in through([points[0], *points, points[-1]])]
        pen.line(line, width + 8, "#a39c86")
        pen.line(line, width, "#6f706c")
    line = [_turned(x, 372 - x * 0.03) for x in range(-1400, 1400, 40)]
    for start, end in zip(line[::2], line[1::2], strict=False):
        pen.line([start, end], 2, "#d9d6c8")
    rail = [_turned(x, -620 + x * x / 9000) for x in range(-1400, 1401, 50)]
    pen.line(rail, 26, "#8f8674")
    for shift in (-6, 6):
        pen.line([(x, y + shift) for x, y in rail], 2.5, "#494540")


def _trees(pen: Pen, rng: Random) -> None:
    for _ in range(260):
        if rng.random() < 0.6:
            x, y = rng.uniform(-1200, 1200), 420 + rng.gauss(0, 10)
        else:
            x, y = -840 + rng.gauss(0, 12), rng.uniform(-800, 800)
        at, size = _turned(x, y), rng.uniform(7, 15)
        pen.circle((at[0] + 5, at[1] + 6), size, "#2c3324")
        pen.circle(at, size, rng.choice(("#4a5a35", "#55663c", "#3f4f30")))


def umbrellas_above(rng: Random) -> Image.Image:
    image = gradient(SQUARE, (0, "#7f858c"), (1, "#63696f"))
    lay(image, "#9aa1a8", dim(levels(noise(SQUARE, (26, 26), rng), 120, 230), 0.35))
    wet = levels(clouds(SQUARE, (700, 500), rng), 120, 190)
    lay(image, "#a9b9c6", dim(wet, 0.55))
    with drawing_on(image) as pen:
        for offset in range(-1920, 1920, 64):
            pen.line([(offset, 0), (offset + 1920, 1920)], 1.6, "#5d6369")
            pen.line([(offset, 1920), (offset + 1920, 0)], 1.6, "#5d6369")
    spots = _apart(rng, 74)
    shadow = Stencil(SQUARE)
    for x, y, size in spots:
        shadow.oval((x + 46, y + 62), size * 0.98, size * 0.92)
    lay(image, "#23282e", dim(shadow.cut(16), 0.6))
    with drawing_on(image) as pen:
        for x, y, size in spots:
            if rng.random() < 0.7:
                pen.oval(
                    (x + size * 0.5, y + size * 0.82), size * 0.3, size * 0.2, "#2b3036"
                )
            _umbrella(pen, x, y, size, rng)
    lay(image, "#f4f7fa", _rain(rng))
    return finish(image, rng)


def _apart(rng: Random, number: int) -> list[tuple[float, float, float]]:
    """Places that keep a distance, with a clear way through the middle."""
    spots: list[tuple[float, float, float]] = []
    for _ in range(6000):
        x, y, size = (
            rng.uniform(-40, 1960),
            rng.uniform(-40, 1960),
            rng.uniform(96, 134),
        )
        near_way = abs((y - 960) - (x - 960) * 0.35) < 70
        if not near_way and all(
            math.dist((x, y), s[:2]) > (size + s[2]) * 0.88 for s in spots
        ):
            spots.append((x, y, size))
        if len(spots) == number:
            break
    return sorted(spots, key=lambda spot: spot[1])


def _umbrella(pen: Pen, x: float, y: float, size: float, rng: Random) -> None:
    colour = rng.choice(("#c23b2e", "#e0a52b", "#20606b", "#23303c", "#efe7d6",
                         "#39506f", "#1f2428",
                         "#7f9a86", "#a9545f", "#2b3742", "#d9d4c8"))  # fmt: skip
    turn = rng.uniform(0, math.tau)
    rim = [(x + size * math.cos(turn + k * math.tau / 8),
            y + size * math.sin(turn + k * math.tau / 8))
           for k in range(8)]  # fmt: skip
    top = (x - size * 0.04, y - size * 0.05)
    for k in range(8):
        one, two = rim[k], rim[(k + 1) % 8]
        middle = ((one[0] + two[0]) / 2, (one[1] + two[1]) / 2)
        inner = (middle[0] + (x - middle[0]) * 0.06, middle[1] + (y - middle[1]) * 0.06)
        facing = math.cos(math.atan2(middle[1] - y, middle[0] - x) + 2.3)
        pen.polygon([top, one, inner, two], lit(colour, 0.9 + 0.24 * facing))
    for spot in rim:
        pen.line([top, spot], 1.8, lit(colour, 0.66))
    pen.circle(top, 6, lit(colour, 0.5))


def _rain(rng: Random) -> Image.Image:
    drops = Stencil(SQUARE)
    for _ in range(240):
        x, y, long = rng.uniform(0, 1920), rng.uniform(0, 1920), rng.uniform(14, 46)
        drops.line([(x, y), (x + long * 0.2, y + long)], 1.4, 120)
    return drops.cut(0.6)


SCENES = {
    "satellite-yard": satellite_yard,
    "umbrellas-above": umbrellas_above,
}
