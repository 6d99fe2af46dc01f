"""Bounces and complaints, to be read. What followed stands with the reader."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from newsroom.core.model_admin import ReadOnlyAdmin
from newsroom.newsletters import mailboxes
from newsroom.newsletters.models import BounceEvent, ReportTotal, Subscriber

DAYS_SHOWN = 30


class NewsletterFilter(admin.RelatedFieldListFilter):
    """Of the issue a report is about."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.title = _("newsletter")


@admin.register(BounceEvent)
class BounceEventAdmin(ReadOnlyAdmin):
    change_list_template = "admin/newsletters/bounceevent/change_list.html"
    list_display = ["kind", "reader", "at", "told", "about"]
    list_display_links = None
    list_filter = [
        "kind",
        "source",
        ("issue__newsletter", NewsletterFilter),
        "at",
    ]
    list_per_page = 50
    list_select_related = ["issue"]
    ordering = ["-pk"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[BounceEvent]:
        whose = Subscriber.objects.filter(address_digest=OuterRef("address_digest"))
        events: QuerySet[BounceEvent] = super().get_queryset(request)
        return events.annotate(reader_id=Subquery(whose.values("pk")[:1]))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        shown = {
            "days": DAYS_SHOWN,
            "mailbox": mailboxes.failing(),
            "without_effect": _without_effect(),
        }
        return super().changelist_view(request, shown | (extra_context or {}))

    @admin.display(description=_("reader"))
    def reader(self, event: BounceEvent) -> SafeString | str:
        """By number: the address stands on the reader's own page."""
        number = event.reader_id  # type: ignore[attr-defined]
        if number is None:
            return "–"
        url = reverse("admin:newsletters_subscriber_change", args=[number])
        return format_html('<a href="{}">{}</a>', url, Subscriber(pk=number))

    @admin.display(description=_("status"), ordering="status")
    def told(self, event: BounceEvent) -> SafeString:
        """The status, and who told it."""
        return format_html(
            '{} <span class="nr-meta">{}</span>',
            event.status or "–",
            event.get_source_display(),
        )

    @admin.display(description=_("about"), ordering="issue")
    def about(self, event: BounceEvent) -> str:
        if event.report_id.startswith("letter "):
            return str(_("a single letter"))
        return str(event.issue or "–")


def _without_effect() -> list[dict[str, Any]]:
    """Reports of late that changed nothing: ``words`` and ``count``."""
    since = timezone.localdate() - timedelta(days=DAYS_SHOWN)
    counts = (
        ReportTotal.objects.filter(day__gt=since)
        .order_by()
        .values_list("outcome")
        .annotate(count=Sum("count"))
        .order_by("-count")
    )
    words = dict(ReportTotal.Outcome.choices)
    return [{"words": words[outcome], "count": count} for outcome, count in counts]
