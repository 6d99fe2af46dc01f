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

# Opening needs these by their names; importing them has registered them.
PLUGINS = (PngImagePlugin, WebPImagePlugin)
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF")
SIGNATURES = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG\r\n\x1a\n"),
    (8, b"WEBP"),
    (4, b"ftyp"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
)
# The brands that phones write, ISO/IEC 23008-12.
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB")
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")

MOST_MEGAPIXELS = 48
# A JPEG can be opened at an eighth of its size.
MOST_MEGAPIXELS_OF_JPEG = 120
# Its decoder keeps every pixel four times.
MOST_MEGAPIXELS_OF_WEBP = 12
LONGEST_SIDE = 30_000
# What can be inspected can be shrunk, too.
MOST_MEMORY = {"inspect": 230 << 20, "shrink": 290 << 20}
MOST_SECONDS = 30
MOST_ADDRESSES = 1 << 30
MOST_METADATA = 1 << 20
MOST_PROFILE = 4 << 20
MOST_TEXT = 4_000
# WebP is at most 16,383 pixels wide and high.
LONGEST_SHRUNK = 16_000
MOST_SHRUNK = 8_000_000
LARGE = 24_000_000
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
SUBFILE_TYPE = 0x00FE
ORIENTATION = 0x0112
IPTC_TAG = 0x83BB
IPTC_RESOURCE = 0x0404
DNG_VERSION = 0xC612
EXIF_FOLDER = 0x8769
EXIF_NAMES = {0x010E: "description", 0x013B: "artist", 0x8298: "copyright"}
EXIF_TIMES = {0x9003: "taken", 0x9011: "offset"}

Size = tuple[int, int]
Found = dict[str, Any]


class RefusedError(Exception):
    """Carries the code of a refusal, which ``pictures`` puts into words."""


def main(order: str, smallest: Size) -> None:
    """Take the order ``inspect`` or ``shrink``; answer a refusal as its code."""
    _limit_self(MOST_MEMORY[order])
    pixels = b""
    try:
        picture, found = _open(sys.stdin.buffer, smallest)
        if order == "shrink":
            small = _shrink(picture, found, smallest)
            found["shrunk"] = [small.mode, *small.size]
            pixels = small.tobytes()
    except RefusedError as refusal:
        found = {"refused": str(refusal)}
    except MemoryError:
        found = {"refused": "heavy"}
    except Exception:
        # Hostile files raise all kinds of errors, out of every corner of a decoder.
        found = {"refused": "broken"}
    sys.stdout.buffer.write(json.dumps(found).encode() + b"\n")
    sys.stdout.buffer.write(pixels)
    sys.stdout.buffer.flush()
    os._exit(0)  # what a decoder left behind need not be put in order


def _limit_self(most_memory: int) -> None:
    for kind, most in (
        (resource.RLIMIT_DATA, most_memory),
        (resource.RLIMIT_AS, MOST_ADDRESSES),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        # Not every system can be told; the limit on pixels holds on all.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, most))


def _open(file: BinaryIO, smallest: Size) -> tuple[ImageFile.ImageFile, Found]:
    """The picture, decoded whole, and what is known of it.

    A JPEG may be decoded smaller, but no smaller than covers ``smallest``.
    """
    _refuse_by_first_bytes(file)
    Image.MAX_IMAGE_PIXELS = None  # our own limit has words
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    # A JPEG with further pictures behind it is read as a plain JPEG.
    Image.register_open("JPEG", JpegImagePlugin.JpegImageFile, JpegImagePlugin._accept)
    picture = Image.open(file, formats=FORMATS)
    _refuse_by_kind(picture)
    size, mode = picture.size, picture.mode
    turn = _orientation(picture)
    if picture.format == "JPEG":
        # All of the file is read all the same, so a cut one is found.
        picture.draft(None, _turned(_covering(_turned(size, turn), smallest), turn))
    picture.load()
    if isinstance(picture, AvifImagePlugin.AvifImageFile):
        del picture._decoder  # it keeps the pixels a second time
    if picture.format == "TIFF":
        size, turn = picture.size, 1  # Pillow has turned it
    width, height = _turned(size, turn)
    found = {
        "format": picture.format,
        "mode": mode,
        "width": width,
        "height": height,
        "orientation": turn,
        "metadata": _metadata(picture),
    }
    return picture, found


def _refuse_by_first_bytes(file: BinaryIO) -> None:
    """Say what it is instead of a picture, where that is easily seen."""
    head = file.read(4096)
    file.seek(0)
    if not head:
        raise RefusedError("empty")
    if head.startswith(b"GIF8"):
        raise RefusedError("gif")
    if head[4:8] == b"ftyp":
        brands = head[8 : min(int.from_bytes(head[:4], "big"), 256)]
        if head[8:12] in HEIC_BRANDS and b"avif" not in brands:
            raise RefusedError("heic")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n\0").lower()
    if text.startswith(b"<"):
        raise RefusedError("svg" if b"<svg" in text else "text")
    if head.startswith(b"%PDF"):
        raise RefusedError("pdf")
    if head.startswith(b"8BPS") or head[8:10] == b"CR":
        raise RefusedError("raw")
    if (
        head[8:12] == b"WEBP"
        and _webp_pixels(head) > MOST_MEGAPIXELS_OF_WEBP * 1_000_000
    ):
        raise RefusedError("heavy")
    if not any(head[at : at + len(sign)] == sign for at, sign in SIGNATURES):
        raise RefusedError("unknown")


def _webp_pixels(head: bytes) -> int:
    """Width times height by the head, RFC 9649: its decoder takes memory on opening."""
    kind = head[12:16]
    if kind == b"VP8X":
        sides = (head[24:27], head[27:30])
        width, height = (int.from_bytes(side, "little") + 1 for side in sides)
    elif kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (
            int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28)
        )
    return width * height


