"""Mails to givers, each owed once: thanks and receipt, a change, an end, a reminder.

What somebody typed stands in them only as text, and all links lead to ``SITE_URL``.
"""

from datetime import datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from newsroom.core import owed_mail
from newsroom.support.mails import letter_words, returned
from newsroom.support.models import (
    Contribution,
    Giver,
    GiverLetter,
    RecurringContribution,
    Reminder,
)

Kind = GiverLetter.Kind

_DELIVER = "newsroom.support.tasks.deliver_letter"


@transaction.atomic
def queue(
    kind: Kind,
    key: str,
    *,
    giver: Giver | None = None,
    contribution: Contribution | None = None,
    recurring: RecurringContribution | None = None,
    reminder: Reminder | None = None,
    address_sealed: bytes = b"",
    facts: dict[str, Any] | None = None,
    due_at: datetime | None = None,
) -> None:
    """Owe somebody a mail: once for each key, however often it is queued.

    It leaves soon after the transaction, or at ``due_at``. Without ``giver`` it goes to
    the one of the gift.
    """
    if contribution is not None and contribution.is_silent:
        return
    now = timezone.now()
    letter = GiverLetter(
        kind=kind,
        key=key,
        giver=giver or _giver_of(contribution, recurring),
        contribution=contribution,
        recurring=recurring,
        reminder=reminder,
        address_sealed=address_sealed,
        facts=facts or {},
        due_at=due_at or now,
    )
    GiverLetter.objects.bulk_create([letter], ignore_conflicts=True)
    if letter.due_at <= now:
        app.configure_task(_DELIVER, queue="support").defer(letter_key=key)


def deliver(letter_key: str) -> None:
    _deliver_first(owed_mail.due(_letters().filter(key=letter_key)))


def deliver_due(*, most: int = 500) -> int:
    """Send what is due, the oldest first. Any number of workers may do so at once."""
    sent = 0
    due = owed_mail.due(_letters()).order_by("due_at", "pk")
    while sent < most and _deliver_first(due):
        sent += 1
    return sent


def delete_old(at: datetime | None = None) -> int:
    """Forget letters a week after they were sent or given up."""
    return owed_mail.past(GiverLetter.objects.all(), at).delete()[0]


def _letters() -> QuerySet[GiverLetter]:
    return GiverLetter.objects.select_related(
        "giver",
        "contribution__giver",
        "contribution__campaign",
        "recurring__giver",
        "reminder",
    )


def _deliver_first(due: QuerySet[GiverLetter]) -> bool:
    return owed_mail.deliver_first(
        due,
        letter_words.message_of,
        _send,
        refused=returned.refused,
        done=_forget_addresses,
    )


def _send(letter: GiverLetter, message: EmailMultiAlternatives) -> None:
    owed_mail.post(message)


def _forget_addresses(letter: GiverLetter) -> None:
    """Who only asked for one mail is gone with it, in the same transaction."""
    if letter.address_sealed:
        letter.address_sealed = b""
        letter.save(update_fields=["address_sealed"])
    if letter.reminder_id is not None:
        Reminder.objects.filter(pk=letter.reminder_id).update(
            address_sealed=b"",
            address_digest=None,
            sent_at=letter.sent_at,
            stopped_at=letter.given_up_at,
        )


def _giver_of(
    contribution: Contribution | None, recurring: RecurringContribution | None
) -> Giver | None:
    gift = contribution or recurring
    return gift.giver if gift is not None else None
