"""The portraits of the contributors, each before a ground of its own."""

from collections.abc import Callable
from functools import partial
from random import Random

from PIL import Image

from newsroom.demo.drawing.layers import (
    PORTRAIT,
    clouds,
    dim,
    fade,
    finish,
    glow,
    gradient,
    lay,
    levels,
    ridge,
)
from newsroom.demo.drawing.palette import Colour, lit
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on
from newsroom.demo.drawing.people import Sitter, bust

Ground = Callable[[Pen, Colour, Random], None]


def _disc(pen: Pen, colour: Colour, rng: Random) -> None:
    pen.circle((600, 520), 430, colour)


def _slope(pen: Pen, colour: Colour, rng: Random) -> None:
    pen.polygon([(0, 980), (1200, 260), (1200, 1200), (0, 1200)], colour)


def _stripes(pen: Pen, colour: Colour, rng: Random) -> None:
    for x in range(-40, 1200, 150):
        pen.rect((x, 0, x + 75, 1200), colour)


def _arch(pen: Pen, colour: Colour, rng: Random) -> None:
    pen.circle((600, 560), 390, colour)
    pen.rect((210, 560, 990, 1200), colour)


def _peaks(pen: Pen, colour: Colour, rng: Random) -> None:
    for y, height, shade in ((700, 420, 1.08), (900, 330, 0.94)):
        line = ridge(1200, y, height, rng)
        pen.polygon([*line, (1200, 1200), (0, 1200)], lit(colour, shade))


