"""What a picture is laid together from: gradients, noise, masks, light and water."""

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageFilter

from newsroom.demo.drawing.palette import Colour, mix, rgb

Size = tuple[int, int]
Point = tuple[float, float]

WIDE: Size = (1920, 1280)
TALL: Size = (1280, 1920)
SQUARE: Size = (1920, 1920)
PORTRAIT: Size = (1200, 1200)


def gradient(size: Size, *stops: tuple[float, Colour]) -> Image.Image:
    """Blend colours from the top (0) to the bottom (1)."""
    strip = Image.new("RGB", (1, 320))
    for y in range(320):
        strip.putpixel((0, y), _between(stops, y / 319))
    return strip.resize(size, Image.Resampling.BICUBIC)


def _between(stops: Sequence[tuple[float, Colour]], at: float) -> tuple[int, int, int]:
    for (start, one), (end, other) in pairwise(stops):
        if at <= end:
            return mix(one, other, (at - start) / max(end - start, 1e-6))
    return rgb(stops[-1][1])


def fade(size: Size, *stops: tuple[float, float], across: bool = False) -> Image.Image:
    """A mask that changes from top to bottom, or from left to right."""
    values = bytes(round(_level(stops, i / 255)) for i in range(256))
    shape = (256, 1) if across else (1, 256)
    return Image.frombytes("L", shape, values).resize(size, Image.Resampling.BICUBIC)


def _level(stops: Sequence[tuple[float, float]], at: float) -> float:
    for (start, one), (end, other) in pairwise(stops):
        if at <= end:
            share = max(0.0, (at - start) / max(end - start, 1e-6))
            return one + (other - one) * share
    return stops[-1][1]


