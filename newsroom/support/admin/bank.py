"""Bank statements: taken in, matched by themselves or by hand, set aside."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.accounts.people import signed_in
from newsroom.core.model_admin import ReadOnlyAdmin
from newsroom.support import money
from newsroom.support.admin.base import PagesAdmin, View, mark, need
from newsroom.support.admin.fields import CurrencyField
from newsroom.support.admin.gift_pages import state_mark as gift_mark
from newsroom.support.books import statement_files, statements
from newsroom.support.models import Asking, BankLine, Contribution
from newsroom.support.people import givers

ADD, CHANGE = "support.add_bankline", "support.change_bankline"


class StatementForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Statement"),
        widget=forms.ClearableFileInput({"accept": ".xml,.csv,.txt,.tsv"}),
        help_text=gettext_lazy(
            "CAMT.053 (XML), or a table as CSV. The file itself is not kept. Lines "
            "that were taken in before are known again."
        ),
    )
    currency = CurrencyField(
        label=gettext_lazy("Currency, where the file does not say it")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > statement_files.LARGEST:
            raise forms.ValidationError(
                _("The file is larger than %(size)s MB. Export a shorter time.")
                % {"size": statement_files.LARGEST >> 20}
            )
        return file


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("open", _("no gift found")),
            ("matched", _("matched")),
            ("aside", _("set aside")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        kinds: dict[str, dict[str, Any]] = {
            "open": {"contribution": None, "is_set_aside": False},
            "matched": {"contribution__isnull": False},
            "aside": {"is_set_aside": True},
        }
        return queryset.filter(**kinds.get(self.value() or "", {}))


@admin.register(BankLine)
class BankLineAdmin(ReadOnlyAdmin, PagesAdmin):
    change_list_template = "admin/support/bankline/change_list.html"
    list_display = ["booked", "amount", "how_it_stands", "gift"]
    list_display_links = None
    list_filter = [StateFilter, "currency"]
    list_select_related = ["contribution"]
    ordering = ["-booked_on", "-pk"]
    show_facets = admin.ShowFacets.NEVER

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        one = "<int:pk>/"
        return [
            ("take-in/", take_in, "take_in", False),
            (f"{one}match/", match, "match", True),
            (f"{one}aside/", aside, "aside", True),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankLine]:
        rows: QuerySet[BankLine] = super().get_queryset(request)
        return rows.defer("payer_sealed", "purpose_sealed")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        more = {"may_add": request.user.has_perm(ADD)}
        return super().changelist_view(request, more | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        line: BankLine = self.find(request, object_id)
        giver = line.contribution.giver if line.contribution else None
        givers.look(signed_in(request), giver, f"line {line.pk} of a bank statement")
        is_open = line.contribution_id is None
        return self.own_page(
            request,
            "bankline/show.html",
            _amount(line),
            line,
            gift=line.contribution,
            has_no_country=is_open and statements.has_no_country(line),
            is_open=is_open,
            may_change=request.user.has_perm(CHANGE),
            payer=statements.payer_of(line),
            proposed=[
                (one, money.written(one.amount_minor, one.currency), gift_mark(one))
                for one in (statements.proposed(line) if is_open else [])
            ],
            purpose=statements.purpose_of(line),
            state_mark=_mark(line),
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        line = self.find(request, object_id)
        return HttpResponseRedirect(self.change_url(line))

    @admin.display(description=gettext_lazy("Booked"), ordering="booked_on")
    def booked(self, line: BankLine) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            self.change_url(line),
            formats.date_format(line.booked_on, "j M Y"),
        )

    @admin.display(description=gettext_lazy("Amount"))
    def amount(self, line: BankLine) -> str:
        return _amount(line)

    @admin.display(description=gettext_lazy("State"))
    def how_it_stands(self, line: BankLine) -> SafeString:
        return _mark(line)

    @admin.display(description=gettext_lazy("Gift"))
    def gift(self, line: BankLine) -> SafeString | str:
        if line.contribution is None:
            return "–"
        url = reverse("admin:support_contribution_change", args=[line.contribution.pk])
        return format_html('<a href="{}">{}</a>', url, line.contribution)


def take_in(model_admin: BankLineAdmin, request: HttpRequest) -> HttpResponse:
    need(request, ADD)
    form = StatementForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initial={"currency": Asking.current().default_currency},
    )
    if form.is_valid():
        file, currency = form.cleaned_data["file"], form.cleaned_data["currency"]
        try:
            lines = statement_files.read(file, currency=currency)
            taken = statements.take_in(lines, by=signed_in(request))
        except statement_files.Unreadable as error:
            form.add_error("file", str(error))
        else:
            messages.success(
                request,
                _(
                    "New lines: %(new)s, of them matched: %(matched)s. Known from "
                    "before: %(known)s."
                )
                % {"new": taken.new, "matched": taken.matched, "known": taken.known},
            )
            query = "?is=open" if taken.waiting else ""
            return HttpResponseRedirect(f"{model_admin.list_url()}{query}")
    return model_admin.own_page(
        request,
        "form.html",
        _("Take in a statement"),
        back_url=model_admin.list_url(),
        button=_("Take it in"),
        form=form,
        is_upload=True,
    )


def match(model_admin: BankLineAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """By a gift that was proposed, or by the number that staff typed."""
    line: BankLine = model_admin.find(request, pk)
    need(request, CHANGE)
    typed = request.POST.get("gift", "").strip()
    gift = Contribution.objects.filter(public_id=typed).first()
    if gift is None:
        gift = Contribution.objects.filter(
            provider="bank_transfer", checkout_ref="".join(typed.split()).upper()
        ).first()
    if gift is None or not typed:
        messages.error(request, _("There is no gift with this number."))
        return HttpResponseRedirect(model_admin.change_url(line))
    try:
        statements.match(line, gift)
    except statements.NotMatchable as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(model_admin.change_url(line))
    messages.success(request, _("The line is matched, and the gift booked."))
    return HttpResponseRedirect(f"{model_admin.list_url()}?is=open")


def aside(model_admin: BankLineAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """No gift at all, or a gift after all."""
    line: BankLine = model_admin.find(request, pk)
    need(request, CHANGE)
    is_set_aside = request.POST.get("is_set_aside") == "yes"
    statements.set_aside(line, is_set_aside=is_set_aside)
    words = _("The line is set aside.") if is_set_aside else _("The line waits again.")
    messages.success(request, words)
    return HttpResponseRedirect(f"{model_admin.list_url()}?is=open")


def _amount(line: BankLine) -> str:
    return money.written(line.amount_minor, line.currency)


def _mark(line: BankLine) -> SafeString:
    if line.contribution_id is not None:
        return mark("succeeded", _("matched"))
    if line.is_set_aside:
        return mark("draft", _("set aside"))
    return mark("review", _("no gift found"))
