"""Single mails to readers: confirm, you are subscribed, your link, welcome.

Each is a row until a mail server took it. Nothing that a visitor typed stands in them,
and all links lead to ``SITE_URL``, whatever host was asked.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from newsroom.core import mail_addresses
from newsroom.newsletters import bounces, letter_post, letter_words
from newsroom.newsletters.models import Letter, Newsletter, SequenceStep, Subscriber

log = structlog.get_logger()

Kind = Letter.Kind

DAYS_KEPT = 7
MOST_ATTEMPTS = 10
_FIRST_PAUSE = timedelta(minutes=1)
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
    return _waiting().filter(subscriber=subscriber, kind__in=kinds)


def deliver(letter_id: int) -> None:
    _deliver_first(_due().filter(pk=letter_id))


def deliver_due(*, most: int = 500) -> int:
    """Send what is due, the oldest first. Any number of workers may do so at once."""
    sent = 0
    while sent < most and _deliver_first(_due().order_by("due_at", "pk")):
        sent += 1
    return sent


def delete_old(at: datetime | None = None) -> int:
    """Forget letters a week after they were sent or given up."""
    before = (at or timezone.now()) - timedelta(days=DAYS_KEPT)
    old = Letter.objects.filter(Q(sent_at__lt=before) | Q(given_up_at__lt=before))
    return old.delete()[0]


def _waiting() -> QuerySet[Letter]:
    return Letter.objects.filter(sent_at=None, given_up_at=None)


def _due() -> QuerySet[Letter]:
    return _waiting().filter(due_at__lte=timezone.now())


def _deliver_first(letters: QuerySet[Letter]) -> bool:
    """Take one letter that nobody else has in hand; false if there is none.

    Its row stays locked while it is handed over: if the worker dies, the lock ends with
    it and the letter is due as before, with the same Message-ID.
    """
    with transaction.atomic():
        letter = (
            letters.select_for_update(skip_locked=True, of=("self",))
            .select_related("subscriber")
            .first()
        )
        if letter is None:
            return False
        _hand_over(letter)
        letter.save(update_fields=["attempts", "due_at", "given_up_at", "sent_at"])
        return True


def _hand_over(letter: Letter) -> None:
    now = timezone.now()
    if letter.kind == Kind.SEQUENCE and (until := letter.subscriber.paused_until):
        begins = datetime.combine(until, time(0), UTC)
        if begins > now:
            letter.due_at = begins
            return
    letter.attempts += 1
    try:
        written = letter_words.message_of(letter, now)
        if written is not None:
            letter_post.send(letter, written.message, written.server)
    except letter_post.Refused as refusal:
        log.info("letter_refused", letter=letter.pk, status=refusal.status)
        letter.given_up_at = now
        _note_bounce(letter, refusal)
    except Exception as error:
        # Whatever is wrong with this one must not hold up the others. The error's own
        # words may hold the address: only its name is told.
        log.warning("letter_failed", letter=letter.pk, error=type(error).__name__)
        letter.due_at = now + _FIRST_PAUSE * 2 ** (letter.attempts - 1)
        letter.given_up_at = now if letter.attempts >= MOST_ATTEMPTS else None
    else:
        # Nothing was written where what it is about is no longer so.
        letter.sent_at = now if written is not None else None
        letter.given_up_at = None if written is not None else now


def _note_bounce(letter: Letter, refusal: letter_post.Refused) -> None:
    if refusal.kind is not None:
        mail = bounces.mail_of(None, letter.pk)
        assert mail is not None  # noqa: S101 -- its row is locked by us
        bounces.note(
            refusal.kind,
            mail.address_digest,
            source=bounces.Source.SMTP,
            letter=letter,
            status=refusal.status,
        )