def _waves(pen: Pen, colour: Colour, rng: Random) -> None:
    for y in range(620, 1300, 88):
        line = [
            (x, y + (18 if (x // 100) % 2 else -18)) for x in range(-200, 1500, 100)
        ]
        pen.curve(line, 16, colour)


def _shelves(pen: Pen, colour: Colour, rng: Random) -> None:
    for shelf in (300, 620, 940, 1260):
        x = 0.0
        while x < 1200:
            width, height = rng.uniform(26, 70), rng.uniform(190, 260)
            if rng.random() < 0.88:
                box = (x, shelf - height, x + width - 5, shelf)
                pen.rect(box, lit(colour, rng.uniform(0.82, 1.12)))
            x += width
        pen.rect((0, shelf, 1200, shelf + 18), lit(colour, 0.7))


def _window(pen: Pen, colour: Colour, rng: Random) -> None:
    for x, y in ((90, -60), (480, -60), (870, -60), (90, 460), (480, 460), (870, 460)):
        pen.rect((x, y, x + 340, y + 470), colour)


def _bars(pen: Pen, colour: Colour, rng: Random) -> None:
    for i in range(12):
        height = 180 + i * 46 + rng.uniform(-70, 90)
        pen.rect((i * 104 + 4, 1200 - height, i * 104 + 84, 1200), colour)


def _halves(pen: Pen, colour: Colour, rng: Random) -> None:
    pen.rect((600, 0, 1200, 1200), colour)


def _rings(pen: Pen, colour: Colour, rng: Random) -> None:
    for radius in range(160, 1100, 120):
        pen.arc((880, 260), radius, radius, (0, 360), 22, colour)


def _grid(pen: Pen, colour: Colour, rng: Random) -> None:
    for x in range(60, 1200, 120):
        for y in range(60, 1200, 120):
            pen.circle((x, y), 15, colour)


CAST: dict[str, tuple[Sitter, str, Colour, Ground]] = {
    "marta-ozolina": (
        Sitter("#eebf9f", "#d9a84e", "bob", "#1f4a43", "coat", "#efe8da",
               lips="#b24a4a", half=132, jaw=0.78),
        "#b9d2cb", "#d9e5dc", _disc,
    ),
    "daniyar-akhmet": (
        Sitter("#d8a377", "#1b191c", "parted", "#d39a2c", "jumper", half=144,
               jaw=0.82, turn=-12, glasses="round"),
        "#33506b", "#41627f", _bars,
    ),
    "nino-lomidze": (
        Sitter("#dfa985", "#2b1a17", "curls", "#33363d", "shirt", "#c9c4b8",
               half=130, jaw=0.77, turn=18, lips="#a63d3f"),
        "#c8643f", "#d97e55", _slope,
    ),
    "peter-halloran": (
        Sitter("#efc2a8", "#b98d6a", "bald", "#5a5142", "suit", "#dfe6ea", half=146,
               jaw=0.84, turn=-16, glasses="wire", beard="full",
               beard_colour="#b07a52"),
        "#1f3a33", "#2a4c42", _shelves,
    ),
    "irina-vale": (
        Sitter("#ecc3a8", "#cfd0d2", "swept", "#23262e", "coat", "#3a3d47", half=130,
               jaw=0.76, turn=16, scarf="#b3282d", earrings="#d8b45a", lips="#a8343b"),
        "#e3cf9f", "#ecdcb6", _arch,
    ),
    "edmund-okafor": (
        Sitter("#6d452f", "#17120f", "crop", "#1f2c47", "tie", "#eef0f2", half=142,
               jaw=0.85, turn=-14, beard="stubble", beard_colour="#77716c",
               lips="#a06a2c"),
        "#e9b491", "#f0c7aa", _window,
    ),
    "lia-tsereteli": (
        Sitter("#e3b394", "#3b2a28", "bun", "#6a3f63", "jumper", half=134, jaw=0.78,
               turn=14, glasses="square", earrings="#efe6d2", lips="#9c4550"),
        "#9db08c", "#adbf9c", _stripes,
    ),
    "ruslan-dorn": (
        Sitter("#e2b592", "#3a3230", "wool", "#39424a", "coat", "#7c2f2b", half=142,
               jaw=0.86, turn=-18, beard="stubble", brows=12),
        "#7e93a6", "#8fa3b5", _halves,
    ),
    "zarina-holub": (
        Sitter("#d9a07c", "#3d211a", "long", "#2f6b57", "turtleneck", half=128,
               jaw=0.76, turn=12, lips="#a9424a"),
        "#e7b9bb", "#f0cfcd", _rings,
    ),
    "oleh-marchuk": (
        Sitter("#ebb998", "#5d4330", "brush", "#4b4a3e", "checks", "#5487b0", half=150,
               jaw=0.88, turn=14, beard="moustache", brows=12),
        "#e6c463", "#efd382", _waves,
    ),
    "aida-sultan": (
        Sitter("#d29a70", "#16141a", "braid", "#c2402b", "hood", "#f0e9dc", half=140,
               jaw=0.78, turn=-14, lips="#9d3f43"),
        "#cfe2ec", "#a9c8d9", _peaks,
    ),
    "tamar-beridze": (
        Sitter("#e5b08c", "#241a1c", "pixie", "#e2b21e", "hood", "#24424e", half=130,
               jaw=0.78, turn=16, earrings="#24424e", lips="#a8443f"),
        "#24505f", "#2f6273", _grid,
    ),
}  # fmt: skip


def _portrait(slug: str, rng: Random) -> Image.Image:
    sitter, background, pattern, ground = CAST[slug]
    image = gradient(PORTRAIT, (0, lit(background, 1.05)), (1, lit(background, 0.9)))
    with drawing_on(image) as pen:
        ground(pen, pattern, rng)
    cast = Stencil(PORTRAIT)
    cast.oval((648, 540), 250, 300)
    cast.oval((655, 1250), 550, 380)
    lay(image, lit(background, 0.4), dim(cast.cut(46), 0.42))
    glow(image, (300, 200), 620, "#fff2d8", 0.28)
    with drawing_on(image) as pen:
        bust(pen.moved(600, 545, 1.34), sitter)
    paper = levels(clouds(PORTRAIT, (240, 240), rng), 90, 200, 60)
    lay(image, "#fff6e6", dim(paper, 0.5))
    lay(image, "#0d1118", fade(PORTRAIT, (0, 0), (0.72, 0), (1, 70)))
    return finish(image, rng, vignette=0.16, grain=4.5)


SCENES = {f"portrait-{slug}": partial(_portrait, slug) for slug in CAST}
