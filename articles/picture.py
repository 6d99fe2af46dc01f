"""A picture as HTML: every format, the sizes that fit the place, and no layout jump.

Written out by functions and not by nested templates: a front page shows thirty.
"""

from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles import credit
from articles.models import Image

# Every browser that knows neither AVIF nor WebP gets one JPEG of about this width.
FALLBACK_WIDTH = 960
# What those who share a link show.
SHARED_WIDTH = 1280

Files = list[tuple[int, int, str]]


@dataclass(frozen=True)
class Place:
    """Where a picture stands: which crop, how wide at most (pixels), CSS ``sizes``."""

    crop: str
    widest: int
    sizes: str


LEAD = Place("full", 1920, "(min-width: 75rem) 60rem, (min-width: 62rem) 75vw, 100vw")
WIDE = Place("full", 1920, "(min-width: 75rem) 60rem, (min-width: 62rem) 75vw, 100vw")
COLUMN = Place("full", 1280, "(min-width: 42rem) 38rem, 100vw")
HALF = Place("full", 960, "(min-width: 62rem) 19rem, (min-width: 40rem) 50vw, 100vw")
PORTRAIT = Place("square", 480, "12rem")
FACE = Place("square", 320, "6rem")


def is_showable(image: Image | None) -> bool:
    """Whether there is something to show: not withdrawn, and its files are made."""
    return image is not None and not image.is_withdrawn and bool(image.sizes)


def element(image: Image, place: Place, *, is_first: bool = False) -> SafeString:
    """``<picture>``; ``is_first`` for the one that the page is waiting for."""
    crop = place.crop if place.crop in image.sizes else "full"
    formats = image.sizes[crop]
    prefix = _address_prefix()
    fallback = _nearest(formats["jpg"], min(FALLBACK_WIDTH, place.widest))
    widest = _widest(formats["jpg"])
    return format_html(
        '<picture>{}{}<img src="{}{}" width="{}" height="{}" alt="{}" {}></picture>',
        _source("avif", formats, place, prefix),
        _source("webp", formats, place, prefix),
        prefix,
        fallback[2],
        widest[0],
        widest[1],
        image.alt_text,
        SafeString('fetchpriority="high"')
        if is_first
        else SafeString('loading="lazy" decoding="async"'),
    )


def preload(image: Image, place: Place) -> SafeString:
    """Tell the browser of the first picture before it reads the page's body."""
    formats = image.sizes[place.crop if place.crop in image.sizes else "full"]
    if "avif" not in formats:
        return SafeString("")
    return format_html(
        '<link rel="preload" as="image" imagesrcset="{}" imagesizes="{}" '
        'type="image/avif" fetchpriority="high">',
        _srcset(formats["avif"], place, _address_prefix()),
        place.sizes,
    )


def credit_of(image: Image) -> SafeString:
    """The credit, wherever the picture stands; nothing where it has none."""
    line = credit.line(image)
    return format_html('<span class="credit">{}</span>', line) if line else line


def shared(image: Image) -> tuple[str, int, int]:
    """Address, width and height of the copy for those who share the page."""
    crop = "card" if "card" in image.sizes else "full"
    width, height, path = _nearest(image.sizes[crop]["jpg"], SHARED_WIDTH)
    return _address_prefix() + path, width, height


def _source(
    format: str, formats: dict[str, Files], place: Place, prefix: str
) -> SafeString:
    if format not in formats:
        return SafeString("")
    return format_html(
        '<source type="image/{}" srcset="{}" sizes="{}">',
        format,
        _srcset(formats[format], place, prefix),
        place.sizes,
    )


def _srcset(files: Files, place: Place, prefix: str) -> str:
    # One step above the widest is kept, where nothing else is wide enough.
    fitting = [file for file in files if file[0] <= place.widest] or files[:1]
    return ", ".join(f"{prefix}{path} {width}w" for width, _, path in fitting)


def _address_prefix() -> str:
    """What stands before a path. Asked of the storage once a picture, not once a file.

    A random path holds letters, digits, one slash and one dot: it needs no escaping.
    """
    return default_storage.url("x").removesuffix("x")


def _nearest(files: Files, width: int) -> tuple[int, int, str]:
    return min(files, key=lambda file: abs(file[0] - width))


def _widest(files: Files) -> tuple[int, int, str]:
    return max(files, key=lambda file: file[0])
