from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.core import page_store
from newsroom.core.model_admin import HistoryAdmin, OrderedAdmin
from newsroom.publication import addresses
from newsroom.publication.forms import PageForm, PublicationForm, RedirectForm
from newsroom.publication.model_admin import AddressedAdmin
from newsroom.publication.models import Page, Publication, Redirect


@admin.register(Publication)
class PublicationAdmin(HistoryAdmin):
    form = PublicationForm
    fieldsets = [
        (
            _("Name and looks"),
            {"fields": ["name", "tagline", "description", "logo", "accent_colour"]},
        ),
        (
            _("Where and when"),
            {"fields": ["places", "time_zone", "default_language", "contact_email"]},
        ),
        (
            _("At the foot of every page"),
            {"fields": ["social_links", "copyright_notice", "legal_notice"]},
        ),
    ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect(self.change_url(Publication.current()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_post_save_change(
        self, request: HttpRequest, obj: Any
    ) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.change_url(obj))

    def shown_on(self, row: Publication) -> set[str]:
        return {"furniture", page_store.EVERYTHING}


@admin.register(Page)
class PageAdmin(OrderedAdmin, AddressedAdmin):
    form = PageForm
    list_display = ["title", "move", "slug", "is_published", "in_footer"]
    list_filter = ["is_published"]
    search_fields = ["title"]

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        if {"title", "standfirst", "body"} & set(form.changed_data):
            obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)

    def shown_on(self, row: Page) -> set[str]:
        return {f"page:{row.pk}", "furniture"}


@admin.register(Redirect)
class RedirectAdmin(HistoryAdmin):
    form = RedirectForm
    list_display = ["old_path", "new_path", "created_at"]
    ordering = ["-created_at"]
    search_fields = ["old_path", "new_path"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["old_path"]

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        # Also lets what led to the old path lead on to the new one.
        addresses.moved(obj.old_path, obj.new_path)

    def shown_on(self, row: Redirect) -> set[str]:
        return {f"path:{row.old_path[:200]}"}
