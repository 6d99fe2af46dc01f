"""Untrusted pictures: what they are, and their pixels, without opening them in here.

Decoders of pictures have holes, and small files can ask for much. Each file is opened
by ``picture_worker``, in a process that has nothing of ours, little memory and seconds.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.utils.translation import gettext as _
from PIL import Image

from newsroom.core import picture_worker

MOST_BYTES = 60 * 1_000_000
SECONDS_TO_INSPECT = 4.5
# What was inspected once may take longer in the background.
SECONDS_TO_SHRINK = 30.0
SECONDS_TO_WAIT = 20.0
MIME_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "TIFF": "image/tiff",
}

# One at a time in each process, so that many uploads need no more memory than one.
_turn = threading.BoundedSemaphore(1)


class Refused(Exception):
    """The file is not taken. ``code`` is for tests, the message for the editor."""

    def __init__(self, code: str) -> None:
        super().__init__(_words(code))
        self.code = code


@dataclass(frozen=True)
class Metadata:
    """What stands in the file about itself, as bytes of whoever wrote it."""

    xmp: bytes = b""
    iptc: bytes = b""
    exif: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inspected:
    """A picture that can be opened. Width and height are those of the upright one."""

    format: str
    mode: str
    width: int
    height: int
    orientation: int
    byte_size: int
    sha256: str
    metadata: Metadata

    @property
    def mime_type(self) -> str:
        return MIME_TYPES[self.format]


def inspect(source: Path | File | IO[bytes]) -> Inspected:
    """Decode the whole file and say what it is; raises ``Refused``.

    The content decides: neither the name's ending nor what the browser says.
    """
    with _as_file(source) as file:
        byte_size, sha256 = _measure(file)
        found, _pixels = _run(file, "inspect", (1, 1), SECONDS_TO_INSPECT)
    blocks = found.pop("metadata")
    metadata = Metadata(
        xmp=base64.b64decode(blocks.pop("xmp", "")),
        iptc=base64.b64decode(blocks.pop("iptc", "")),
        exif=blocks,
    )
    return Inspected(byte_size=byte_size, sha256=sha256, metadata=metadata, **found)


def checksum(source: Path | File | IO[bytes]) -> str:
    """The SHA-256 of the file; raises ``Refused`` for one that is too large."""
    with _as_file(source) as file:
        return _measure(file)[1]


def shrink(source: Path | File | IO[bytes], smallest: tuple[int, int]) -> Image.Image:
    """The picture upright, in sRGB, as small as still covers ``smallest`` pixels.

    It is RGB, or RGBA where something shines through, and carries no metadata. It is
    never enlarged, and never above ``picture_worker.MOST_SHRUNK`` pixels.
    """
    with _as_file(source) as file:
        found, pixels = _run(file, "shrink", smallest, SECONDS_TO_SHRINK)
    mode, width, height = found["shrunk"]
    return Image.frombytes(mode, (width, height), pixels)


@contextmanager
def _as_file(source: Path | File | IO[bytes]) -> Iterator[IO[bytes]]:
    """A file of the system, at its beginning: what a child process can be given."""
    path = getattr(source, "temporary_file_path", lambda: source)()
    if isinstance(path, str | Path):
        with Path(path).open("rb") as file:
            yield file
    else:
        with _copied(source) as file:  # type: ignore[arg-type]
            yield file


@contextmanager
def _copied(source: File | IO[bytes]) -> Iterator[IO[bytes]]:
    source.seek(0)
    with tempfile.TemporaryFile() as copy:
        while chunk := source.read(1 << 16):
            copy.write(chunk)
            if copy.tell() > MOST_BYTES:
                raise Refused("long")
        source.seek(0)
        copy.flush()
        copy.seek(0)
        yield copy


def _measure(file: IO[bytes]) -> tuple[int, str]:
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
    byte_size = file.tell()
    file.seek(0)
    if byte_size > MOST_BYTES:
        raise Refused("long")
    return byte_size, digest.hexdigest()


def _run(
    file: IO[bytes], order: str, smallest: tuple[int, int], seconds: float
) -> tuple[dict[str, Any], bytes]:
    if not _turn.acquire(timeout=SECONDS_TO_WAIT):
        raise Refused("busy")
    try:
        child = subprocess.run(  # noqa: S603 - our own file and numbers
            [sys.executable, "-I", picture_worker.__file__, order, *map(str, smallest)],
            stdin=file,
            capture_output=True,
            env={"MALLOC_ARENA_MAX": "1"},
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused("slow") from error
    finally:
        _turn.release()
    line, _newline, pixels = child.stdout.partition(b"\n")
    if child.returncode != 0 or not line:
        raise Refused("heavy")
    found: dict[str, Any] = json.loads(line)
    if "refused" in found:
        raise Refused(found["refused"])
    return found, pixels


def _words(code: str) -> str:
    send = _("Send a JPEG, PNG, WebP, AVIF or TIFF.")
    smaller = _("Save it smaller, as a JPEG, and send that.")
    sentences = {
        "unstored": _(
            "The file could not be stored just now. Please try again, and if it "
            "happens again, tell whoever runs the site."
        ),
        "empty": _("The file is empty. Choose it again."),
        "unknown": _("This is not a picture that can be opened here.") + " " + send,
        "heic": _(
            "This is a HEIC picture, which browsers cannot show. Save it as a JPEG "
            "(on an iPhone: Settings, Camera, Formats, Most Compatible) and send that."
        ),
        "gif": _("GIF is not taken.") + " " + send,
        "svg": _("SVG is a document that can run scripts, so it is not taken.")
        + " "
        + _("Save it as a PNG and send that."),
        "text": _("This is a page of text or code, not a picture.") + " " + send,
        "pdf": _("This is a PDF, not a picture. Save its page as a PNG and send that."),
        "raw": _("This is a camera's or an editor's working file.")
        + " "
        + _("Export it as a JPEG or a TIFF and send that."),
        "broken": _(
            "The file is damaged or cut off. Copy it again from where it came from."
        ),
        "animated": _("Moving pictures are not taken. Send one still picture of it."),
        "unusual": _("The picture stores its colours in an unusual way.")
        + " "
        + _("Save it as a JPEG with 8 bits a channel and send that."),
        "huge": _(
            "The picture is too large: at most %(jpeg)s megapixels as a JPEG, "
            "%(other)s otherwise, and %(side)s pixels a side."
        )
        % {
            "jpeg": picture_worker.MOST_MEGAPIXELS_OF_JPEG,
            "other": picture_worker.MOST_MEGAPIXELS,
            "side": picture_worker.LONGEST_SIDE,
        }
        + " "
        + smaller,
        "heavy": _("The picture needs too much memory to be opened.") + " " + smaller,
        "slow": _("The picture takes too long to open.") + " " + smaller,
        "long": _("The file is larger than %(most)s MB.")
        % {"most": MOST_BYTES // 1_000_000}
        + " "
        + smaller,
        "busy": _("Other pictures are being read. Send it again in a minute."),
    }
    return sentences[code]
