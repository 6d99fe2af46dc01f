"""Recurring gifts: how they stand; ended or paused through the provider."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.accounts.people import signed_in
from newsroom.core.model_admin import NewsroomModelAdmin
from newsroom.support import money, payments
from newsroom.support.admin.base import PagesAdmin, View, mark, way
from newsroom.support.admin.gift_pages import state_mark as gift_mark
from newsroom.support.admin.gifts import CampaignFilter, CurrencyFilter
from newsroom.support.books import recurring
from newsroom.support.models import Frequency, RecurringContribution
from newsroom.support.payments.interface import NotPossible, Unreachable

State = RecurringContribution.State
STATES = {
    State.PENDING: "draft",
    State.ACTIVE: "succeeded",
    State.PAST_DUE: "review",
    State.PAUSED: "pending",
    State.CANCELLED: "withdrawn",
}
GIFTS_SHOWN = 60


class PauseForm(forms.Form):
    until = forms.DateField(
        label=gettext_lazy("Take nothing until"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day that lies ahead."))
        return day


@admin.register(RecurringContribution)
class RecurringAdmin(PagesAdmin):
    list_display = ["begun", "amount", "how_often", "how_it_stands", "next_payment"]
    list_display_links = None
    list_filter = ["state", "frequency", CurrencyFilter, "provider", CampaignFilter]
    list_select_related = ["campaign"]
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        one = "<int:pk>/"
        return [
            (f"{one}cancel/", cancel, "cancel", False),
            (f"{one}pause/", pause, "pause", False),
            (f"{one}resume/", resume, "resume", True),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        gift: RecurringContribution = self.find(request, object_id)
        payments_of_it: QuerySet = gift.contributions.order_by("-pk")
        provider = _provider(gift)
        return self.own_page(
            request,
            "recurringcontribution/show.html",
            _written(gift),
            gift,
            gifts=[
                (one, money.written(one.amount_minor, one.currency), gift_mark(one))
                for one in payments_of_it[:GIFTS_SHOWN]
            ],
            has_ended=gift.state == State.CANCELLED,
            may_change=self.has_change_permission(request, gift),
            may_pause=bool(provider and provider.pauses),
            state_mark=_mark(gift),
            way=way(gift.provider, gift.method),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        gift = self.find(request, object_id)
        return HttpResponseRedirect(self.change_url(gift))

    @admin.display(description=gettext_lazy("Begun"), ordering="pk")
    def begun(self, gift: RecurringContribution) -> SafeString:
        at = timezone.localtime(gift.began_at or gift.created_at)
        return format_html(
            '<a href="{}">{}</a>',
            self.change_url(gift),
            formats.date_format(at, "j M Y, H:i"),
        )

    @admin.display(description=gettext_lazy("Amount"))
    def amount(self, gift: RecurringContribution) -> str:
        return money.written(gift.amount_minor, gift.currency)

    @admin.display(description=gettext_lazy("How often"), ordering="frequency")
    def how_often(self, gift: RecurringContribution) -> str:
        return f"{Frequency(gift.frequency).label}, {gift.method or gift.provider}"

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def how_it_stands(self, gift: RecurringContribution) -> SafeString:
        return _mark(gift)

    @admin.display(description=gettext_lazy("Next payment"))
    def next_payment(self, gift: RecurringContribution) -> str:
        if gift.next_at is None or gift.state == State.CANCELLED:
            return "–"
        return formats.date_format(timezone.localtime(gift.next_at), "j M Y")


def cancel(model_admin: RecurringAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    gift: RecurringContribution = model_admin.find(request, pk, change=True)
    if request.method == "POST":
        by = signed_in(request)
        return _do(
            model_admin,
            request,
            gift,
            lambda: recurring.cancel(gift, by=by),
            _("The recurring gift has ended."),
        )
    return model_admin.ask(
        request,
        _("End this gift"),
        _("End it now"),
        [
            _("Nothing more is taken. What was paid stays."),
            _("The giver gets a mail that says so, where the country allows mail."),
        ],
        back_url=model_admin.change_url(gift),
        row=gift,
    )


def pause(model_admin: RecurringAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    gift: RecurringContribution = model_admin.find(request, pk, change=True)
    form = PauseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        by, until = signed_in(request), form.cleaned_data["until"]
        return _do(
            model_admin,
            request,
            gift,
            lambda: recurring.pause(gift, until, by=by),
            _("The recurring gift pauses."),
        )
    return model_admin.own_page(
        request,
        "form.html",
        _("Pause"),
        gift,
        back_url=model_admin.change_url(gift),
        button=_("Pause"),
        form=form,
        note=_("Payments that fall into the pause are left out.") + _next_words(gift),
    )


def resume(model_admin: RecurringAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    gift: RecurringContribution = model_admin.find(request, pk, change=True)
    by = signed_in(request)
    return _do(
        model_admin,
        request,
        gift,
        lambda: recurring.resume(gift, by=by),
        _("The recurring gift goes on."),
    )


def _do(
    model_admin: NewsroomModelAdmin,
    request: HttpRequest,
    gift: RecurringContribution,
    act: Callable[[], Any],
    words: str,
) -> HttpResponse:
    try:
        act()
    except NotPossible as error:
        messages.error(request, str(error))
    except (Unreachable, payments.Unknown):
        messages.error(
            request,
            _("The provider did not answer: nothing is changed. Try again later."),
        )
    else:
        messages.success(request, words)
    return HttpResponseRedirect(model_admin.change_url(gift))


def _next_words(gift: RecurringContribution) -> str:
    if gift.next_at is None:
        return ""
    day = formats.date_format(timezone.localtime(gift.next_at), "j F Y")
    return " " + _("The next one is due on %(day)s.") % {"day": day}


def _provider(gift: RecurringContribution) -> Any:
    try:
        return payments.named(gift.provider)
    except payments.Unknown:
        return None


def _mark(gift: RecurringContribution) -> SafeString:
    return mark(STATES[State(gift.state)], gift.get_state_display())


def _written(gift: RecurringContribution) -> str:
    amount = money.written(gift.amount_minor, gift.currency)
    return f"{amount}, {Frequency(gift.frequency).label}"
