"""Subscribers: found, looked after and erased. Addresses are unsealed page by page.

Nothing here writes the admin's log or a history: neither may know a reader.
"""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from newsroom.core import mail_addresses
from newsroom.core.model_admin import NewsroomModelAdmin
from newsroom.newsletters import growth
from newsroom.newsletters.admin import subscriber_bulk, subscriber_pages
from newsroom.newsletters.admin.finding import FoundByAddress, domain_hash
from newsroom.newsletters.admin.subscriber_filters import FILTERS, is_suppressed
from newsroom.newsletters.models import Newsletter, Subscriber, Subscription

BY_POST = {"wishes", "leave", "confirmation", "link", "data", "proof"}


@admin.register(Subscriber)
class SubscriberAdmin(FoundByAddress, NewsroomModelAdmin):
    actions = ["leave", "suppress", "export_chosen"]
    change_list_template = "admin/newsletters/subscriber/change_list.html"
    list_display = ["who", "newsletters", "since"]
    list_filter = FILTERS  # type: ignore[assignment]
    list_per_page = 50
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[Any, str]] = {
            "export/": (subscriber_pages.export, "export"),
            "<int:pk>/wishes/": (subscriber_pages.wishes, "wishes"),
            "<int:pk>/leave/": (subscriber_pages.leave, "leave"),
            "<int:pk>/suppress/": (subscriber_pages.suppress, "suppress"),
            "<int:pk>/erase/": (subscriber_pages.erase, "erase"),
            "<int:pk>/confirmation/": (subscriber_pages.confirmation, "confirmation"),
            "<int:pk>/link/": (subscriber_pages.link, "link"),
            "<int:pk>/data/": (subscriber_pages.data, "data"),
            "<int:pk>/proof/": (subscriber_pages.proof, "proof"),
        }
        return [
            path(
                route,
                self.admin_site.admin_view(
                    require_POST(bound) if name in BY_POST else bound
                ),
                name=f"newsletters_subscriber_{name}",
            )
            for route, (view, name) in pages.items()
            for bound in [partial(view, model_admin=self)]
        ] + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        subscriptions = Subscription.objects.select_related("newsletter")
        readers: QuerySet = super().get_queryset(request)
        held = Prefetch("subscriptions", subscriptions.order_by("newsletter"))
        shown: QuerySet = readers.prefetch_related(held).annotate(
            is_suppressed=is_suppressed()
        )
        return shown

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        number = request.GET.get("newsletter", "")
        newsletter = (
            Newsletter.objects.filter(pk=number).first() if number.isdigit() else None
        )
        more = {
            "growth": growth.of(newsletter, by_week=True),
            "growth_of": newsletter,
            "growth_days": growth.of(newsletter, by_week=False),
            "search_label": _("Whole address or domain"),
            "may_change": self.has_change_permission(request),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    def found(self, request: HttpRequest, typed: str) -> str:
        local, _at, domain = typed.rpartition("@")
        if not local:
            return f"../?domain={domain_hash(domain)}"
        digest = mail_addresses.digest(mail_addresses.normalised(typed))
        reader = Subscriber.objects.filter(address_digest=digest).first()
        if reader is not None:
            return self.change_url(reader)
        bar = subscriber_pages.bar_of(digest)
        words = _("Nobody with this address is a subscriber.")
        if bar is not None:
            words += " " + _("It gets no mail: %(reason)s.") % {
                "reason": bar.get_reason_display()
            }
        self.message_user(request, words, messages.WARNING)
        return ""

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return subscriber_pages.add(request, model_admin=self)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        return subscriber_pages.show(request, object_id, model_admin=self)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """There is none but the ledger, which is on the reader's own page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        url = reverse("admin:newsletters_subscriber_change", args=[object_id])
        return HttpResponseRedirect(url)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Readers are erased, which their suppression and the ledger survive."""
        return False

    @admin.display(description=gettext_lazy("address"))
    def who(self, reader: Subscriber) -> SafeString:
        signs = []
        if reader.is_suppressed:  # type: ignore[attr-defined]
            signs.append(("failed", _("gets no mail")))
        if reader.paused_until and reader.paused_until > timezone.localdate():
            signs.append(("", _("paused")))
        return format_html(
            '<span class="nr-address">{}</span>{}',
            reader.address,
            format_html_join(
                "", ' <span class="nr-state" data-state="{}">{}</span>', signs
            ),
        )

    @admin.display(description=gettext_lazy("newsletters"))
    def newsletters(self, reader: Subscriber) -> SafeString:
        return format_html_join(
            "",
            '<span class="nr-letter"><span class="nr-state" data-state="{}">{}</span> '
            "{}</span>",
            (
                (
                    subscription.state,
                    subscription.get_state_display(),
                    subscription.newsletter,
                )
                for subscription in reader.subscriptions.all()
            ),
        )

    @admin.display(description=gettext_lazy("since"), ordering="created_at")
    def since(self, reader: Subscriber) -> SafeString:
        """The day, and their language."""
        return format_html(
            '{} <span class="nr-meta">{}</span>',
            formats.date_format(timezone.localtime(reader.created_at), "j M Y"),
            reader.get_language_display(),
        )

    @admin.action(description=gettext_lazy("Unsubscribe them…"), permissions=["change"])
    def leave(self, request: HttpRequest, readers: QuerySet) -> HttpResponse | None:
        return subscriber_bulk.leave(request, readers, model_admin=self)

    @admin.action(
        description=gettext_lazy("Send them no mail any more…"), permissions=["change"]
    )
    def suppress(self, request: HttpRequest, readers: QuerySet) -> HttpResponse | None:
        return subscriber_bulk.suppress(request, readers, model_admin=self)

    @admin.action(
        description=gettext_lazy("Export them as CSV"), permissions=["change"]
    )
    def export_chosen(self, request: HttpRequest, readers: QuerySet) -> HttpResponse:
        return subscriber_bulk.export(readers)

    def said(self, request: HttpRequest, count: int) -> None:
        words = ngettext("%(n)s reader is done.", "%(n)s readers are done.", count)
        self.message_user(request, words % {"n": count}, messages.SUCCESS)
