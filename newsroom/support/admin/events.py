"""What providers told: events that wait, and where their list is not our books."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.support import webhooks
from newsroom.support.admin.base import ListOnlyAdmin, View, mark, need
from newsroom.support.books import reconciling
from newsroom.support.models import Contribution, Difference, WebhookEvent

CHANGE_EVENT = "support.change_webhookevent"
CHANGE_DIFFERENCE = "support.change_difference"
EVENTS = {
    WebhookEvent.State.STORED: "pending",
    WebhookEvent.State.APPLIED: "succeeded",
    WebhookEvent.State.IGNORED: "draft",
    WebhookEvent.State.STUCK: "failed",
}
WHAT = {
    reconciling.MISSING: gettext_lazy("missing in our books"),
    reconciling.SURPLUS: gettext_lazy("not in the provider’s list"),
    reconciling.AMOUNT: gettext_lazy("another amount"),
    reconciling.REFUNDED: gettext_lazy("another sum given back"),
}


@admin.register(WebhookEvent)
class WebhookEventAdmin(ListOnlyAdmin):
    change_list_template = "admin/support/webhookevent/change_list.html"
    list_display = ["came", "provider", "kind", "how_it_stands", "why"]
    list_filter = ["state", "provider"]

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        return [
            ("again/", again_all, "again_all", True),
            ("<int:pk>/again/", again, "again", True),
        ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("body_sealed")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        stuck = WebhookEvent.objects.filter(state=WebhookEvent.State.STUCK).count()
        may_change = request.user.has_perm(CHANGE_EVENT)
        more = {"stuck": stuck, "may_change": may_change}
        return super().changelist_view(request, more | (extra_context or {}))

    @admin.display(description=gettext_lazy("Received"), ordering="pk")
    def came(self, event: WebhookEvent) -> str:
        return _time(event.received_at)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def how_it_stands(self, event: WebhookEvent) -> SafeString:
        shape = EVENTS[WebhookEvent.State(event.state)]
        return mark(shape, event.get_state_display())

    @admin.display(description=gettext_lazy("Trouble"))
    def why(self, event: WebhookEvent) -> SafeString | str:
        is_open = event.state in (WebhookEvent.State.STORED, WebhookEvent.State.STUCK)
        if not is_open or not event.attempts:
            return event.trouble
        tried = _("tried %(count)s times") % {"count": event.attempts}
        return format_html(
            '{}<span class="nr-meta">{}</span><span class="nr-actions">'
            '<button class="nr-btn" formaction="{}">{}</button></span>',
            event.trouble,
            tried,
            reverse("admin:support_webhookevent_again", args=[event.pk]),
            _("Try again"),
        )


class SettledFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("open")), ("yes", _("settled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("no", "yes"):
            return queryset.filter(settled_at__isnull=self.value() == "no")
        return queryset


@admin.register(Difference)
class DifferenceAdmin(ListOnlyAdmin):
    list_display = ["seen", "provider", "about", "said", "settle"]
    list_filter = [SettledFilter, "provider"]

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        return [("<int:pk>/settle/", settle, "settle", False)]

    @admin.display(description=gettext_lazy("Seen"), ordering="pk")
    def seen(self, row: Difference) -> str:
        return _time(row.seen_at)

    @admin.display(description=gettext_lazy("Payment"))
    def about(self, row: Difference) -> SafeString:
        gift = (
            Contribution.objects.filter(provider=row.provider, payment_ref=row.ref)
            .only("pk")
            .first()
        )
        words = WHAT.get(row.what, row.what)
        if gift is None:
            return format_html('{}<span class="nr-meta">{}</span>', row.ref, words)
        url = reverse("admin:support_contribution_change", args=[gift.pk])
        return format_html(
            '<a href="{}">{}</a><span class="nr-meta">{}</span>', url, row.ref, words
        )

    @admin.display(description=gettext_lazy("Ours / theirs"))
    def said(self, row: Difference) -> str:
        return f"{row.ours or '–'} / {row.theirs or '–'}"

    @admin.display(description=gettext_lazy("State"))
    def settle(self, row: Difference) -> SafeString:
        if row.settled_at is not None:
            words = _("settled %(time)s") % {"time": _time(row.settled_at)}
            return mark("succeeded", words)
        url = reverse("admin:support_difference_settle", args=[row.pk])
        return format_html(
            '{} <a class="nr-btn" href="{}">{}</a>',
            mark("review", _("open")),
            url,
            _("Settle…"),
        )


def again(
    model_admin: WebhookEventAdmin, request: HttpRequest, pk: int
) -> HttpResponse:
    event: WebhookEvent = model_admin.find(request, pk)
    need(request, CHANGE_EVENT)
    webhooks.try_again(event)
    messages.success(request, _("The event is tried again within a minute."))
    return HttpResponseRedirect(model_admin.list_url())


def again_all(model_admin: WebhookEventAdmin, request: HttpRequest) -> HttpResponse:
    need(request, CHANGE_EVENT)
    stuck = WebhookEvent.objects.filter(state=WebhookEvent.State.STUCK)
    count = 0
    for event in stuck.defer("body_sealed").order_by("pk")[:500]:
        webhooks.try_again(event)
        count += 1
    words = _("Events that are tried again: %(count)s.") % {"count": count}
    messages.success(request, words)
    return HttpResponseRedirect(model_admin.list_url())


def settle(model_admin: DifferenceAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has looked: both say what they say, and it is known why."""
    row: Difference = model_admin.find(request, pk)
    need(request, CHANGE_DIFFERENCE)
    if request.method == "POST":
        Difference.objects.filter(pk=row.pk, settled_at=None).update(
            settled_at=timezone.now()
        )
        messages.success(request, _("The difference is settled."))
        return HttpResponseRedirect(model_admin.list_url())
    return model_admin.ask(
        request,
        _("Settle the difference"),
        _("Settle it"),
        [
            _("Ours: %(ours)s. Theirs: %(theirs)s.")
            % {"ours": row.ours or "–", "theirs": row.theirs or "–"},
            _("No gift is changed. The next comparison opens it again if it stays."),
        ],
        back_url=model_admin.list_url(),
        row=row,
    )


def _time(at: Any) -> str:
    return formats.date_format(timezone.localtime(at), "j M Y, H:i")
