"""A picture as HTML: every format, the sizes that fit the place, and no layout jump.

Written out by functions and not by nested templates: a front page shows thirty.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles import credit
from articles.models import Image, Licence
from newsroom.core import kept
from newsroom.core.queries import Row

# Every browser that knows neither AVIF nor WebP gets one JPEG of about this width.
FALLBACK_WIDTH = 960
# What those who share a link show.
SHARED_WIDTH = 1280

# The columns of a picture, in the order of ``Picture``.
COLUMNS = (
    "pk",
    "alt_text",
    "description",
    "creator",
    "credit_line",
    "provenance",
    "sizes",
    "withdrawn_at",
    "licence_id",
    "licence__name",
    "licence__url",
    "licence__shown_in_credit",
)

Files = list[tuple[int, int, str]]


@dataclass(frozen=True)
class Place:
    """Where a picture stands: which crop, how wide at most (pixels), CSS ``sizes``."""

    crop: str
    widest: int
    sizes: str


LEAD = Place("full", 1920, "(min-width: 75rem) 60rem, (min-width: 62rem) 75vw, 100vw")
WIDE = LEAD
COLUMN = Place("full", 1280, "(min-width: 42rem) 38rem, 100vw")
HALF = Place("full", 960, "(min-width: 62rem) 19rem, (min-width: 40rem) 50vw, 100vw")
PORTRAIT = Place("square", 480, "12rem")
FACE = Place("square", 320, "6rem")


@dataclass(frozen=True)
class Picture:
    """What a page needs of an ``Image``, without the model."""

    pk: int
    alt_text: str
    description: str
    creator: str
    credit_line: str
    provenance: str
    sizes_json: str
    withdrawn_at: datetime | None
    licence_id: int | None
    licence_name: str | None
    licence_url: str | None
    licence_shown_in_credit: bool | None

    @classmethod
    def read(cls, row: Row) -> Self | None:
        """From ``COLUMNS``; where there is no picture, they are all empty."""
        return None if row[0] is None else cls(*row)

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def is_showable(self) -> bool:
        """Whether there is something to show: not withdrawn, and its files are made."""
        return not self.is_withdrawn and self.sizes_json != "{}"

    @cached_property
    def sizes(self) -> dict[str, dict[str, Files]]:
        sizes: dict[str, dict[str, Files]] = json.loads(self.sizes_json)
        return sizes

    @property
    def shows(self) -> set[str]:
        """What shows with it, as the page store calls it."""
        names = {f"image:{self.pk}"}
        return names | {f"licence:{self.licence_id}"} if self.licence_id else names

    def files(self, crop: str) -> dict[str, Files]:
        return self.sizes.get(crop) or self.sizes["full"]


def element(picture: Picture, place: Place, *, is_first: bool = False) -> SafeString:
    """``<picture>``; ``is_first`` for the one that the page is waiting for."""
    return _element(picture, place, is_first, _address_prefix())


@lru_cache(maxsize=2000)
def _element(picture: Picture, place: Place, is_first: bool, prefix: str) -> SafeString:
    files = picture.files(place.crop)
    values: list[Any] = []
    sources = ""
    for kind in ("avif", "webp"):
        if kind in files:
            sources += f'<source type="image/{kind}" srcset="{{}}" sizes="{{}}">'
            values += [_srcset(files[kind], place, prefix), place.sizes]
    fallback = _nearest(files["jpg"], min(FALLBACK_WIDTH, place.widest))
    widest = max(files["jpg"])
    loading = 'fetchpriority="high"' if is_first else 'loading="lazy" decoding="async"'
    return format_html(
        f'<picture>{sources}<img src="{{}}{{}}" width="{{}}" height="{{}}" '
        f'alt="{{}}" {loading}></picture>',
        *values,
        prefix,
        fallback[2],
        widest[0],
        widest[1],
        picture.alt_text,
    )


def preload(picture: Picture, place: Place) -> SafeString:
    """Tell the browser of the first picture before it reads the page's body."""
    files = picture.files(place.crop)
    if "avif" not in files:
        return SafeString("")
    return format_html(
        '<link rel="preload" as="image" imagesrcset="{}" imagesizes="{}" '
        'type="image/avif" fetchpriority="high">',
        _srcset(files["avif"], place, _address_prefix()),
        place.sizes,
    )


def credit_of(picture: Picture) -> SafeString:
    """The credit, wherever the picture stands; nothing where it has none."""
    return _credit(
        picture.creator,
        picture.credit_line,
        picture.provenance,
        picture.licence_id,
        picture.licence_name or "",
        picture.licence_url or "",
        bool(picture.licence_shown_in_credit),
    )


def shared(picture: Picture) -> tuple[str, int, int]:
    """Address, width and height of the copy for those who share the page."""
    width, height, path = _nearest(picture.files("card")["jpg"], SHARED_WIDTH)
    return _address_prefix() + path, width, height


@kept.by_language(most=2000)
def _credit(
    creator: str,
    credit_line: str,
    provenance: str,
    licence_id: int | None,
    licence_name: str,
    licence_url: str,
    licence_is_shown: bool,
) -> SafeString:
    licence = Licence(
        pk=licence_id,
        name=licence_name,
        url=licence_url,
        shown_in_credit=licence_is_shown,
    )
    image = Image(
        creator=creator,
        credit_line=credit_line,
        provenance=provenance,
        licence=licence if licence_id else None,
    )
    line = credit.line(image)
    return format_html('<span class="credit">{}</span>', line) if line else SafeString()


def _srcset(files: Files, place: Place, prefix: str) -> str:
    fitting = [file for file in files if file[0] <= place.widest] or files[:1]
    return ", ".join(f"{prefix}{path} {width}w" for width, _, path in fitting)


def _address_prefix() -> str:
    return _prefix_of_storage(settings.MEDIA_URL)


@lru_cache(maxsize=4)
def _prefix_of_storage(media_url: str) -> str:
    """What stands before a path, which an S3 storage takes its time to say.

    A random path holds letters, digits, one slash and one dot: it needs no escaping.
    """
    return default_storage.url("x").removesuffix("x")


def _nearest(files: Files, width: int) -> tuple[int, int, str]:
    return min(files, key=lambda file: abs(file[0] - width))
