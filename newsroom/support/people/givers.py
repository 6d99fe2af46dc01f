"""Givers: the only writers of who they are.

What they gave is kept in the books without them; name, address and message lie sealed
here, and go when they ask or when they have not given for a set time.
"""

import unicodedata
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from newsroom.accounts.models import User
from newsroom.core import mail_addresses
from newsroom.support import money
from newsroom.support.models import (
    BankLine,
    Contribution,
    Giver,
    GiverLetter,
    GiverLook,
    RecurringContribution,
    Reminder,
)

LONGEST_NAME = 80

_STARTED = ~Q(state__in=["pending", "failed"])
_RUNNING = ("active", "past_due", "paused")


class StillGiving(Exception):
    """A recurring gift runs: it must be ended before its giver can be erased."""


@transaction.atomic
def found_or_made(
    address: str, *, name: str = "", language: str = "en", is_neutral: bool = False
) -> Giver:
    """By a normalised address; two who give at once get the same row.

    Anybody can write anybody's address into a form. So what somebody who has given
    before chose stays as it is; they change it on their own page.
    """
    giver, is_new = Giver.objects.get_or_create(
        address_digest=mail_addresses.digest(address),
        defaults={
            "address_sealed": mail_addresses.seal(address),
            "domain_digest": mail_addresses.domain_digest(address),
            "name_sealed": _sealed_name(name),
            "language": language,
            "is_neutral": is_neutral,
        },
    )
    if is_new:
        return giver
    if not has_given(giver):
        giver.language = language
        giver.name_sealed = _sealed_name(name)
    # Asked for once, it holds: a mail too neutral harms nobody.
    giver.is_neutral = giver.is_neutral or is_neutral
    # What came back is tried anew.
    giver.mail_returned_at = None
    giver.save(
        update_fields=["language", "name_sealed", "is_neutral", "mail_returned_at"]
    )
    return giver


def has_given(giver: Giver, *, besides: int = 0) -> bool:
    """Whether a gift of theirs was paid; ``besides`` is one that does not count."""
    return giver.contributions.filter(_STARTED).exclude(pk=besides).exists()


def find(address: str) -> Giver | None:
    """By a normalised address."""
    digest = mail_addresses.digest(address)
    return Giver.objects.filter(address_digest=digest).first()


def prefer(giver: Giver, *, name: str, language: str, is_neutral: bool) -> None:
    """How somebody wants to be written to; who says it by a mailed link is reached."""
    giver.mail_returned_at = None
    giver.name_sealed = _sealed_name(name)
    giver.language = language
    giver.is_neutral = is_neutral
    giver.save(
        update_fields=["name_sealed", "language", "is_neutral", "mail_returned_at"]
    )


def gifts_of(giver: Giver) -> QuerySet[Contribution]:
    """What was paid, the newest first; also what was given back since."""
    paid = giver.contributions.filter(paid_at__isnull=False)
    return paid.order_by("-paid_at", "-pk")


def running_gifts_of(giver: Giver) -> QuerySet[RecurringContribution]:
    return giver.recurring.filter(state__in=_RUNNING)


def is_silent(giver: Giver) -> bool:
    """Whether the policy for the country of their newest gift forbids mail to them."""
    newest = giver.contributions.filter(_STARTED).order_by("-pk").first()
    return newest is not None and newest.is_silent


@transaction.atomic
def erase(giver: Giver) -> None:
    """Forget who somebody is. Their gifts stay in the books, without them.

    Raises ``StillGiving``. To erase twice is no error.
    """
    giver = Giver.objects.select_for_update().get(pk=giver.pk)
    if running_gifts_of(giver).exists():
        raise StillGiving
    reminders = _reminders_of(giver)
    # Letters first, as who delivers one locks it before its reminder.
    GiverLetter.objects.filter(
        Q(giver=giver)
        | Q(contribution__giver=giver)
        | Q(recurring__giver=giver)
        | Q(reminder__in=reminders)
    ).delete()
    reminders.update(address_sealed=b"", address_digest=None, stopped_at=timezone.now())
    giver.contributions.update(message_sealed=b"", is_anonymous=True)
    # An ended gift needs its payer's number at the provider no longer.
    giver.recurring.update(payer_ref="")
    BankLine.objects.filter(contribution__giver=giver).update(
        payer_sealed=b"", purpose_sealed=b""
    )
    Giver.objects.filter(pk=giver.pk).update(
        address_sealed=b"",
        address_digest=None,
        domain_digest=None,
        name_sealed=b"",
        mail_returned_at=None,
        erased_at=giver.erased_at or timezone.now(),
    )


