"""Return addresses and Message-IDs that say which delivery a report is about.

Each is signed: a report moves nothing unless it carries one of them. What they hold is
the number of a delivery; no address can be read from it.
"""

import base64
import hmac
import re
import struct
from urllib.parse import urlsplit

from django.conf import settings

from newsroom.core import mail_addresses

_DELIVERY = struct.Struct(">Q")
_SIGNATURE_SIZE = 12  # with the number 20 bytes, or 32 characters without padding
# Mail servers may change the case, or write words of their own before (SRS, BATV).
_TOKEN = re.compile(r"(?:\bbounce\+|<mail\.)([a-z2-7]{32})@", re.IGNORECASE | re.ASCII)
_MOST_TOKENS = 50  # looked at in one text


def return_path(delivery_id: int) -> str:
    """The envelope sender of a delivery; empty where ``BOUNCE_DOMAIN`` is not set."""
    if not settings.BOUNCE_DOMAIN:
        return ""
    return f"bounce+{_token(delivery_id)}@{settings.BOUNCE_DOMAIN}"


def message_id(delivery_id: int) -> str:
    """The Message-ID of a delivery, with its angle brackets: always the same."""
    domain = settings.BOUNCE_DOMAIN or urlsplit(settings.SITE_URL).hostname
    return f"<mail.{_token(delivery_id)}@{domain}>"


def read(text: str) -> int | None:
    """The delivery that a text names first, by a return address or Message-ID of ours.

    Takes an address, or any text in which one may stand.
    """
    for number, found in enumerate(_TOKEN.finditer(text)):
        if number == _MOST_TOKENS:
            break
        delivery_id = _read_token(found[1])
        if delivery_id is not None:
            return delivery_id
    return None


def _token(delivery_id: int) -> str:
    named = _DELIVERY.pack(delivery_id)
    return base64.b32encode(named + _signature(named)).decode().lower()


def _read_token(token: str) -> int | None:
    raw = base64.b32decode(token.upper())
    named, signature = raw[: _DELIVERY.size], raw[_DELIVERY.size :]
    if not hmac.compare_digest(signature, _signature(named)):
        return None
    delivery_id: int = _DELIVERY.unpack(named)[0]
    return delivery_id


def _signature(named: bytes) -> bytes:
    return mail_addresses.sign("delivery", named, size=_SIGNATURE_SIZE)
