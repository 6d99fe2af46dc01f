"""Return addresses and Message-IDs that say which mail of ours a report is about.

Each is signed: a report moves nothing unless it carries one of them. What they hold is
the number of a delivery or of a single letter; no address can be read from it.
"""

import base64
import hmac
import re
import struct
from urllib.parse import urlsplit

from django.conf import settings

from newsroom.core import mail_addresses

# What a number counts: the signature says it, so that none passes for the other.
_OF_DELIVERY, _OF_LETTER = "delivery", "single letter"

_NUMBER = struct.Struct(">Q")
_SIGNATURE_SIZE = 12  # with the number 20 bytes, or 32 characters without padding
# Mail servers may change the case, or write words of their own before (SRS, BATV).
_TOKEN = re.compile(r"(?:\bbounce\+|<mail\.)([a-z2-7]{32})@", re.IGNORECASE | re.ASCII)
_MOST_TOKENS = 50  # looked at in one text


def return_path(delivery_id: int) -> str:
    """The envelope sender of a delivery; empty where ``BOUNCE_DOMAIN`` is not set."""
    return return_path_as(_OF_DELIVERY, delivery_id)


def return_path_of_letter(letter_id: int) -> str:
    """The same for a single letter."""
    return return_path_as(_OF_LETTER, letter_id)


def message_id(delivery_id: int) -> str:
    """The Message-ID of a delivery, with its angle brackets: always the same."""
    return message_id_as(_OF_DELIVERY, delivery_id)


def message_id_of_letter(letter_id: int) -> str:
    """The same for a single letter."""
    return message_id_as(_OF_LETTER, letter_id)


def read(text: str) -> int | None:
    """The delivery that a text names first, by a return address or Message-ID of ours.

    Takes an address, or any text in which one may stand.
    """
    return read_as(_OF_DELIVERY, text)


def read_letter(text: str) -> int | None:
    """The single letter that a text names first, in the same way."""
    return read_as(_OF_LETTER, text)


def return_path_as(what: str, number: int) -> str:
    """The same for a mail of another part of the site, which signs as ``what``."""
    if not settings.BOUNCE_DOMAIN:
        return ""
    return f"bounce+{_token(what, number)}@{settings.BOUNCE_DOMAIN}"


def message_id_as(what: str, number: int, domain: str = "") -> str:
    domain = (
        domain or settings.BOUNCE_DOMAIN or urlsplit(settings.SITE_URL).hostname or ""
    )
    return f"<mail.{_token(what, number)}@{domain}>"


def read_as(what: str, text: str) -> int | None:
    for place, found in enumerate(_TOKEN.finditer(text)):
        if place == _MOST_TOKENS:
            break
        number = _read_token(what, found[1])
        if number is not None:
            return number
    return None


def _token(what: str, number: int) -> str:
    named = _NUMBER.pack(number)
    return base64.b32encode(named + _signature(what, named)).decode().lower()


def _read_token(what: str, token: str) -> int | None:
    raw = base64.b32decode(token.upper())
    named, signature = raw[: _NUMBER.size], raw[_NUMBER.size :]
    if not hmac.compare_digest(signature, _signature(what, named)):
        return None
    number: int = _NUMBER.unpack(named)[0]
    return number


def _signature(what: str, named: bytes) -> bytes:
    return mail_addresses.sign(what, named, size=_SIGNATURE_SIZE)
