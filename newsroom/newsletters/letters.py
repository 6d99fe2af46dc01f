"""Single mails to readers: confirm, you are subscribed, your link, welcome.

Each is a row until a mail server took it. Nothing that a visitor typed stands in them,
and all links lead to ``SITE_URL``, whatever host was asked.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from newsroom.core import mail_addresses, owed_mail
from newsroom.newsletters import bounces, letter_post, letter_words, refusal_words
from newsroom.newsletters.models import Letter, Newsletter, SequenceStep, Subscriber

Kind = Letter.Kind

_DELIVER = "newsroom.newsletters.tasks.deliver_letter"


@transaction.atomic
def queue(
    kind: Kind,
    subscriber: Subscriber,
    facts: dict[str, Any],
    due_at: datetime | None = None,
    *,
    new_address: str = "",
) -> Letter:
    """Owe somebody a mail. It leaves soon after the transaction, or at ``due_at``."""
    now = timezone.now()
    letter = Letter.objects.create(
        kind=kind,
        subscriber=subscriber,
        facts=facts,
        new_address_sealed=mail_addresses.seal(new_address) if new_address else b"",
        due_at=due_at or now,
    )
    if letter.due_at <= now:
        job = app.configure_task(_DELIVER, queue="newsletters")
        job.defer(letter_id=letter.pk)
    return letter


@transaction.atomic
def queue_sequence(subscriber: Subscriber, newsletters: Iterable[Newsletter]) -> None:
    """The welcome mails of what somebody has just confirmed, each at its day."""
    now = timezone.now()
    waiting = set(
        waiting_for(subscriber, Kind.SEQUENCE).values_list("facts__step", flat=True)
    )
    steps = SequenceStep.objects.filter(newsletter__in=list(newsletters))
    for step in steps.filter(is_active=True).exclude(pk__in=waiting):
        due_at = now + timedelta(days=step.days_after)
        queue(Kind.SEQUENCE, subscriber, {"step": step.pk}, due_at)


def waiting_for(subscriber: Subscriber, *kinds: Kind) -> QuerySet[Letter]:
    """What is owed to somebody and did not leave yet."""
    letters = Letter.objects.filter(subscriber=subscriber, kind__in=kinds)
    return owed_mail.waiting(letters)


def deliver(letter_id: int) -> None:
    _deliver_first(owed_mail.due(_letters().filter(pk=letter_id)))


def deliver_due(*, most: int = 500) -> int:
    """Send what is due, the oldest first. Any number of workers may do so at once."""
    sent = 0
    due = owed_mail.due(_letters()).order_by("due_at", "pk")
    while sent < most and _deliver_first(due):
        sent += 1
    return sent


def delete_old(at: datetime | None = None) -> int:
    """Forget letters a week after they were sent or given up."""
    return owed_mail.past(Letter.objects.all(), at).delete()[0]


def _letters() -> QuerySet[Letter]:
    return Letter.objects.select_related("subscriber")


def _deliver_first(due: QuerySet[Letter]) -> bool:
    return owed_mail.deliver_first(due, _written, _send, refused=_note_bounce)


def _written(letter: Letter, at: datetime) -> letter_words.Written | None:
    if letter.kind == Kind.SEQUENCE and (until := letter.subscriber.paused_until):
        begins = datetime.combine(until, time(0), UTC)
        if begins > at:
            raise owed_mail.PutOff(begins)
    return letter_words.message_of(letter, at)


def _send(letter: Letter, written: letter_words.Written) -> None:
    letter_post.send(letter, written.message, written.server)


def _note_bounce(letter: Letter, refusal: owed_mail.Refused) -> None:
    kind = refusal_words.kind_at_once(refusal.code, refusal.answer)
    mail = bounces.mail_of(None, letter.pk)
    if kind is not None and mail is not None:
        bounces.note(
            kind,
            mail.address_digest,
            source=bounces.Source.SMTP,
            letter=letter,
            status=refusal_words.code_in(refusal.answer) or str(refusal.code),
        )
