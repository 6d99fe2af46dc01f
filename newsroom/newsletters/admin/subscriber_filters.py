"""What the list of subscribers is narrowed by."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.newsletters.admin.finding import DomainFilter
from newsroom.newsletters.models import Newsletter, Subscription, Suppression
from newsroom.newsletters.models.subscriber import Source


class NewsletterFilter(admin.SimpleListFilter):
    """Together with the state: readers in this state of this newsletter."""

    title = gettext_lazy("newsletter")
    parameter_name = "newsletter"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            (str(number), name)
            for number, name in Newsletter.objects.values_list("pk", "name")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        number, state = self.value(), request.GET.get("state")
        subscriptions = Subscription.objects.filter(subscriber=OuterRef("pk"))
        if number and number.isdigit():
            subscriptions = subscriptions.filter(newsletter=int(number))
        if state in Subscription.State.values:
            subscriptions = subscriptions.filter(state=state)
        elif not number:
            return queryset
        return queryset.filter(Exists(subscriptions))


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*Subscription.State.choices, ("none", _("of no newsletter"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        # A state of a newsletter is looked for above, where the newsletter is known.
        subscriptions = Subscription.objects.filter(subscriber=OuterRef("pk"))
        if self.value() == "none":
            return queryset.filter(~Exists(subscriptions))
        if self.value() in Subscription.State.values and not request.GET.get(
            "newsletter"
        ):
            return queryset.filter(Exists(subscriptions.filter(state=self.value())))
        return queryset


class LanguageFilter(admin.SimpleListFilter):
    title = gettext_lazy("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(settings.LANGUAGES)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(language=self.value()) if self.value() else queryset


class SourceFilter(admin.SimpleListFilter):
    title = gettext_lazy("came by")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Source.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(source=self.value()) if self.value() else queryset


class MailFilter(admin.SimpleListFilter):
    title = gettext_lazy("mail")
    parameter_name = "mail"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("paused", _("paused")), ("suppressed", _("gets no mail"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "paused":
            return queryset.filter(Q(paused_until__gt=timezone.localdate()))
        if self.value() == "suppressed":
            return queryset.filter(is_suppressed())
        return queryset


FILTERS = [
    DomainFilter,
    NewsletterFilter,
    StateFilter,
    MailFilter,
    LanguageFilter,
    SourceFilter,
]


def is_suppressed() -> Exists:
    return Exists(Suppression.objects.filter(address_digest=OuterRef("address_digest")))
