"""Colours, and what is done to them."""

from PIL import ImageColor

RGB = tuple[int, int, int]
Colour = str | RGB

INK = "#14191a"
INK_SOFT = "#4c5657"
PAPER = "#fbfaf6"
RULE = "#d5dad6"
GREEN = "#00614a"
AMBER = "#d98a2b"
BRICK = "#b2402f"
SEA = "#2f6690"
STONE = "#a7aca6"


def rgb(colour: Colour) -> RGB:
    if isinstance(colour, str):
        red, green, blue = ImageColor.getrgb(colour)[:3]
        return red, green, blue
    return colour


def mix(one: Colour, other: Colour, share: float) -> RGB:
    """Go from one colour (share 0) towards the other (share 1)."""
    share = min(1.0, max(0.0, share))
    red, green, blue = (
        round(a + (b - a) * share) for a, b in zip(rgb(one), rgb(other), strict=True)
    )
    return red, green, blue


def lit(colour: Colour, factor: float) -> RGB:
    """Brighten (factor above 1) or darken a colour."""
    red, green, blue = (min(255, max(0, round(v * factor))) for v in rgb(colour))
    return red, green, blue
