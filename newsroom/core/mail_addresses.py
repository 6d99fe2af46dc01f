"""Readers' mail addresses: one form, sealed where they rest, found without reading.

An address lies in the database only sealed (AES-GCM); what finds it again is a keyed
hash. Both keys are made of ``ADDRESS_KEY``, which no backup of the database holds.
"""

import hashlib
import hmac
import os
import unicodedata
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import EmailValidator
from django.db import connection
from django.utils.translation import gettext_lazy as _

SHORTEST_KEY = 32
LONGEST = 254  # RFC 5321, 4.5.3.1.3, without its brackets
DIGEST_SIZE = 32

_NONCE_SIZE = 12
# Mail to this machine itself, by name or number, is for nobody who reads newsletters.
_validate = EmailValidator(
    _("This is not an email address. It needs a form such as name@example.org."),
    allowlist=[],
)
_LONGEST_TYPED = 4 * LONGEST  # characters; what is longer is not looked at


class WrongKey(ImproperlyConfigured):
    """``ADDRESS_KEY`` is missing, too short, or not the one of this database."""


def normalised(typed: str) -> str:
    """The one form of an address: lower case, NFKC, an ASCII domain (IDNA).

    Raises ``ValidationError``.
    """
    if len(typed) > _LONGEST_TYPED:
        raise ValidationError(_validate.message, code="invalid")
    address = unicodedata.normalize("NFKC", typed).strip().casefold()
    local, _at, domain = address.rpartition("@")
    try:
        domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""  # refused below, with everything else that is no domain
    address = f"{local}@{domain}"
    if len(address) > LONGEST or not local.isascii() or {'"', "["} & set(address):
        raise ValidationError(_validate.message, code="invalid")
    _validate(address)
    return address


def digest(address: str) -> bytes:
    """What finds a normalised address; 32 bytes."""
    return hmac.digest(_key("digest"), address.encode(), hashlib.sha256)


def domain_digest(address: str) -> bytes:
    """What finds all the addresses of a domain; takes an address or a domain."""
    domain = address.rpartition("@")[2]
    return hmac.digest(_key("domain"), domain.encode(), hashlib.sha256)


def seal(address: str) -> bytes:
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + _cipher().encrypt(nonce, address.encode(), None)


def unseal(sealed: bytes | memoryview) -> str:
    """Raises ``WrongKey`` if it was sealed with another key."""
    sealed = bytes(sealed)
    try:
        opened = _cipher().decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], None)
    except (InvalidTag, ValueError):  # the latter: too short to be sealed at all
        raise WrongKey("An address was sealed with another ADDRESS_KEY.") from None
    return opened.decode()


def sign(purpose: str, message: bytes, *, size: int = 16) -> bytes:
    """A signature that stays true when ``SECRET_KEY`` changes: for links that last."""
    return hmac.digest(_key(f"sign {purpose}"), message, hashlib.sha256)[:size]


def check_key() -> None:
    """Refuse to start with another key than the one this database knows.

    The first start writes the key's fingerprint, which gives nothing of the key away.
    Raises ``WrongKey``.
    """
    if len(settings.ADDRESS_KEY) < SHORTEST_KEY:
        raise WrongKey(
            f"ADDRESS_KEY is too short: give it {SHORTEST_KEY} random characters or "
            "more, and keep it apart from the backups."
        )
    fingerprint = _key("fingerprint").hex()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_addresskey (id, fingerprint) VALUES (1, %s)"
            " ON CONFLICT (id) DO NOTHING",
            [fingerprint],
        )
        cursor.execute("SELECT fingerprint FROM core_addresskey WHERE id = 1")
        [known] = cursor.fetchone()
    if not hmac.compare_digest(known, fingerprint):
        raise WrongKey(
            "ADDRESS_KEY is not the one that this database's addresses are sealed "
            "with. Set the earlier one: without it nobody can read or find them."
        )


def _cipher() -> AESGCM:
    return _cipher_of(settings.ADDRESS_KEY)


def _key(purpose: str) -> bytes:
    return _derived(settings.ADDRESS_KEY, purpose)


@lru_cache(maxsize=8)
def _cipher_of(address_key: str) -> AESGCM:
    return AESGCM(_derived(address_key, "seal"))


@lru_cache(maxsize=64)
def _derived(address_key: str, purpose: str) -> bytes:
    deriving = HKDF(SHA256(), length=32, salt=None, info=f"newsroom {purpose}".encode())
    return deriving.derive(address_key.encode())
