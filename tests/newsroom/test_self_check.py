import shutil
import types
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from newsroom import self_check
from newsroom.accounts import roles
from newsroom.core import mail
from newsroom.newsletters import imports, mailboxes
from newsroom.newsletters.models import (
    Issue,
    Letter,
    ReaderRequest,
    SubscriberImport,
)
from newsroom.publication.models import Page
from newsroom.self_check import Result, State, lines
from tests import make

pytestmark = pytest.mark.django_db

GIGABYTE = 1_000_000_000


@pytest.fixture(autouse=True)
def no_jobs_of_other_tests(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute("DELETE FROM procrastinate_workers")


def worker(*, silent_for):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - %s * interval '1 second')",
            [silent_for],
        )


def job(*, status="todo", minutes_ago=0):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) "
            "VALUES ('default', 'nothing', %s::procrastinate_job_status) RETURNING id",
            [status],
        )
        (number,) = cursor.fetchone()
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - %s * interval '1 minute' "
            "WHERE job_id = %s",
            [minutes_ago, number],
        )


def look(person):
    request = RequestFactory().get("/admin/self-check/")
    request.user = person
    return self_check.view(request)


@pytest.mark.parametrize(
    ("silent_for", "state"), [(None, State.BAD), (5, State.GOOD), (120, State.BAD)]
)
def test_a_silent_worker_is_told(silent_for, state):
    if silent_for is not None:
        worker(silent_for=silent_for)

    result = self_check.site.worker(timezone.now())

    assert result.state == state
    assert bool(result.advice) is (state == State.BAD)


@pytest.mark.parametrize(
    ("minutes_ago", "state"),
    [(None, State.GOOD), (0, State.GOOD), (5, State.WARN), (20, State.BAD)],
)
def test_old_jobs_are_told(minutes_ago, state):
    if minutes_ago is not None:
        job(minutes_ago=minutes_ago)

    assert self_check.site.queue(timezone.now()).state == state


def test_failed_jobs_are_counted_and_linked():
    job(status="failed")

    result = self_check.site.failed_jobs(timezone.now())

    assert (result.state, result.figure) == (State.WARN, "1")
    assert result.address.endswith("?status=failed")


def test_failing_mail_is_told_without_an_address():
    now = timezone.now().isoformat()
    cache.set(
        mail.FAILING, {"since": now, "last": now, "error": "SMTPServerDisconnected"}
    )

    result = self_check.site.sending_mail(timezone.now())

    assert result.state == State.BAD
    assert "SMTPServerDisconnected" in result.figure


def test_an_issue_that_stopped_or_is_late_is_told():
    issue = make.issue()
    assert self_check.newsletters.issues(timezone.now()).state == State.GOOD

    Issue.objects.update(
        status="scheduled", send_at=timezone.now() - timedelta(minutes=5)
    )
    assert self_check.newsletters.issues(timezone.now()).state == State.BAD

    Issue.objects.update(status="paused", trouble="The server refused our password.")
    stopped = self_check.newsletters.issues(timezone.now())
    assert stopped.state == State.BAD
    assert stopped.figure == f"{issue}: The server refused our password."


def test_letters_that_readers_wait_for_are_counted():
    reader = make.subscriber()
    owed = timezone.now() - timedelta(minutes=20)
    Letter.objects.create(kind="link", subscriber=reader, due_at=owed)

    result = self_check.newsletters.letters_to_readers(timezone.now())

    assert result.state == State.BAD
    assert result.figure == "1 is late"


def test_a_mail_server_that_is_not_configured_is_told(settings):
    settings.MAIL_SENDERS = {"bulk": "smtp://127.0.0.1:25"}
    newsletter = make.newsletter(mail_server="bulk")
    assert self_check.newsletters.mail_servers(timezone.now()).state == State.GOOD

    settings.MAIL_SENDERS = {}
    gone = self_check.newsletters.mail_servers(timezone.now())
    assert gone.state == State.BAD
    assert gone.figure == (
        f"“{newsletter}” is to go out by bulk, which is not configured"
    )
    assert gone.address.endswith(f"/{newsletter.pk}/change/")

    settings.MAIL_SENDERS = {"bulk": "smtp://127.0.0.1:25?per_minute=3"}
    wrong = self_check.newsletters.mail_servers(timezone.now())
    assert (wrong.state, wrong.figure) == (
        State.BAD,
        "MAIL_SENDERS: bulk has no per_minute.",
    )


def test_requests_that_no_worker_looked_at_are_counted():
    at = timezone.now()
    ReaderRequest.objects.create(kind="link", address_sealed=b"", due_at=at)
    assert self_check.newsletters.requests_of_readers(at).state == State.GOOD

    result = self_check.newsletters.requests_of_readers(at + timedelta(minutes=20))

    assert (result.state, result.figure) == (State.BAD, "1 waits")


