"""Background work that went on when its worker did not, and what is left of the rest.

A worker tells the database every few seconds that it lives. What a silent one was doing
is taken up by the others, so every task may run twice.
"""

import contextlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Max, Min, Q
from django.utils import timezone
from procrastinate import App
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinateWorker,
)
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

MOST_ATTEMPTS = 5
HOURS_TO_KEEP = 7 * 24
UPKEEP = "upkeep"  # the queue of the site's own housekeeping


async def take_up_stalled(app: App) -> int:
    """Give the jobs of silent workers to the others, and return how many.

    One that has been begun five times stays failed, where people see it.
    """
    manager = app.job_manager
    stalled = await manager.get_stalled_jobs(
        seconds_since_heartbeat=settings.SECONDS_UNTIL_STALLED
    )
    taken_up = 0
    for job in stalled:
        with contextlib.suppress(ConnectorException):  # another worker was quicker
            taken_up += await _take_up(manager, job)
    await manager.prune_stalled_workers(20 * settings.SECONDS_UNTIL_STALLED)
    return taken_up


async def delete_finished(app: App) -> None:
    """Delete what was done a week ago. What failed stays until somebody looks."""
    await app.job_manager.delete_old_jobs(
        nb_hours=HOURS_TO_KEEP, include_cancelled=True, include_aborted=True
    )


async def delete_finished_upkeep(app: App) -> None:
    """Housekeeping runs thousands of times a day: keep only what it did last."""
    await app.connector.execute_query_async(
        """
        DELETE FROM procrastinate_jobs
        WHERE queue_name = %(queue)s AND status IN ('succeeded', 'aborted')
        """,
        queue=UPKEEP,
    )


@dataclass(frozen=True)
class Overview:
    """How the background work stands. Times are ``None`` where there is nothing."""

    last_heartbeat: datetime | None
    oldest_waiting: datetime | None
    waiting: int
    failed: int


def overview(at: datetime | None = None) -> Overview:
    at = at or timezone.now()
    ready = ProcrastinateJob.objects.filter(
        Q(scheduled_at=None) | Q(scheduled_at__lte=at), status=Status.TODO.value
    )
    oldest = ProcrastinateEvent.objects.filter(
        job__in=ready, type__in=["deferred", "deferred_for_retry", "scheduled"]
    ).aggregate(oldest=Min("at"))
    worker = ProcrastinateWorker.objects.aggregate(last=Max("last_heartbeat"))
    return Overview(
        last_heartbeat=worker["last"],
        oldest_waiting=oldest["oldest"],
        waiting=ready.count(),
        failed=ProcrastinateJob.objects.filter(status=Status.FAILED.value).count(),
    )


async def _take_up(manager: JobManager, job: Job) -> bool:
    if job.attempts + 1 >= MOST_ATTEMPTS:
        await manager.finish_job(job, Status.FAILED, delete_job=False)
        return False
    try:
        await manager.retry_job(job)
    except UniqueViolation:
        # The same work waits already, under the same queueing lock.
        await manager.finish_job(job, Status.ABORTED, delete_job=False)
        return False
    return True
