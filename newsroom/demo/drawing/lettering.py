"""Words on maps and charts, in the fonts that lie beside this module."""

from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from newsroom.demo.drawing.layers import Point
from newsroom.demo.drawing.palette import INK, Colour, rgb

_FONTS = Path(__file__).parent / "fonts"


@lru_cache(maxsize=64)
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    file = _FONTS / ("Manrope-Bold.ttf" if bold else "Manrope-Regular.ttf")
    # The basic layout gives the same lines on every machine.
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


def write(
    image: Image.Image,
    at: Point,
    text: str,
    size: int = 40,
    *,
    bold: bool = False,
    colour: Colour = INK,
    anchor: str = "ls",
    halo: Colour | None = None,
) -> None:
    """Set a text; the anchor names its corner as Pillow does ("ls": left, baseline)."""
    ImageDraw.Draw(image).text(
        at,
        text,
        fill=rgb(colour),
        font=font(size, bold),
        anchor=None if "\n" in text else anchor,
        spacing=size * 0.25,
        stroke_width=0 if halo is None else max(3, size // 9),
        stroke_fill=None if halo is None else rgb(halo),
    )


def spaced(
    image: Image.Image, at: Point, text: str, size: int, gap: float, colour: Colour
) -> None:
    """Letters set wide, as the names of seas and countries are."""
    x, y = at
    for letter in text:
        write(image, (x, y), letter, size, colour=colour)
        x += font(size).getlength(letter) + gap


def width_of(text: str, size: int, bold: bool = False) -> float:
    return font(size, bold).getlength(text)
