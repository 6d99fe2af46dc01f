"""The composing page, its preview, its check list and its search."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _

from newsroom.newsletters import audience, checks, composing, issue_forms, rendering
from newsroom.newsletters.admin import issue_conflict
from newsroom.newsletters.issue_forms import IssueForm, PartForm
from newsroom.newsletters.models import Issue, IssueItem
from newsroom.newsletters.rendering import Links, Rendered

if TYPE_CHECKING:
    from newsroom.newsletters.admin.issues import IssueAdmin

# A mail's own styles and our pictures, no script, and nothing from elsewhere. The
# page round it keeps the place that was scrolled to, so the frame is of its origin.
PREVIEW_POLICY = (
    f"default-src 'none'; img-src 'self' data: {settings.SITE_URL}; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups"
)
_DARK = "(prefers-color-scheme: dark)"

# Buttons of the composing page that save first and then lead elsewhere.
LEADS_TO = {"_test": "test", "_schedule": "schedule", "_send": "send"}


def compose(
    model_admin: "IssueAdmin", request: HttpRequest, issue: Issue
) -> HttpResponse:
    if request.method != "POST":
        parts = issue_forms.stored_parts(issue.items.select_related("article__section"))
        return _page(model_admin, request, issue, IssueForm(instance=issue), parts)
    form = IssueForm(request.POST, instance=Issue.objects.get(pk=issue.pk))
    parts = _rearranged(issue_forms.typed_parts(request.POST), request.POST)
    if not all([form.is_valid(), *(part.is_valid() for part in parts)]):
        return _page(model_admin, request, issue, form, parts, status=422)
    try:
        _save(model_admin, request, issue, form, parts)
    except composing.Conflict as conflict:
        mine = issue_conflict.version_of(form.values(), _items(issue, parts))
        return issue_conflict.page(model_admin, request, conflict.issue, mine, parts)
    except composing.NotPossible as error:
        messages.error(request, str(error))
        return model_admin.back_to(issue)
    return _onwards(model_admin, request, issue)


@transaction.atomic
def _save(
    model_admin: "IssueAdmin",
    request: HttpRequest,
    issue: Issue,
    form: IssueForm,
    parts: list[PartForm],
) -> None:
    """Keep what is typed, and note who did: whoever writes too will want to know."""
    items = _items(issue, parts)
    values, items = issue_conflict.resolved(request, issue, form.values(), items)
    saved = composing.save(
        issue, version=form.cleaned_data["version"], values=values, items=items
    )
    message = model_admin.construct_change_message(request, form, [])  # type: ignore[arg-type]
    model_admin.log_change(request, saved, message)


def _onwards(
    model_admin: "IssueAdmin", request: HttpRequest, issue: Issue
) -> HttpResponse:
    for button, name in LEADS_TO.items():
        if button in request.POST:
            url = reverse(f"admin:newsletters_issue_{name}", args=[issue.pk])
            return HttpResponseRedirect(url)
    if "_find" in request.POST:
        query = QueryDict(mutable=True)
        query["q"] = request.POST.get("q", "")
        url = f"{model_admin.change_url(issue)}?{query.urlencode()}#pick"
        return HttpResponseRedirect(url)
    messages.success(request, _("The issue is saved."))
    return model_admin.back_to(issue)


def preview(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as saved (GET) or as typed (POST); nothing is written."""
    issue = model_admin.find(request, pk)
    items = None
    if request.method == "POST":
        issue, items = _typed(model_admin, request, issue)
    mail = _mail(issue, items, request.GET.get("format", "full"))
    if request.GET.get("as") == "text":
        return mail_page(_as_page(mail.text))
    return mail_page(_in_light(mail.html, is_dark=request.GET.get("in") == "dark"))


def mail_page(html: str) -> HttpResponse:
    """A mail in a frame that can do nothing; its links open beside the admin."""
    return HttpResponse(
        html.replace("<head>", '<head><base target="_blank">', 1),
        headers={
            "Content-Security-Policy": PREVIEW_POLICY,
            "X-Robots-Tag": "noindex",
        },
    )


