"""What giving rests on: methods, free amounts, countries' policies, exchange rates."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.core.model_admin import (
    HistoryAdmin,
    NewsroomModelAdmin,
    OrderedAdmin,
    PlainForm,
)
from newsroom.support import money, payments
from newsroom.support.admin.base import mark
from newsroom.support.admin.fields import (
    CURRENCIES,
    CurrencyField,
    FixedFees,
    Ticked,
    TypedMoney,
    plain,
    read,
)
from newsroom.support.appeals import campaigns
from newsroom.support.models import (
    CountryPolicy,
    ExchangeRate,
    FreeAmount,
    Frequency,
    PaymentMethod,
)


class FreeAmountForm(PlainForm):
    currency = CurrencyField(label=gettext_lazy("Currency"))
    least = TypedMoney(label=gettext_lazy("At least"), required=True)
    most = TypedMoney(label=gettext_lazy("At most"), required=True)

    class Meta:
        model = FreeAmount
        fields = ["currency", "frequency"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        row = self.instance
        for name in ("least", "most"):
            if row.pk and name in self.fields:
                self.fields[name].initial = plain(
                    getattr(row, f"{name}_minor"), row.currency
                )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        currency = cleaned.get("currency")
        if not currency:
            return cleaned
        least, most = read(self, "least", currency), read(self, "most", currency)
        if least == 0:
            self.add_error("least", _("Write an amount above 0."))
        elif least is not None and most is not None and most < least:
            self.add_error("most", _("The least amount is above the most."))
        self.instance.least_minor, self.instance.most_minor = least, most
        return cleaned


@admin.register(FreeAmount)
class FreeAmountAdmin(HistoryAdmin):
    form = FreeAmountForm
    fields = ["currency", "frequency", ("least", "most")]
    list_display = ["currency", "frequency", "range"]
    ordering = ["currency", "frequency"]

    def shown_on(self, row: FreeAmount) -> set[str]:
        return {campaigns.PAGES}

    @admin.display(description=gettext_lazy("From – to"))
    def range(self, row: FreeAmount) -> str:
        least = money.written(row.least_minor, row.currency)
        return f"{least} – {money.written(row.most_minor, row.currency)}"


class PaymentMethodForm(PlainForm):
    provider = forms.ChoiceField(label=gettext_lazy("Provider"))
    frequencies = Ticked(
        Frequency.choices,
        label=gettext_lazy("Only for"),
        help_text=gettext_lazy("None ticked: for all."),
    )
    currencies = Ticked(
        CURRENCIES,
        label=gettext_lazy("Only in"),
        help_text=gettext_lazy("None ticked: in all that are offered."),
    )
    fee_fixed = FixedFees(label=gettext_lazy("Fixed fee of a payment"))

    class Meta:
        model = PaymentMethod
        fields = [
            "provider",
            "code",
            "name",
            "explanation",
            "is_active",
            "frequencies",
            "currencies",
            "fee_percent",
            "fee_fixed",
        ]
        widgets = {"explanation": forms.Textarea({"rows": 2})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "provider" in self.fields:
            known = [(name, _title(name)) for name in payments.active()]
            own = self.instance.provider
            if own and own not in dict(known):
                known.append((own, _("%(name)s (not set up)") % {"name": own}))
            self.fields["provider"].choices = known  # type: ignore[attr-defined]


@admin.register(PaymentMethod)
class PaymentMethodAdmin(OrderedAdmin, HistoryAdmin):
    form = PaymentMethodForm
    list_display = ["name", "move", "through", "offered"]
    fieldsets = [
        (None, {"fields": ["name", "explanation", "is_active"]}),
        (
            gettext_lazy("The provider"),
            {"fields": [("provider", "code")]},
        ),
        (
            gettext_lazy("Where it is offered"),
            {"classes": ["nr-codes"], "fields": ["frequencies", "currencies"]},
        ),
        (
            gettext_lazy("For “cover the fee”"),
            {"fields": [("fee_percent", "fee_fixed")]},
        ),
    ]

    def shown_on(self, row: PaymentMethod) -> set[str]:
        return {campaigns.PAGES}

    @admin.display(description=gettext_lazy("Provider"))
    def through(self, row: PaymentMethod) -> str:
        return f"{row.provider}: {row.code}"

    @admin.display(description=gettext_lazy("State"))
    def offered(self, row: PaymentMethod) -> Any:
        if not row.is_active:
            return mark("draft", _("off"))
        if row.provider not in payments.active():
            return mark("failed", _("its provider is not set up"))
        return mark("published", _("offered"))


class CountryPolicyForm(PlainForm):
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country"),
        help_text=gettext_lazy("Two letters of ISO 3166-1, for instance RU."),
        error_messages={"invalid": gettext_lazy("Write two Latin letters.")},
    )
    languages = Ticked(
        settings.LANGUAGES,
        label=gettext_lazy("Languages of pages"),
        help_text=gettext_lazy("Pages in them are treated as read in this country."),
    )

    class Meta:
        model = CountryPolicy
        fields = [
            "name",
            "country",
            "never_ask",
            "never_accept",
            "warns",
            "sends_mail",
            "languages",
            "warning",
        ]
        widgets = {"warning": forms.Textarea({"rows": 5})}

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("warns") and not str(cleaned.get("warning", "")).strip():
            self.add_error(
                "warning", _("Write what readers there are to be warned of.")
            )
        return cleaned


@admin.register(CountryPolicy)
class CountryPolicyAdmin(HistoryAdmin):
    form = CountryPolicyForm
    list_display = ["name", "country", "rules"]
    search_fields = ["name", "country"]
    fieldsets = [
        (None, {"fields": [("name", "country")]}),
        (
            gettext_lazy("What holds there"),
            {"fields": ["never_ask", "never_accept", "sends_mail"]},
        ),
        (gettext_lazy("The warning"), {"fields": ["warns", "warning", "languages"]}),
    ]

    def shown_on(self, row: CountryPolicy) -> set[str]:
        return {campaigns.PAGES}

    @admin.display(description=gettext_lazy("What holds there"))
    def rules(self, row: CountryPolicy) -> str:
        words = [
            (row.never_ask, _("never ask")),
            (row.never_accept, _("never accept")),
            (row.warns, _("warn")),
            (not row.sends_mail, _("no mail")),
        ]
        return ", ".join(one for holds, one in words if holds) or "–"


class ExchangeRateForm(PlainForm):
    currency = CurrencyField(label=gettext_lazy("One unit of"))
    into = CurrencyField(label=gettext_lazy("is worth, in"))

    class Meta:
        model = ExchangeRate
        fields = ["day", "currency", "into", "rate", "source"]
        widgets = {"day": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("currency") == cleaned.get("into"):
            self.add_error("into", _("Choose another currency than the first one."))
        return cleaned


@admin.register(ExchangeRate)
class ExchangeRateAdmin(NewsroomModelAdmin):
    """Entered, never changed: reports name the rate that they used."""

    form = ExchangeRateForm
    fields = ["day", ("currency", "into"), "rate", "source"]
    list_display = ["day", "currency", "into", "rate", "source"]
    list_filter = ["into", "currency"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _title(name: str) -> str:
    return str(payments.named(name).title)
