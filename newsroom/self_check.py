"""What an operator wants to know first: one page of figures, each with advice.

A capability adds its line by a function marked with ``check``. It returns a ``Result``,
or ``None`` where there is nothing to say; if it fails, its line says so.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe
from procrastinate.contrib.django.models import ProcrastinateJob

from articles import library
from articles.models import Article, Image
from newsroom.accounts import roles
from newsroom.accounts.models import User
from newsroom.core import database, jobs, mail
from newsroom.newsletters import consent_words, mailboxes, senders, tasks
from newsroom.newsletters.models import (
    Issue,
    Letter,
    Newsletter,
    ReaderRequest,
    SubscriberImport,
)
from newsroom.publication import furniture

SILENT_WORKER = timedelta(minutes=1)
SLOW_QUEUE = timedelta(minutes=1)
STUCK_QUEUE = timedelta(minutes=10)
LITTLE_SPACE = 10  # per cent
NO_SPACE = 3

log = structlog.get_logger()


class State(StrEnum):
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"

    @property
    def word(self) -> str:
        words = {"good": _("Good"), "warn": _("Look soon"), "bad": _("Act now")}
        return words[self.value]


@dataclass(frozen=True)
class Result:
    state: State
    figure: str
    advice: str = ""
    address: str = ""  # where to act on the advice


Check = Callable[[datetime], Result | None]
CHECKS: list[tuple[Any, Check]] = []


def check(name: Any) -> Callable[[Check], Check]:
    """Put a line on the page, under the lines that are there already."""

    def register(function: Check) -> Check:
        CHECKS.append((name, function))
        return function

    return register


@require_safe
def view(request: HttpRequest) -> HttpResponse:
    if not _may_look(request):
        raise PermissionDenied
    rows = run(timezone.now())
    context = admin.site.each_context(request) | {
        "title": _("Self-check"),
        "rows": rows,
        "worst": worst(rows),
    }
    return render(request, "admin/self_check.html", context)


def run(at: datetime) -> list[tuple[str, Result]]:
    """Every line's name and result at this time."""
    results = ((str(name), _result(function, at)) for name, function in CHECKS)
    return [(name, result) for name, result in results if result is not None]


def worst(rows: list[tuple[str, Result]]) -> State:
    states = {result.state for _name, result in rows}
    for state in (State.BAD, State.WARN):
        if state in states:
            return state
    return State.GOOD


@check(gettext_lazy("Worker"))
def worker(at: datetime) -> Result:
    last = jobs.overview(at).last_heartbeat
    advice = _("Start it: manage.py worker. Until then pictures and mail wait.")
    if last is None:
        return Result(State.BAD, _("No worker has run yet"), advice)
    figure = _("Last sign of life %(ago)s ago") % {"ago": _ago(last, at)}
    if at - last > SILENT_WORKER:
        return Result(State.BAD, figure, advice)
    return Result(State.GOOD, figure)


@check(gettext_lazy("Waiting jobs"))
def queue(at: datetime) -> Result:
    overview = jobs.overview(at)
    if overview.oldest_waiting is None:
        return Result(State.GOOD, _("None"))
    figure = ngettext(
        "%(number)s job, since %(ago)s",
        "%(number)s jobs, since %(ago)s",
        overview.waiting,
    ) % {"number": overview.waiting, "ago": _ago(overview.oldest_waiting, at)}
    age = at - overview.oldest_waiting
    if age <= SLOW_QUEUE:
        return Result(State.GOOD, figure)
    return Result(
        State.BAD if age > STUCK_QUEUE else State.WARN,
        figure,
        _("Start another worker, or see which job takes so long."),
        reverse("admin:procrastinate_procrastinatejob_changelist") + "?status=todo",
    )


@check(gettext_lazy("Failed jobs"))
def failed_jobs(at: datetime) -> Result:
    failed = jobs.overview(at).failed
    if not failed:
        return Result(State.GOOD, _("None"))
    return Result(
        State.WARN,
        str(failed),
        _("Open them, mend the cause, and try them again there."),
        reverse("admin:procrastinate_procrastinatejob_changelist") + "?status=failed",
    )


@check(gettext_lazy("Mail"))
def sending_mail(at: datetime) -> Result:
    failure = mail.failing()
    if failure is None:
        return Result(State.GOOD, _("No failure since the last mail"))
    return Result(
        State.BAD,
        _("Fails since %(since)s (%(error)s)")
        % {
            "since": date_format(
                timezone.localtime(failure["since"]), "DATETIME_FORMAT"
            ),
            "error": failure["error"],
        },
        _("Check the mail server and EMAIL_URL. What failed is tried again."),
    )


