"""The books of an issue: what became of each of its mails, and whether it adds up."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.core import page_store
from newsroom.newsletters.models import Delivery, Issue

KEPT_FOR = timedelta(days=30)
ROWS_AT_ONCE = 10_000

State = Delivery.State
Status = Issue.Status

log = structlog.get_logger()


@dataclass(frozen=True)
class Books:
    """How many deliveries stand how. ``reasons`` are of those skipped and failed."""

    audience: int = 0
    queued: int = 0
    claimed: int = 0
    submitted: int = 0
    deferred: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        return self.queued + self.claimed + self.deferred

    @property
    def balanced(self) -> bool:
        """Nobody was lost, nobody counted twice."""
        done = self.submitted + self.skipped + self.failed
        return self.audience == done + self.waiting


def of(issue: Issue) -> Books:
    """As they stand now, or as they were closed."""
    if issue.closed_at is not None:
        return Books(**issue.totals)
    return _counted(issue)


def close(issue_id: int) -> bool:
    """Close the books if nothing waits any more; return whether they are closed.

    An issue whose books do not add up is not called sent, and says so.
    """
    waits = [State.QUEUED, State.DEFERRED, State.CLAIMED]
    if Delivery.objects.filter(issue=issue_id, state__in=waits).exists():
        return False
    with transaction.atomic():
        issue = Issue.objects.select_for_update().get(pk=issue_id)
        if issue.closed_at is not None:
            return True
        if issue.status not in (Status.SENDING, Status.CANCELLED):
            return False
        books = _counted(issue)
        if books.waiting:
            return False
        if not books.balanced:
            issue.trouble = _("The books do not balance. Nothing more goes out.")
            issue.save(update_fields=["trouble"])
            log.error("newsletter_books_do_not_balance", issue=issue_id)
            return False
        _write(issue, books)
    return True


def delete_old(at: datetime | None = None) -> int:
    """Delete the rows of issues closed a month ago; their totals stay."""
    before = (at or timezone.now()) - KEPT_FOR
    deleted = 0
    for issue_id in Issue.objects.filter(closed_at__lt=before).values_list(
        "pk", flat=True
    ):
        while count := _delete_some(issue_id):
            deleted += count
    return deleted


def _counted(issue: Issue) -> Books:
    counts: dict[str, int] = {}
    reasons: dict[str, int] = {}
    rows = issue.deliveries.order_by().values_list("state", "reason")
    for state, reason, count in rows.annotate(count=Count("pk")):
        counts[state] = counts.get(state, 0) + count
        if state in (State.FAILED, State.SKIPPED):
            reasons[reason] = reasons.get(reason, 0) + count
    return Books(
        audience=issue.audience or 0,
        queued=counts.get(State.QUEUED, 0),
        claimed=counts.get(State.CLAIMED, 0),
        submitted=counts.get(State.SUBMITTED, 0),
        deferred=counts.get(State.DEFERRED, 0),
        failed=counts.get(State.FAILED, 0),
        skipped=counts.get(State.SKIPPED, 0),
        reasons=reasons,
    )


def _write(issue: Issue, books: Books) -> None:
    now = timezone.now()
    if issue.status == Status.SENDING:
        issue.status = Status.SENT
        issue.finished_at = now
    issue.closed_at = now
    issue.trouble = ""
    issue.totals = {
        "audience": books.audience,
        "submitted": books.submitted,
        "failed": books.failed,
        "skipped": books.skipped,
        "reasons": books.reasons,
    }
    issue.save(
        update_fields=["status", "finished_at", "closed_at", "trouble", "totals"]
    )
    page_store.ended(f"newsletter:{issue.newsletter_id}", f"issue:{issue.pk}")


def _delete_some(issue_id: int) -> int:
    """Not in one statement: a million rows would hold up everybody else."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM newsletters_delivery WHERE id = ANY(ARRAY("
            "SELECT id FROM newsletters_delivery WHERE issue_id = %s LIMIT %s))",
            [issue_id, ROWS_AT_ONCE],
        )
        return int(cursor.rowcount)
