"""Files of addresses on their way in: kept sealed, read piece by piece.

A file lies in its ``SubscriberImport`` as sealed pieces of one size under a key of its
own, so that neither storing nor reading ever holds the whole of it in memory.
"""

import codecs
import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.newsletters.models import SubscriberImport

ENCODINGS = [
    ("utf-8-sig", _("UTF-8")),
    ("utf-16", _("UTF-16 with a mark at its beginning")),
    ("utf-16-le", _("UTF-16, little-endian")),
    ("utf-16-be", _("UTF-16, big-endian")),
    ("cp1251", _("Windows-1251 (Cyrillic)")),
    ("latin-1", _("Latin-1 (Western Europe)")),
]
DELIMITERS = [
    (",", _("comma")),
    (";", _("semicolon")),
    ("\t", _("tab")),
    ("|", _("upright bar")),
]
SAMPLE_ROWS = 5

_PIECE = 1 << 20
_NONCE, _TAG = 12, 16
_SEALED_PIECE = _NONCE + _PIECE + _TAG
_PIECES_AT_ONCE = 16
_TABLE = SubscriberImport._meta.db_table
_HIGH = re.compile(rb"[\x80-\xff]+")


class Unreadable(Exception):
    """The file is not a table; the words are for staff and name no cell of it."""


@dataclass(frozen=True)
class Shape:
    """How a file is read."""

    encoding: str
    delimiter: str
    has_header: bool


def store(of: SubscriberImport, blocks: Iterable[bytes]) -> str:
    """Seal a file into its row. Returns the encoding that it seems to have."""
    guess = _Guess()
    cipher = _cipher(of)
    sealed: list[bytes] = []
    for number, piece in enumerate(_pieces(blocks)):
        guess.feed(piece)
        nonce = os.urandom(_NONCE)
        sealed.append(nonce + cipher.encrypt(nonce, piece, str(number).encode()))
        if len(sealed) == _PIECES_AT_ONCE:
            _append(of, sealed)
            sealed = []
    _append(of, sealed)
    return guess.encoding()


def empty(of: SubscriberImport) -> None:
    """Forget the file; what became of its rows stays."""
    SubscriberImport.objects.filter(pk=of.pk).update(content_sealed=b"")


def rows(of: SubscriberImport, shape: Shape) -> Iterator[tuple[int, list[str]]]:
    """Each row under the heads with its number, as a table shows it.

    Raises ``Unreadable``.
    """
    opened = io.BufferedReader(_Opened(of), _PIECE)
    text = io.TextIOWrapper(opened, shape.encoding, errors="replace", newline="")
    reader = csv.reader(text, delimiter=shape.delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cells) and not (shape.has_header and number == 1):
                yield number, cells
    except (csv.Error, UnicodeError) as error:
        words = _("It cannot be read as a table from row %(row)s on.")
        raise Unreadable(str(words) % {"row": number + 1}) from error


def first_rows(of: SubscriberImport, shape: Shape) -> list[list[str]]:
    """The head and a few rows, for people to look at. Raises ``Unreadable``."""
    headless = Shape(shape.encoding, shape.delimiter, has_header=False)
    found = []
    for _number, cells in rows(of, headless):
        found.append(cells)
        if len(found) > SAMPLE_ROWS:
            break
    return found


def shape_of(of: SubscriberImport, encoding: str) -> Shape:
    """What the beginning looks like: the delimiter, and whether columns have names."""
    found = [
        (shape, first_rows(of, shape))
        for shape in (Shape(encoding, sign, True) for sign, _name in DELIMITERS)
    ]
    shape, sample = max(found, key=lambda pair: _columns_in_line(pair[1]))
    has_header = not any("@" in cell for cell in sample[0]) if sample else True
    return Shape(encoding, shape.delimiter, has_header)


def header_digest(sample: list[list[str]], shape: Shape) -> str:
    """What files of the same make have in common; without heads, their width."""
    names = sample[0] if sample and shape.has_header else []
    width = len(sample[0]) if sample else 0
    words = "\n".join([str(width), *(name.strip().casefold() for name in names)])
    return hashlib.sha256(words.encode()).hexdigest()


class _Opened(io.RawIOBase):
    """The file as a stream, fetched and opened piece by piece."""

    def __init__(self, of: SubscriberImport) -> None:
        self.pk = of.pk
        self.cipher = _cipher(of)
        self.number = 0
        self.left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self.left:
            self.left = memoryview(self._next())
        size = min(len(buffer), len(self.left))
        buffer[:size] = self.left[:size]
        self.left = self.left[size:]
        return size

    def _next(self) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT substring(content_sealed FROM %s FOR %s) FROM {_TABLE}"  # noqa: S608
                " WHERE id = %s",
                [self.number * _SEALED_PIECE + 1, _SEALED_PIECE, self.pk],
            )
            found = cursor.fetchone()
        sealed = bytes(found[0]) if found else b""
        if not sealed:
            return b""
        named = str(self.number).encode()
        self.number += 1
        return self.cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], named)


class _Guess:
    """Which encoding a file has, from all of it."""

    def __init__(self) -> None:
        self.beginning = b""
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.is_utf_8 = True
        self.alone = 0
        self.together = 0

    def feed(self, piece: bytes) -> None:
        self.beginning = self.beginning or piece[:1000]
        if self.is_utf_8:
            try:
                self.decoder.decode(piece)
            except UnicodeDecodeError:
                self.is_utf_8 = False
        if not self.is_utf_8:
            for run in _HIGH.findall(piece):
                if len(run) > 1:
                    self.together += len(run)
                else:
                    self.alone += 1

    def encoding(self) -> str:
        if self.beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        # An ASCII letter, and each table has some, is a zero before or after a byte.
        first, second = self.beginning[::2].count(0), self.beginning[1::2].count(0)
        if first or second:
            return "utf-16-be" if first > second else "utf-16-le"
        if self.is_utf_8:
            return "utf-8-sig"
        # Cyrillic words are made of high bytes, Western ones hold one here and there.
        return "cp1251" if self.together > self.alone else "latin-1"


def _cipher(of: SubscriberImport) -> AESGCM:
    return AESGCM(mail_addresses.sign("import file", str(of.pk).encode(), size=32))


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    kept = bytearray()
    for block in blocks:
        kept += block
        while len(kept) >= _PIECE:
            yield bytes(kept[:_PIECE])
            del kept[:_PIECE]
    if kept:
        yield bytes(kept)


def _append(of: SubscriberImport, sealed: list[bytes]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_TABLE} SET content_sealed = content_sealed || %s WHERE id = %s",  # noqa: S608
            [b"".join(sealed), of.pk],
        )


def _columns_in_line(sample: list[list[str]]) -> int:
    widths = {len(cells) for cells in sample}
    return min(widths, default=0) if len(widths) == 1 else min(widths, default=1) - 1