def noise(size: Size, cell: Size, rng: Random) -> Image.Image:
    """Soft random spots, each about a cell wide and high."""
    grid = (max(2, size[0] // cell[0] + 2), max(2, size[1] // cell[1] + 2))
    spots = Image.frombytes("L", grid, rng.randbytes(grid[0] * grid[1]))
    return spots.resize(size, Image.Resampling.BICUBIC)


def clouds(size: Size, cell: Size, rng: Random, octaves: int = 4) -> Image.Image:
    """Noise on noise, each layer half as large and half as strong."""
    small = (size[0] // 3, size[1] // 3)
    across, down = cell[0] / 3, cell[1] / 3
    sheet = noise(small, (int(across) + 1, int(down) + 1), rng)
    for octave in range(1, octaves):
        finer = (int(across / 2**octave) + 1, int(down / 2**octave) + 1)
        share = 0.5**octave / sum(0.5**k for k in range(octave + 1))
        sheet = Image.blend(sheet, noise(small, finer, rng), share)
    return sheet.resize(size, Image.Resampling.BICUBIC)


def levels(mask: Image.Image, low: int, high: int, top: int = 255) -> Image.Image:
    """Stretch the greys from low (black) to high (top), in either direction."""
    span = high - low
    return mask.point(
        [round(min(1, max(0, (v - low) / span)) * top) for v in range(256)]
    )


def dim(mask: Image.Image, share: float) -> Image.Image:
    return mask.point([round(v * share) for v in range(256)])


def both(mask: Image.Image, *others: Image.Image) -> Image.Image:
    """Keep what every mask keeps."""
    for other in others:
        mask = ImageChops.multiply(mask, other)
    return mask


def rim(body: Image.Image, soft: Image.Image) -> Image.Image:
    """The inner edge of a body; ``soft`` is the same body, blurred."""
    return both(ImageChops.invert(soft), body)


def lay(
    image: Image.Image,
    colour: Colour | Image.Image,
    mask: Image.Image,
    at: tuple[int, int] = (0, 0),
) -> None:
    """Paint a colour or another picture through a mask."""
    if isinstance(colour, Image.Image):
        image.paste(colour, at, mask)
    else:
        image.paste(rgb(colour), (*at, at[0] + mask.width, at[1] + mask.height), mask)


def shine(image: Image.Image, colour: Colour, mask: Image.Image) -> None:
    """Add light of a colour where the mask is bright."""
    light = Image.new("RGB", image.size)
    light.paste(rgb(colour), mask=mask)
    image.paste(ImageChops.screen(image, light))


def glow(
    image: Image.Image,
    at: Point,
    radius: float,
    colour: Colour,
    strength: float = 1.0,
    flat: float = 1.0,
) -> None:
    """Add a round light (or, with flat below 1, a lying one)."""
    width, height = round(radius * 2), round(radius * 2 * flat)
    if width < 2 or height < 2:
        return
    curve = [
        round(255 * strength * max(0.0, 1 - v / 181) ** 2.2) if v < 181 else 0
        for v in range(256)
    ]
    spot = Image.radial_gradient("L").point(curve).resize((width, height))
    box = (round(at[0] - width / 2), round(at[1] - height / 2))
    area = (*box, box[0] + width, box[1] + height)
    light = Image.new("RGB", (width, height))
    light.paste(rgb(colour), mask=spot)
    image.paste(ImageChops.screen(image.crop(area), light), area[:2])


def bloom(image: Image.Image, radius: float = 24, strength: float = 0.6) -> None:
    """Let what is bright shine over its edges."""
    small = image.reduce(4).filter(ImageFilter.GaussianBlur(radius / 4))
    light = small.resize(image.size, Image.Resampling.BICUBIC)
    image.paste(
        ImageChops.screen(
            image, light.point([int(v * strength) for v in range(256)] * 3)
        )
    )


def haze(
    image: Image.Image, colour: Colour, y: float, spread: float, strength: float
) -> None:
    """Lay a band of mist across the picture."""
    curve = [
        (
            i / 40,
            255 * strength * math.exp(-((((i / 40) * image.height - y) / spread) ** 2)),
        )
        for i in range(41)
    ]
    lay(image, colour, fade(image.size, *curve))


def ridge(
    width: int, y: float, height: float, rng: Random, rough: float = 0.5
) -> list[Point]:
    """The outline of hills by midpoint noise, between y - height and y."""
    line = [rng.random() for _ in range(4)]
    swing = 0.7
    while len(line) < width / 5:
        finer = [line[0]]
        for left, right in pairwise(line):
            finer += [(left + right) / 2 + rng.uniform(-swing, swing) / 2, right]
        line, swing = finer, swing * rough
    low, high = min(line), max(line)
    step = width / (len(line) - 1)
    return [
        (i * step, y - height * (v - low) / (high - low)) for i, v in enumerate(line)
    ]


def height_at(line: Sequence[Point], x: float) -> float:
    """Where an outline with even steps stands at x."""
    step = line[1][0] - line[0][0]
    place = min(max((x - line[0][0]) / step, 0), len(line) - 1.001)
    left = int(place)
    return line[left][1] + (line[left + 1][1] - line[left][1]) * (place - left)


def mirror(
    image: Image.Image, horizon: int, rng: Random, waves: float = 1.0, blur: float = 2
) -> None:
    """Fill the picture below the horizon with its rippled reflection."""
    width, depth = image.width, image.height - horizon
    above = image.crop((0, 0, width, horizon)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    above = above.filter(ImageFilter.GaussianBlur(blur))
    if horizon < depth:
        above = above.resize((width, depth))
    image.paste(_rippled(above, depth, rng, waves), (0, horizon))


def _rippled(image: Image.Image, depth: int, rng: Random, waves: float) -> Image.Image:
    """Bend a picture on a mesh of flat cells, more strongly towards the viewer."""
    width, columns, rows = image.width, 24, max(8, depth // 9)
    xs = [round(width * i / columns) for i in range(columns + 1)]
    ys = [round(depth * (j / rows) ** 1.15) for j in range(rows + 1)]
    bent: list[list[Point]] = []
    for j, y in enumerate(ys):
        strength = waves * (3 + 15 * j / rows)
        bent.append(
            [
                (
                    min(max(x + rng.uniform(-1, 1) * strength, 0), width),
                    min(max(y + rng.uniform(-1, 1) * strength * 0.9, 0), image.height),
                )
                for x in xs
            ]
        )
    mesh = []
    for j in range(rows):
        for i in range(columns):
            if ys[j] == ys[j + 1]:
                continue
            corners = (bent[j][i], bent[j + 1][i], bent[j + 1][i + 1], bent[j][i + 1])
            quad = tuple(value for corner in corners for value in corner)
            mesh.append(((xs[i], ys[j], xs[i + 1], ys[j + 1]), quad))
    return image.transform(
        (width, depth), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR
    )


def rounded(size: Size, colour: Colour, light: float = 0.35) -> Image.Image:
    """The face of an upright cylinder, lit from the left."""
    strip = Image.new("RGB", (64, 1))
    for x in range(64):
        turn = (x + 0.5) / 64
        bright = math.cos((turn - light) * math.pi * 0.85)
        tone = mix(mix(colour, "#05080c", 0.72), mix(colour, "#ffffff", 0.22), bright)
        strip.putpixel((x, 0), tone)
    return strip.resize(size, Image.Resampling.BICUBIC)


def finish(
    image: Image.Image, rng: Random, vignette: float = 0.22, grain: float = 5
) -> Image.Image:
    """Darken the corners and give the picture the grain of a photograph."""
    corner = Image.radial_gradient("L").point(
        [round(255 * (1 - vignette * (v / 255) ** 2)) for v in range(256)]
    )
    shade = corner.resize(image.size, Image.Resampling.BICUBIC)
    image = ImageChops.multiply(image, Image.merge("RGB", [shade] * 3))
    tile = Image.frombytes("L", (512, 512), rng.randbytes(512 * 512))
    tile = tile.filter(ImageFilter.GaussianBlur(0.8))
    tile = tile.point([round(128 + (v - 128) * grain / 30) for v in range(256)])
    sheet = Image.new("L", image.size)
    for x in range(0, image.width, 512):
        for y in range(0, image.height, 512):
            sheet.paste(tile, (x, y))
    return ImageChops.add(image, Image.merge("RGB", [sheet] * 3), 1, -128)
