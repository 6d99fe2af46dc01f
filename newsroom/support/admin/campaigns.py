"""Campaigns: the list, the form with its amounts, and what stands beside them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.core.model_admin import HistoryAdmin, PlainForm
from newsroom.support import money
from newsroom.support.admin import campaign_pages
from newsroom.support.admin.amounts import Amounts
from newsroom.support.admin.base import PagesAdmin, View, mark
from newsroom.support.admin.fields import (
    CurrencyField,
    Descriptor,
    TypedMoney,
    plain,
    read,
)
from newsroom.support.appeals import campaigns
from newsroom.support.mails import thanks
from newsroom.support.models import Asking, Campaign


class CampaignForm(PlainForm):
    goal = TypedMoney(
        label=gettext_lazy("Goal"),
        help_text=gettext_lazy("An amount such as 5000 or 5 000. Left empty: none."),
    )
    goal_currency = CurrencyField(
        is_optional=True, label=gettext_lazy("Goal’s currency")
    )
    statement_descriptor = Descriptor(
        label=gettext_lazy("On the bank statement"),
        help_text=gettext_lazy(
            "What a giver’s bank shows: 5 to 22 Latin letters, digits and spaces. It "
            "need not name the newsroom. Givers see it before they pay. Left empty: "
            "what is set with the provider."
        ),
    )

    class Meta:
        model = Campaign
        fields = [
            "name",
            "purpose",
            "begins_at",
            "ends_at",
            "priority",
            "goal_currency",
            "shows_goal",
            "statement_descriptor",
            "thanks_subject",
            "thanks",
            "thanks_signature",
        ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        campaign = self.instance
        self.amounts = Amounts(campaign, self.data if self.is_bound else None)
        if "goal" in self.fields:
            self.fields["goal"].initial = plain(
                campaign.goal_minor, campaign.goal_currency
            )

    def clean_thanks_subject(self) -> str:
        thanks.check(self.cleaned_data["thanks_subject"])
        return str(self.cleaned_data["thanks_subject"])

    def clean_thanks(self) -> str:
        thanks.check(self.cleaned_data["thanks"])
        return str(self.cleaned_data["thanks"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        currency = cleaned.get("goal_currency", "")
        if cleaned.get("goal") and not currency:
            self.add_error("goal_currency", _("Give the goal a currency."))
        elif currency:
            self.instance.goal_minor = read(self, "goal", currency)
        else:
            self.instance.goal_minor = None
        if cleaned.get("shows_goal") and not cleaned.get("goal"):
            self.add_error("goal", _("Write the goal that is to be shown."))
        if not self.amounts.is_valid():
            self.add_error(
                None, _("An amount cannot be taken as it stands: see “Amounts”.")
            )
        return cleaned


@admin.register(Campaign)
class CampaignAdmin(HistoryAdmin, PagesAdmin):
    change_form_template = "admin/support/campaign/change_form.html"
    change_list_template = "admin/support/campaign/change_list.html"
    form = CampaignForm
    list_display = ["named", "state", "when", "goal", "priority"]
    list_display_links = None
    search_fields = ["name", "purpose"]
    show_full_result_count = True
    fieldsets = [
        (None, {"fields": ["name", "purpose", ("begins_at", "ends_at"), "priority"]}),
        (
            gettext_lazy("Goal"),
            {"fields": [("goal", "goal_currency"), "shows_goal"]},
        ),
        (
            gettext_lazy("Paying and thanking"),
            {
                "fields": [
                    "statement_descriptor",
                    "thanks_subject",
                    "thanks",
                    "thanks_signature",
                ]
            },
        ),
    ]

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        one = "<int:pk>/"
        return [
            ("silence/", campaign_pages.silence, "silence", False),
            (f"{one}activate/", campaign_pages.activate, "activate", True),
            (f"{one}stop/", campaign_pages.stop, "stop", True),
            (f"{one}clone/", campaign_pages.clone, "clone", True),
            (f"{one}results/", campaign_pages.results, "results", False),
            (f"{one}preview/", campaign_pages.preview, "preview", False),
            (f"{one}take/<int:variant>/", campaign_pages.take, "take", False),
        ]

    def shown_on(self, row: Campaign) -> set[str]:
        return {campaigns.PAGES}

    def refusal_to_delete(self, row: Campaign) -> str:
        if row.contributions.exists() or row.recurring.exists():
            return _("Gifts came from it. Stop it in place of deleting it.")
        return ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {
            "asking": Asking.current(),
            "running": Campaign.objects.running(timezone.now()).count(),
            "may_silence": request.user.has_perm("support.change_asking"),
        }
        return super().changelist_view(request, more | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        campaign = context.get("original")
        form = context["adminform"].form
        context["amounts"] = getattr(form, "amounts", None)
        if campaign is not None:
            context |= campaign_pages.beside(request, campaign)
        return super().render_change_form(request, context, *args, **options)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        form.amounts.save(form.instance)

    @admin.display(description=gettext_lazy("Campaign"), ordering="name")
    def named(self, campaign: Campaign) -> SafeString:
        return format_html(
            '<a class="nr-story" href="{}">{}</a><span class="nr-meta">{}</span>',
            self.change_url(campaign),
            campaign,
            campaign.purpose,
        )

    @admin.display(description=gettext_lazy("State"))
    def state(self, campaign: Campaign) -> SafeString:
        state = campaigns.state_of(campaign)
        return mark(state.shape, state.label)

    @admin.display(description=gettext_lazy("When"))
    def when(self, campaign: Campaign) -> str:
        return when_in_words(campaign)

    @admin.display(description=gettext_lazy("Goal"))
    def goal(self, campaign: Campaign) -> str:
        return goal_in_words(campaign)


def when_in_words(campaign: Campaign) -> str:
    def written(at: Any) -> str:
        return formats.date_format(timezone.localtime(at), "j M Y, H:i")

    begins, ends = campaign.begins_at, campaign.ends_at
    if begins and ends:
        return f"{written(begins)} – {written(ends)}"
    if begins:
        return _("from %(time)s") % {"time": written(begins)}
    if ends:
        return _("until %(time)s") % {"time": written(ends)}
    return _("no dates")


def goal_in_words(campaign: Campaign) -> str:
    if campaign.goal_minor is None:
        return "–"
    return _("%(raised)s of %(goal)s") % {
        "raised": money.written(campaign.raised_minor, campaign.goal_currency),
        "goal": money.written(campaign.goal_minor, campaign.goal_currency),
    }
