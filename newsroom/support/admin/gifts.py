"""Gifts: what came, by which campaign, and what became of it. Givers stay sealed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.core.model_admin import ReadOnlyAdmin
from newsroom.support import money
from newsroom.support.admin import gift_pages, letter_pages, report_pages
from newsroom.support.admin.base import PagesAdmin, View
from newsroom.support.books import reports
from newsroom.support.models import (
    Campaign,
    Contribution,
    Frequency,
    RefundOrder,
)


class PeriodFilter(admin.SimpleListFilter):
    """When a gift was begun: lists are read by days and months, not by pages."""

    title = gettext_lazy("begun")
    parameter_name = "period"
    days = {"today": 1, "7": 7, "30": 30, "90": 90}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        recent = [
            ("today", _("today")),
            ("7", _("in 7 days")),
            ("30", _("in 30 days")),
            ("90", _("in 90 days")),
        ]
        months = reports.months_until(timezone.localdate(), 12)
        return recent + [
            (f"{month:%Y-%m}", formats.date_format(month, "F Y"))
            for month in reversed(months)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if value in self.days:
            midnight = timezone.localtime().replace(
                hour=0, minute=0, second=0, microsecond=0
            )
            since = midnight - timedelta(days=self.days[value] - 1)
            return queryset.filter(created_at__gte=since)
        month = reports.read_month(value or "")
        if month is None:
            return queryset
        begin, end = reports.bounds(month)
        return queryset.filter(created_at__gte=begin, created_at__lt=end)


class CurrencyFilter(admin.SimpleListFilter):
    title = gettext_lazy("currency")
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, code) for code in reports.currencies_in_use()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(currency=self.value()) if self.value() else queryset


class CampaignFilter(admin.SimpleListFilter):
    title = gettext_lazy("campaign")
    parameter_name = "campaign"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found = Campaign.objects.order_by("-pk").values_list("pk", "name")[:50]
        return [("none", _("none")), *((str(number), name) for number, name in found)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or ""
        if value == "none":
            return queryset.filter(campaign=None)
        return queryset.filter(campaign=value) if value.isdecimal() else queryset


class TroubleFilter(admin.SimpleListFilter):
    title = gettext_lazy("needs somebody")
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("refund", _("refund failed")), ("country", _("country not known"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "refund":
            return queryset.filter(Exists(failed_refunds()))
        if self.value() == "country":
            return queryset.filter(
                state=Contribution.State.SUCCEEDED,
                verdict=Contribution.Verdict.UNKNOWN,
            )
        return queryset


def failed_refunds() -> QuerySet[RefundOrder]:
    return RefundOrder.objects.filter(
        contribution=OuterRef("pk"), state=RefundOrder.State.FAILED
    )


@admin.register(Contribution)
class ContributionAdmin(ReadOnlyAdmin, PagesAdmin):
    change_list_template = "admin/support/contribution/change_list.html"
    list_display = ["begun", "amount", "how_often", "how_it_stands", "came_from"]
    list_display_links = None
    list_filter = [
        "state",
        TroubleFilter,
        PeriodFilter,
        "frequency",
        CurrencyFilter,
        "provider",
        CampaignFilter,
    ]
    list_select_related = ["campaign", "variant__prompt"]
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        one = "<int:pk>/"
        return [
            ("totals/", report_pages.totals, "totals", False),
            ("totals.csv", report_pages.totals_csv, "totals_csv", False),
            ("export/", report_pages.export, "export", False),
            ("trace/", report_pages.trace, "trace", False),
            ("letters/", letter_pages.failing, "letters", False),
            ("letters/again/", letter_pages.again, "letters_again", True),
            (f"{one}refund/", gift_pages.refund, "refund", False),
            (f"{one}again/", gift_pages.refund_again, "again", True),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        quarantined = Contribution.objects.filter(
            state=Contribution.State.QUARANTINED
        ).order_by("pk")
        more = {
            "may_export": request.user.has_perm("support.view_contribution"),
            "quarantined": list(quarantined[:20]),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return gift_pages.show(self, request, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """There is none but the ledger, which is on the gift's own page."""
        self.find(request, object_id)
        url = reverse("admin:support_contribution_change", args=[object_id])
        return HttpResponseRedirect(url)

    @admin.display(description=gettext_lazy("Begun"), ordering="pk")
    def begun(self, gift: Contribution) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            self.change_url(gift),
            formats.date_format(timezone.localtime(gift.created_at), "j M Y, H:i"),
        )

    @admin.display(description=gettext_lazy("Amount"))
    def amount(self, gift: Contribution) -> str:
        return money.written(gift.amount_minor, gift.currency)

    @admin.display(description=gettext_lazy("How often"), ordering="frequency")
    def how_often(self, gift: Contribution) -> str:
        words = Frequency(gift.frequency).label
        return f"{words}, {gift.method or gift.provider}"

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def how_it_stands(self, gift: Contribution) -> SafeString:
        return gift_pages.state_mark(gift)

    @admin.display(description=gettext_lazy("Came from"))
    def came_from(self, gift: Contribution) -> SafeString:
        where = ""
        if gift.variant is not None:
            where = (
                f"{gift.variant.prompt.get_placement_display()}, {gift.variant.name}"
            )
        return format_html(
            '{}<span class="nr-meta">{}</span>',
            gift.campaign or _("Support page"),
            where,
        )
