"""What is kept no longer than it is needed: each rule of forgetting, once a day."""

from datetime import datetime, timedelta

import structlog
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from newsroom.support import reminders
from newsroom.support.mails import letters
from newsroom.support.models import (
    Asking,
    BankLine,
    Contribution,
    Giver,
    GiverLook,
    RecurringContribution,
    WebhookEvent,
)
from newsroom.support.people import givers

log = structlog.get_logger()

ABANDONED_AFTER = timedelta(days=30)
EVENTS_KEPT = timedelta(days=30)
LOOKS_KEPT = timedelta(days=730)
_MOST_AT_ONCE = 1000


def forget(at: datetime | None = None) -> None:
    """Everything below; what has been forgotten already is no error."""
    at = at or timezone.now()
    letters.delete_old(at)
    reminders.delete_old(at)
    forget_abandoned(at)
    erase_past_givers(at)
    empty_events(at)
    empty_bank_lines(at)
    delete_old_looks(at)


def forget_abandoned(at: datetime) -> int:
    """Part checkouts that nobody finished in 30 days from whoever began them.

    The rows stay: a transfer may arrive later, and is then money from nobody.
    """
    before = at - ABANDONED_AFTER
    never_begun = RecurringContribution.objects.filter(
        state="pending", created_at__lt=before
    )
    abandoned = Contribution.objects.filter(
        Q(recurring=None) | Q(recurring__in=never_begun),
        state__in=["pending", "failed"],
        created_at__lt=before,
        paid_at=None,
        giver__isnull=False,
    )
    count = abandoned.update(giver=None, message_sealed=b"", is_anonymous=True)
    never_begun.update(giver=None)
    bare = Giver.objects.filter(
        created_at__lt=before, contributions=None, recurring=None
    )
    bare.delete()
    return count


def erase_past_givers(at: datetime) -> int:
    """Forget who gave last before the set time, unless a gift of theirs still runs."""
    before = at - timedelta(days=Asking.current().keeps_names_days)
    running = RecurringContribution.objects.filter(
        giver=OuterRef("pk"), state__in=["pending", "active", "past_due", "paused"]
    )
    recent = Contribution.objects.filter(giver=OuterRef("pk")).filter(
        Q(paid_at__gte=before) | Q(created_at__gte=before)
    )
    ended = RecurringContribution.objects.filter(
        giver=OuterRef("pk"), cancelled_at__gte=before
    )
    past = Giver.objects.filter(erased_at=None, created_at__lt=before).exclude(
        Exists(running) | Exists(recent) | Exists(ended)
    )
    erased = 0
    for giver in past.order_by("pk")[:_MOST_AT_ONCE]:
        try:
            givers.erase(giver)
            erased += 1
        except givers.StillGiving:
            log.info("giver_gives_again", giver=giver.pk)
    return erased


def empty_events(at: datetime) -> int:
    """Drop the bodies of providers' events a month after they were applied.

    What cannot be applied keeps its body, until it is or staff set it aside.
    """
    done = WebhookEvent.objects.filter(state__in=["applied", "ignored"]).exclude(
        body_sealed=b""
    )
    settled_at = Coalesce(F("applied_at"), F("received_at"))
    old = done.annotate(settled_at=settled_at).filter(settled_at__lt=at - EVENTS_KEPT)
    return old.update(body_sealed=b"")


def empty_bank_lines(at: datetime) -> int:
    """Drop who paid, and what for, when givers' own data would go."""
    before = at - timedelta(days=Asking.current().keeps_names_days)
    old = BankLine.objects.filter(imported_at__lt=before).exclude(
        payer_sealed=b"", purpose_sealed=b""
    )
    return old.update(payer_sealed=b"", purpose_sealed=b"")


def delete_old_looks(at: datetime) -> int:
    """Who of the staff looked is kept for two years."""
    return GiverLook.objects.filter(at__lt=at - LOOKS_KEPT).delete()[0]
