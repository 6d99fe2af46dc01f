"""Givers and their gifts as tests need them, and what reads PDF and mail back."""

import itertools
import re
import zlib
from datetime import UTC, datetime

from django.core import mail

from newsroom.core import mail_addresses
from newsroom.support.models import (
    Contribution,
    Giver,
    LedgerEntry,
    RecurringContribution,
)
from newsroom.support.people import givers

ADDRESS = "anna@reader.example"
PAID_AT = datetime(2026, 3, 14, 12, tzinfo=UTC)

_numbers = itertools.count(1)


def giver(address: str = ADDRESS, **values) -> Giver:
    defaults = {"name": "Anna Example", "language": "en", "is_neutral": False}
    return givers.found_or_made(mail_addresses.normalised(address), **defaults | values)


def gift(of: Giver | None = None, **values) -> Contribution:
    """A gift of $25 that arrived, with its receipt and its line in the ledger."""
    number = next(_numbers)
    defaults = {
        "state": "succeeded",
        "verdict": "accepted",
        "frequency": "once",
        "amount_minor": 2500,
        "currency": "USD",
        "provider": "sandbox",
        "method": "card",
        "payment_ref": f"pay_{number}",
        "paid_at": PAID_AT,
        "receipt_number": 100 + number,
    }
    made = Contribution.objects.create(giver=of, **defaults | values)
    if made.paid_at is not None:
        moved(made, "gift", made.amount_minor, at=made.paid_at)
    return made


def moved(gift: Contribution, kind: str, amount_minor: int, *, at=PAID_AT):
    return LedgerEntry.objects.create(
        contribution=gift,
        kind=kind,
        amount_minor=amount_minor,
        currency=gift.currency,
        provider=gift.provider,
        ref=f"ref_{next(_numbers)}",
        happened_at=at,
    )


def running(of: Giver | None = None, **values) -> RecurringContribution:
    number = next(_numbers)
    defaults = {
        "state": "active",
        "frequency": "monthly",
        "amount_minor": 500,
        "currency": "USD",
        "provider": "sandbox",
        "method": "card",
        "provider_ref": f"sub_{number}",
        "payer_ref": f"payer_{number}",
        "began_at": PAID_AT,
    }
    return RecurringContribution.objects.create(giver=of, **defaults | values)


def only_mail() -> mail.EmailMultiAlternatives:
    [message] = mail.outbox
    return message


def html_of(message: mail.EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


def link_in(message: mail.EmailMultiAlternatives, part: str) -> str:
    """The path of the link in a mail that has this part."""
    urls = re.findall(r"https?://[^/\s]+(/\S*)", message.body)
    [found] = [url for url in urls if part in url]
    return found


def words_of_pdf(content: bytes) -> str:
    """The text of a PDF, letter by letter through the maps that each font carries."""
    objects = dict(re.findall(rb"(\d+) 0 obj\s(.*?)endobj", content, re.DOTALL))
    maps = {
        f"F{position}".encode(): _map_of(objects, font)
        for position, font in re.findall(rb"/F(\d+) (\d+) 0 R", content)
        for position in [position.decode()]
    }
    words = []
    for body in objects.values():
        streamed = _stream(body)
        if b" Tf" in streamed:
            words.append(_shown(streamed, maps))
    return "\n".join(words)


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", body, re.DOTALL)
    if not found:
        return b""
    if b"/FlateDecode" in body:
        return zlib.decompress(found[1])
    return found[1]


def _map_of(objects: dict[bytes, bytes], font: bytes) -> dict[int, str]:
    number = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    letters = {}
    stream = _stream(objects[number[1]]).decode()
    for block in re.findall(r"beginbfchar(.*?)endbfchar", stream, re.DOTALL):
        for code, letter in re.findall(r"<(\w+)> <(\w+)>", block):
            letters[int(code, 16)] = bytes.fromhex(letter).decode("utf-16-be")
    return letters


def _shown(stream: bytes, maps: dict[bytes, dict[int, str]]) -> str:
    words, letters = [], {}
    for font, text in re.findall(
        rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\)", stream, re.DOTALL
    ):
        if font:
            letters = maps[font]
        else:
            raw = re.sub(rb"\\([\\()rn])", _unescaped, text)
            codes = [raw[i] << 8 | raw[i + 1] for i in range(0, len(raw) - 1, 2)]
            words.append("".join(letters.get(code, "?") for code in codes))
    return "\n".join(words)


def _unescaped(match: re.Match[bytes]) -> bytes:
    return {b"r": b"\r", b"n": b"\n"}.get(match[1], match[1])