def checks_now(
    model_admin: "IssueAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    """The check list of what is typed, as a part of the page."""
    issue = model_admin.find(request, pk)
    items = None
    if request.method == "POST":
        issue, items = _typed(model_admin, request, issue)
    context = {"problems": checks.of(issue, items=items)}
    return HttpResponse(
        render_to_string("admin/newsletters/issue/_checks.html", context)
    )


def find(model_admin: "IssueAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    """Stories that can be added, as a part of the page."""
    issue = model_admin.find(request, pk)
    context = _found(issue, request.GET.get("q", ""))
    return HttpResponse(
        render_to_string("admin/newsletters/issue/_found.html", context)
    )


def _typed(
    model_admin: "IssueAdmin", request: HttpRequest, issue: Issue
) -> tuple[Issue, list[IssueItem]]:
    """The issue with the words of the form, in memory only."""
    if not model_admin.has_change_permission(request, issue):
        raise PermissionDenied
    typed = Issue.objects.select_related("newsletter").get(pk=issue.pk)
    form = IssueForm(request.POST, instance=typed)
    form.is_valid()
    for name, value in form.values().items():
        setattr(typed, name, value)
    return typed, _items(typed, issue_forms.typed_parts(request.POST))


def _items(issue: Issue, parts: list[PartForm]) -> list[IssueItem]:
    return [item for part in parts if (item := part.item(issue)) is not None]


def _rearranged(parts: list[PartForm], data: QueryDict) -> list[PartForm]:
    """What the buttons of a row ask for, where no script has done it."""
    keys = [part.key for part in parts]
    key, _colon, way = data.get("_move", "").partition(":")
    if key in keys:
        place = keys.index(key)
        wanted = min(max(place + (-1 if way == "up" else 1), 0), len(parts) - 1)
        parts.insert(wanted, parts.pop(place))
    if data.get("_remove") in keys:
        parts = [part for part in parts if part.key != data["_remove"]]
    if adding := data.get("_add"):
        kind, _colon, number = adding.partition(":")
        typed = QueryDict(mutable=True)
        typed.update({"part": "new", "new-kind": kind, "new-article": number})
        typed.update({"new-has_picture": "on", "new-headline": _first_heading(kind)})
        parts = [*parts, *issue_forms.typed_parts(typed)]
    return parts


def _first_heading(kind: str) -> str:
    return _("Also in this letter") if kind == IssueItem.Kind.HEADING else ""


def _mail(issue: Issue, items: list[IssueItem] | None, format: str) -> Rendered:
    """What went out, or what would go out at its time."""
    variant = issue.compiled.get(f"{issue.newsletter.language}-full", {})
    if not issue.may_change and variant:
        return Rendered(variant["subject"], "", variant["html"], variant["text"], [])
    now = timezone.now()
    page = settings.SITE_URL + issue.newsletter.get_absolute_url()
    return rendering.render(
        issue,
        language=issue.newsletter.language,
        format=format if format in rendering.FORMATS else "full",
        links=Links(leave=page, preferences=page),
        items=items,
        at=max(issue.send_at or now, now),
    )


def _in_light(html: str, *, is_dark: bool) -> str:
    """The mail as on a dark or a light screen, whichever the one is that shows it."""
    return html.replace(
        f"@media {_DARK}", "@media all" if is_dark else "@media not all"
    )


def _as_page(text: str) -> str:
    style = "body{margin:1rem;background:#fff;color:#14191a}pre{white-space:pre-wrap}"
    return (
        f"<!doctype html><html lang='en'><head><title>{_('Text')}</title>"
        f"<style>{style}</style></head><body><pre>{escape(text)}</pre></body></html>"
    )


def _found(issue: Issue, words: str) -> dict[str, Any]:
    if words.strip():
        stories = list(composing.find(words)[: composing.MOST_FOUND])
    else:
        stories = composing.since_last(
            issue.newsletter, at=timezone.now(), most=composing.MOST_FOUND
        )
    return {"stories": stories, "words": words}


def _page(
    model_admin: "IssueAdmin",
    request: HttpRequest,
    issue: Issue,
    form: IssueForm,
    parts: list[PartForm],
    *,
    status: int = 200,
) -> HttpResponse:
    words = request.GET.get("q", "") or request.POST.get("q", "")
    kinds = (IssueItem.Kind.ARTICLE, IssueItem.Kind.HEADING, IssueItem.Kind.TEXT)
    new_parts = [issue_forms.new_part(kind) for kind in kinds]
    media = model_admin.media + form.media + new_parts[2].media
    response = model_admin.page(
        request,
        "admin/newsletters/issue/compose.html",
        str(issue),
        issue,
        media=media,
        form=form,
        parts=parts,
        new_parts=new_parts,
        problems=checks.of(issue),
        recipients=audience.estimate(issue),
        may_send=request.user.has_perm("newsletters.send_issue"),
        # What the words were when the page was opened.
        base=request.POST.get("base")
        or issue_conflict.marks(issue_conflict.stored_version(issue)),
        chosen={part.story.pk for part in parts if part.story},
        **_found(issue, words),
    )
    response.status_code = status
    return response
