from typing import Any

from anyascii import anyascii
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles import library
from articles.admin.base import HistoryAdmin, PlainForm
from articles.models import Licence


class LicenceForm(PlainForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = _(
                "For imports and exports. Left empty: made of the name."
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("code") and "code" not in self.errors:
            cleaned["code"] = slugify(anyascii(cleaned.get("name", "")))[:40]
        return cleaned


@admin.register(Licence)
class LicenceAdmin(HistoryAdmin):
    fields = ["name", "code", "url", "shown_in_credit"]
    form = LicenceForm
    list_display = ["name", "shown_in_credit", "pictures"]
    search_fields = ["name", "code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        counted: QuerySet = rows.annotate(image_count=Count("images"))
        return counted

    def save_model(
        self, request: HttpRequest, obj: Licence, form: Any, change: bool
    ) -> None:
        """The copies of pictures have the licence's address written into them."""
        super().save_model(request, obj, form, change)
        if change:
            library.remake_all_of(obj)

    def shown_on(self, row: Licence) -> set[str]:
        return {f"licence:{row.pk}"}

    def refusal_to_delete(self, row: Licence) -> str:
        count = row.images.count()
        if not count:
            return ""
        words = ngettext(
            "%(count)s picture has the licence “%(name)s”. Give it another one first.",
            "%(count)s pictures have the licence “%(name)s”. Give them another one "
            "first.",
            count,
        )
        return words % {"count": count, "name": row.name}

    @admin.display(description=_("Pictures"), ordering="image_count")
    def pictures(self, row: Any) -> int:
        return int(row.image_count)
