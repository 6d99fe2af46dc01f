"""The admin of rows that have a public address."""

from contextlib import suppress
from typing import Any

from anyascii import anyascii
from django.http import HttpRequest
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from newsroom.core.model_admin import HistoryAdmin, PlainForm
from newsroom.publication import addresses


class AddressedForm(PlainForm):
    """A name and a web address; the address may be left to be made of the name."""

    name_field = "name"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _(
                "Left empty: made of the name. If you change it, the old address "
                "leads to the new one."
            )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        name = cleaned.get(self.name_field, "")
        if "slug" in self.fields and name and not cleaned.get("slug"):
            longest = self._meta.model._meta.get_field("slug").max_length
            slug = slugify(anyascii(name))[:longest].strip("-")
            if not slug and "slug" not in self.errors:
                self.add_error("slug", _("Write an address of Latin letters."))
            cleaned["slug"] = slug
        return cleaned


class AddressedAdmin(HistoryAdmin):
    """A changed address leaves a redirect behind."""

    form = AddressedForm

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        old_path = ""
        if change:
            with suppress(self.model.DoesNotExist):
                stored: Any = self.model._default_manager.get(pk=obj.pk)
                old_path = stored.get_absolute_url()
        super().save_model(request, obj, form, change)
        new_path = obj.get_absolute_url()
        if old_path:
            addresses.moved(old_path, new_path)
        else:
            addresses.taken(new_path)
