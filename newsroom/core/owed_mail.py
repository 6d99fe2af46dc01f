"""Single mails that are owed: each is a row until a mail server took it.

A row has ``due_at``, ``attempts``, ``sent_at`` and ``given_up_at``. Any number of
workers may deliver at once; killed between, they lose none and send none twice, but the
one that the mail server took and nobody could note: it goes again with the same
Message-ID.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Protocol, TypeVar

import structlog
from django.core.mail import EmailMessage
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

log = structlog.get_logger()

DAYS_KEPT = 7
MOST_ATTEMPTS = 10
_FIRST_PAUSE = timedelta(minutes=1)
_NOTED = ["attempts", "due_at", "given_up_at", "sent_at"]


class _Owed(Protocol):
    pk: int
    attempts: int
    due_at: datetime
    sent_at: datetime | None
    given_up_at: datetime | None


_Letter = TypeVar("_Letter", bound=models.Model)


class PutOff(Exception):
    """Not yet: the letter is due again at ``until``, and no try is counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__("put off")
        self.until = until


def waiting(letters: QuerySet[_Letter]) -> QuerySet[_Letter]:
    """What did not leave yet."""
    return letters.filter(sent_at=None, given_up_at=None)


def due(letters: QuerySet[_Letter], at: datetime | None = None) -> QuerySet[_Letter]:
    return waiting(letters).filter(due_at__lte=at or timezone.now())


def deliver_first(
    letters: QuerySet[_Letter],
    write: Callable[[_Letter, datetime], EmailMessage | None],
    done: Callable[[_Letter], None] | None = None,
) -> bool:
    """Send one letter that nobody else has in hand; false if there is none.

    Its row stays locked while it is handed over: if the worker dies, the lock ends with
    it and the letter is due as before. ``write`` returns ``None`` for what is owed no
    longer, or raises ``PutOff``; ``done`` is called in the same transaction once a
    letter was sent or given up.
    """
    with transaction.atomic():
        letter = letters.select_for_update(skip_locked=True, of=("self",)).first()
        if letter is None:
            return False
        _hand_over(letter, write)  # type: ignore[type-var]
        letter.save(update_fields=_NOTED)
        if done is not None and not _is_waiting(letter):  # type: ignore[arg-type]
            done(letter)
        return True


def past(letters: QuerySet[_Letter], at: datetime | None = None) -> QuerySet[_Letter]:
    """What was sent or given up a week ago."""
    before = (at or timezone.now()) - timedelta(days=DAYS_KEPT)
    return letters.filter(Q(sent_at__lt=before) | Q(given_up_at__lt=before))


_Row = TypeVar("_Row", bound=_Owed)


def _hand_over(
    letter: _Row, write: Callable[[_Row, datetime], EmailMessage | None]
) -> None:
    now = timezone.now()
    letter.attempts += 1
    try:
        # A query of its own that fails must not take the note of it along.
        with transaction.atomic():
            message = write(letter, now)
        if message is not None:
            message.send()
    except PutOff as later:
        letter.attempts -= 1
        letter.due_at = later.until
    except SMTPRecipientsRefused:
        log.info("letter_refused", letter=letter.pk)
        letter.given_up_at = now
    except Exception as error:
        # Whatever is wrong with this one must not hold up the others. The error's own
        # words may hold the address: only its name is told.
        log.warning("letter_failed", letter=letter.pk, error=type(error).__name__)
        letter.due_at = now + _FIRST_PAUSE * 2 ** (letter.attempts - 1)
        letter.given_up_at = now if letter.attempts >= MOST_ATTEMPTS else None
    else:
        # Nothing was written where what it is about is no longer so.
        letter.sent_at = now if message is not None else None
        letter.given_up_at = None if message is not None else now


def _is_waiting(letter: _Owed) -> bool:
    return letter.sent_at is None and letter.given_up_at is None