@check(gettext_lazy("Issues of newsletters"))
def issues(at: datetime) -> Result:
    going = Issue.objects.filter(
        status__in=[Issue.Status.SCHEDULED, Issue.Status.SENDING, Issue.Status.PAUSED]
    )
    stopped = going.exclude(trouble="")
    late = going.filter(status=Issue.Status.SCHEDULED, send_at__lt=at - SLOW_QUEUE)
    address = reverse("admin:newsletters_issue_changelist")
    if first := stopped.first():
        return Result(State.BAD, f"{first}: {first.trouble}", _("Open it."), address)
    if first := late.first():
        figure = _("“%(issue)s” is late") % {"issue": first}
        advice = _("See that a worker runs; it goes out as soon as one does.")
        return Result(State.BAD, figure, advice, address)
    sending = going.filter(status=Issue.Status.SENDING).count()
    return Result(State.GOOD, _("%(number)s being sent") % {"number": sending})


@check(gettext_lazy("Mail servers"))
def mail_servers(at: datetime) -> Result | None:
    """Those of MAIL_SENDERS, and those that newsletters name."""
    named = {"", *settings.MAIL_SENDERS}
    used = Newsletter.objects.open().exclude(mail_server="")
    gone = used.exclude(mail_server__in=settings.MAIL_SENDERS).first()
    if gone is not None:
        return Result(
            State.BAD,
            _("“%(newsletter)s” is to go out by %(server)s, which is not configured")
            % {"newsletter": gone, "server": gone.mail_server},
            _("Choose another mail server there, or name this one in MAIL_SENDERS."),
            reverse("admin:newsletters_newsletter_change", args=[gone.pk]),
        )
    try:
        for name in named:
            senders.named(name)
    except ImproperlyConfigured as error:
        advice = _("Correct the setting and start web and workers anew.")
        return Result(State.BAD, str(error), advice)
    return Result(
        State.GOOD,
        ngettext("%(number)s configured", "%(number)s configured", len(named))
        % {"number": len(named)},
    )


@check(gettext_lazy("Requests of readers"))
def requests_of_readers(at: datetime) -> Result:
    """What a worker has to look at before a reader gets a letter."""
    waiting = ReaderRequest.objects.filter(created_at__lt=at - STUCK_QUEUE).count()
    if not waiting:
        return Result(State.GOOD, _("None waits"))
    return Result(
        State.BAD,
        ngettext("%(number)s waits", "%(number)s wait", waiting) % {"number": waiting},
        _("Check that a worker runs; its log says what fails."),
    )


@check(gettext_lazy("Imports of subscribers"))
def subscriber_imports(at: datetime) -> Result:
    under_way = [SubscriberImport.State.CHECKING, SubscriberImport.State.RUNNING]
    running = SubscriberImport.objects.filter(state__in=under_way)
    # Each has a job until it has ended; one without was killed again and again.
    jobs_of_theirs = ProcrastinateJob.objects.filter(
        task_name=tasks.work_through_import.name, status__in=["todo", "doing"]
    )
    at_work = [job.args["import_id"] for job in jobs_of_theirs]
    first = running.exclude(pk__in=at_work).defer("content_sealed").first()
    if first is None:
        return Result(State.GOOD, _("None stands still"))
    return Result(
        State.BAD,
        _("“%(file)s” stands still at row %(row)s")
        % {"file": first, "row": first.rows_done},
        _("Open it and let it go on: what was taken in stays."),
        reverse("admin:newsletters_subscriberimport_change", args=[first.pk]),
    )


@check(gettext_lazy("Letters to readers"))
def letters_to_readers(at: datetime) -> Result:
    """What readers asked for and wait for: confirmations, their links."""
    owed = Letter.objects.filter(sent_at=None, given_up_at=None)
    late = owed.filter(due_at__lt=at - STUCK_QUEUE).count()
    if not late:
        return Result(State.GOOD, _("None is late"))
    return Result(
        State.BAD,
        ngettext("%(number)s is late", "%(number)s are late", late) % {"number": late},
        _("Check the mail server and that a worker runs."),
    )


@check(gettext_lazy("Mailbox for bounces"))
def bounce_mailbox(at: datetime) -> Result | None:
    if not settings.BOUNCE_MAILBOX_URL:
        return None
    failure = mailboxes.failing()
    if failure is None:
        return Result(State.GOOD, _("Can be read"))
    since = date_format(timezone.localtime(failure["since"]), "DATETIME_FORMAT")
    return Result(
        State.BAD,
        _("Fails since %(since)s (%(error)s)")
        % {"since": since, "error": failure["error"]},
        _("Look at BOUNCE_MAILBOX_URL: until then nobody’s refusal is heard."),
    )


