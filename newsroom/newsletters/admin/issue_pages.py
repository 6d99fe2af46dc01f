"""Round an issue: begin, test, schedule, send, stop, and what became of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from js_asset import Script

from articles.models import Article
from newsroom.accounts.people import signed_in
from newsroom.core.model_admin import with_nonce
from newsroom.newsletters import (
    audience,
    books,
    checks,
    clicks,
    composing,
    sending,
    trials,
)
from newsroom.newsletters.issue_forms import (
    BeginForm,
    BreakingForm,
    ScheduleForm,
    TestForm,
)
from newsroom.newsletters.models import Issue, Newsletter

if TYPE_CHECKING:
    from newsroom.newsletters.admin.issues import IssueAdmin

SEND = "newsletters.send_issue"
# What a button of the overview may ask of ``sending``.
TURNS = ("unschedule", "pause", "resume")


def begin(model_admin: "IssueAdmin", request: HttpRequest) -> HttpResponse:
    """Choose the newsletter; its draft comes filled."""
    form = BeginForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        issue = composing.begin(form.cleaned_data["newsletter"], by=signed_in(request))
        return model_admin.back_to(issue)
    newsletters = Newsletter.objects.all()
    if request.method != "POST" and newsletters:
        form.initial["newsletter"] = newsletters[0].pk
    return model_admin.page(
        request,
        "admin/newsletters/issue/begin.html",
        _("New issue"),
        form=form,
        has_newsletters=bool(newsletters),
    )


def overview(
    model_admin: "IssueAdmin", request: HttpRequest, issue: Issue
) -> HttpResponse:
    """An issue that cannot be changed: how it stands, its books, the mail."""
    media = forms.Media(js=[Script("admin/js/issue-progress.js", type="module")])
    return model_admin.page(
        request,
        "admin/newsletters/issue/overview.html",
        str(issue),
        issue,
        media=with_nonce(request, model_admin.media + media),
        may_send=request.user.has_perm(SEND),
        may_add=model_admin.has_add_permission(request),
        links=clicks.totals(issue) if issue.newsletter.counts_clicks else [],
        **_standing(issue),
    )


def progress(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    """How the sending goes, for the page that shows it."""
    issue = model_admin.find(request, pk)
    standing = _standing(issue)
    counts = standing["books"]
    return JsonResponse(
        {
            "status": issue.status,
            "done": standing["done"],
            "audience": counts.audience,
            "counts": {
                name: getattr(counts, name)
                for name in ("submitted", "skipped", "failed", "waiting", "deferred")
            },
        }
    )


def test(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    issue = _writable(model_admin, request, pk)
    is_to_me = "_me" in request.POST
    form = TestForm(
        request.POST if request.method == "POST" and not is_to_me else None,
        label_suffix="",
    )
    me = signed_in(request).email
    if request.method == "POST" and (is_to_me or form.is_valid()):
        addresses = [me] if is_to_me else form.cleaned_data["addresses"]
        format = "full" if is_to_me else form.cleaned_data["format"] or "full"
        taken = trials.send(issue, addresses, format=format)
        _say_tested(request, taken, len(addresses))
        return model_admin.back_to(issue)
    return model_admin.page(
        request,
        "admin/newsletters/issue/test.html",
        _("Send a test"),
        issue,
        form=form,
        me=me,
    )


def _say_tested(request: HttpRequest, taken: int, asked: int) -> None:
    if taken == asked:
        words = ngettext(
            "The test is on its way to %(count)s address.",
            "The test is on its way to %(count)s addresses.",
            taken,
        )
        messages.success(request, words % {"count": taken})
    else:
        words = _("The mail server took %(taken)s of %(asked)s test mails.")
        messages.error(request, words % {"taken": taken, "asked": asked})


def schedule(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    issue = _sendable(model_admin, request, pk)
    form = ScheduleForm(
        request.POST or None, label_suffix="", initial={"send_at": issue.send_at}
    )
    if request.method == "POST" and form.is_valid():
        at = form.cleaned_data["send_at"]
        if at <= timezone.now():
            form.add_error("send_at", _("This time has passed. Choose a later one."))
        else:
            try:
                sending.schedule(issue, at, by=signed_in(request))
            except sending.NotPossible as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The issue is scheduled."))
                return model_admin.back_to(issue)
    return _ask(model_admin, request, issue, _("Schedule"), _("Schedule it"), form=form)


def send(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    issue = _sendable(model_admin, request, pk)
    if request.method == "POST":
        return _do(
            model_admin,
            request,
            issue,
            lambda: sending.start(issue, by=signed_in(request)),
            _("The issue is on its way."),
        )
    count = audience.estimate(issue)
    button = ngettext("Send to %(count)s reader", "Send to %(count)s readers", count)
    return _ask(model_admin, request, issue, _("Send now"), button % {"count": count})


def cancel(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first: what has not gone out will not, and that is for good."""
    issue = model_admin.find(request, pk)
    _need(request, SEND)
    if request.method == "POST":
        return _do(
            model_admin,
            request,
            issue,
            lambda: sending.cancel(issue, by=signed_in(request)),
            _("The issue is cancelled."),
        )
    return model_admin.page(
        request,
        "admin/newsletters/issue/cancel.html",
        _("Cancel"),
        issue,
        **_standing(issue),
    )


