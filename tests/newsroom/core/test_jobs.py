import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from newsroom.core import jobs
from tests.newsroom.core.worker_task import hold


def query(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(autouse=True)
def no_jobs_of_other_tests(request):
    """Their tables are not Django's own, so no flush empties them."""
    if {"db", "transactional_db"} & set(request.fixturenames) or (
        request.node.get_closest_marker("django_db")
    ):
        request.getfixturevalue("db")
        query("DELETE FROM procrastinate_jobs")
        query("DELETE FROM procrastinate_workers")


def worker_row(*, silent_for=0):
    [(number,)] = query(
        "INSERT INTO procrastinate_workers (last_heartbeat) "
        "VALUES (now() - %s * interval '1 second') RETURNING id",
        silent_for,
    )
    return number


def job(*, status="todo", worker=None, attempts=0, queueing_lock=None, queue="default"):
    [(number,)] = query(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, "
        "attempts, queueing_lock) VALUES (%s, 'tests.nothing', "
        "%s::procrastinate_job_status, %s, %s, %s) RETURNING id",
        queue,
        status,
        worker,
        attempts,
        queueing_lock,
    )
    return number


def event(job_id, *, days_ago):
    query(
        "INSERT INTO procrastinate_events (job_id, type, at) "
        "VALUES (%s, 'started', now() - %s * interval '1 day')",
        job_id,
        days_ago,
    )


def state_of(number):
    found = ProcrastinateJob.objects.get(pk=number)
    return found.status, found.attempts


def take_up():
    return async_to_sync(jobs.take_up_stalled)(app)


@pytest.mark.django_db
def test_the_job_of_a_silent_worker_waits_for_another():
    number = job(status="doing", worker=worker_row(silent_for=31))

    assert take_up() == 1
    assert state_of(number) == ("todo", 1)


@pytest.mark.django_db
def test_the_job_of_a_worker_that_is_gone_waits_for_another():
    number = job(status="doing", worker=None)

    take_up()

    assert state_of(number) == ("todo", 1)


@pytest.mark.django_db
def test_the_job_of_a_living_worker_is_left_alone():
    number = job(status="doing", worker=worker_row(silent_for=5))

    assert take_up() == 0
    assert state_of(number) == ("doing", 0)


@pytest.mark.django_db
def test_a_job_that_kills_its_workers_stays_failed_after_five_times():
    number = job(status="doing")
    for _ in range(4):
        take_up()
        query("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", number)

    assert take_up() == 0
    assert state_of(number) == ("failed", 5)
    assert jobs.overview().failed == 1


@pytest.mark.django_db(transaction=True)
def test_a_stalled_job_whose_like_waits_already_stops_no_other():
    job(queueing_lock="once")
    stalled = job(status="doing", queueing_lock="once")
    other = job(status="doing")

    assert take_up() == 1
    assert state_of(stalled)[0] == "aborted"
    assert state_of(other) == ("todo", 1)


@pytest.mark.django_db
def test_finished_jobs_go_after_a_week_and_failed_ones_stay():
    old = {status: job(status=status) for status in ("succeeded", "failed")}
    new = job(status="succeeded")
    for number in old.values():
        event(number, days_ago=10)
    event(new, days_ago=6)

    async_to_sync(jobs.delete_finished)(app)

    left = set(ProcrastinateJob.objects.values_list("pk", flat=True))
    assert left == {old["failed"], new}


@pytest.mark.django_db
def test_housekeeping_leaves_no_heap_of_jobs():
    job(status="succeeded", queue=jobs.UPKEEP)
    kept = [job(queue=jobs.UPKEEP), job(status="succeeded")]

    async_to_sync(jobs.delete_finished_upkeep)(app)

    assert list(ProcrastinateJob.objects.values_list("pk", flat=True)) == kept


@pytest.mark.django_db
def test_the_overview_counts_what_is_ready_and_no_more():
    hold.defer(folder="now")
    hold.configure(schedule_in={"hours": 1}).defer(folder="later")
    worker_row(silent_for=20)
    worker_row(silent_for=2)

    overview = jobs.overview()

    assert overview.waiting == 1
    assert timezone.now() - overview.oldest_waiting < timedelta(seconds=5)
    assert timezone.now() - overview.last_heartbeat < timedelta(seconds=10)


@pytest.mark.django_db
def test_without_work_the_overview_is_empty():
    assert jobs.overview() == jobs.Overview(None, None, 0, 0)


@pytest.mark.parametrize(
    ("name", "cron"),
    [
        ("newsroom.core.tasks.take_up_stalled_jobs", "* * * * * */10"),
        ("newsroom.core.tasks.delete_finished_jobs", "17 3 * * *"),
    ],
)
def test_housekeeping_is_planned_and_never_waits_for_a_dead_run(name, cron):
    [planned] = [
        periodic
        for (task, _), periodic in app.periodic_registry.periodic_tasks.items()
        if task == name
    ]

    assert planned.cron == cron
    assert planned.task.queueing_lock
    assert planned.task.lock is None


@pytest.fixture
def start_worker(transactional_db):
    """Starts workers as processes of their own, and ends them after the test."""
    started = []
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.newsroom.core.worker_settings",
        "TEST_DATABASE": connection.settings_dict["NAME"],
    }

    def start_worker(*options):
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "worker", *options],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(worker)
        return worker

    yield start_worker
    for worker in started:
        worker.kill()
        worker.communicate()


def wait_until(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.1)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "wait").touch()
    return tmp_path


def test_the_job_of_a_killed_worker_is_done_by_another(start_worker, folder):
    hold.defer(folder=str(folder))
    first = start_worker()
    wait_until((folder / f"began-{first.pid}").exists)

    first.send_signal(signal.SIGKILL)
    first.wait()
    (folder / "wait").unlink()
    second = start_worker()
    wait_until((folder / "done").exists)

    assert (folder / f"began-{second.pid}").exists()
    wait_until(
        lambda: (
            ProcrastinateJob.objects.get(task_name="tests.hold").status == "succeeded"
        )
    )


def test_a_worker_that_is_told_to_stop_finishes_its_job(start_worker, folder):
    hold.defer(folder=str(folder))
    worker = start_worker()
    wait_until((folder / f"began-{worker.pid}").exists)

    worker.terminate()
    time.sleep(0.5)
    (folder / "wait").unlink()

    assert worker.wait(10) == 0
    assert ProcrastinateJob.objects.get(task_name="tests.hold").status == "succeeded"


def test_a_worker_does_not_wait_for_ever_for_its_job(start_worker, folder):
    hold.defer(folder=str(folder))
    worker = start_worker()
    wait_until((folder / f"began-{worker.pid}").exists)
    began = time.monotonic()

    worker.terminate()
    worker.wait(15)

    assert time.monotonic() - began < 10.5
    assert not (folder / "done").exists()


def test_a_worker_that_loses_the_database_begins_again(start_worker, folder):
    ours = [pid for (pid,) in query("SELECT pid FROM pg_stat_activity")]
    worker = start_worker()
    wait_until(lambda: jobs.overview().last_heartbeat is not None)
    query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> ALL (%s)",
        ours,
    )
    (folder / "wait").unlink()

    hold.defer(folder=str(folder))

    wait_until((folder / "done").exists)
    assert worker.poll() is None


def test_one_round_ends_when_no_job_is_left(start_worker, folder):
    (folder / "wait").unlink()
    hold.defer(folder=str(folder))

    worker = start_worker("--once")

    assert worker.wait(30) == 0
    assert (folder / "done").exists()
