"""What many scenes share: skies, hills, trees, birds and snow."""

import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.layers import (
    Point,
    Size,
    both,
    clouds,
    dim,
    fade,
    gradient,
    height_at,
    lay,
    levels,
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil


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
            lit_side = [
                (x - wide, low),
                (x, tip),
                (x - wide * 0.2, low - height * 0.02),
            ]
            pen.polygon(lit_side, mix(colour, snow, 0.62))


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


def stars(image: Image.Image, rng: Random, number: int, low: float) -> None:
    """Stars down to a height, fewer towards the ground."""
    for size, share, part in ((0.9, 0.8, 1.0), (1.7, 0.95, 0.18)):
        cut = Stencil(image.size)
        for _ in range(round(number * part)):
            at = (rng.uniform(0, image.width), low * rng.random() ** 1.4)
            cut.circle(at, size * rng.uniform(0.6, 1.4), rng.randint(90, 255))
        lay(image, "#fdf8ee", dim(cut.cut(0.5), share))


def flakes(image: Image.Image, rng: Random, number: int) -> None:
    """Falling snow, near and far."""
    for size, blur, share in ((1.6, 0.6, 0.8), (3.4, 1.4, 0.7), (7, 4, 0.5)):
        cut = Stencil(image.size)
        for _ in range(round(number / size)):
            at = (rng.uniform(0, image.width), rng.uniform(0, image.height))
            cut.oval(at, size * rng.uniform(0.6, 1.1), size * rng.uniform(0.7, 1.3))
        lay(image, "#f6f8ff", dim(cut.cut(blur), share))


def gull(pen: Pen, at: Point, size: float, colour: Colour = "#f7f7f4") -> None:
    x, y = at
    pen.curve([(x - size, y - size * 0.35), (x - size * 0.4, y - size * 0.5), (x, y),
               (x + size * 0.45, y - size * 0.55), (x + size, y - size * 0.2)],
              max(2, size * 0.13), colour)  # fmt: skip


def bare_tree(
    pen: Pen, at: Point, angle: float, length: float, thick: float, rng: Random
) -> None:
    end = (at[0] + math.cos(angle) * length, at[1] + math.sin(angle) * length)
    pen.line([at, end], max(1.2, thick), "#1d2138")
    if length < 14:
        return
    for turn in (
        rng.uniform(0.2, 0.55),
        -rng.uniform(0.2, 0.55),
        rng.uniform(-0.12, 0.12),
    ):
        bare_tree(
            pen, end, angle + turn, length * rng.uniform(0.62, 0.78), thick * 0.62, rng
        )
