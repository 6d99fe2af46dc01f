"""Whether a mail can go without naming us: it needs an address that does not.

A sender's name and a subject can be anything; the address stands beside them in every
mailbox, and its domain is part of it.
"""

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings


def is_offered() -> bool:
    """Whether givers may ask for neutral mails."""
    return bool(settings.NEUTRAL_FROM_EMAIL)


def address() -> str:
    """From which a neutral mail goes, bare: the setting may bring a name of its own."""
    # Who asked while there was a neutral one is not left without a receipt.
    sender = settings.NEUTRAL_FROM_EMAIL or settings.DEFAULT_FROM_EMAIL
    return parseaddr(sender)[1]


def names_us() -> bool:
    """Whether the neutral address has the domain of the site or its usual sender."""
    neutral = _domain(settings.NEUTRAL_FROM_EMAIL)
    ours = (
        _domain(settings.DEFAULT_FROM_EMAIL),
        (urlsplit(settings.SITE_URL).hostname or "").removeprefix("www."),
    )
    return any(_is_within(neutral, one) or _is_within(one, neutral) for one in ours)


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2].lower()


def _is_within(domain: str, other: str) -> bool:
    return bool(domain and other) and f".{domain}".endswith(f".{other}")
