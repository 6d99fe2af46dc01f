"""Widgets of the writing page: choose rows in an order, choose a picture."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy

from articles import credit
from articles.models import Image

LOOK_WIDTH = 640  # pixels of the chosen picture above its number
# Text boxes that grow with what is typed; ``data-count`` is the length that serves.
GROWING: dict[str, dict[str, Any]] = {
    "kicker": {"rows": 1, "placeholder": gettext_lazy("Kicker")},
    "headline": {"rows": 1, "data-count": 70, "placeholder": gettext_lazy("Headline")},
    "standfirst": {
        "rows": 2,
        "data-count": 180,
        "placeholder": gettext_lazy("Standfirst"),
    },
    "lead_caption": {"rows": 2},
    "ednote": {"rows": 3},
    "editors_note": {"rows": 2},
}


class OrderedChooser(forms.Widget):
    """A list with Move and Remove buttons, and a field that finds more by name.

    ``lookup`` names model and field for the admin's own autocomplete address. Sends
    ``name`` once a row (an id, or ``new:`` and a name) and ``name-role`` beside it.
    """

    template_name = "admin/articles/widgets/ordered_chooser.html"

    def __init__(
        self,
        queryset: QuerySet,
        lookup: tuple[str, str],
        roles: list[tuple[str, Any]],
        may_create: bool,
        add_label: Any,
        attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs)
        self.queryset = queryset
        self.lookup = lookup
        self.roles = roles
        self.may_create = may_create
        self.add_label = add_label

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_add"

    def value_from_datadict(
        self, data: Any, files: Any, name: str
    ) -> list[dict[str, Any]]:
        if not isinstance(data, QueryDict):
            return list(data.get(name) or [])
        roles = data.getlist(f"{name}-role") if self.roles else []
        return [
            {"id": written, "role": roles[number] if number < len(roles) else ""}
            for number, written in enumerate(data.getlist(name))
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        model, field = self.lookup
        context["widget"] |= {
            "rows": self._rows(value or []),
            "roles": self.roles,
            "may_create": self.may_create,
            "add_label": self.add_label,
            "find_url": (
                f"{reverse('admin:autocomplete')}?app_label=articles"
                f"&model_name={model}&field_name={field}"
            ),
        }
        return context

    def _rows(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows as the template shows them: gone ones keep the name they had."""
        ids = [int(row["id"]) for row in value if str(row["id"]).isdigit()]
        existing = self.queryset.in_bulk(ids)
        rows = []
        for row in value:
            written = str(row["id"])
            found = existing.get(int(written)) if written.isdigit() else None
            name = str(found) if found else row.get("name") or written[4:]
            rows.append({"id": written, "name": name, "role": row.get("role", "")})
        return rows


class PictureChooser(forms.TextInput):
    """The number of a picture of the library, with the picture above it."""

    template_name = "admin/articles/widgets/picture_chooser.html"

    def get_context(
        self, name: str, value: Any, attrs: dict[str, Any] | None
    ) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        image = None
        if str(value or "").isdigit():
            image = Image.objects.select_related("licence").filter(pk=value).first()
        context["widget"] |= {
            "image": image,
            "thumb": image.copy_url("full", LOOK_WIDTH) if image else "",
            "credit": credit.line(image) if image else "",
            "library_url": reverse("admin:articles_image_changelist"),
            "card_url": reverse("admin:articles_image_card", args=[0]),
        }
        return context
