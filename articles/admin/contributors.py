from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles.admin.base import AddressedAdmin
from articles.models import Contributor


@admin.register(Contributor)
class ContributorAdmin(AddressedAdmin):
    autocomplete_fields = ["portrait"]
    fields = [
        "name",
        "slug",
        "job_title",
        "place",
        "biography",
        "portrait",
        "is_pen_name",
    ]
    list_display = ["name", "job_title", "place", "written"]
    list_filter = ["is_pen_name"]
    ordering = ["name"]
    search_fields = ["name", "job_title"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        people = super().get_queryset(request)
        counted: QuerySet = people.annotate(
            article_count=Count("bylines__article", distinct=True)
        )
        return counted

    def shown_on(self, row: Contributor) -> set[str]:
        return {f"contributor:{row.pk}"}

    def refusal_to_delete(self, row: Contributor) -> str:
        count = row.bylines.values("article").distinct().count()
        if not count:
            return ""
        words = ngettext(
            "“%(name)s” stands in the byline of %(count)s article, and whoever was "
            "credited stays. Take the name off there first.",
            "“%(name)s” stands in the bylines of %(count)s articles, and whoever was "
            "credited stays. Take the name off there first.",
            count,
        )
        return words % {"count": count, "name": row.name}

    @admin.display(description=_("Articles"), ordering="article_count")
    def written(self, row: Any) -> int:
        return int(row.article_count)
