"""Who looked at givers' data; how many reminders are owed, without a name."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from newsroom.core.model_admin import ReadOnlyAdmin
from newsroom.support.admin.base import ListOnlyAdmin, PagesAdmin
from newsroom.support.models import GiverLook, Reminder


@admin.register(GiverLook)
class GiverLookAdmin(ListOnlyAdmin):
    list_display = ["at", "user", "what", "whom"]
    list_filter = [("user", admin.RelatedOnlyFieldListFilter), "at"]
    list_select_related = ["user"]

    @admin.display(description=gettext_lazy("Giver"))
    def whom(self, look: GiverLook) -> SafeString | str:
        if look.giver_id is None:
            return "–"
        url = reverse("admin:support_giver_change", args=[look.giver_id])
        return format_html('<a href="{}">{}</a>', url, look.giver_id)


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin, PagesAdmin):
    """Counts alone: who asked to be reminded is told to nobody."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        months = (
            Reminder.objects.annotate(month=TruncMonth("due_on"))
            .values("month")
            .annotate(
                waiting=Count("pk", filter=Q(sent_at=None, stopped_at=None)),
                sent=Count("pk", filter=Q(sent_at__isnull=False)),
                stopped=Count("pk", filter=Q(stopped_at__isnull=False)),
            )
            .order_by("-month")[:60]
        )
        return self.own_page(
            request, "reminder/counts.html", self._heading(), months=list(months)
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return self.changelist_view(request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        return self.changelist_view(request)
