"""Newsletters: what waits, stands still or is not configured."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from procrastinate.contrib.django.models import ProcrastinateJob

from newsroom.newsletters import consent_words, mailboxes, senders, tasks
from newsroom.newsletters.models import (
    Issue,
    Letter,
    Newsletter,
    ReaderRequest,
    SubscriberImport,
)
from newsroom.publication import furniture
from newsroom.self_check.lines import SLOW, STUCK, Result, State, check


@check(gettext_lazy("Issues of newsletters"))
def issues(at: datetime) -> Result:
    going = Issue.objects.filter(
        status__in=[Issue.Status.SCHEDULED, Issue.Status.SENDING, Issue.Status.PAUSED]
    )
    stopped = going.exclude(trouble="")
    late = going.filter(status=Issue.Status.SCHEDULED, send_at__lt=at - SLOW)
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
    waiting = ReaderRequest.objects.filter(created_at__lt=at - STUCK).count()
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
    late = owed.filter(due_at__lt=at - STUCK).count()
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
