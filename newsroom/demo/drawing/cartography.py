"""How every map is made: water, relief, names, scale and source."""

from collections.abc import Sequence
from random import Random

from PIL import Image, ImageChops, ImageFilter

from newsroom.demo.drawing.layers import (
    Point,
    both,
    clouds,
    dim,
    lay,
    levels,
)
from newsroom.demo.drawing.lettering import width_of, write
from newsroom.demo.drawing.palette import (
    GREEN,
    INK,
    INK_SOFT,
    PAPER,
    Colour,
    lit,
)
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on, through

LAND, WATER, SHORE = "#efeadd", "#c3d9e2", "#5f8ea5"


WATER_INK = "#38687f"


def title(image: Image.Image, title: str, subtitle: str) -> None:
    wide = 70 + max(width_of(title, 58, True), width_of(subtitle, 38))
    with drawing_on(image) as pen:
        pen.rect((60, 60, 60 + wide, 236), PAPER)
        pen.rect((60, 60, 76, 236), GREEN)
    write(image, (104, 140), title, 58, bold=True)
    write(image, (104, 204), subtitle, 38, colour=INK_SOFT)


def source(image: Image.Image, text: str) -> None:
    with drawing_on(image) as pen:
        pen.rect((0, 1216, 1920, 1280), PAPER)
    write(image, (60, 1260), text, 33, colour=INK_SOFT)
    write(image, (1860, 1260), "The Meridian", 33, bold=True, colour=GREEN, anchor="rs")


def scale_bar(image: Image.Image, at: Point, long: float, label: str) -> None:
    x, y = at
    with drawing_on(image) as pen:
        pen.rect(
            (x - 26, y - 78, x + long + 40 + width_of(label, 36), y + 40), PAPER, 6
        )
        for part in range(4):
            box = (x + long * part / 4, y, x + long * (part + 1) / 4, y + 14)
            pen.rect(box, INK if part % 2 == 0 else "#ffffff")
        pen.line(
            [(x, y), (x + long, y), (x + long, y + 14), (x, y + 14), (x, y)], 2, INK
        )
    write(image, (x, y - 22), "0", 36, anchor="ms")
    write(image, (x + long, y - 22), label, 36, anchor="ms")


def dashed(
    pen: Pen, line: Sequence[Point], width: float, on: int, off: int, ink: Colour
) -> None:
    """Break a finely stepped line into dashes."""
    step = on + off
    for start in range(0, len(line) - 1, step):
        part = line[start : start + on + 1]
        if len(part) > 1:
            pen.line(part, width, ink)


def finely(points: Sequence[Point], steps: int = 14) -> list[Point]:
    return through([points[0], *points, points[-1]], steps)


Place = tuple[Point, str, str]


def places(image: Image.Image, places: Sequence[Place], size: int = 38) -> None:
    """Dots with their names, which stand right, left, on top or at the bottom."""
    bold = size > 40
    radius = 13 if bold else 9
    with drawing_on(image) as pen:
        for at, _, _ in places:
            pen.circle(at, radius + 4, PAPER)
            pen.circle(at, radius, INK)
    gap = radius + 12
    for (x, y), name, side in places:
        spot, anchor = {
            "r": ((x + gap, y), "lm"), "l": ((x - gap, y), "rm"),
            "t": ((x, y - gap), "ms"),
            "b": ((x, y + gap), "mt"),
        }[side]  # fmt: skip
        write(image, spot, name, size, bold=bold, anchor=anchor, halo=LAND)


def water(image: Image.Image, outline: Sequence[Point], rings: int = 3) -> None:
    """A lake or sea with lines that follow its shore."""
    cut = Stencil(image.size)
    cut.polygon(outline)
    edge = cut.cut()
    lay(image, WATER, edge)
    for blur in (14, 26, 42)[:rings]:
        soft = edge.filter(ImageFilter.GaussianBlur(blur))
        line = soft.point([max(0, 255 - abs(v - 205) * 28) for v in range(256)])
        lay(image, SHORE, dim(both(line, edge), 0.4))
    with drawing_on(image) as pen:
        pen.line([*outline, outline[0]], 3, SHORE)


def relief(image: Image.Image, rng: Random, strength: float) -> None:
    """Hills lit from the north-west."""
    width, depth = image.size
    height = clouds((width + 14, depth + 14), (520, 380), rng, 5)
    shifted = ImageChops.invert(height.crop((0, 0, width, depth)))
    slope = Image.blend(height.crop((14, 14, width + 14, depth + 14)), shifted, 0.5)
    lay(image, "#6f6850", dim(levels(slope, 127, 96), strength))
    lay(image, "#ffffff", dim(levels(slope, 129, 160), strength))


def north(image: Image.Image, at: Point) -> None:
    x, y = at
    with drawing_on(image) as pen:
        pen.circle(at, 62, PAPER)
        pen.polygon([(x, y - 50), (x + 18, y + 22), (x, y + 8)], INK)
        pen.polygon([(x, y - 50), (x - 18, y + 22), (x, y + 8)], lit(INK, 3.4))
    write(image, (x, y + 52), "N", 32, bold=True, anchor="ms")
