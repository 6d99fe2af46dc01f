"""How the picture library shows a picture: its small copy, its notes, its crops."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from articles import credit, library
from articles.models import Image

THUMB_WIDTH = 320
PREVIEW_WIDTH = 1280
# The units of the drawing in which the focal point is chosen.
DRAWN_WIDTH = 1200


@dataclass(frozen=True)
class Tile:
    """A picture in the grid. ``lacks`` and ``licence_note`` may be empty."""

    image: Image
    url: str
    card_url: str
    thumb: str
    lacks: str
    licence_note: str
    use_count: int


@dataclass(frozen=True)
class Crop:
    """A cut of the picture, as a ``viewBox`` of the drawing."""

    name: str
    ratio: str
    view_box: str
    width: int
    height: int


def tile(image: Image) -> Tile:
    """Takes a picture with ``use_count`` (``image_uses.with_counts``)."""
    lacks = image.missing_for_publication()
    return Tile(
        image=image,
        url=reverse("admin:articles_image_change", args=[image.pk]),
        card_url=reverse("admin:articles_image_card", args=[image.pk]),
        thumb=thumb_url(image),
        lacks=_("No %(lacks)s") % {"lacks": _(", no ").join(lacks)} if lacks else "",
        licence_note=licence_note(image),
        use_count=getattr(image, "use_count", 0),
    )


def card(image: Image) -> dict[str, Any]:
    """What the editor's figure and the grid need to know, as JSON."""
    return {
        "id": image.pk,
        "title": str(image),
        "url": reverse("admin:articles_image_change", args=[image.pk]),
        "thumb": thumb_url(image),
        "preview": preview_url(image),
        "width": image.width,
        "height": image.height,
        "alt": image.alt_text,
        "caption": image.description,
        "credit": credit.line(image).text,
        "missing": image.missing_for_publication(),
        "withdrawn": image.is_withdrawn,
        "note": licence_note(image),
    }


def thumb_url(image: Image) -> str:
    """The card's smallest copy that fills a tile; empty while there is none."""
    return image.copy_url("card", THUMB_WIDTH)


def preview_url(image: Image) -> str:
    """The whole picture for the change form; empty while there is none."""
    return image.copy_url("full", PREVIEW_WIDTH)


def licence_note(image: Image, today: date | None = None) -> str:
    """Words on a licence that ends within two weeks, or has ended."""
    today = today or timezone.now().date()
    ends = image.licence_until
    if ends is None or ends > today + timedelta(days=library.DAYS_OF_WARNING):
        return ""
    words = (
        _("Licence ended on %(day)s") if ends < today else _("Licence ends on %(day)s")
    )
    return words % {"day": formats.date_format(ends, "j F Y")}


def drawn_height(image: Image) -> int:
    return max(1, round(DRAWN_WIDTH * image.height / image.width))


def crops(image: Image) -> list[Crop]:
    """The cuts that readers get, round the focal point."""
    return [
        _crop(image, _("Card, 3:2"), 3, 2, shown_height=112),
        _crop(image, _("Square, 1:1"), 1, 1, shown_height=112),
    ]


def _crop(
    image: Image, name: str, across: int, down: int, *, shown_height: int
) -> Crop:
    height = drawn_height(image)
    ratio = across / down
    cut_width = min(DRAWN_WIDTH, height * ratio)
    cut_height = min(height, DRAWN_WIDTH / ratio)
    left = _start(image.focal_x, DRAWN_WIDTH, cut_width)
    top = _start(image.focal_y, height, cut_height)
    return Crop(
        name=name,
        ratio=f"{ratio:g}",
        view_box=f"{left:.1f} {top:.1f} {cut_width:.1f} {cut_height:.1f}",
        width=round(shown_height * ratio),
        height=shown_height,
    )


def _start(focal: int, whole: float, cut: float) -> float:
    """Where the cut begins: the focal point in its middle, unless an edge is near."""
    return min(max(whole * focal / 100 - cut / 2, 0), whole - cut)
