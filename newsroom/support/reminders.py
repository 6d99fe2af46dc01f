"""“Remind me later”: one mail to whoever asked for it, then the address is gone.

It is added to nothing else, and the form answers every address alike.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.newsletters import limits
from newsroom.publication.models import Publication
from newsroom.support.mails import letter_words, letters
from newsroom.support.models import Campaign, GiverLetter, Reminder

PER_NETWORK_AND_HOUR = 20
LONGEST = timedelta(days=400)

_DAYS = {"week": 7, "month": 30, "quarter": 91, "half": 182, "year": 365}
WHEN = tuple(_DAYS)
_HOUR = time(9)  # of the publication's day
_KEPT = timedelta(days=365)


def day_of(when: str, *, today: date) -> date:
    """The day that a choice of the form means."""
    return today + timedelta(days=_DAYS[when])


@transaction.atomic
def ask(
    address: str,
    due_on: date,
    *,
    network: str,
    language: str,
    campaign: Campaign | None = None,
) -> None:
    """Remind a (normalised) address on a day. A new wish moves the earlier one.

    Where the policy forbids to ask those who read in this language, nothing is kept.
    """
    if not letter_words.may_remind(language):
        return
    first = limits.reserve_hour("reminder", network.encode(), most=PER_NETWORK_AND_HOUR)
    if first is None:
        return
    reminder, is_new = Reminder.objects.select_for_update(of=("self",)).get_or_create(
        address_digest=mail_addresses.digest(address),
        defaults={
            "address_sealed": mail_addresses.seal(address),
            "due_on": due_on,
            "language": language,
            "campaign": campaign,
        },
    )
    due_at = max(_morning_of(due_on), first)
    if is_new:
        key = f"reminder:{reminder.pk}"
        letters.queue(GiverLetter.Kind.REMINDER, key, reminder=reminder, due_at=due_at)
        return
    reminder.due_on, reminder.language = due_on, language
    reminder.save(update_fields=["due_on", "language"])
    reminder.letters.filter(sent_at=None, given_up_at=None).update(due_at=due_at)


def is_waiting(reminder: Reminder) -> bool:
    return bool(reminder.address_sealed)


@transaction.atomic
def stop(reminder: Reminder) -> None:
    """Forget the address and owe no mail. To stop twice is no error."""
    # The letter first, as who delivers it locks it before its reminder.
    reminder.letters.filter(sent_at=None).delete()
    waiting = Reminder.objects.filter(pk=reminder.pk, address_digest__isnull=False)
    waiting.update(address_sealed=b"", address_digest=None, stopped_at=timezone.now())


def delete_old(at: datetime | None = None) -> int:
    """Delete what is left of reminders a year after the mail or the stop."""
    before = (at or timezone.now()) - _KEPT
    old = Reminder.objects.filter(Q(sent_at__lt=before) | Q(stopped_at__lt=before))
    return old.delete()[0]


def _morning_of(day: date) -> datetime:
    zone = ZoneInfo(Publication.current().time_zone)
    return datetime.combine(day, _HOUR, zone)