@check(gettext_lazy("Privacy Policy"))
def privacy_policy(at: datetime) -> Result | None:
    """The consent of readers names it."""
    if not Newsletter.objects.open().exists():
        return None
    if consent_words.privacy_url(furniture.load()):
        return Result(State.GOOD, _("Public"))
    return Result(
        State.BAD,
        _("There is none, and readers agree to it when they sign up"),
        _("Publish a fixed page in the footer whose address begins with “privacy”."),
        reverse("admin:publication_page_changelist"),
    )


@check(gettext_lazy("Next article"))
def next_article(at: datetime) -> Result:
    """Nothing here can be late: readers see an article as soon as it is due."""
    scheduled = Article.objects.scheduled(at)
    first = scheduled.order_by("publish_at").first()
    if first is None:
        return Result(State.GOOD, _("None is scheduled"))
    due = max(filter(None, [first.publish_at, first.embargoed_until]))
    return Result(
        State.GOOD,
        _("%(when)s; %(number)s in all")
        % {
            "when": date_format(timezone.localtime(due), "DATETIME_FORMAT"),
            "number": scheduled.count(),
        },
    )


@check(gettext_lazy("Disk"))
def disk(at: datetime) -> Result:
    usage = shutil.disk_usage(settings.DATA_DIR)
    free = 100 * usage.free / usage.total
    figure = _("%(percent)s %% free, %(gigabytes)s GB") % {
        "percent": round(free),
        "gigabytes": round(usage.free / 1e9, 1),
    }
    if free >= LITTLE_SPACE:
        return Result(State.GOOD, figure)
    return Result(
        State.BAD if free < NO_SPACE else State.WARN,
        figure,
        _("Make room or enlarge the disk: without space nobody can save."),
    )


@check(gettext_lazy("Pictures without credit"))
def uncredited(at: datetime) -> Result:
    number = Image.objects.showable().without_credit().count()
    if not number:
        return Result(State.GOOD, _("None"))
    return Result(
        State.WARN,
        str(number),
        _("They stop the articles that use them."),
        reverse("admin:articles_image_changelist"),
    )


@check(gettext_lazy("Licences that end soon"))
def ending_licences(at: datetime) -> Result:
    number = library.ending_soon(at.date()).count()
    if not number:
        return Result(State.GOOD, _("None"))
    return Result(
        State.WARN,
        ngettext("%(number)s picture", "%(number)s pictures", number)
        % {"number": number},
        _("Renew the licence, or choose other pictures: these will be withdrawn."),
        reverse("admin:articles_image_changelist"),
    )


@check(gettext_lazy("Database"))
def database_server(at: datetime) -> Result:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        version = cursor.fetchone()[0].partition(" ")[0]
    figure = f"PostgreSQL {version}"
    try:
        database.check_locale(connection)
    except ImproperlyConfigured as error:
        return Result(State.BAD, figure, str(error))
    return Result(State.GOOD, figure)


@check(gettext_lazy("Limits on guessing"))
def shared_cache(at: datetime) -> Result:
    """They are kept in a table that all processes share."""
    mark = at.isoformat()
    try:
        cache.set("self_check", mark, timeout=60)
        is_kept = cache.get("self_check") == mark
    except DatabaseError:
        is_kept = False
    if is_kept:
        return Result(State.GOOD, _("Kept"))
    return Result(
        State.BAD,
        _("Not kept"),
        _("Run manage.py migrate: the cache table is missing."),
    )


@check(gettext_lazy("Second factor"))
def second_factor(at: datetime) -> Result | None:
    if settings.DEMO:
        return None
    if settings.SECOND_FACTOR_REQUIRED:
        return Result(State.GOOD, _("Required"))
    return Result(
        State.WARN,
        _("Not required"),
        _("Set SECOND_FACTOR_REQUIRED, so that a stolen password is not enough."),
    )


def _result(function: Check, at: datetime) -> Result | None:
    try:
        return function(at)
    except Exception as error:
        log.error("self_check_failed", check=function.__name__, exc_info=error)
        return Result(
            State.BAD,
            type(error).__name__,
            _("This could not be found out. The log says why."),
        )


def _may_look(request: HttpRequest) -> bool:
    person = request.user
    return isinstance(person, User) and (
        person.is_superuser or person.groups.filter(name=roles.PUBLISHERS).exists()
    )


def _ago(then: datetime, at: datetime) -> str:
    if at - then < timedelta(minutes=1):
        seconds = max(0, round((at - then).total_seconds()))
        return ngettext("%(number)s second", "%(number)s seconds", seconds) % {
            "number": seconds
        }
    return timesince(then, at, depth=1)
