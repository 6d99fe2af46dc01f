"""What the picture library is narrowed by: filters at the side, chips above."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import library
from articles.models import Contributor, Image, ImageUse, Licence

_LACKS = {
    "credit": Q(credit_line=""),
    "licence": Q(licence=None),
    "alt": Q(alt_text=""),
    "any": Q(credit_line="") | Q(licence=None) | Q(alt_text=""),
}


@dataclass(frozen=True)
class Chip:
    """One quick filter: its words, how many it finds, and its address."""

    label: str
    count: int
    query: str
    is_current: bool
    is_stop: bool


class LackFilter(admin.SimpleListFilter):
    title = gettext_lazy("what is missing")
    parameter_name = "lacks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("any", _("Anything")),
            ("credit", _("Credit line")),
            ("licence", _("Licence")),
            ("alt", _("Alt text")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        condition = _LACKS.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


class ProvenanceFilter(admin.SimpleListFilter):
    title = gettext_lazy("provenance")
    parameter_name = "provenance"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Image.Provenance.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in Image.Provenance.values:
            return queryset.filter(provenance=self.value())
        return queryset


class LicenceFilter(admin.SimpleListFilter):
    title = gettext_lazy("licence")
    parameter_name = "licence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Licence.objects.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value():
            return queryset.filter(licence__code=self.value())
        return queryset


class UseFilter(admin.SimpleListFilter):
    title = gettext_lazy("use")
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("Used")), ("no", _("Unused"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.filter(_is_used())
        if self.value() == "no":
            return queryset.filter(~_is_used())
        return queryset


class StateFilter(admin.SimpleListFilter):
    """Withdrawn pictures stand apart, and are never offered for choosing."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        ending = ("ending", _("Licence ends soon"))
        if IS_POPUP_VAR in request.GET:
            return [ending]
        return [
            ending,
            ("withdrawn", _("Withdrawn")),
            ("every", _("With the withdrawn ones")),
        ]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        choices = list(super().choices(changelist))
        choices[0]["display"] = _("Not withdrawn")
        yield from choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = self.value()
        if wanted == "ending":
            return queryset.filter(_licence_ends_soon(), withdrawn_at=None)
        if IS_POPUP_VAR not in request.GET:
            if wanted == "withdrawn":
                return queryset.exclude(withdrawn_at=None)
            if wanted == "every":
                return queryset
        return queryset.filter(withdrawn_at=None)


FILTERS = [LackFilter, StateFilter, UseFilter, ProvenanceFilter, LicenceFilter]


def chips(request: HttpRequest) -> list[Chip]:
    """The quick filters with the figures of the whole library, from one query."""
    counts = _counts()
    rows = [
        (_("All"), counts["all_count"], {}, False),
        (_("No credit"), counts["credit_count"], {"lacks": "credit"}, True),
        (_("No licence"), counts["licence_count"], {"lacks": "licence"}, True),
        (_("No alt text"), counts["alt_count"], {"lacks": "alt"}, True),
        (_("Licence ends soon"), counts["ending_count"], {"state": "ending"}, False),
        (_("Unused"), counts["unused_count"], {"used": "no"}, False),
        (_("Withdrawn"), counts["withdrawn_count"], {"state": "withdrawn"}, False),
    ]
    is_popup = IS_POPUP_VAR in request.GET
    kept: dict[str, str] = {
        name: request.GET[name]
        for name in (IS_POPUP_VAR, TO_FIELD_VAR)
        if name in request.GET
    }
    chosen = {
        name: value
        for name, value in request.GET.items()
        if name not in kept and name not in ("p", "q", "_add")
    }
    return [
        Chip(
            label=label,
            count=count,
            query=f"?{urlencode(kept | query)}",
            is_current=chosen == query and "q" not in request.GET,
            is_stop=is_stop and count > 0,
        )
        for label, count, query, is_stop in rows
        if (count or not query or chosen == query)
        and not (is_popup and label == _("Withdrawn"))
    ]


def _counts() -> dict[str, int]:
    shown = Q(withdrawn_at=None)
    conditions = _LACKS | {
        "all": Q(),
        "ending": _licence_ends_soon(),
        "unused": Q(is_used=False),
    }
    figures = {
        f"{name}_count": Count("pk", filter=shown & condition)
        for name, condition in conditions.items()
    }
    return Image.objects.annotate(is_used=_is_used()).aggregate(
        withdrawn_count=Count("pk", filter=~shown), **figures
    )


def _is_used() -> Q:
    return Q(Exists(ImageUse.objects.filter(image=OuterRef("pk")))) | Q(
        Exists(Contributor.objects.filter(portrait=OuterRef("pk")))
    )


def _licence_ends_soon() -> Q:
    last = timezone.now().date() + timedelta(days=library.DAYS_OF_WARNING)
    return Q(licence_until__isnull=False, licence_until__lte=last)
