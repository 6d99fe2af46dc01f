"""Opens one untrusted picture, in a process of its own that may be killed.

``pictures`` starts this file as a script, with the picture as standard input, and reads
from standard output one line of JSON, followed by the pixels where it asked for them.
Nothing of Django is imported, so that the start takes less than a tenth of a second.
"""

import base64
import contextlib
import io
import json
import math
import os
import resource
import sys
from typing import Any, BinaryIO

from PIL import (
    AvifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")
MOST_MEGAPIXELS = 60
# A JPEG can be opened at an eighth of its size.
MOST_MEGAPIXELS_OF_JPEG = 120
LONGEST_SIDE = 30_000
MOST_MEMORY = 240 << 20
MOST_ADDRESSES = 1 << 30
MOST_METADATA = 1 << 20
MOST_TEXT = 4_000
BAND = 1 << 22  # pixels that are converted at a time

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB")
EXIF_NAMES = {0x010E: "description", 0x013B: "artist", 0x8298: "copyright"}
EXIF_FOLDER = 0x8769
EXIF_TIMES = {0x9003: "taken", 0x9011: "offset"}
# The brands that phones write, ISO/IEC 23008-12.
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


class RefusedError(Exception):
    """Carries the code of a refusal, which ``pictures`` puts into words."""


def main(order: str, width: int = 0, height: int = 0) -> None:
    """Take the order ``inspect`` or ``shrink``; answer a refusal as its code."""
    _limit_memory()
    pixels = b""
    try:
        picture, found = _open(sys.stdin.buffer)
        if order == "shrink":
            small = _shrink(picture, found, width, height)
            found |= {"shrunk": [small.mode, *small.size]}
            pixels = small.tobytes()
    except RefusedError as refusal:
        found = {"refused": str(refusal)}
    except MemoryError:
        found = {"refused": "heavy"}
    except Exception:
        # Hostile files raise all kinds of errors, out of every corner of a decoder.
        found = {"refused": "broken"}
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n" + pixels)
    sys.stdout.buffer.flush()
    # What a decoder left behind need not be put in order.
    os._exit(0)


def _limit_memory() -> None:
    for kind, most in (
        (resource.RLIMIT_DATA, MOST_MEMORY),
        (resource.RLIMIT_AS, MOST_ADDRESSES),
    ):
        # Not every system lets itself be limited; the limit on pixels holds on all.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _open(file: BinaryIO) -> tuple[ImageFile.ImageFile, dict[str, Any]]:
    """The picture, decoded whole, and what is known of it."""
    _refuse_by_first_bytes(file)
    Image.MAX_IMAGE_PIXELS = None  # our own limit has words
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # A JPEG with further pictures behind it is read as a plain JPEG.
    Image.register_open(
        "JPEG", JpegImagePlugin.JpegImageFile, JpegImagePlugin._accept
    )
    picture = Image.open(file, formats=FORMATS)
    assert isinstance(picture, ImageFile.ImageFile)
    _refuse_by_size(picture)
    if picture.format != "TIFF" and getattr(picture, "is_animated", False):
        raise RefusedError("animated")
    if picture.mode not in MODES + SIXTEEN_BITS:
        raise RefusedError("unusual")
    size = picture.size
    found = {
        "format": picture.format,
        "mode": picture.mode,
        "width": size[0],
        "height": size[1],
    }
    if picture.format == "JPEG":
        # All of the file is read all the same, so a cut one is found.
        picture.draft(None, (max(1, size[0] // 8), max(1, size[1] // 8)))
    return picture, found


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:]))
