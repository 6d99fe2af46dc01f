"""Makes picture files for tests: harmless ones, and 1,000 that mean harm.

The same seed gives the same files.
"""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image


def picture(width=320, height=200, mode="RGB"):
    """A picture with some content in it."""
    rows = Image.linear_gradient("L").resize((width, height))
    columns = rows.transpose(Image.Transpose.ROTATE_180)
    if mode == "I;16":
        wide = rows.convert("I").point(lambda value: value * 257)
        return wide.convert("I;16")
    colours = Image.merge("RGB", (rows, columns, Image.new("L", rows.size, 90)))
    return colours if mode == "RGB" else colours.convert(mode)


def encoded(format="JPEG", image=None, **options):
    buffer = io.BytesIO()
    (image or picture()).save(buffer, format, **options)
    return buffer.getvalue()


def png_of_size(width, height, *, rows=b"\0"):
    """A PNG that claims a size and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", head)
        + _png_chunk(b"IDAT", zlib.compress(rows, 9))
        + _png_chunk(b"IEND", b"")
    )


def png_bomb(side=6900):
    """Some tens of kilobytes that become 190 MB of pixels."""
    return png_of_size(side, side, rows=bytes((side * 3 + 1) * side))


def png_with_text_bomb():
    """A caption of 200 MB in 200 kB."""
    text = zlib.compress(b"a" * 200_000_000, 9)
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + text
    whole = encoded("PNG")
    return whole[:33] + _png_chunk(b"iTXt", body) + whole[33:]


def jpeg_of_size(width, height):
    """A JPEG whose head claims another size than it has."""
    whole = encoded("JPEG")
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def animated(format):
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    return encoded(format, frames[0], save_all=True, append_images=frames[1:])


def with_several_pictures():
    """A JPEG of the kind that phones write: another one lies behind it."""
    return encoded("MPO", picture(), save_all=True, append_images=[picture(100, 60)])


DISGUISED = {
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">'
    b"<script>alert(1)</script></svg>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "php": b"<?php system($_GET['c']); ?>",
    "script": b"#!/bin/sh\nrm -rf /\n",
    "zip": b"PK\x03\x04" + bytes(200),
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "fits": b"SIMPLE  =                    T" + b" " * 2850,
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(100),
    "gif and script": b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)",
    "nothing": b"",
    "zeros": bytes(5000),
}
BOMBS: dict[str, Callable[[], bytes]] = {
    "a PNG of 190 MB": png_bomb,
    "a PNG of a billion pixels": lambda: png_of_size(31_000, 31_000),
    "a PNG 50,000 pixels wide": lambda: png_of_size(50_000, 10),
    "a PNG of 2^31 pixels": lambda: png_of_size(2**31 - 1, 2**31 - 1),
    "a JPEG of 65,535 pixels": lambda: jpeg_of_size(65_535, 65_535),
    "a caption of 200 MB": png_with_text_bomb,
}


def seeds():
    """Sound files of every format and kind that is taken, and of some that are not."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x013B] = "Somebody"
    yield "plain JPEG", encoded("JPEG", exif=exif)
    yield "progressive JPEG", encoded("JPEG", progressive=True)
    yield "CMYK JPEG", encoded("JPEG", picture(mode="CMYK"))
    yield "several JPEGs", with_several_pictures()
    yield "PNG", encoded("PNG")
    yield "palette PNG", encoded("PNG", picture(mode="P"))
    yield "16-bit PNG", encoded("PNG", picture(mode="I;16"))
    yield "transparent PNG", encoded("PNG", picture(mode="RGBA"))
    yield "animated PNG", animated("PNG")
    yield "WebP", encoded("WEBP")
    yield "lossless WebP", encoded("WEBP", lossless=True)
    yield "animated WebP", animated("WEBP")
    yield "AVIF", encoded("AVIF", speed=10)
    yield "TIFF", encoded("TIFF", exif=exif)
    yield "packed TIFF", encoded("TIFF", compression="tiff_lzw")
    yield "JPEG in TIFF", encoded("TIFF", compression="jpeg")
    yield "GIF", encoded("GIF", picture(mode="P"))


def hostile(count, seed=1) -> Iterator[tuple[str, bytes]]:
    """``count`` files with a name each: bombs and disguises first, then the mutated."""
    made = 0
    for name, body in DISGUISED.items():
        yield name, body
        made += 1
    for name, make in BOMBS.items():
        yield name, make()
        made += 1
    chance = random.Random(seed)
    sound = list(seeds())
    while made < count:
        name, body = sound[made % len(sound)]
        how, change = MUTATIONS[made % len(MUTATIONS)]
        yield f"{name}, {how}", change(chance, body)
        made += 1


def _cut(chance, body):
    return body[: chance.randrange(len(body))]


def _flip(chance, body):
    changed = bytearray(body)
    for _ in range(chance.choice([1, 8, 64, 512])):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _flip_head(chance, body):
    changed = bytearray(body)
    for _ in range(chance.choice([1, 4, 16])):
        changed[chance.randrange(min(200, len(changed)))] = chance.randrange(256)
    return bytes(changed)


def _wide(chance, body):
    """Numbers in the head become the largest or the smallest there are."""
    changed = bytearray(body)
    at = chance.randrange(min(400, len(changed) - 4))
    changed[at : at + 4] = chance.choice(
        [b"\xff" * 4, b"\x7f\xff\xff\xff", bytes(4), b"\0\0\xff\xff"]
    )
    return bytes(changed)


def _repeat(chance, body):
    start = chance.randrange(len(body))
    piece = body[start : start + chance.randrange(1, 5000)]
    return body[:start] + piece * chance.choice([2, 10, 100]) + body[start:]


def _swap(chance, body):
    middle = chance.randrange(len(body))
    return (
        body[middle:] + body[:middle]
        if chance.random() < 0.2
        else (body[:20] + body[middle:] + body[20:middle])
    )


def _polyglot(chance, body):
    code = chance.choice([DISGUISED["php"], DISGUISED["html"], DISGUISED["svg"]])
    return body + code if chance.random() < 0.5 else code + body


MUTATIONS = [
    ("cut", _cut),
    ("bits flipped", _flip),
    ("head changed", _flip_head),
    ("numbers changed", _wide),
    ("parts repeated", _repeat),
    ("parts swapped", _swap),
    ("with code", _polyglot),
]


def _png_chunk(kind, body):
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)
