"""What staff and the clock do with an issue: the only writers of its status.

Each verb locks the issue, so whoever presses twice or at the same time does it once.
The mails themselves are handed over by workers, a turn of some seconds at a time
(``work_on``); any number of them may be at the same issue.
"""

import threading
import time
from datetime import datetime

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from newsroom.accounts.models import User
from newsroom.core import page_store
from newsroom.newsletters import (
    audience,
    books,
    checks,
    claims,
    compiling,
    senders,
    transports,
)
from newsroom.newsletters.models import Issue
from newsroom.newsletters.runs import Run, Turn

SECONDS_OF_A_TURN = 5  # a worker that is told to stop has eight
MANY = 10_000
TASK = "newsroom.newsletters.tasks.send_issue"
PRIORITY = -10  # sign-ups and pictures do not wait behind a large issue

Status = Issue.Status
_UNDER_WAY = (Status.SENDING, Status.PAUSED)

log = structlog.get_logger()


class NotPossible(Exception):
    """The issue's state does not allow this; the message says what does."""


@transaction.atomic
def schedule(issue: Issue, at: datetime, *, by: User | None) -> None:
    """Let the issue go out by itself at a time; a scheduled one is moved."""
    _lock(issue, by)
    if issue.status not in (Status.DRAFT, Status.SCHEDULED):
        raise NotPossible(_("This issue is under way or has ended."))
    if at <= timezone.now():
        raise NotPossible(_("The time lies in the past."))
    issue.send_at = at
    _check(issue)
    issue.status = Status.SCHEDULED
    issue.trouble = ""
    issue.save(update_fields=["send_at", "status", "trouble"])


@transaction.atomic
def unschedule(issue: Issue, *, by: User | None) -> None:
    """Back to a draft. Nothing to do if it is one."""
    _lock(issue, by)
    if issue.status == Status.DRAFT:
        return
    if issue.status != Status.SCHEDULED:
        raise NotPossible(_("This issue has begun to go out. You can cancel it."))
    issue.status = Status.DRAFT
    issue.send_at = None
    issue.trouble = ""
    issue.save(update_fields=["status", "send_at", "trouble"])


@transaction.atomic
def start(issue: Issue, *, by: User | None) -> None:
    """Send it now. Nothing to do if that was asked before."""
    _lock(issue, by)
    if issue.status == Status.SENDING:
        return
    if issue.status == Status.PAUSED:
        raise NotPossible(_("This issue is paused. Resume it to go on."))
    if issue.status not in (Status.DRAFT, Status.SCHEDULED):
        raise NotPossible(_("This issue has been sent or cancelled."))
    _check(issue)
    issue.status = Status.SENDING
    issue.started_at = timezone.now()
    issue.trouble = ""
    issue.save(update_fields=["status", "started_at", "trouble"])
    _end_pages(issue)
    _ask_for_worker(issue.pk)


@transaction.atomic
def pause(issue: Issue, *, by: User | None) -> None:
    """Hand nothing more over, within a second or two. Nothing is lost by it."""
    _lock(issue, by)
    if issue.status == Status.PAUSED:
        return
    if issue.status != Status.SENDING:
        raise NotPossible(_("This issue is not being sent."))
    issue.status = Status.PAUSED
    issue.save(update_fields=["status"])


@transaction.atomic
def resume(issue: Issue, *, by: User | None) -> None:
    _lock(issue, by)
    if issue.status == Status.SENDING:
        return
    if issue.status != Status.PAUSED:
        raise NotPossible(_("This issue is not paused."))
    issue.status = Status.SENDING
    issue.trouble = ""
    issue.save(update_fields=["status", "trouble"])
    _ask_for_worker(issue.pk)


@transaction.atomic
def cancel(issue: Issue, *, by: User | None) -> None:
    """Send nothing more of it, for good. Who has not got it is skipped."""
    _lock(issue, by)
    if issue.status == Status.CANCELLED:
        return
    if issue.status not in (Status.SCHEDULED, *_UNDER_WAY):
        raise NotPossible(_("There is nothing to cancel."))
    issue.status = Status.CANCELLED
    issue.trouble = ""
    issue.save(update_fields=["status", "trouble"])
    claims.skip_rest(issue.pk, "cancelled")
    books.close(issue.pk)
    issue.refresh_from_db()
    _end_pages(issue)


def send_due(at: datetime | None = None) -> None:
    """Start what is due, and see to it that workers are at what is being sent."""
    due = Issue.objects.filter(
        status=Status.SCHEDULED, send_at__lte=at or timezone.now()
    )
    for issue in due.defer("compiled"):
        try:
            start(issue, by=None)
        except NotPossible as reason:
            Issue.objects.filter(pk=issue.pk).update(trouble=str(reason)[:200])
        except Exception:  # one issue stops none of the others
            log.exception("newsletter_issue_not_started", issue=issue.pk)
    cancelled = Issue.objects.filter(status=Status.CANCELLED, closed_at=None)
    for issue_id in cancelled.values_list("pk", flat=True):
        _finish_cancelled(issue_id)
    sending = Issue.objects.filter(status=Status.SENDING)
    for issue_id in sending.values_list("pk", flat=True):
        _ask_for_worker(issue_id)


def take_turn(issue_id: int) -> None:
    """A worker's job: some seconds at the issue, and then, if need be, another."""
    with _Alone(issue_id) as is_alone:
        if not is_alone:
            return  # this process is at it already
        _ask_for_worker(issue_id)  # others join
        try:
            goes_on = work_on(issue_id)
        except (OperationalError, InterfaceError) as error:
            # The database was away. Nothing is lost: what is due is looked at anew.
            log.warning("newsletter_turn_ended", error=type(error).__name__)
            return
    if goes_on:
        _ask_for_worker(issue_id, besides=1)


