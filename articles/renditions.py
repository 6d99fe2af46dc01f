"""Sized copies of pictures: what readers get. Made in the background.

The whole picture, a card of 3:2 and a square, both cut round the focal point; each as
JPEG, WebP and AVIF, under a random path, with the credit inside and nothing else.
"""

import io
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image as PillowImage

from articles import iptc
from articles.models import Image, Rendition
from newsroom.core import page_store, pictures

log = logging.getLogger(__name__)

# Width to height (``None``: as the picture is), and widths in pixels.
CROPS: dict[str, tuple[float | None, tuple[int, ...]]] = {
    "full": (None, (320, 640, 960, 1280, 1920)),
    "card": (3 / 2, (320, 640, 960)),
    "square": (1, (160, 320)),
}
# What covers this many pixels is enough for every copy.
NEEDED = (1920, 640)
# A step that the picture's own width nearly reaches is left out.
LEAST_STEP = 0.9
# Articles are readable as soon as the first format is there.
FORMATS = ("jpg", "webp", "avif")
# By trial on photographs: about the same to the eye, and seconds of work at most.
SAVING: dict[str, tuple[str, dict[str, Any]]] = {
    "jpg": ("JPEG", {"quality": 78, "progressive": True, "optimize": True}),
    "webp": ("WEBP", {"quality": 75, "method": 4}),
    "avif": ("AVIF", {"quality": 55, "speed": 8, "max_threads": 1}),
}


@dataclass(frozen=True)
class Cut:
    """One copy before it has a format."""

    crop: str
    pixels: PillowImage.Image


def make(image_id: int, formats: Sequence[str] = FORMATS) -> None:
    """Make the copies anew, under new paths, and put them in place of the old ones.

    A picture that was withdrawn or deleted meanwhile gets none; one whose credit or
    focal point was changed meanwhile is begun again.
    """
    while (image := _showable(image_id)) is not None:
        with image.original.open("rb") as original:
            pixels = pictures.shrink(original, NEEDED)
        cuts = list(_cuts(pixels, image.focal_x, image.focal_y))
        if all(_put_in_place(image, format, cuts) for format in formats):
            return


@transaction.atomic
def take_away(image: Image) -> None:
    """Delete all copies: the rows now, the files as soon as that is committed.

    The caller has locked the picture and says which pages have ended.
    """
    _remove(image.renditions.all())
    image.sizes = {}
    Image.objects.filter(pk=image.pk).update(sizes={})


def remove_files(names: Iterable[str]) -> None:
    """Delete readers' files. One that cannot be deleted stays for ``sweep_media``."""
    for name in names:
        try:
            default_storage.delete(name)
        except OSError:
            log.exception("A file could not be deleted: %s", name)


def _showable(image_id: int) -> Image | None:
    found = Image.objects.showable().select_related("licence")
    return found.filter(pk=image_id).first()


def _cuts(pixels: PillowImage.Image, focal_x: int, focal_y: int) -> Iterable[Cut]:
    for crop, (ratio, steps) in CROPS.items():
        box = _box(pixels.size, ratio, focal_x / 100, focal_y / 100)
        left, top, right, bottom = box
        for width in _widths(right - left, steps):
            height = max(1, round(width * (bottom - top) / (right - left)))
            yield Cut(
                crop,
                pixels.resize((width, height), PillowImage.Resampling.LANCZOS, box=box),
            )


def _box(
    size: tuple[int, int], ratio: float | None, focal_x: float, focal_y: float
) -> tuple[int, int, int, int]:
    """The largest cut of this ratio, the focal point in its middle where it can be."""
    width, height = size
    if ratio is None:
        return (0, 0, width, height)
    cut_width = max(1, min(width, round(height * ratio)))
    cut_height = max(1, min(height, round(width / ratio)))
    left = min(max(round(width * focal_x - cut_width / 2), 0), width - cut_width)
    top = min(max(round(height * focal_y - cut_height / 2), 0), height - cut_height)
    return (left, top, left + cut_width, top + cut_height)


def _widths(widest: int, steps: tuple[int, ...]) -> list[int]:
    """The steps that the picture reaches, never larger than it is."""
    largest = min(widest, steps[-1])
    return [step for step in steps if step < largest * LEAST_STEP] + [largest]


def _put_in_place(image: Image, format: str, cuts: list[Cut]) -> bool:
    """Store the copies of one format; whether they are still the right ones."""
    made: list[Rendition] = []
    is_kept = False
    try:
        credit = iptc.of(image)
        made.extend(_stored(image, format, cut, credit) for cut in cuts)
        is_kept = _keep(image, format, made)
    finally:
        if not is_kept:
            remove_files(str(copy.file.name) for copy in made)
    return is_kept


def _stored(image: Image, format: str, cut: Cut, credit: iptc.Credit) -> Rendition:
    width, height = cut.pixels.size
    copy = Rendition(
        image=image, crop=cut.crop, format=format, width=width, height=height
    )
    copy.file.save("", ContentFile(_encoded(cut.pixels, format, credit)), save=False)
    return copy


def _encoded(pixels: PillowImage.Image, format: str, credit: iptc.Credit) -> bytes:
    name, options = SAVING[format]
    if format == "jpg" and pixels.mode == "RGBA":
        white = PillowImage.new("RGBA", pixels.size, "white")
        pixels = PillowImage.alpha_composite(white, pixels).convert("RGB")
    buffer = io.BytesIO()
    pixels.save(buffer, name, **options, **iptc.save_options(format, credit))
    return buffer.getvalue()


@transaction.atomic
def _keep(image: Image, format: str, made: list[Rendition]) -> bool:
    now = Image.objects.select_for_update(of=["self"]).filter(pk=image.pk).first()
    if now is None or now.is_withdrawn or _drawn_from(now) != _drawn_from(image):
        return False
    _remove(now.renditions.filter(format=format))
    Rendition.objects.bulk_create(made)
    sizes = {crop: dict(now.sizes.get(crop, {})) for crop in CROPS}
    for crop, formats in sizes.items():
        formats[format] = [
            [copy.width, copy.height, copy.file.name]
            for copy in made
            if copy.crop == crop
        ]
    # Not by ``save``: a copy is nothing that the picture's history tells.
    Image.objects.filter(pk=image.pk).update(sizes=sizes)
    page_store.ended(f"image:{image.pk}")
    return True


def _drawn_from(image: Image) -> tuple[object, ...]:
    return (iptc.of(image), image.focal_x, image.focal_y)


def _remove(copies: Any) -> None:
    names = list(copies.values_list("file", flat=True))
    copies.delete()
    transaction.on_commit(partial(remove_files, names))