def _refuse_by_kind(picture: ImageFile.ImageFile) -> None:
    width, height = picture.size
    most = MOST_MEGAPIXELS_OF_JPEG if picture.format == "JPEG" else MOST_MEGAPIXELS
    if width * height > most * 1_000_000 or max(width, height) > LONGEST_SIDE:
        raise RefusedError("huge")
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        if DNG_VERSION in picture.tag_v2 or picture.tag_v2.get(SUBFILE_TYPE, 0) & 1:
            raise RefusedError("raw")
    elif getattr(picture, "is_animated", False):
        raise RefusedError("animated")
    if picture.mode not in MODES + SIXTEEN_BITS:
        raise RefusedError("unusual")


def _orientation(picture: ImageFile.ImageFile) -> int:
    try:
        turn = picture.getexif().get(ORIENTATION, 1)
    except Exception:
        return 1
    return turn if turn in TURNS else 1


def _turned(size: Size, orientation: int) -> Size:
    """Width and height as seen, from those stored, and the other way round."""
    return (size[1], size[0]) if orientation >= 5 else size


def _metadata(picture: ImageFile.ImageFile) -> dict[str, Any]:
    """Blocks that ``iptc`` reads: as they lie in the file, too long ones left out."""
    blocks: dict[str, Any] = {}
    for name, block in (("xmp", _xmp(picture)), ("iptc", _iptc(picture))):
        if isinstance(block, str):
            block = block.encode("utf-8", "replace")
        if isinstance(block, bytes) and 0 < len(block) <= MOST_METADATA:
            blocks[name] = base64.b64encode(block).decode()
    with contextlib.suppress(Exception):
        exif = picture.getexif()
        found = {name: exif.get(tag) for tag, name in EXIF_NAMES.items()}
        folder = exif.get_ifd(EXIF_FOLDER)
        found |= {name: folder.get(tag) for tag, name in EXIF_TIMES.items()}
        for name, text in found.items():
            if isinstance(text, str):
                blocks[name] = text[:MOST_TEXT]
    return blocks


def _xmp(picture: ImageFile.ImageFile) -> object:
    return picture.info.get("xmp")


def _iptc(picture: ImageFile.ImageFile) -> object:
    """The IPTC-IIM datasets, which lie in a Photoshop resource or in a TIFF tag."""
    with contextlib.suppress(Exception):
        if isinstance(picture, TiffImagePlugin.TiffImageFile):
            return picture.tag_v2._tagdata.get(IPTC_TAG)
        return picture.info.get("photoshop", {}).get(IPTC_RESOURCE)
    return None


def _covering(size: Size, smallest: Size) -> Size:
    """The size, made so small that it just covers ``smallest``; never larger."""
    scale = max(smallest[0] / size[0], smallest[1] / size[1])
    scale = min(scale, LONGEST_SHRUNK / max(size))
    scale = min(scale, math.sqrt(MOST_SHRUNK / (size[0] * size[1])), 1)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrink(picture: Image.Image, found: Found, smallest: Size) -> Image.Image:
    """The picture upright, in sRGB, 8 bits a channel: RGB, or RGBA if not opaque."""
    turn = found["orientation"]
    size = _turned(_covering((found["width"], found["height"]), smallest), turn)
    ratio = min(picture.width / size[0], picture.height / size[1])
    # Averaging first spares time and memory; the rest is sharper by Lanczos' filter.
    is_large = picture.width * picture.height > LARGE
    factor = max(1, int(ratio / (1.2 if is_large else 2)))
    profile = picture.info.get("icc_profile")
    small = _reduced(picture, factor)
    if small is not picture:
        picture.close()
    small = small.resize(size, Image.Resampling.LANCZOS)
    small = _in_srgb(small, profile)
    if turn in TURNS:
        small = small.transpose(TURNS[turn])
    if small.mode == "RGBA" and small.getchannel("A").getextrema() == (255, 255):
        small = small.convert("RGB")
    return small


def _reduced(picture: Image.Image, factor: int) -> Image.Image:
    """In a mode that can be averaged; band by band, so that it is never there twice."""
    if factor == 1:
        return _plain(picture)
    width, height = picture.size
    first = _plain(picture.crop((0, 0, 1, 1)))
    whole = Image.new(first.mode, (-(-width // factor), -(-height // factor)))
    rows = max(1, BAND // (width * factor)) * factor
    for top in range(0, height, rows):
        band = picture.crop((0, top, width, min(top + rows, height)))
        whole.paste(_plain(band).reduce(factor), (0, top // factor))
    return whole


def _plain(band: Image.Image) -> Image.Image:
    if band.mode in SIXTEEN_BITS:
        return band.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if band.mode in ("LA", "PA") or "transparency" in band.info:
        return band.convert("RGBA")
    if band.mode == "1":
        return band.convert("L")
    if band.mode in ("P", "RGBX", "YCbCr"):
        return band.convert("RGB")
    return band


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    """By the file's own colour profile, or as is where that one makes no sense."""
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    colours = picture.convert("RGB") if alpha else picture
    source: Any = None
    if isinstance(profile, bytes) and len(profile) <= MOST_PROFILE:
        source = io.BytesIO(profile)
    elif colours.mode == "LAB":
        source = ImageCms.createProfile("LAB")
    converted = None
    if source is not None:
        with contextlib.suppress(Exception):
            converted = ImageCms.profileToProfile(
                colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
    colours = converted or colours.convert("RGB")
    if alpha:
        colours.putalpha(alpha)
    return colours


if __name__ == "__main__":
    main(sys.argv[1], (int(sys.argv[2]), int(sys.argv[3])))
