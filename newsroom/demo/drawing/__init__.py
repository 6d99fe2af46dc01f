"""Drawn pictures for the demo publication: scenes, portraits, maps and charts.

Nothing here shows a real person or place, and nothing has to be downloaded.
"""

from collections.abc import Callable
from random import Random

from PIL import Image

from newsroom.demo.drawing import (
    aerial,
    buildings,
    charts,
    industry,
    interiors,
    lines,
    maps,
    officials,
    places,
    portraits,
    scenery,
)

_SCENES: dict[str, Callable[[Random], Image.Image]] = {
    **portraits.SCENES,
    **aerial.SCENES,
    **officials.SCENES,
    **places.SCENES,
    **interiors.SCENES,
    **charts.SCENES,
    **maps.SCENES,
    **buildings.SCENES,
    **lines.SCENES,
    **industry.SCENES,
    **scenery.SCENES,
}

KEYS: tuple[str, ...] = tuple(sorted(_SCENES))


def draw(key: str) -> Image.Image:
    """Draw one picture; the same key always gives the same picture."""
    return _SCENES[key](Random(key))
