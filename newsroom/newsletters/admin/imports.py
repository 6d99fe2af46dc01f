"""Imports: a file in, its columns mapped by eye, a dry run, then the run."""

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from js_asset import Script

from newsroom.accounts.people import signed_in
from newsroom.core.model_admin import NewsroomModelAdmin
from newsroom.newsletters import exports, import_files, import_rows, imports
from newsroom.newsletters.admin.subscriber_forms import Plain, UploadForm
from newsroom.newsletters.admin.subscriber_pages import attachment
from newsroom.newsletters.import_files import Shape, Unreadable
from newsroom.newsletters.models import Newsletter, SubscriberImport

State = SubscriberImport.State
LINES_SHOWN = 50


class ShapeForm(Plain):
    """How the file is read."""

    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"), choices=import_files.ENCODINGS
    )
    delimiter = forms.ChoiceField(
        label=gettext_lazy("Between columns"),
        choices=[(repr(sign), name) for sign, name in import_files.DELIMITERS],
    )
    has_header = forms.BooleanField(
        label=gettext_lazy("The first row names the columns"), required=False
    )

    def shape(self) -> Shape:
        typed = self.cleaned_data
        signs = {repr(sign): sign for sign, _name in import_files.DELIMITERS}
        return Shape(typed["encoding"], signs[typed["delimiter"]], typed["has_header"])


