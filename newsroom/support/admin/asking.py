"""How the newsroom asks and thanks, apart from any campaign."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.core.model_admin import HistoryAdmin, PlainForm
from newsroom.support.admin.amounts import Amounts
from newsroom.support.admin.fields import CurrencyField
from newsroom.support.appeals import campaigns
from newsroom.support.models import Asking, Campaign


class AskingForm(PlainForm):
    default_currency = CurrencyField(label=gettext_lazy("Currency"))

    class Meta:
        model = Asking
        exclude = ["is_silent"]
        widgets = {
            "privacy_paragraph": forms.Textarea({"rows": 4}),
            "receipt_issuer": forms.Textarea({"rows": 4}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.amounts = Amounts(None, self.data if self.is_bound else None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.amounts.is_valid():
            self.add_error(
                None, _("An amount cannot be taken as it stands: see “Amounts”.")
            )
        return cleaned


@admin.register(Asking)
class AskingAdmin(HistoryAdmin):
    change_form_template = "admin/support/asking/change_form.html"
    form = AskingForm
    fieldsets = [
        (
            gettext_lazy("How often"),
            {
                "fields": [
                    "days_after_showing",
                    "days_after_closing",
                    "days_after_giving",
                ]
            },
        ),
        (
            gettext_lazy("What the reader’s device keeps"),
            {
                "fields": [
                    "counts_reading",
                    "compares_variants",
                    "privacy_paragraph",
                ]
            },
        ),
        (gettext_lazy("Money"), {"fields": ["default_currency"]}),
        (
            gettext_lazy("Receipts and mails"),
            {
                "fields": [
                    "receipt_issuer",
                    "receipt_note",
                    ("neutral_sender", "neutral_subject"),
                ]
            },
        ),
        (gettext_lazy("Protecting givers"), {"fields": ["keeps_names_days"]}),
    ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect(self.change_url(Asking.current()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        context |= {
            "amounts": getattr(context["adminform"].form, "amounts", None),
            "asking": Asking.current(),
            "may_silence": request.user.has_perm("support.change_asking"),
            "running": Campaign.objects.running(timezone.now()).count(),
        }
        return super().render_change_form(request, context, *args, **options)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        form.amounts.save(None)

    def response_post_save_change(
        self, request: HttpRequest, obj: Any
    ) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.change_url(obj))

    def shown_on(self, row: Asking) -> set[str]:
        return {campaigns.PAGES}
