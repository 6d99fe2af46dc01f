"""The jobs in the background, to be read, and tried again where they failed."""

import contextlib
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

MAY_LOOK = "articles.publish_article"
FIELDS: list[Any] = [
    "task_name",
    "args",
    "state",
    "attempts",
    "queue_name",
    "queueing_lock",
    "scheduled_at",
]
STATES = {
    Status.TODO.value: _("Waits"),
    Status.DOING.value: _("Is being done"),
    Status.SUCCEEDED.value: _("Done"),
    Status.FAILED.value: _("Failed"),
    Status.CANCELLED.value: _("Cancelled"),
    Status.ABORTED.value: _("Broken off"),
    Status.ABORTING.value: _("Is being broken off"),
}

admin.site.unregister(ProcrastinateJob)


class EventInline(admin.TabularInline):
    can_delete = False
    extra = 0
    fields = ["at", "type"]
    model = ProcrastinateEvent
    ordering = ["-at"]
    verbose_name_plural = _("what happened")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm(MAY_LOOK)


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "status"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        return [(state, STATES[state]) for state in ("todo", "doing", "failed")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]
    ) -> QuerySet[ProcrastinateJob]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin):
    actions = ["try_again"]
    fields = FIELDS
    inlines = [EventInline]
    list_display = ["task_name", "args", "state", "attempts", "last_event"]
    list_filter = [StateFilter, "queue_name", "task_name"]
    list_per_page = 50
    ordering = ["-id"]
    readonly_fields = FIELDS

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        jobs: QuerySet[ProcrastinateJob] = admin.ModelAdmin.get_queryset(self, request)
        return jobs.annotate(last_event_at=Max("procrastinateevent__at"))

    def get_readonly_fields(
        self, request: HttpRequest, obj: ProcrastinateJob | None = None
    ) -> list[str]:
        return FIELDS

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_LOOK)

    def has_view_permission(
        self, request: HttpRequest, obj: ProcrastinateJob | None = None
    ) -> bool:
        return request.user.has_perm(MAY_LOOK)

    @admin.display(description=_("state"), ordering="status")
    def state(self, job: ProcrastinateJob) -> str:
        return str(STATES.get(job.status, job.status))

    @admin.display(description=_("last event"), ordering="last_event_at")
    def last_event(self, job: ProcrastinateJob) -> object:
        return job.last_event_at  # type: ignore[attr-defined]

    @admin.action(description=_("Try the failed ones again"), permissions=["view"])
    def try_again(self, request: HttpRequest, jobs: QuerySet[ProcrastinateJob]) -> None:
        tried = sum(_try_again(job) for job in jobs.filter(status=Status.FAILED.value))
        words = ngettext(
            "%(number)s job waits to be done again.",
            "%(number)s jobs wait to be done again.",
            tried,
        )
        level = messages.SUCCESS if tried else messages.WARNING
        self.message_user(request, words % {"number": tried}, level)


def _try_again(job: ProcrastinateJob) -> bool:
    """False if a worker was quicker, or its like waits already."""
    with contextlib.suppress(ConnectorException), transaction.atomic():
        app.job_manager.retry_job_by_id(job.pk, timezone.now())
        return True
    return False
