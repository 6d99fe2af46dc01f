"""What the support page says beside its form: answers, and where the money goes."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from newsroom.core import html, page_store
from newsroom.core.model_admin import HistoryAdmin, OrderedAdmin, PlainForm
from newsroom.support import money
from newsroom.support.admin.base import mark
from newsroom.support.admin.fields import CURRENCIES, TypedMoney, plain, read
from newsroom.support.admin.prompts import EXTENSIONS
from newsroom.support.appeals import campaigns, placeholders
from newsroom.support.checkout import reasons
from newsroom.support.models import Question, Spending, SpendingShare

_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?\s*%?")


class QuestionForm(PlainForm):
    answer = ProseEditorFormField(
        config={"extensions": EXTENSIONS},
        label=gettext_lazy("Answer"),
        sanitize=html.clean,
        widget=AdminProseEditorWidget,
    )

    class Meta:
        model = Question
        fields = ["question", "answer", "is_shown"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "answer" in self.fields:
            self.fields["answer"].help_text = _(
                "May hold {publication}, and {statement} for what the bank will show. "
                "A paragraph whose value is not known is left out."
            )

    def clean_answer(self) -> str:
        answer: str = self.cleaned_data["answer"]
        placeholders.check(answer, placeholders.OF_ANSWERS)
        return answer


@admin.register(Question)
class QuestionAdmin(OrderedAdmin, HistoryAdmin):
    form = QuestionForm
    fields = ["question", "answer", "is_shown"]
    list_display = ["question", "move", "state"]

    def shown_on(self, row: Question) -> set[str]:
        return {campaigns.PAGES}

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: Question) -> Any:
        return (
            mark("published", _("shown")) if row.is_shown else mark("draft", _("off"))
        )


class SpendingForm(PlainForm):
    currency = forms.ChoiceField(
        label=gettext_lazy("Written in"),
        choices=[("", gettext_lazy("percent")), *CURRENCIES],
        required=False,
    )
    total = TypedMoney(
        label=gettext_lazy("Spent in all"),
        help_text=gettext_lazy(
            "Only where amounts stand below. They must add up to it."
        ),
    )

    class Meta:
        model = Spending
        fields = ["is_shown", "period", "currency", "note"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "total" in self.fields:
            self.fields["total"].initial = plain(
                self.instance.total_minor, self.instance.currency
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        currency = cleaned.get("currency", "")
        if not currency:
            if cleaned.get("total"):
                self.add_error("total", _("Percents add up to 100: leave this empty."))
            self.instance.total_minor = None
            return cleaned
        self.instance.total_minor = read(self, "total", currency)
        if not self.instance.total_minor and "total" not in self.errors:
            self.add_error("total", _("Write how much was spent in all."))
        return cleaned


class ShareForm(PlainForm):
    share = forms.CharField(
        label=gettext_lazy("Share"),
        max_length=20,
        widget=forms.TextInput({"class": "nr-amount", "inputmode": "decimal"}),
    )

    class Meta:
        model = SpendingShare
        fields = ["label"]

    def __init__(self, *args: Any, currency: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self._currency = currency
        if self.instance.pk and "share" in self.fields:
            self.fields["share"].initial = _typed(self.instance.size, currency)

    def clean_share(self) -> str:
        typed: str = self.cleaned_data["share"].strip()
        if self._currency:
            size = money.parse(typed, self._currency)
            if size > money.MOST_MINOR:
                raise ValidationError(_("This is more than can be counted here."))
        else:
            size = _percent(typed)
        if not size:
            raise ValidationError(_("Write a share above 0, or take the row out."))
        self.instance.size = size
        return typed


class ShareFormSet(BaseInlineFormSet):
    """The rows, which must add up to the whole."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        own = {"currency": self.instance.currency}
        return super().get_form_kwargs(index) | own

    def clean(self) -> None:
        super().clean()
        if any(form.errors for form in self.forms):
            return
        kept = [
            form.instance.size
            for form in self.forms
            if form.cleaned_data.get("share") and not form.cleaned_data.get("DELETE")
        ]
        if not kept:
            if self.instance.is_shown:
                raise ValidationError(_("Write the shares that are to be shown."))
            return
        currency = self.instance.currency
        whole = self.instance.total_minor if currency else reasons.WHOLE
        if whole and sum(kept) != whole:
            raise ValidationError(_amiss(sum(kept), whole, currency))


class ShareInline(admin.TabularInline):
    model = SpendingShare
    form = ShareForm
    formset = ShareFormSet
    fields = ["label", "share"]
    verbose_name_plural = gettext_lazy("Shares, shown with the largest first")

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        return 0 if obj is not None and obj.shares.exists() else 4


@admin.register(Spending)
class SpendingAdmin(HistoryAdmin):
    form = SpendingForm
    inlines = [ShareInline]
    fieldsets = [
        (None, {"fields": ["is_shown", "period", ("currency", "total"), "note"]}),
    ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect(self.change_url(Spending.current()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        page_store.ended(campaigns.PAGES)

    def response_post_save_change(
        self, request: HttpRequest, obj: Any
    ) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.change_url(obj))

    def shown_on(self, row: Spending) -> set[str]:
        return {campaigns.PAGES}


def _percent(typed: str) -> int:
    """In hundredths of a percent."""
    found = _PERCENT.fullmatch(typed)
    if found is None or not typed.isascii():
        raise ValidationError(_("Write a percentage in figures, such as 62.5."))
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _typed(size: int, currency: str) -> str:
    if currency:
        return plain(size, currency)
    whole, part = divmod(size, 100)
    return f"{whole}.{part:02d}".rstrip("0") if part else str(whole)


def _amiss(found: int, whole: int, currency: str) -> str:
    def written(size: int) -> str:
        return money.written(size, currency) if currency else reasons.percent(size)

    words = (
        _("The shares come to %(found)s: %(rest)s of %(whole)s is missing.")
        if found < whole
        else _("The shares come to %(found)s: %(rest)s more than %(whole)s.")
    )
    return words % {
        "found": written(found),
        "rest": written(abs(whole - found)),
        "whole": written(whole),
    }
