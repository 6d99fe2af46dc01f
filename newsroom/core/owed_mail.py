"""Single mails that are owed: each is a row until a mail server took it.

A row has ``due_at``, ``attempts``, ``sent_at`` and ``given_up_at``. Any number of
workers may deliver at once; killed between, they lose none and send none twice, but the
one that the mail server took and nobody could note: it goes again with the same
Message-ID.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Protocol, TypeVar

import structlog
from anymail.exceptions import AnymailRecipientsRefused
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
_Mail = TypeVar("_Mail")


class PutOff(Exception):
    """Not yet: the letter is due again at ``until``, and no try is counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__("put off")
        self.until = until


class Refused(Exception):
    """The mail server will never take it. Code and words are its answer.

    A provider that only says no has neither.
    """

    def __init__(self, code: int = 0, answer: str = "") -> None:
        # Its words may hold the address: they are no part of what is logged.
        super().__init__(code)
        self.code = code
        self.answer = answer


def waiting(letters: QuerySet[_Letter]) -> QuerySet[_Letter]:
    """What did not leave yet."""
    return letters.filter(sent_at=None, given_up_at=None)


def due(letters: QuerySet[_Letter], at: datetime | None = None) -> QuerySet[_Letter]:
    return waiting(letters).filter(due_at__lte=at or timezone.now())


def deliver_first(
    letters: QuerySet[_Letter],
    write: Callable[[_Letter, datetime], _Mail | None],
    send: Callable[[_Letter, _Mail], None],
    *,
    refused: Callable[[_Letter, Refused], None] | None = None,
    done: Callable[[_Letter], None] | None = None,
) -> bool:
    """Send one letter that nobody else has in hand; false if there is none.

    Its row stays locked while it is handed over: if the worker dies, the lock ends with
    it and the letter is due as before. ``write`` returns ``None`` for what is owed no
    longer, or raises ``PutOff``; ``send`` raises ``Refused`` where trying again is of
    no use, and then ``refused`` is told. ``done`` is called once a letter was sent or
    given up. Both are in the same transaction.
    """
    with transaction.atomic():
        letter = letters.select_for_update(skip_locked=True, of=("self",)).first()
        if letter is None:
            return False
        refusal = _hand_over(letter, write, send)  # type: ignore[type-var]
        letter.save(update_fields=_NOTED)
        if refusal is not None and refused is not None:
            refused(letter, refusal)
        if done is not None and not _is_waiting(letter):  # type: ignore[arg-type]
            done(letter)
        return True


def post(message: EmailMessage) -> None:
    """Send a mail to its one reader.

    Raises ``Refused`` where trying again is of no use; other errors may pass.
    """
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        [(code, answer)] = error.recipients.values()
        _raise_if_final(code, answer, error)
        raise
    except SMTPDataError as error:
        _raise_if_final(error.smtp_code, error.smtp_error, error)
        raise
    except AnymailRecipientsRefused as error:
        raise Refused from error


def past(letters: QuerySet[_Letter], at: datetime | None = None) -> QuerySet[_Letter]:
    """What was sent or given up a week ago."""
    before = (at or timezone.now()) - timedelta(days=DAYS_KEPT)
    return letters.filter(Q(sent_at__lt=before) | Q(given_up_at__lt=before))


_Row = TypeVar("_Row", bound=_Owed)


def _hand_over(
    letter: _Row,
    write: Callable[[_Row, datetime], _Mail | None],
    send: Callable[[_Row, _Mail], None],
) -> Refused | None:
    now = timezone.now()
    letter.attempts += 1
    try:
        # A query of its own that fails must not take the note of it along.
        with transaction.atomic():
            mail = write(letter, now)
        if mail is not None:
            send(letter, mail)
    except PutOff as later:
        letter.attempts -= 1
        letter.due_at = later.until
    except Refused as refusal:
        log.info("letter_refused", letter=letter.pk, code=refusal.code)
        letter.given_up_at = now
        return refusal
    except Exception as error:
        # Whatever is wrong with this one must not hold up the others. The error's own
        # words may hold the address: only its name is told.
        log.warning("letter_failed", letter=letter.pk, error=type(error).__name__)
        letter.due_at = now + _FIRST_PAUSE * 2 ** (letter.attempts - 1)
        letter.given_up_at = now if letter.attempts >= MOST_ATTEMPTS else None
    else:
        # Nothing was written where what it is about is no longer so.
        letter.sent_at = now if mail is not None else None
        letter.given_up_at = None if mail is not None else now
    return None


def _is_waiting(letter: _Owed) -> bool:
    return letter.sent_at is None and letter.given_up_at is None


def _raise_if_final(code: int, answer: bytes | str, error: Exception) -> None:
    if code >= 500:
        words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        raise Refused(code, words) from error
