"""Links in mails to givers that say whom they are for, and nothing about them.

A GET of any of them changes nothing: mail scanners follow links.
"""

import base64
import hmac
from datetime import timedelta

from django.core import signing

from newsroom.core import mail_addresses
from newsroom.support.models import Giver, Reminder

MINE_LASTS = timedelta(days=30)
# How long an old link still tells who may ask for a new one.
MINE_REMEMBERED = timedelta(days=365)

_SALT = "support.mine"
_DIGEST_SHOWN = 4
_SIGNATURE_SIZE = 16


class Expired(Exception):
    """The link was ours, and is too old."""


class Invalid(Exception):
    """Not a link of ours, or of somebody who is no longer here."""


def mine(giver: Giver) -> str:
    """The token of a giver's own page; it ends when they are erased."""
    facts = {"g": giver.pk, "a": _shown(giver)}
    return signing.dumps(facts, salt=_SALT, compress=False)


def read_mine(token: str, lasts: timedelta = MINE_LASTS) -> Giver:
    """Raises ``Expired`` or ``Invalid``."""
    try:
        facts = signing.loads(token, salt=_SALT, max_age=lasts)
    except signing.SignatureExpired:
        raise Expired from None
    except signing.BadSignature:
        raise Invalid from None
    giver = Giver.objects.filter(pk=facts["g"], erased_at=None).first()
    if giver is None or _shown(giver) != facts["a"]:
        raise Invalid
    return giver


def reminder(asked: Reminder) -> str:
    """The token for stopping a reminder, or for what came of it."""
    signature = _signature(asked.public_id)
    return f"{asked.public_id}.{signature}"


def read_reminder(token: str) -> Reminder:
    """Raises ``Invalid``."""
    public_id, _point, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _signature(public_id).encode()):
        raise Invalid
    found = Reminder.objects.filter(public_id=public_id).first()
    if found is None:
        raise Invalid
    return found


def _shown(giver: Giver) -> str:
    return bytes(giver.address_digest or b"")[:_DIGEST_SHOWN].hex()


def _signature(public_id: str) -> str:
    # Under ADDRESS_KEY: reminders may be months away, and SECRET_KEY may change.
    raw = mail_addresses.sign("reminder", public_id.encode(), size=_SIGNATURE_SIZE)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