def export(giver: Giver) -> dict[str, Any]:
    """Everything that we hold about somebody, for themselves."""
    gifts = giver.contributions.prefetch_related("entries").order_by("pk")
    return {
        "email": giver.address,
        "name": giver.name,
        "language": giver.language,
        "neutral_mails": giver.is_neutral,
        "mail_comes_back_since": _time(giver.mail_returned_at),
        "since": giver.created_at.isoformat(),
        "gifts": [_exported_gift(gift) for gift in gifts],
        "recurring_gifts": [
            _exported_recurring(recurring)
            for recurring in giver.recurring.order_by("pk")
        ],
        "letters": [
            {"kind": letter.kind, "sent": _time(letter.sent_at)}
            for letter in giver.letters.order_by("pk")
        ],
        "reminders": [
            {"due_on": str(reminder.due_on), "language": reminder.language}
            for reminder in _reminders_of(giver)
        ],
        "seen_by_staff": [
            {"at": _time(look.at), "what": look.what}
            for look in GiverLook.objects.filter(giver_id=giver.pk).order_by("pk")
        ],
    }


def look(user: User, giver: Giver | None, what: str) -> None:
    """Note that a member of staff sees, or takes along, a giver's data."""
    GiverLook.objects.create(
        user=user, giver_id=giver.pk if giver else None, what=what[:60]
    )


def _exported_gift(gift: Contribution) -> dict[str, Any]:
    message = bytes(gift.message_sealed)
    return {
        "number": gift.public_id,
        "state": gift.state,
        "frequency": gift.frequency,
        "amount": str(money.decimal(gift.amount_minor, gift.currency)),
        "for_the_fee": str(money.decimal(gift.covered_minor, gift.currency)),
        "currency": gift.currency,
        "provider": gift.provider,
        "method": gift.method,
        "message": mail_addresses.unseal(message) if message else "",
        "anonymous": gift.is_anonymous,
        "begun": _time(gift.created_at),
        "paid": _time(gift.paid_at),
        "receipt": gift.receipt_number,
        "movements": [
            {
                "kind": entry.kind,
                "amount": str(money.decimal(entry.amount_minor, entry.currency)),
                "currency": entry.currency,
                "at": _time(entry.happened_at),
            }
            for entry in gift.entries.all()
        ],
    }


def _exported_recurring(recurring: RecurringContribution) -> dict[str, Any]:
    return {
        "number": recurring.public_id,
        "state": recurring.state,
        "frequency": recurring.frequency,
        "amount": str(money.decimal(recurring.amount_minor, recurring.currency)),
        "currency": recurring.currency,
        "provider": recurring.provider,
        "method": recurring.method,
        "card_valid_until": str(recurring.card_ends or ""),
        "next_payment": _time(recurring.next_at),
        "began": _time(recurring.began_at),
        "ended": _time(recurring.cancelled_at),
    }


def _reminders_of(giver: Giver) -> QuerySet[Reminder]:
    digest = bytes(giver.address_digest or b"")
    return Reminder.objects.filter(address_digest=digest)


def _sealed_name(name: str) -> bytes:
    """One line without control characters, nor more than a name needs."""
    spaced = "".join(
        " " if unicodedata.category(letter)[0] in "CZ" else letter for letter in name
    )
    cleaned = " ".join(spaced.split())[:LONGEST_NAME].strip()
    return mail_addresses.seal(cleaned) if cleaned else b""


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