def work_on(issue_id: int, *, seconds: float = SECONDS_OF_A_TURN) -> bool:
    """Hand mails over for so long. Returns whether there is more to do at once."""
    until = time.monotonic() + seconds
    issue = _to_be_sent(issue_id)
    if issue is None:
        return False
    claims.take_back(issue_id)
    try:
        sender = senders.named(issue.newsletter.mail_server)
        run = Run(issue, compiling.read(issue.compiled), sender, transports.to(sender))
    except ImproperlyConfigured as error:
        _note_trouble(issue, Turn(trouble=str(error)))
        return False
    turn = run.go(until)
    _note_trouble(issue, turn)
    if turn.trouble:
        return False
    _finish_cancelled(issue_id)
    return not books.close(issue_id) and not turn.found_nothing


def _lock(issue: Issue, by: User | None) -> None:
    if by is not None and not by.has_perm("newsletters.send_issue"):
        raise PermissionDenied
    issue.refresh_from_db(
        from_queryset=Issue.objects.select_for_update(of=("self",)).select_related(
            "newsletter"
        )
    )


def _check(issue: Issue) -> None:
    """Raises ``NotPossible`` with everything that is in the way."""
    in_the_way = [problem.words for problem in checks.of(issue) if problem.blocks]
    try:
        senders.named(issue.newsletter.mail_server)
    except ImproperlyConfigured as error:
        in_the_way.append(str(error))
    corrected = issue.corrects
    if corrected is not None and not corrected.deliveries.exists():
        in_the_way.append(
            _("Nobody knows any more who got the issue that this one corrects.")
        )
    if in_the_way:
        raise NotPossible(" ".join(str(words) for words in in_the_way))


def _to_be_sent(issue_id: int) -> Issue | None:
    """The issue with its audience and messages; ``None`` if it is not being sent."""
    issues = Issue.objects.select_related("newsletter").filter(status=Status.SENDING)
    issue = issues.filter(pk=issue_id).first()
    if issue is None or issue.audience is not None:
        return issue
    try:
        return _prepare(issue_id)
    except DatabaseError:
        raise
    except Exception as error:
        # What cannot be made into mails is a draft again, with the reason.
        log.exception("newsletter_issue_not_prepared", issue=issue_id)
        reason = str(error) if isinstance(error, compiling.CannotCompile) else ""
        words = _("It could not be made into mails: %s") % (
            reason or type(error).__name__
        )
        Issue.objects.filter(pk=issue_id, status=Status.SENDING, audience=None).update(
            status=Status.DRAFT, started_at=None, trouble=words[:200]
        )
        return None


@transaction.atomic
def _prepare(issue_id: int) -> Issue | None:
    """Write down who gets it, and make its messages: by one worker, once."""
    issue = (
        Issue.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("newsletter")
        .filter(pk=issue_id, status=Status.SENDING)
        .first()
    )
    if issue is None or issue.audience is not None:
        return issue
    issue.audience = audience.freeze(issue)
    issue.compiled = compiling.compile(issue, audience.variants(issue))
    issue.save(update_fields=["audience", "compiled"])
    if issue.audience >= MANY:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE newsletters_delivery")
    return issue


def _note_trouble(issue: Issue, turn: Turn) -> None:
    trouble = turn.trouble[:200]
    if trouble != issue.trouble and (trouble or turn.submitted):
        Issue.objects.filter(pk=issue.pk).update(trouble=trouble)
    if trouble:
        log.warning("newsletter_sending_waits", issue=issue.pk, trouble=trouble)
    if turn.must_pause:
        Issue.objects.filter(pk=issue.pk, status=Status.SENDING).update(
            status=Status.PAUSED
        )


def _finish_cancelled(issue_id: int) -> None:
    """Skip what a worker has put back since, and close the books when all have."""
    if Issue.objects.filter(pk=issue_id, status=Status.CANCELLED).exists():
        claims.take_back(issue_id)
        claims.skip_rest(issue_id, "cancelled")
        books.close(issue_id)


def _ask_for_worker(issue_id: int, *, besides: int = 0) -> None:
    """A job for one more worker, until there are as many as may be at one issue.

    ``besides`` are those that are about to end.
    """
    jobs = ProcrastinateJob.objects.filter(
        task_name=TASK, status__in=["todo", "doing"], args__issue_id=issue_id
    )
    if jobs.count() - besides >= settings.MAIL_WORKERS:
        return
    try:
        with transaction.atomic():
            app.configure_task(
                TASK,
                queue="newsletters",
                priority=PRIORITY,
                queueing_lock=f"send_issue:{issue_id}",
            ).defer(issue_id=issue_id)
    except AlreadyEnqueued:
        return


def _end_pages(issue: Issue) -> None:
    page_store.ended(f"newsletter:{issue.newsletter_id}", f"issue:{issue.pk}")


class _Alone:
    """Two threads of a process at the same issue would only be in each other's way."""

    _busy: set[int] = set()
    _lock = threading.Lock()

    def __init__(self, issue_id: int) -> None:
        self._issue_id = issue_id
        self._is_ours = False

    def __enter__(self) -> bool:
        with self._lock:
            self._is_ours = self._issue_id not in self._busy
            self._busy.add(self._issue_id)
        return self._is_ours

    def __exit__(self, *error: object) -> None:
        if self._is_ours:
            with self._lock:
                self._busy.discard(self._issue_id)
