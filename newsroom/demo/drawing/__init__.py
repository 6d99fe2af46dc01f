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
    corridors,
    industry,
    interiors,
    lines,
    maps,
    officials,
    places,
    portraits,
    roads,
    scenery,
    sea,
)

_SCENES: dict[str, Callable[[Random], Image.Image]] = {
    **aerial.SCENES,
    **buildings.SCENES,
    **charts.SCENES,
    **corridors.SCENES,
    **industry.SCENES,
    **interiors.SCENES,
    **lines.SCENES,
    **maps.SCENES,
    **officials.SCENES,
    **places.SCENES,
    **portraits.SCENES,
    **roads.SCENES,
    **scenery.SCENES,
    **sea.SCENES,
}

KEYS: tuple[str, ...] = tuple(sorted(_SCENES))


def draw(key: str) -> Image.Image:
    """Draw one picture; the same key always gives the same picture."""
    return _SCENES[key](Random(key))
