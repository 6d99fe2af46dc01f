from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles.admin.base import AddressedAdmin, OrderedAdmin
from articles.models import Article, Section, Topic


@admin.register(Section)
class SectionAdmin(OrderedAdmin, AddressedAdmin):
    fields = ["name", "slug", "description", "in_navigation"]
    list_display = ["name", "move", "slug", "in_navigation"]
    search_fields = ["name"]

    def shown_on(self, row: Section) -> set[str]:
        return {f"section:{row.pk}", "furniture", "front"}

    def refusal_to_delete(self, row: Section) -> str:
        # Drafts hold the section in their newest revision only.
        count = (
            Article.objects.filter(
                Q(section=row) | Q(latest_revision__content__section__id=row.pk)
            )
            .distinct()
            .count()
        )
        if not count:
            return ""
        words = ngettext(
            "%(count)s article stands in “%(name)s”. Move it to another section first.",
            "%(count)s articles stand in “%(name)s”. Move them to another section "
            "first.",
            count,
        )
        return words % {"count": count, "name": row.name}


@admin.register(Topic)
class TopicAdmin(AddressedAdmin):
    fields = ["name", "slug", "description"]
    list_display = ["name", "slug", "articles"]
    ordering = ["name"]
    search_fields = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        counted: QuerySet = rows.annotate(use_count=Count("uses"))
        return counted

    def shown_on(self, row: Topic) -> set[str]:
        return {f"topic:{row.pk}"}

    @admin.display(description=_("Articles"), ordering="use_count")
    def articles(self, row: Any) -> int:
        return int(row.use_count)
