"""DKIM signatures (RFC 6376) for small installations whose mail server makes none.

It costs some milliseconds a mail; a mail server that signs is quicker.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SMALLEST_KEY = 1024  # bits, below which receivers ignore a signature (RFC 8301)

# RFC 8058 wants the headers of one-click unsubscribing under the signature. Those that
# are named twice cannot be added to a signed mail.
_HEADERS = [
    b"from", b"from", b"to", b"subject", b"subject", b"date", b"message-id",
    b"reply-to", b"mime-version", b"content-type", b"content-transfer-encoding",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
]  # fmt: skip


def signer() -> Callable[[bytes], bytes] | None:
    """What turns a whole message (CRLF lines) into the same one with its signature.

    ``None`` where signing is not configured. Raises ``ImproperlyConfigured``.
    """
    facts = (settings.DKIM_SELECTOR, settings.DKIM_DOMAIN, settings.DKIM_KEY_FILE)
    if not any(facts):
        return None
    if not all(facts):
        raise ImproperlyConfigured(
            "DKIM_SELECTOR, DKIM_DOMAIN and DKIM_KEY_FILE belong together: set all "
            "three, or none."
        )
    try:
        import dkim  # type: ignore[import-untyped]  # noqa: F401
    except ImportError:
        raise ImproperlyConfigured(
            "DKIM_KEY_FILE is set, and dkimpy is not installed. Install it, or let "
            "the mail server sign and unset the DKIM variables."
        ) from None
    selector, domain, file = facts
    return partial(_sign, selector.encode(), domain.encode("idna"), _key_in(file))


def _sign(selector: bytes, domain: bytes, key: bytes, message: bytes) -> bytes:
    import dkim

    signature: bytes = dkim.sign(
        message,
        selector,
        domain,
        key,
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=_HEADERS,
    )
    return signature + message


@lru_cache(maxsize=2)
def _key_in(file: str) -> bytes:
    """The private key, in the one form that dkimpy always reads."""
    try:
        key = serialization.load_pem_private_key(Path(file).read_bytes(), None)
    except OSError as error:
        raise ImproperlyConfigured(
            f"DKIM_KEY_FILE cannot be read: {error.strerror}."
        ) from None
    except (ValueError, TypeError):
        raise ImproperlyConfigured(
            "DKIM_KEY_FILE holds no private key in PEM form, or one with a password."
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_KEY:
        raise ImproperlyConfigured(
            f"DKIM_KEY_FILE must hold an RSA key of {SMALLEST_KEY} bits or more; "
            "2048 is usual."
        )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