def test_an_import_that_nobody_goes_on_with_is_told():
    taken = SubscriberImport.objects.create(file_name="readers.csv", state="running")
    SubscriberImport.objects.update(rows_done=300)
    stopped = self_check.newsletters.subscriber_imports(timezone.now())
    assert stopped.state == State.BAD
    assert stopped.figure == "“readers.csv” stands still at row 300"
    assert str(taken.pk) in stopped.address

    imports.go_on(taken)
    assert self_check.newsletters.subscriber_imports(timezone.now()).state == State.GOOD


def test_a_sign_up_without_a_privacy_policy_is_told():
    assert self_check.newsletters.privacy_policy(timezone.now()) is None

    make.newsletter()
    assert self_check.newsletters.privacy_policy(timezone.now()).state == State.BAD

    Page.objects.create(title="Privacy", slug="privacy-policy", is_published=True)
    assert self_check.newsletters.privacy_policy(timezone.now()).state == State.GOOD


def test_a_mailbox_for_bounces_that_cannot_be_read_is_told(settings, tmp_path):
    assert self_check.newsletters.bounce_mailbox(timezone.now()) is None

    settings.BOUNCE_MAILBOX_URL = str(tmp_path / "nowhere" / "mbox")
    mailboxes.read_regularly()

    assert self_check.newsletters.bounce_mailbox(timezone.now()).state == State.BAD


def test_the_next_article_is_named_by_its_time():
    make.scheduled_article(publish_at=timezone.now() + timedelta(days=2))
    make.scheduled_article(publish_at=timezone.now() + timedelta(days=1))

    result = self_check.site.next_article(timezone.now())

    assert result.state == State.GOOD
    assert "2 in all" in result.figure


@pytest.mark.parametrize(
    ("free", "state"), [(50, State.GOOD), (9, State.WARN), (2, State.BAD)]
)
def test_a_full_disk_is_told_ahead(monkeypatch, free, state):
    usage = types.SimpleNamespace(total=100 * GIGABYTE, free=free * GIGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    result = self_check.site.disk(timezone.now())

    assert result.state == state
    assert f"{free} %" in result.figure


def test_pictures_without_credit_are_counted():
    make.image(credit_line="")
    make.image()

    result = self_check.site.uncredited(timezone.now())

    assert (result.state, result.figure) == (State.WARN, "1")


@pytest.mark.parametrize(("days", "state"), [(14, State.WARN), (15, State.GOOD)])
def test_a_licence_that_ends_is_told_two_weeks_ahead(days, state):
    at = timezone.now()
    make.image(licence_until=at.date() + timedelta(days=days))

    assert self_check.site.ending_licences(at).state == state


def test_the_database_is_named():
    result = self_check.site.database_server(timezone.now())

    assert result.state == State.GOOD
    assert result.figure.startswith("PostgreSQL 1")


def test_the_second_factor_is_asked_after(settings):
    assert self_check.site.second_factor(timezone.now()).state == State.WARN
    settings.SECOND_FACTOR_REQUIRED = True
    assert self_check.site.second_factor(timezone.now()).state == State.GOOD
    settings.DEMO = True
    assert self_check.site.second_factor(timezone.now()) is None


def test_a_check_that_fails_has_a_line_and_stops_no_other(monkeypatch):
    def broken(at):
        raise RuntimeError("secret detail")

    others = [name for name, _result in self_check.run(timezone.now())]
    monkeypatch.setattr(lines, "CHECKS", [("Broken", broken), *lines.CHECKS])

    rows = self_check.run(timezone.now())

    assert rows[0][1].state == State.BAD
    assert rows[0][1].figure == "RuntimeError"
    assert [name for name, _result in rows[1:]] == others


def test_a_capability_adds_a_line_of_its_own(monkeypatch):
    monkeypatch.setattr(lines, "CHECKS", list(lines.CHECKS))

    @self_check.check("Newsletters")
    def newsletters(at):
        return Result(State.GOOD, "3")

    assert self_check.run(timezone.now())[-1] == (
        "Newsletters",
        Result(State.GOOD, "3"),
    )


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([], "good"),
        (["good", "warn"], "warn"),
        (["bad", "good", "warn"], "bad"),
    ],
)
def test_the_worst_line_speaks_for_all(states, worst):
    rows = [("line", Result(State(state), "")) for state in states]

    assert self_check.worst(rows) == worst


def test_each_line_says_its_state_in_a_word_and_a_shape(sign_in):
    page = sign_in(make.superuser()).get("/admin/self-check/").content.decode()

    assert page.count("<svg aria-hidden") >= len(lines.CHECKS)
    assert "Act now" in page
    assert "No worker has run yet" in page


@pytest.mark.parametrize("role", list(roles.TABLE))
def test_publishers_and_superusers_may_look(sign_in, role):
    response = sign_in(make.user(role)).get("/admin/self-check/")

    assert response.status_code == (200 if role == roles.PUBLISHERS else 403)


@pytest.mark.django_db(transaction=True)
def test_without_the_table_of_limits_the_line_says_what_to_do():
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE django_cache")

    try:
        result = self_check.site.shared_cache(timezone.now())
    finally:
        call_command("createcachetable", verbosity=0)

    assert result.state == State.BAD
    assert "migrate" in result.advice