class MappingForm(forms.ModelForm):
    """What each column is, and on what basis these readers get mail."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language, where no column says it"),
        choices=settings.LANGUAGES,
    )

    class Meta:
        model = SubscriberImport
        fields = ["newsletters", "basis", "basis_note"]
        widgets = {
            "newsletters": forms.CheckboxSelectMultiple,
            "basis_note": forms.Textarea({"rows": 2}),
        }

    def __init__(self, *args: Any, columns: int, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        self.fields["newsletters"].help_text = _(
            "For rows without a newsletter of their own."
        )
        for name in ("basis", "basis_note"):
            self.fields[name].required = True
        self.fields["language"].initial = self.instance.mapping["language"]
        chosen = self.instance.mapping["columns"]
        for place in range(columns):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=_("Column %(number)s") % {"number": place + 1},
                choices=[("", _("leave out")), *import_rows.COLUMNS.items()],
                initial=chosen.get(str(place), ""),
                required=False,
            )
        self.places = range(columns)

    @property
    def columns(self) -> list[Any]:
        return [self[f"column-{place}"] for place in self.places]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        chosen = self.chosen(typed)
        if "address" not in chosen.values():
            raise forms.ValidationError(_("Say which column holds the address."))
        if len(set(chosen.values())) < len(chosen):
            raise forms.ValidationError(_("Two columns cannot be the same."))
        if not typed.get("newsletters") and "newsletters" not in chosen.values():
            self.add_error("newsletters", _("Choose at least one newsletter."))
        if "@" in typed.get("basis_note", ""):
            self.add_error("basis_note", _("No address here: it is kept for ever."))
        return typed

    def chosen(self, typed: dict[str, Any]) -> dict[str, str]:
        return {
            str(place): typed[f"column-{place}"]
            for place in self.places
            if typed.get(f"column-{place}")
        }

    def keep(self) -> SubscriberImport:
        taken: SubscriberImport = self.instance
        typed = self.cleaned_data
        taken.mapping = taken.mapping | {
            "columns": self.chosen(typed),
            "language": typed["language"],
        }
        taken.save(update_fields=["mapping", "basis", "basis_note"])
        taken.newsletters.set(typed["newsletters"])
        return taken


@admin.register(SubscriberImport)
class SubscriberImportAdmin(NewsroomModelAdmin):
    actions = None
    list_display = ["file_name", "state", "rows", "created_by", "created_at"]
    list_select_related = ["created_by"]
    list_title = gettext_lazy("Imports")

    class Media:
        js = [Script("admin/js/import-progress.js", type="module")]

    def get_urls(self) -> list[URLPattern]:
        steps: dict[str, Any] = {
            "reshape": require_POST(self.reshape),
            "run": require_POST(self.run),
            "again": require_POST(self.again),
            "discard": require_POST(self.discard),
            "progress": require_safe(self.progress),
            "report": require_safe(self.report),
        }
        return [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(partial(self._step, step)),
                name=f"newsletters_subscriberimport_{name}",
            )
            for name, step in steps.items()
        ] + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("content_sealed")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                taken = imports.take_in(
                    file.chunks(), file_name=file.name, by=signed_in(request)
                )
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return HttpResponseRedirect(self.change_url(taken))
        return self.page(
            request,
            "admin/newsletters/form.html",
            _("Import subscribers"),
            form=form,
            button=_("Upload"),
            is_upload=True,
            note=_("Nothing is taken in before you have seen what would become of it."),
            list_title=self._heading(),
            list_url=self.list_url(),
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        taken = get_object_or_404(self.get_queryset(request), pk=object_id)
        if taken.state != State.UPLOADED and "map" not in request.GET:
            return self._show(request, taken)
        if taken.state not in (State.UPLOADED, State.CHECKED):
            return HttpResponseRedirect(self.change_url(taken))
        return self._map(request, taken)

    def reshape(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        form = ShapeForm(request.POST)
        if form.is_valid() and taken.state in (State.UPLOADED, State.CHECKED):
            try:
                imports.reshape(taken, form.shape())
            except Unreadable as error:
                self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(f"{self.change_url(taken)}?map=1")

    def run(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        try:
            imports.ask_for_run(taken)
        except imports.NotPossible as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(self.change_url(taken))

    def again(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        try:
            imports.go_on(taken)
        except imports.NotPossible as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(self.change_url(taken))

    def discard(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        """Forget a file that was not taken in."""
        if taken.state in (State.UPLOADED, State.CHECKED, State.FAILED):
            taken.delete()
            self.message_user(request, _("The file is deleted."), messages.SUCCESS)
            return HttpResponseRedirect(self.list_url())
        return HttpResponseRedirect(self.change_url(taken))

    def progress(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        is_over = taken.state not in (State.CHECKING, State.RUNNING)
        return JsonResponse({"rows": taken.rows_done, "is_over": is_over})

    def report(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        rows = ([str(cell) for cell in row] for row in imports.report_rows(taken))
        lines = exports.table([["row", "newsletter", "reason"], *rows])
        response: Any = StreamingHttpResponse(lines, content_type=exports.CONTENT_TYPE)
        return attachment(response, f"import-{taken.pk}.csv")

    def _step(self, step: Any, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        taken = get_object_or_404(self.get_queryset(request), pk=pk)
        response: HttpResponse = step(request, taken)
        return response

    def _map(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        shape = imports.shape(taken)
        sample = import_files.first_rows(taken, shape)
        width = max((len(row) for row in sample), default=0)
        form = MappingForm(request.POST or None, instance=taken, columns=width)
        if form.is_valid():
            imports.ask_for_check(form.keep())
            return HttpResponseRedirect(self.change_url(taken))
        head = sample[0] if shape.has_header else []
        rows = sample[1:] if shape.has_header else sample
        columns = [
            {
                "field": field,
                "head": head[place] if place < len(head) else "",
                "cells": [row[place] if place < len(row) else "" for row in rows],
            }
            for place, field in enumerate(form.columns)
        ]
        initial = {
            "encoding": shape.encoding,
            "delimiter": repr(shape.delimiter),
            "has_header": shape.has_header,
        }
        return self.page(
            request,
            "admin/newsletters/subscriberimport/map.html",
            str(taken),
            taken,
            columns=columns,
            form=form,
            shape_form=ShapeForm(initial=initial),
            list_title=self._heading(),
            list_url=self.list_url(),
        )

    def _show(self, request: HttpRequest, taken: SubscriberImport) -> HttpResponse:
        counts = imports.counts(taken)
        lines = imports.report_rows(taken)
        return self.page(
            request,
            "admin/newsletters/subscriberimport/show.html",
            str(taken),
            taken,
            basis=imports.basis_in_words(taken),
            counts=counts,
            is_open=taken.state in (State.CHECKING, State.RUNNING),
            lines=[line for line, _n in zip(lines, range(LINES_SHOWN), strict=False)],
            lines_count=len(taken.report.get("refused", [])),
            most_reported=imports.MOST_REPORTED,
            newsletters=Newsletter.objects.filter(subscriberimport=taken),
            list_title=self._heading(),
            list_url=self.list_url(),
        )
