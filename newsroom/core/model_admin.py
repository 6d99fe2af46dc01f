"""What every list and form of the admin shares."""

from contextlib import suppress
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import Field, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from js_asset import Media
from simple_history.admin import SimpleHistoryAdmin

from newsroom.core import page_store
from newsroom.core.local_time import LocalTime, LocalTimeField


class PlainForm(ModelForm):
    """Labels without colons."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})


class NewsroomModelAdmin(admin.ModelAdmin):
    """One row's list and form, in the newsroom's words.

    ``shown_on`` names the pages that show a row; they end with every write here.
    """

    form = PlainForm
    formfield_overrides = {
        models.DateTimeField: {"form_class": LocalTimeField, "widget": LocalTime},
        models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})},
        models.URLField: {"assume_scheme": "https"},
    }
    # The list's heading, where it is not the model's name.
    list_title: Any = ""

    def shown_on(self, row: Any) -> set[str]:
        """The names of the public pages that show the row (``page_store``)."""
        return set()

    def refusal_to_delete(self, row: Any) -> str:
        """Why the row must stay, and what to do first; empty where it may go."""
        return ""

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **options: Any
    ) -> Field | None:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if field is not None:
            for link in (
                "can_change_related",
                "can_delete_related",
                "can_view_related",
            ):
                if hasattr(field.widget, link):
                    setattr(field.widget, link, False)
        return field

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": self._heading()}
        return super().changelist_view(request, title | (extra_context or {}))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["media"] = with_nonce(request, context["media"])
        context |= {
            "list_title": self._heading(),
            "show_save_and_add_another": False,
            "subtitle": None,
            "title": str(obj) if obj is not None else self._words_for_new(),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        row: Any = None,
        **context: Any,
    ) -> TemplateResponse:
        """A page of our own among the admin's: its header, menu and media."""
        request.current_app = self.admin_site.name
        shared = self.admin_site.each_context(request) | {
            "media": with_nonce(request, context.pop("media", self.media)),
            "opts": self.opts,
            "original": row,
            "title": title,
        }
        return TemplateResponse(request, template, shared | context)

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        ended = set()
        if change:
            with suppress(self.model.DoesNotExist):
                ended = self.shown_on(self.model._default_manager.get(pk=obj.pk))
        super().save_model(request, obj, form, change)
        self.end_pages(ended | self.shown_on(obj))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        ended = self.shown_on(obj)
        super().delete_model(request, obj)
        self.end_pages(ended)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def delete_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        may_delete = row is not None and self.has_delete_permission(request, row)
        if may_delete and (words := self.refusal_to_delete(row)):
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(self.change_url(row))
        heading = {"list_title": self._heading()}
        return super().delete_view(request, object_id, heading | (extra_context or {}))

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        heading = {"list_title": self._heading()}
        return super().history_view(request, object_id, heading | (extra_context or {}))

    def end_pages(self, names: set[str]) -> None:
        if names:
            page_store.ended(*names)

    def change_url(self, row: Any) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[row.pk])

    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        _say(request, _("“%(row)s” is there.") % {"row": obj})
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        _say(request, _("“%(row)s” is saved.") % {"row": obj})
        return super().response_change(request, obj)

    def response_delete(
        self, request: HttpRequest, obj_display: str, obj_id: Any
    ) -> HttpResponse:
        _say(request, _("“%(row)s” is deleted.") % {"row": obj_display})
        return super().response_delete(request, obj_display, obj_id)

    def message_user(
        self, request: HttpRequest, message: Any, *args: Any, **options: Any
    ) -> None:
        words = request.__dict__.pop("_words_of_outcome", None)
        super().message_user(request, words or message, *args, **options)

    def _heading(self) -> str:
        return capfirst(str(self.list_title or self.opts.verbose_name_plural))

    def _words_for_new(self) -> str:
        return _("New: %(name)s") % {"name": self.opts.verbose_name}


