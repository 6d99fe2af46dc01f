"""The site itself: its worker, mail, disk, database, articles and pictures."""

import shutil
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles import library
from articles.models import Article, Image
from newsroom.core import database, jobs, mail
from newsroom.self_check.lines import SLOW, STUCK, Result, State, ago, check

SILENT_WORKER = timedelta(minutes=1)
LITTLE_SPACE = 10  # per cent
NO_SPACE = 3


@check(gettext_lazy("Worker"))
def worker(at: datetime) -> Result:
    last = jobs.overview(at).last_heartbeat
    advice = _("Start it: manage.py worker. Until then pictures and mail wait.")
    if last is None:
        return Result(State.BAD, _("No worker has run yet"), advice)
    figure = _("Last sign of life %(ago)s ago") % {"ago": ago(last, at)}
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
    ) % {"number": overview.waiting, "ago": ago(overview.oldest_waiting, at)}
    age = at - overview.oldest_waiting
    if age <= SLOW:
        return Result(State.GOOD, figure)
    return Result(
        State.BAD if age > STUCK else State.WARN,
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
