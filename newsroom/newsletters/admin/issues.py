"""Issues: the list, the composing page, and what stands beside them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from js_asset import Script

from newsroom.core.model_admin import NewsroomModelAdmin
from newsroom.newsletters import books
from newsroom.newsletters.admin import compose_pages, issue_pages
from newsroom.newsletters.issue_forms import IssueForm
from newsroom.newsletters.models import Issue

# A shape for each status: see .nr-state of the theme.
SHAPES = {
    Issue.Status.DRAFT: "draft",
    Issue.Status.SCHEDULED: "scheduled",
    Issue.Status.SENDING: "pending",
    Issue.Status.PAUSED: "review",
    Issue.Status.SENT: "published",
    Issue.Status.CANCELLED: "withdrawn",
}
MOVING = (Issue.Status.SENDING, Issue.Status.PAUSED)


@admin.register(Issue)
class IssueAdmin(NewsroomModelAdmin):
    form = IssueForm
    list_display = ["story", "state", "when", "recipients", "submitted"]
    list_display_links = None
    list_filter = ["status", "newsletter"]
    list_per_page = 50
    list_select_related = ["newsletter"]
    ordering = ["-pk"]
    search_fields = ["subject"]
    show_full_result_count = False

    class Media:
        js = [
            Script("admin/js/issue.js", type="module"),
            Script("admin/js/order.js", type="module"),
        ]

    # --- The list

    @admin.display(description=_("Subject"), ordering="subject")
    def story(self, issue: Issue) -> SafeString:
        return format_html(
            '<a class="nr-story" href="{}">{}</a> <span class="nr-meta">{}</span>',
            self.change_url(issue),
            issue,
            issue.newsletter,
        )

    @admin.display(description=_("Status"), ordering="status")
    def state(self, issue: Issue) -> SafeString:
        return state_mark(issue)

    @admin.display(description=_("When"))
    def when(self, issue: Issue) -> str:
        time = issue.went_out_at or issue.send_at
        if time is None:
            return "–"
        return formats.date_format(timezone.localtime(time), "j M Y, H:i")

    @admin.display(description=_("Recipients"))
    def recipients(self, issue: Issue) -> str:
        return _number(issue.audience)

    @admin.display(description=_("Submitted"))
    def submitted(self, issue: Issue) -> str:
        if issue.closed_at is not None or issue.status in MOVING:
            return _number(books.of(issue).submitted)
        return _number(None)

    # --- The pages

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        issues: QuerySet[Issue] = super().get_queryset(request)
        return issues.select_related("newsletter", "corrects")

    def get_urls(self) -> list[URLPattern]:
        def page(
            route: str, view: Callable[..., HttpResponse], name: str
        ) -> URLPattern:
            def shown(request: HttpRequest, **values: Any) -> HttpResponse:
                return view(self, request, **values)

            name = f"newsletters_issue_{name}"
            return path(route, self.admin_site.admin_view(shown), name=name)

        one = "<int:pk>/"
        return [
            page(f"{one}preview/", compose_pages.preview, "preview"),
            page(f"{one}checks/", compose_pages.checks_now, "checks"),
            page(f"{one}find/", compose_pages.find, "find"),
            page(f"{one}test/", issue_pages.test, "test"),
            page(f"{one}schedule/", issue_pages.schedule, "schedule"),
            page(f"{one}send/", issue_pages.send, "send"),
            page(f"{one}cancel/", issue_pages.cancel, "cancel"),
            page(f"{one}turn/<slug:verb>/", issue_pages.turn, "turn"),
            page(f"{one}progress/", issue_pages.progress, "progress"),
            page(f"{one}duplicate/", issue_pages.duplicate, "duplicate"),
            page(f"{one}correction/", issue_pages.correction, "correction"),
            page("breaking/<int:article>/", issue_pages.breaking, "breaking"),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return issue_pages.begin(self, request)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        issue = self.find(request, object_id)
        may_write = issue.may_change and self.has_change_permission(request, issue)
        view = compose_pages.compose if may_write else issue_pages.overview
        return view(self, request, issue)

    def has_delete_permission(
        self, request: HttpRequest, obj: Issue | None = None
    ) -> bool:
        """What went out stays: readers have it, and the books name it."""
        may_delete: bool = super().has_delete_permission(request, obj)
        return may_delete and (obj is None or obj.started_at is None)

    def refusal_to_delete(self, row: Issue) -> str:
        if row.status == Issue.Status.SCHEDULED:
            return str(_("It is scheduled: take it off the schedule first."))
        return ""

    def find(self, request: HttpRequest, number: Any) -> Issue:
        """The issue, for somebody who may look at it."""
        issue = self.get_object(request, str(number))
        if issue is None:
            raise Http404
        if not self.has_view_permission(request, issue):
            raise PermissionDenied
        found: Issue = issue
        return found

    def back_to(self, issue: Issue) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.change_url(issue))


def state_mark(issue: Issue) -> SafeString:
    return format_html(
        '<span class="nr-state" data-state="{}">{}</span>',
        SHAPES[Issue.Status(issue.status)],
        capfirst(issue.get_status_display()),
    )


def breaking_url(article_id: int) -> str:
    """Where “Send as breaking news…” of an article leads."""
    return reverse("admin:newsletters_issue_breaking", args=[article_id])


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}".replace(",", "\u202f")
