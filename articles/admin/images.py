"""The picture library: a grid to find pictures in, a form for each one's credit."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Field
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from js_asset import Script

from articles import iptc, library
from articles.admin import (
    image_filters,
    image_looks,
    image_pages,
    image_uses,
    uploads,
)
from articles.admin.base import HistoryAdmin, PlainForm
from articles.admin.image_pages import person
from articles.models import Image
from newsroom.core import pictures

CREDIT_FIELDS = [
    "credit_line",
    "creator",
    "provenance",
    "licence",
    "licence_until",
    "source",
    "copyright_notice",
    "usage_terms",
    "special_instructions",
]
CONTENT_FIELDS = ["headline", "description", "alt_text", "city", "country", "taken_at"]
FOCAL_FIELDS = ["focal_x", "focal_y"]
EDITED_FIELDS = [*CREDIT_FIELDS, *CONTENT_FIELDS, *FOCAL_FIELDS]
# Says that the form was opened to look at a picture before choosing it.
USE_VAR = "_use"


class ImageForm(PlainForm):
    """Keeps what readers need, and what a colleague changed meanwhile."""

    opened_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @cached_property
    def changed_data(self) -> list[str]:
        # Not a field of the picture, so not a change to be written in its log.
        return [name for name in super().changed_data if name != "opened_version"]

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if self.instance.pk:
            self._refuse_to_clear(typed)
            self._tell_of_others(typed)
        return typed

    def _refuse_to_clear(self, typed: dict[str, Any]) -> None:
        stored = Image.objects.get(pk=self.instance.pk)
        cleared = [
            name
            for name in library.NEEDED
            if name in typed and not typed[name] and getattr(stored, name)
        ]
        if not cleared or library.may_clear_credit(stored):
            return
        uses = image_uses.public(stored)
        words = _(
            "Readers see this picture in “%(use)s”: it needs its %(field)s. Write "
            "another one, or take the picture out there first."
        )
        for name in cleared:
            field = Image._meta.get_field(name).verbose_name  # type: ignore[union-attr]
            params = {"use": uses[0].name if uses else "", "field": field}
            self.add_error(name, ValidationError(words, params=params))

    def _tell_of_others(self, typed: dict[str, Any]) -> None:
        history: Any = self.instance.history
        opened = history.filter(history_id=typed.get("opened_version")).first()
        newest = history.first()
        if opened is None or newest is None or opened == newest:
            return
        changed = newest.diff_against(
            opened, included_fields=EDITED_FIELDS, foreign_keys_are_objs=True
        )
        if not changed.changed_fields:
            return
        labels = [
            f"{Image._meta.get_field(change.field).verbose_name}: “{change.new}”"  # type: ignore[union-attr]
            for change in changed.changes
        ]
        words = _(
            "%(person)s changed this picture at %(time)s while you had it open: "
            "%(changes)s. What you typed is kept below; save again to put it in "
            "place of that."
        )
        raise ValidationError(
            words,
            params={
                "person": newest.history_user or _("Somebody"),
                "time": f"{timezone.localtime(newest.history_date):%H:%M}",
                "changes": "; ".join(labels),
            },
        )


@admin.register(Image)
class ImageAdmin(HistoryAdmin):
    actions = None
    change_form_template = "admin/articles/image/change_form.html"
    change_list_template = "admin/articles/image/change_list.html"
    form = ImageForm
    list_display = ["headline"]
    list_filter = image_filters.FILTERS  # type: ignore[assignment]
    list_per_page = 40
    list_select_related = ["licence"]
    ordering = ["-uploaded_at", "-pk"]
    search_fields = [
        "headline",
        "description",
        "credit_line",
        "creator",
        "alt_text",
        "city",
    ]
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False

    class Media:
        js = [
            Script("admin/js/library-uploads.js", type="module"),
            Script("admin/js/library-focal.js", type="module"),
            Script("admin/js/library-waiting.js", type="module"),
        ]

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[Any, str]] = {
            "upload/": (uploads.upload_view, "upload"),
            "<int:pk>/card/": (image_pages.card, "card"),
            "<int:pk>/original/": (image_pages.original, "original"),
            "<int:pk>/withdraw/": (image_pages.withdraw, "withdraw"),
            "<int:pk>/restore/": (image_pages.restore, "restore"),
        }
        return [
            path(
                route,
                self.admin_site.admin_view(partial(view, model_admin=self)),
                name=f"articles_image_{name}",
            )
            for route, (view, name) in pages.items()
        ] + super().get_urls()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return image_uses.with_counts(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        rights = (_("Credit and rights"), {"fields": CREDIT_FIELDS})
        shows = (_("What it shows"), {"fields": CONTENT_FIELDS})
        if obj is None:
            return [(None, {"fields": ["original"]}), rights, shows]
        figures = {"classes": ["collapse"], "fields": [tuple(FOCAL_FIELDS)]}
        return [rights, shows, (_("Focal point in figures"), figures)]

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,
        **options: Any,
    ) -> Any:
        if obj is None:
            options["form"] = uploads.AddForm
        return super().get_form(request, obj, change, **options)

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Field | None:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None and isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 3
        if field is not None and db_field.name == "licence_until":
            attrs = {"class": "vDateField", "type": "date"}
            field.widget = forms.DateInput(attrs, format="%Y-%m-%d")
        if field is not None and db_field.name in FOCAL_FIELDS:
            field.widget = forms.NumberInput(attrs={"min": 0, "max": 100})
        return field

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return uploads.add_view(self, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(
            request, {"title": _("Picture library")} | (extra_context or {})
        )
        shown = getattr(response, "context_data", None)
        if shown is not None and "cl" in shown:
            shown["chips"] = image_filters.chips(request)
            shown["tiles"] = [image_looks.tile(row) for row in shown["cl"].result_list]
            shown["upload_words"] = uploads.words_for_script()
            shown["most_bytes"] = pictures.MOST_BYTES
            shown["has_add_permission"] = self.has_add_permission(request)
        return response

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        if obj is not None:
            context |= self._look(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        """Write only what was edited: a job may be writing ``sizes`` meanwhile."""
        found = Image.objects.select_for_update(of=["self"])
        stored = found.select_related("licence").get(pk=obj.pk)
        changed = [
            name
            for name in EDITED_FIELDS
            if getattr(stored, name) != getattr(obj, name)
        ]
        if not changed:
            return
        obj._history_user = request.user
        obj.save(update_fields=changed)
        if _drawn_from(stored) != _drawn_from(obj):
            library.remake(obj)
        else:
            self.end_pages(self.shown_on(obj))

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except library.NotPossible as error:
            # Somebody put it into an article since the question was asked.
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self.list_url())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        library.delete(obj, by=person(request))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
        """Name the pictures alone: their copies and history need no permission."""
        images = [str(image) for image in objs]
        return images, {self.opts.verbose_name_plural: len(images)}, set(), []

    def refusal_to_delete(self, row: Any) -> str:
        uses = image_uses.of(row)
        if not uses:
            return ""
        return ngettext(
            "“%(title)s” stays: it is used in “%(use)s”. Take it out there first.",
            "“%(title)s” stays: it is used in %(count)s places, “%(use)s” among them. "
            "They are listed under “Where it is used”: take it out there first.",
            len(uses),
        ) % {"title": row, "use": uses[0].name, "count": len(uses)}

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if IS_POPUP_VAR in request.POST and USE_VAR in request.GET:
            return self.choose(request, obj)
        return super().response_change(request, obj)

    def choose(self, request: HttpRequest, image: Image) -> HttpResponse:
        """Close the choosing window with this picture chosen."""
        # The answer of Django's own window for adding sets the field that opened it.
        return super().response_add(request, image)

    def shown_on(self, row: Any) -> set[str]:
        return {f"image:{row.pk}"}

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.withdraw_image")

    def _look(self, request: HttpRequest, image: Image) -> dict[str, Any]:
        """What stands beside the fields: picture, crops, uses, notes."""
        newest: Any = image.history.first()
        height = image_looks.drawn_height(image)
        uses = image_uses.of(image)
        return {
            "card": image_looks.card(image),
            "crops": image_looks.crops(image),
            "drawn": {"width": image_looks.DRAWN_WIDTH, "height": height},
            "mark": {
                "x": round(image_looks.DRAWN_WIDTH * image.focal_x / 100),
                "y": round(height * image.focal_y / 100),
            },
            "added": formats.date_format(
                timezone.localtime(image.uploaded_at), "j F Y, H:i"
            ),
            "is_choosing": USE_VAR in request.GET,
            "may_open_uses": request.user.has_perm("articles.view_article"),
            "may_withdraw": self.has_withdraw_permission(request),
            "newest_version": newest.history_id if newest else "",
            "uses": uses,
            "lacks": _(" and no ").join(image.missing_for_publication()),
            "waiting_use": next((use for use in uses if not use.is_public), None),
        }


def _drawn_from(image: Image) -> tuple[Any, ...]:
    """What the copies are made of: the credit lies in each, crops follow the point."""
    return (iptc.of(image), image.focal_x, image.focal_y)
