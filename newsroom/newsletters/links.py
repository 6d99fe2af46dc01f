"""Links in mails that say whom they are for, without a name or an address in them.

Links that last for ever (unsubscribing) are signed under ``ADDRESS_KEY``; those that
end are signed by Django under ``SECRET_KEY``. A GET of any of them changes nothing.
"""

import base64
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core import signing

from newsroom.core import mail_addresses

CONFIRMATION_LASTS = timedelta(days=7)
PREFERENCES_LAST = timedelta(days=30)

_FOR_EVER = struct.Struct(">QI")  # subscriber, newsletter
_SIGNATURE_SIZE = 16
_PREFERENCES = "preferences"


class Expired(Exception):
    """The link was ours, and is too old."""


class Invalid(Exception):
    """Not a link of ours."""


@dataclass(frozen=True)
class ForEver:
    subscriber_id: int
    newsletter_id: int


def for_ever(subscriber_id: int, newsletter_id: int) -> str:
    """The token for leaving one newsletter: 38 characters."""
    named = _FOR_EVER.pack(subscriber_id, newsletter_id)
    signature = mail_addresses.sign("leave", named, size=_SIGNATURE_SIZE)
    return _base64(named + signature)


def read_for_ever(token: str) -> ForEver:
    """Raises ``Invalid``."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise Invalid from None
    named, signature = raw[: _FOR_EVER.size], raw[_FOR_EVER.size :]
    expected = mail_addresses.sign("leave", named, size=_SIGNATURE_SIZE)
    if len(raw) != _FOR_EVER.size + _SIGNATURE_SIZE or not hmac.compare_digest(
        signature, expected
    ):
        raise Invalid
    return ForEver(*_FOR_EVER.unpack(named))


def for_a_while(purpose: str, facts: dict[str, Any]) -> str:
    """A token for ``read_for_a_while``; the facts can be read by whoever has it."""
    return signing.dumps(facts, salt=_salt(purpose), compress=False)


def read_for_a_while(purpose: str, token: str, lasts: timedelta) -> dict[str, Any]:
    """What was signed. Raises ``Expired`` or ``Invalid``."""
    try:
        facts: dict[str, Any] = signing.loads(token, salt=_salt(purpose), max_age=lasts)
    except signing.SignatureExpired:
        raise Expired from None
    except signing.BadSignature:
        raise Invalid from None
    return facts


def preferences(subscriber_id: int, address_digest: bytes) -> str:
    """The token of somebody's own page; it ends when their address changes.

    What ``for_a_while`` makes, by hand: each mail of an issue has one.
    """
    facts = f'{{"s":{subscriber_id},"a":"{bytes(address_digest[:4]).hex()}"}}'
    value = f"{_base64(facts.encode())}:{signing.b62_encode(int(time.time()))}"
    key = _key(_salt(_PREFERENCES), settings.SECRET_KEY)
    return f"{value}:{_base64(hmac.digest(key, value.encode(), hashlib.sha256))}"


def read_preferences(
    token: str, lasts: timedelta = PREFERENCES_LAST
) -> tuple[int, str]:
    """The subscriber and the beginning of the address's hash.

    Raises ``Expired`` or ``Invalid``.
    """
    facts = read_for_a_while(_PREFERENCES, token, lasts)
    return facts["s"], facts["a"]


def _salt(purpose: str) -> str:
    return f"newsletters.{purpose}"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


@lru_cache(maxsize=8)
def _key(salt: str, secret: str) -> bytes:
    """As ``django.utils.crypto.salted_hmac`` derives it."""
    return hashlib.sha256(f"{salt}signer{secret}".encode()).digest()
