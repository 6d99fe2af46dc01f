"""The publication's colour, made readable: mail programs cannot do it themselves."""

import colorsys
import re
from dataclasses import dataclass

LIGHT_PAPER = "#ffffff"
DARK_PAPER = "#16191a"
PLAIN = "#14191a"
ENOUGH = 4.5  # WCAG 2.2, 1.4.3

_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_STEPS = 100


@dataclass(frozen=True)
class Palette:
    light: str
    dark: str


def of(accent: str) -> Palette:
    """The colour as words and lines show it on light and on dark paper."""
    if not _COLOUR.fullmatch(accent):
        accent = PLAIN
    return Palette(
        light=_readable(accent, LIGHT_PAPER, towards=0.0),
        dark=_readable(accent, DARK_PAPER, towards=1.0),
    )


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminance, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _readable(colour: str, paper: str, *, towards: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    for step in range(_STEPS + 1):
        shifted = lightness + (towards - lightness) * step / _STEPS
        red, green, blue = colorsys.hls_to_rgb(hue, shifted, saturation)
        tried = "#" + "".join(f"{round(part * 255):02x}" for part in (red, green, blue))
        if contrast(tried, paper) >= ENOUGH:
            return tried
    return tried


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