class ReadOnlyAdmin(NewsroomModelAdmin):
    """Rows that the site writes by itself, and people only look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(SimpleHistoryAdmin, NewsroomModelAdmin):
    """A row whose earlier versions can be read, and brought back."""

    object_history_form_template = "admin/_history_version.html"
    object_history_list_template = "admin/_history_list.html"
    object_history_template = "admin/_history.html"

    @transaction.atomic
    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        heading = {"list_title": self._heading()}
        response: HttpResponse = super().history_form_view(
            request, object_id, version_id, heading | (extra_context or {})
        )
        return response

    def render_history_view(
        self,
        request: HttpRequest,
        template: str,
        context: dict[str, Any],
        **options: Any,
    ) -> HttpResponse:
        if "adminform" in context:
            media = self.media + context["adminform"].media
            context["media"] = with_nonce(request, media)
        response: HttpResponse = super().render_history_view(
            request, template, context, **options
        )
        return response


class OrderedAdmin(NewsroomModelAdmin):
    """Rows with a ``position``, put in order by buttons in the list."""

    ordering = ["position", "pk"]

    def get_urls(self) -> list[URLPattern | URLResolver]:  # type: ignore[override]
        move = self.admin_site.admin_view(require_POST(self._move))
        name = f"{self.opts.app_label}_{self.opts.model_name}_move"
        return [path("<int:pk>/move/<str:way>/", move, name=name), *super().get_urls()]

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        if not change:
            rows = self.model._default_manager
            highest = rows.aggregate(highest=models.Max("position"))["highest"]
            obj.position = 0 if highest is None else highest + 1
        super().save_model(request, obj, form, change)

    @admin.display(description="Order")
    def move(self, row: Any) -> SafeString:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_move"
        buttons = [
            (reverse(name, args=[row.pk, way]), f"move-{row.pk}-{way}", words, sign)
            for way, words, sign in [
                ("up", _("Move “%(row)s” up"), "↑"),
                ("down", _("Move “%(row)s” down"), "↓"),
            ]
        ]
        return format_html(
            '<span class="nr-shifts">{}{}</span>',
            *[
                format_html(
                    '<button class="nr-shift" id="{}" formaction="{}" '
                    'aria-label="{}">{}</button>',
                    anchor,
                    url,
                    words % {"row": row},
                    sign,
                )
                for url, anchor, words, sign in buttons
            ],
        )

    @transaction.atomic
    def _move(self, request: HttpRequest, pk: int, way: str) -> HttpResponse:
        row: Any = get_object_or_404(self.model, pk=pk)
        if not self.has_change_permission(request, row):
            self.message_user(
                request, _("You may not change the order."), messages.ERROR
            )
            return HttpResponseRedirect(self.list_url())
        rows: list[Any] = list(
            self.model._default_manager.select_for_update().order_by("position", "pk")
        )
        place = rows.index(row)
        wanted = min(max(place + (-1 if way == "up" else 1), 0), len(rows) - 1)
        rows.insert(wanted, rows.pop(place))
        ended = set()
        for position, other in enumerate(rows):
            if other.position != position:
                other.position = position
                other.save(update_fields=["position"])
                ended |= self.shown_on(other)
        self.end_pages(ended)
        words = _("“%(row)s” is now %(place)s of %(count)s.") % {
            "row": row,
            "place": wanted + 1,
            "count": len(rows),
        }
        self.message_user(request, words, messages.SUCCESS)
        # Back to the button that was pressed, so that it can be pressed again.
        return HttpResponseRedirect(f"{self.list_url()}#move-{pk}-{way}")


def with_nonce(request: HttpRequest, media: Any) -> Media:
    """The media with the page's nonce, without which an import map is refused."""
    nonce = getattr(request, "csp_nonce", None)
    # The nonce is made when it is first read, and is falsy until then.
    return media if nonce is None else Media.from_media(media, nonce=str(nonce))


def _say(request: HttpRequest, words: str) -> None:
    """Let the admin's next message say this instead."""
    request._words_of_outcome = words  # type: ignore[attr-defined]
