"""Totals as charts and files, and gifts taken along."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.accounts.people import signed_in
from newsroom.support import money
from newsroom.support.admin.base import need
from newsroom.support.books import charts, exports, reports
from newsroom.support.models import Campaign, Contribution, Frequency

if TYPE_CHECKING:
    from newsroom.support.admin.gifts import ContributionAdmin

WITH_GIVERS = "support.export_giver"
_DEFAULT_MONTHS = 12


class MonthField(forms.CharField):
    """A month of a year, as browsers type it: ``2026-11``."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput({"type": "month", "placeholder": "2026-11"})
        super().__init__(widget=widget, required=False, max_length=7, **options)

    def to_python(self, value: Any) -> Any:
        typed = str(value or "").strip()
        if not typed:
            return None
        month = reports.read_month(typed)
        if month is None:
            raise forms.ValidationError(_("Write a year and a month: 2026-11."))
        return month

    def validate(self, value: Any) -> None:
        """Nothing more than ``to_python`` saw."""

    def run_validators(self, value: Any) -> None:
        """See ``validate``."""


class PeriodForm(forms.Form):
    first = MonthField(label=gettext_lazy("From"))
    last = MonthField(label=gettext_lazy("to"))
    campaign = forms.ModelChoiceField(
        Campaign.objects.all(),
        label=gettext_lazy("Campaign"),
        required=False,
        empty_label=gettext_lazy("all"),
    )
    rate = forms.ChoiceField(
        label=gettext_lazy("Also as one sum, by the rates of"), required=False
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        self.fields["rate"].choices = [  # type: ignore[attr-defined]
            ("", _("no rate: each currency for itself")),
            *(
                (
                    f"{day}|{into}",
                    _("%(day)s, in %(into)s") % {"day": day, "into": into},
                )
                for day, into in reports.rate_days()
            ),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = self.months()
        if first > last:
            self.add_error("last", _("The last month lies before the first one."))
        elif (last.year - first.year) * 12 + last.month - first.month >= (
            reports.MOST_MONTHS
        ):
            self.add_error("first", _("Five years at most at once."))
        return cleaned

    def months(self) -> tuple[date, date]:
        cleaned = getattr(self, "cleaned_data", {})
        last = cleaned.get("last") or reports.this_month()
        first = cleaned.get("first")
        return first or reports.months_until(last, _DEFAULT_MONTHS)[0], last


class ExportForm(forms.Form):
    first = MonthField(label=gettext_lazy("Begun from"))
    last = MonthField(label=gettext_lazy("to"))
    kind = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[(exports.CSV, "CSV"), (exports.JSON, "JSON")],
    )
    with_givers = forms.BooleanField(
        label=gettext_lazy("with givers’ addresses and names"), required=False
    )

    def __init__(self, *args: Any, may_name: bool, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        if not may_name:
            del self.fields["with_givers"]

    def gifts(self) -> QuerySet[Contribution]:
        gifts = Contribution.objects.all()
        if first := self.cleaned_data["first"]:
            gifts = gifts.filter(created_at__gte=reports.bounds(first)[0])
        if last := self.cleaned_data["last"]:
            gifts = gifts.filter(created_at__lt=reports.bounds(last)[1])
        return gifts


def totals(model_admin: "ContributionAdmin", request: HttpRequest) -> HttpResponse:
    form, report, one = _chosen(model_admin, request)
    return model_admin.own_page(
        request,
        "contribution/totals.html",
        _("Totals"),
        charts=[_of_currency(report, currency) for currency in report.currencies],
        churn=reports.churn(report.months),
        converted=_converted_words(one) if one else None,
        csv_query=request.GET.urlencode(),
        form=form,
        frequencies=Frequency.choices,
        running=[
            (row, money.written(row.monthly, row.currency)) for row in reports.running()
        ],
    )


def totals_csv(model_admin: "ContributionAdmin", request: HttpRequest) -> HttpResponse:
    """The same sums, a line for each of them."""
    _form, report, _one = _chosen(model_admin, request)
    rows = (
        [
            f"{cell.month:%Y-%m}",
            cell.currency,
            cell.frequency,
            report.campaigns.get(cell.campaign or 0, ""),
            report.variants.get(cell.variant or 0, ""),
            cell.sums.gifts,
            *(
                money.decimal(amount, cell.currency)
                for amount in (
                    cell.sums.gross,
                    cell.sums.fees,
                    cell.sums.back,
                    cell.sums.net,
                )
            ),
        ]
        for cell in report.cells
    )
    heads = ["month", "currency", "frequency", "campaign", "variant", "gifts"]
    heads += ["given", "fees", "given_back", "net"]
    return _file(exports.table(heads, rows), exports.CSV, "totals.csv")


def export(model_admin: "ContributionAdmin", request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    may_name = request.user.has_perm(WITH_GIVERS)
    form = ExportForm(
        request.POST if request.method == "POST" else None, may_name=may_name
    )
    if form.is_valid():
        with_givers = may_name and form.cleaned_data.get("with_givers", False)
        kind = form.cleaned_data["kind"]
        look = exports.begin(signed_in(request), with_givers=with_givers)
        pieces = exports.lines(form.gifts(), look, kind=kind, with_givers=with_givers)
        return _file(pieces, kind, f"gifts-{look.pk}.{kind}")
    return model_admin.own_page(
        request,
        "form.html",
        _("Export gifts"),
        back_url=model_admin.list_url(),
        button=_("Download"),
        form=form,
        note=_(
            "Each export is noted with your name, and marked: in its first line, in "
            "the order of its lines and in each line. Keep it encrypted, and delete it "
            "when you need it no longer."
        ),
    )


def trace(model_admin: "ContributionAdmin", request: HttpRequest) -> HttpResponse:
    """Whose export a line comes from that turned up somewhere."""
    need(request, "support.view_giverlook")
    form = TraceForm(request.POST if request.method == "POST" else None)
    note = _("Copy the columns “gift” and “ref” of a line that turned up somewhere.")
    if form.is_valid():
        look = exports.traced(form.cleaned_data["gift"], form.cleaned_data["ref"])
        note = (
            _("It comes from export %(number)s, taken by %(who)s.")
            % {"number": look.pk, "who": look.user}
            if look
            else _("No export of ours has such a line.")
        )
    return model_admin.own_page(
        request,
        "form.html",
        _("Trace a line"),
        back_url=model_admin.list_url(),
        button=_("Look"),
        form=form,
        note=note,
    )


class TraceForm(forms.Form):
    gift = forms.CharField(
        max_length=20, widget=forms.TextInput({"autocomplete": "off"})
    )
    ref = forms.CharField(
        max_length=18, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        # Named as the file names its columns, in every language.
        self.fields["gift"].label, self.fields["ref"].label = "gift", "ref"


def _chosen(
    model_admin: "ContributionAdmin", request: HttpRequest
) -> tuple[PeriodForm, reports.Report, reports.Converted | None]:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    form = PeriodForm(request.GET)
    if not form.is_valid():
        last = reports.this_month()
        first = reports.months_until(last, _DEFAULT_MONTHS)[0]
        return form, reports.totals(first, last), None
    report = reports.totals(*form.months(), campaign=form.cleaned_data["campaign"])
    day, _bar, into = form.cleaned_data["rate"].partition("|")
    if not into:
        return form, report, None
    return (
        form,
        report,
        reports.converted(report, into=into, day=date.fromisoformat(day)),
    )


def _of_currency(report: reports.Report, currency: str) -> dict[str, Any]:
    by_campaign = report.by(lambda cell: cell.campaign, currency=currency)
    by_variant = report.by(lambda cell: cell.variant, currency=currency)
    return {
        "currency": currency,
        "months": charts.by_month(report, currency),
        "campaigns": charts.of_names(
            [
                (report.campaigns.get(key or 0, _("Support page")), sums)
                for key, sums in by_campaign.items()
            ],
            currency,
        ),
        "variants": charts.of_names(
            [
                (report.variants[key], sums)
                for key, sums in by_variant.items()
                if key is not None and key in report.variants
            ],
            currency,
        ),
    }


def _converted_words(found: reports.Converted) -> dict[str, Any]:
    return {
        "day": found.day,
        "into": found.into,
        "missing": found.missing,
        "months": [
            (month, money.written(amount, found.into)) for month, amount in found.months
        ],
        "rates": [
            f"1 {rate.currency} = {rate.rate.normalize():f} {rate.into} ({rate.source})"
            for rate in found.rates
        ],
        "total": money.written(found.total, found.into),
    }


def _file(pieces: Any, kind: str, name: str) -> HttpResponse:
    response: Any = StreamingHttpResponse(
        pieces, content_type=exports.CONTENT_TYPES[kind]
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response  # type: ignore[no-any-return]