def turn(
    model_admin: "IssueAdmin", request: HttpRequest, pk: int, verb: str
) -> HttpResponse:
    """Pause, resume, or take off the schedule."""
    if request.method != "POST" or verb not in TURNS:
        return HttpResponseNotAllowed(["POST"])
    issue = model_admin.find(request, pk)
    _need(request, SEND)
    words = {
        "unschedule": _("The issue is off the schedule."),
        "pause": _("The sending pauses."),
        "resume": _("The sending goes on."),
    }
    act: Callable[..., Any] = getattr(sending, verb)
    by = signed_in(request)
    return _do(model_admin, request, issue, lambda: act(issue, by=by), words[verb])


def duplicate(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    return _copied(model_admin, request, pk, composing.duplicate)


def correction(
    model_admin: "IssueAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    """A note to those who got this issue."""
    return _copied(model_admin, request, pk, composing.correction)


def breaking(
    model_admin: "IssueAdmin", request: HttpRequest, article: int
) -> HttpResponse:
    """Confirm, with the number of readers, and an article is on its way to them."""
    _need(request, SEND)
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    story = get_object_or_404(Article, pk=article)
    form = BreakingForm(
        request.POST or None,
        label_suffix="",
        initial={
            "subject": story.headline[:150],
            "newsletter": Newsletter.objects.first(),
        },
    )
    if request.method == "POST" and form.is_valid():
        by = signed_in(request)
        try:
            issue = composing.breaking(story, by=by, **form.cleaned_data)
            sending.start(issue, by=by)
        except composing.NotPossible as error:
            form.add_error(None, str(error))
        except sending.NotPossible as error:
            messages.error(request, str(error))
            return model_admin.back_to(issue)
        else:
            messages.success(request, _("The issue is on its way."))
            return model_admin.back_to(issue)
    letters = [
        (letter, audience.estimate(Issue(newsletter=letter)))
        for letter in Newsletter.objects.all()
    ]
    return model_admin.page(
        request,
        "admin/newsletters/issue/breaking.html",
        _("Send as breaking news"),
        story=story,
        form=form,
        letters=letters,
    )


def _standing(issue: Issue) -> dict[str, Any]:
    counts = books.of(issue)
    done = counts.submitted + counts.skipped + counts.failed
    return {
        "books": counts,
        "done": done,
        "recipients": counts.audience or audience.estimate(issue),
        "is_moving": issue.status in (Issue.Status.SENDING, Issue.Status.PAUSED),
    }


def _ask(
    model_admin: "IssueAdmin",
    request: HttpRequest,
    issue: Issue,
    title: str,
    button: str,
    form: forms.Form | None = None,
) -> HttpResponse:
    problems = checks.of(issue)
    return model_admin.page(
        request,
        "admin/newsletters/issue/ask.html",
        title,
        issue,
        form=form,
        button=button,
        problems=problems,
        is_blocked=any(problem.blocks for problem in problems),
        recipients=audience.estimate(issue),
    )


def _do(
    model_admin: "IssueAdmin",
    request: HttpRequest,
    issue: Issue,
    act: Callable[[], Any],
    words: str,
) -> HttpResponse:
    try:
        act()
    except sending.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, words)
    return model_admin.back_to(issue)


def _copied(
    model_admin: "IssueAdmin",
    request: HttpRequest,
    pk: int,
    copy: Callable[..., Issue],
) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    issue = model_admin.find(request, pk)
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    try:
        return model_admin.back_to(copy(issue, by=signed_in(request)))
    except composing.NotPossible as error:
        messages.error(request, str(error))
        return model_admin.back_to(issue)


def _writable(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> Issue:
    issue = model_admin.find(request, pk)
    if not model_admin.has_change_permission(request, issue):
        raise PermissionDenied
    return issue


def _sendable(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> Issue:
    _need(request, SEND)
    return model_admin.find(request, pk)


def _need(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
