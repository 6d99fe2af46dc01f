"""What of reader support needs somebody: for the desk of those who look after it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext

from newsroom.accounts.models import User
from newsroom.support.models import (
    BankLine,
    Contribution,
    Difference,
    Giver,
    GiverLetter,
    RefundOrder,
    WebhookEvent,
)

SEES = "support.view_contribution"
# A letter that is tried for so long has met more than a moment's trouble.
LATE = timedelta(hours=2)
_MOST_COUNTED = 1000

# Rows, where they are listed, and words for so many of them.
Question = tuple[QuerySet, str, Callable[[int], str]]


@dataclass(frozen=True)
class Matter:
    words: str
    url: str
    count: int
    stops: bool  # money or mail stands still until somebody acts


def attention(person: User, at: datetime | None = None) -> list[Matter]:
    """The gravest first; nothing for those who may not see gifts."""
    if not person.has_perm(SEES):
        return []
    found = [
        *(_matter(*one, stops=True) for one in _that_stop(at or timezone.now())),
        *(_matter(*one, stops=False) for one in _that_wait()),
    ]
    return [matter for matter in found if matter.count]


def failing_letters(at: datetime | None = None) -> QuerySet[GiverLetter]:
    """Given up, or owed for hours."""
    late = (at or timezone.now()) - LATE
    given_up = GiverLetter.objects.filter(given_up_at__isnull=False)
    return given_up | GiverLetter.objects.filter(
        sent_at=None, given_up_at=None, attempts__gt=0, created_at__lt=late
    )


def _that_stop(at: datetime) -> list[Question]:
    gifts = reverse("admin:support_contribution_changelist")
    events = reverse("admin:support_webhookevent_changelist")
    return [
        (
            WebhookEvent.objects.filter(state=WebhookEvent.State.STUCK),
            f"{events}?state__exact=stuck",
            lambda n: ngettext(
                "%(n)s event of a provider cannot be applied",
                "%(n)s events of providers cannot be applied",
                n,
            ),
        ),
        (
            Contribution.objects.filter(state=Contribution.State.QUARANTINED),
            f"{gifts}?state__exact=quarantined",
            lambda n: ngettext(
                "%(n)s gift is quarantined", "%(n)s gifts are quarantined", n
            ),
        ),
        (
            RefundOrder.objects.filter(state=RefundOrder.State.FAILED),
            f"{gifts}?needs=refund",
            lambda n: ngettext("%(n)s refund failed", "%(n)s refunds failed", n),
        ),
        (
            failing_letters(at),
            reverse("admin:support_contribution_letters"),
            lambda n: ngettext(
                "%(n)s letter to a giver does not leave",
                "%(n)s letters to givers do not leave",
                n,
            ),
        ),
    ]


def _that_wait() -> list[Question]:
    differences = reverse("admin:support_difference_changelist")
    lines = reverse("admin:support_bankline_changelist")
    givers = reverse("admin:support_giver_changelist")
    return [
        (
            Giver.objects.filter(mail_returned_at__isnull=False),
            f"{givers}?mail_returned_at__isnull=False",
            lambda n: ngettext(
                "%(n)s giver whose mail comes back",
                "%(n)s givers whose mail comes back",
                n,
            ),
        ),
        (
            Difference.objects.filter(settled_at=None),
            f"{differences}?settled=no",
            lambda n: ngettext(
                "%(n)s difference with a provider’s list",
                "%(n)s differences with providers’ lists",
                n,
            ),
        ),
        (
            BankLine.objects.filter(contribution=None, is_set_aside=False),
            f"{lines}?is=open",
            lambda n: ngettext(
                "%(n)s line of a bank statement without a gift",
                "%(n)s lines of bank statements without a gift",
                n,
            ),
        ),
    ]


def _matter(
    rows: QuerySet, url: str, words: Callable[[int], str], *, stops: bool
) -> Matter:
    # Nobody needs the exact number of thousands, and counting them takes time.
    count = len(rows.order_by().values_list("pk")[: _MOST_COUNTED + 1])
    shown = f"{_MOST_COUNTED}+" if count > _MOST_COUNTED else str(count)
    return Matter(words(count) % {"n": shown}, url, count, stops)
