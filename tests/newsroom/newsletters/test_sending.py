import threading
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection, connections
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from benchmarks.sink import Manners, Sink
from newsroom.accounts import roles
from newsroom.newsletters import books, claims, runs, sending, subscribers
from newsroom.newsletters.models import (
    BounceEvent,
    ConsentEvent,
    Delivery,
    Issue,
    SenderUse,
)
from tests import make

Status = Issue.Status


@pytest.fixture(autouse=True)
def _sender(settings):
    settings.DEFAULT_FROM_EMAIL = "newsroom@news.example"


@pytest.fixture
def sink(settings):
    with Sink() as sink:
        settings.MAIL_SENDERS = {"bulk": f"smtp://127.0.0.1:{sink.port}"}
        yield sink


@pytest.fixture
def newsletter(db, sink):
    return make.newsletter(mail_server="bulk")


def readers(newsletter, count, **values):
    return [make.subscriber(of=[newsletter], **values) for _ in range(count)]


def started(newsletter, **values):
    issue = make.issue(newsletter=newsletter, **values)
    sending.start(issue, by=None)
    return issue


def work(issue, turns=20):
    """Turns of a worker until it has nothing to do at once."""
    for _ in range(turns):
        if not sending.work_on(issue.pk, seconds=5):
            break
    issue.refresh_from_db()


def later(issue):
    """Put the clock of what was put off forward."""
    issue.deliveries.filter(state=Delivery.State.DEFERRED).update(
        not_before=timezone.now() - timedelta(days=1)
    )


def once_each(sink):
    return set(Counter(digest for _, digest in sink.taken).values()) == {1}


def test_an_issue_goes_to_each_reader_once_and_its_books_are_closed(sink, newsletter):
    readers(newsletter, 30)
    readers(make.newsletter(), 2)

    issue = started(newsletter)
    work(issue)

    assert issue.status == Status.SENT
    assert len(sink.taken) == 30
    assert once_each(sink)
    assert len({message_id for message_id, _ in sink.taken}) == 30
    assert books.of(issue).submitted == books.of(issue).audience == 30
    assert issue.closed_at is not None


def test_a_server_without_pipelining_is_served_as_well(sink, newsletter):
    sink.manners = Manners(pipelining=False, put_off=0.3)
    readers(newsletter, 20)

    issue = started(newsletter)
    for _ in range(30):
        work(issue)
        later(issue)

    assert issue.status == Status.SENT
    assert len(sink.taken) == 20


def test_without_an_smtp_server_djangos_backend_sends(db):
    newsletter = make.newsletter(sender_address="week@news.example")
    [reader] = readers(newsletter, 1)

    issue = started(newsletter, subject="Wörter {{ x }}")
    work(issue)

    [message] = mail.outbox
    assert issue.status == Status.SENT
    assert message.to == [reader.address]
    assert message.subject == "Wörter {{ x }}"
    assert "week@news.example" in message.from_email
    assert message.extra_headers["List-Unsubscribe-Post"]
    assert "/newsletters/leave/" in message.body
    assert message.alternatives[0][1] == "text/html"


def test_the_demo_never_mails_through_a_server(sink, newsletter, settings):
    settings.DEMO = True
    readers(newsletter, 1)

    work(started(newsletter))

    assert not sink.taken
    assert len(mail.outbox) == 1


def test_whoever_left_after_the_start_gets_nothing(sink, newsletter):
    gone, erased, suppressed, paused, kept = readers(newsletter, 5)
    issue = started(newsletter)
    sending._to_be_sent(issue.pk)
    method = ConsentEvent.Method.LINK

    subscribers.leave(gone, [newsletter], method=method)
    subscribers.erase(erased, method=method)
    subscribers.suppress(
        bytes(suppressed.address_digest), "manual", method=ConsentEvent.Method.STAFF
    )
    paused.paused_until = timezone.now().date() + timedelta(days=3)
    paused.save()
    work(issue)

    assert len(sink.taken) == 1
    assert issue.deliveries.get(state="s").subscriber == kept
    assert books.of(issue).reasons == {
        "unsubscribed": 1,
        "erased": 1,
        "suppressed": 1,
        "paused": 1,
    }
    assert books.of(issue).balanced


def test_a_refused_address_fails_and_is_noted_as_a_bounce(sink, newsletter):
    bad, _good = readers(newsletter, 2)
    sink.manners.refused[bad.address] = "550 5.1.1 no such person"

    issue = started(newsletter)
    work(issue)

    assert issue.status == Status.SENT
    assert books.of(issue).reasons == {"550 5.1.1": 1}
    assert subscribers.suppression_of(bytes(bad.address_digest)) is not None
    assert BounceEvent.objects.get().source == BounceEvent.Source.SMTP


def test_what_is_put_off_waits_longer_each_time_and_arrives(sink, newsletter):
    [reader] = readers(newsletter, 1)
    sink.manners.refused[reader.address] = "451 4.7.1 greylisted"

    issue = started(newsletter)
    waits = []
    for _ in range(3):
        work(issue)
        delivery = issue.deliveries.get()
        # The database's clock stands still while the test is one transaction.
        waits.append((delivery.not_before - issue.started_at).total_seconds())
        later(issue)
    sink.manners.refused.clear()
    work(issue)

    assert delivery.state == Delivery.State.DEFERRED
    assert delivery.reason == "451 4.7.1"
    assert 40 < waits[0] < 80 < waits[1] < waits[2]
    assert len(sink.taken) == 1
    assert issue.status == Status.SENT


def test_what_is_put_off_for_ever_fails(sink, newsletter):
    [reader] = readers(newsletter, 1)
    sink.manners.refused[reader.address] = "451 4.7.1 greylisted"

    issue = started(newsletter)
    for _ in range(len(runs.BACK_OFF) + 1):
        work(issue)
        later(issue)

    assert issue.status == Status.SENT
    assert books.of(issue).reasons == {"451 4.7.1": 1}


def test_cut_lines_double_at_most_what_was_cut_under_the_same_message_id(
    sink, newsletter
):
    sink.manners = Manners(cuts=0.1, put_off=0.05, most_mails=25)
    readers(newsletter, 150)

    issue = started(newsletter)
    for _ in range(30):
        work(issue)
        later(issue)

    assert issue.status == Status.SENT
    assert len({digest for _, digest in sink.taken}) == 150
    assert len(sink.taken) - 150 <= sink.cuts
    assert len(set(sink.taken)) == 150


def test_where_the_server_refuses_us_nobody_fails(sink, newsletter):
    readers(newsletter, 3)
    sink.manners.refuses_sender = "550 5.7.1 who are you"

    issue = started(newsletter)
    work(issue)

    assert issue.status == Status.SENDING
    assert "550 5.7.1" in issue.trouble
    assert books.of(issue).queued == 3

    sink.manners.refuses_sender = ""
    work(issue)
    assert issue.status == Status.SENT
    assert issue.trouble == ""


def test_where_the_server_refuses_everybody_alike_the_issue_pauses(
    sink, newsletter, monkeypatch
):
    monkeypatch.setattr(runs, "MOST_REFUSED", 5)
    readers(newsletter, 12)
    sink.manners.refuses_text = "554 5.7.0 this is spam"

    issue = started(newsletter)
    work(issue)

    assert issue.status == Status.PAUSED
    assert "554 5.7.0" in issue.trouble
    assert books.of(issue).queued == 12

    sink.manners.refuses_text = ""
    sending.resume(issue, by=None)
    work(issue)
    assert issue.status == Status.SENT
    assert len(sink.taken) == 12


def test_a_server_that_is_away_is_named_and_asked_again(db, settings):
    with Sink() as gone:
        port = gone.port
    settings.MAIL_SENDERS = {"bulk": f"smtp://127.0.0.1:{port}"}
    newsletter = make.newsletter(mail_server="bulk")
    readers(newsletter, 2)

    issue = started(newsletter)
    work(issue)

    assert f"127.0.0.1:{port}" in issue.trouble
    assert books.of(issue).queued == 2


def test_never_more_than_the_window_is_handed_over_and_not_noted(
    sink, newsletter, settings, monkeypatch
):
    settings.MAIL_WINDOW = 3
    readers(newsletter, 40)
    unnoted = []
    note = claims.note_submitted

    def note_and_count(ids):
        already = Delivery.objects.filter(state="s").count()
        unnoted.append(len(sink.taken) - already)
        note(ids)

    monkeypatch.setattr(claims, "note_submitted", note_and_count)
    issue = started(newsletter)
    work(issue)

    assert issue.status == Status.SENT
    assert max(unnoted) <= 3


def test_rows_of_a_dead_worker_are_taken_up_and_those_of_a_living_one_are_not(
    sink, newsletter
):
    readers(newsletter, 4)
    issue = started(newsletter)
    sending._to_be_sent(issue.pk)
    day = timezone.now().date()
    [dead] = claims.claim(issue.pk, newsletter.pk, "dead", after=0, most=1, day=day)
    claims.claim(issue.pk, newsletter.pk, "living", after=0, most=1, day=day)
    Delivery.objects.filter(claimed_by="dead").update(
        claimed_at=timezone.now() - timedelta(seconds=claims.SECONDS_SILENT + 1)
    )

    work(issue)

    assert len(sink.taken) == 3
    assert Delivery.objects.get(pk=dead.id).state == "s"
    assert Delivery.objects.get(claimed_by="living").state == "c"
    assert issue.status == Status.SENDING


def test_a_limit_per_hour_holds_for_all(sink, newsletter, settings):
    url = settings.MAIL_SENDERS["bulk"]
    settings.MAIL_SENDERS = {"bulk": f"{url}?per_hour=7"}
    readers(newsletter, 10)

    issue = started(newsletter)
    sending.work_on(issue.pk, seconds=0.5)
    sending.work_on(issue.pk, seconds=0.5)

    assert len(sink.taken) == 7
    assert SenderUse.objects.get().count == 7
    assert books.of(issue).queued == 3


def test_a_limit_per_second_holds(sink, newsletter, settings):
    url = settings.MAIL_SENDERS["bulk"]
    settings.MAIL_SENDERS = {"bulk": f"{url}?per_second=20"}
    readers(newsletter, 40)

    issue = started(newsletter)
    sending.work_on(issue.pk, seconds=1)

    assert 15 <= len(sink.taken) <= 27


def test_a_connection_takes_no_more_than_its_limit(sink, newsletter, settings):
    url = settings.MAIL_SENDERS["bulk"]
    settings.MAIL_SENDERS = {"bulk": f"{url}?per_connection=5&connections=1"}
    readers(newsletter, 20)

    work(started(newsletter))

    assert len(sink.taken) == 20
    assert sink.connections == 4


def test_a_scheduled_issue_starts_when_it_is_due(newsletter):
    issue = make.issue(newsletter=newsletter)
    sending.schedule(issue, timezone.now() + timedelta(hours=1), by=None)

    sending.send_due()
    issue.refresh_from_db()
    assert issue.status == Status.SCHEDULED

    sending.send_due(at=timezone.now() + timedelta(hours=2))
    issue.refresh_from_db()
    assert issue.status == Status.SENDING
    assert ProcrastinateJob.objects.filter(args={"issue_id": issue.pk}).count() == 1


def test_an_issue_that_lacks_something_says_so_and_stays(newsletter):
    issue = make.issue(newsletter=newsletter, subject="")

    with pytest.raises(sending.NotPossible):
        sending.start(issue, by=None)

    issue.refresh_from_db()
    assert issue.status == Status.DRAFT


def test_what_became_unready_waits_with_the_reason(newsletter):
    issue = make.issue(newsletter=newsletter)
    sending.schedule(issue, timezone.now() + timedelta(hours=1), by=None)
    Issue.objects.filter(pk=issue.pk).update(subject="")

    sending.send_due(at=timezone.now() + timedelta(hours=2))

    issue.refresh_from_db()
    assert issue.status == Status.SCHEDULED
    assert issue.trouble


def test_what_cannot_be_made_into_mails_is_a_draft_again(newsletter, monkeypatch):
    readers(newsletter, 1)
    monkeypatch.setattr(sending.compiling, "LONGEST_LINE", 10)

    issue = started(newsletter)
    work(issue)

    assert issue.status == Status.DRAFT
    assert issue.trouble
    assert not issue.deliveries.exists()


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        (Status.SENT, sending.start),
        (Status.CANCELLED, sending.start),
        (Status.PAUSED, sending.start),
        (Status.DRAFT, sending.pause),
        (Status.SENT, sending.resume),
        (Status.SENT, sending.cancel),
        (Status.SENDING, sending.unschedule),
    ],
)
def test_what_does_not_fit_the_state_is_refused(newsletter, status, verb):
    issue = make.issue(newsletter=newsletter, status=status)

    with pytest.raises(sending.NotPossible):
        verb(issue, by=None)


def test_only_who_may_send_sends(newsletter):
    issue = make.issue(newsletter=newsletter)

    with pytest.raises(PermissionDenied):
        sending.start(issue, by=make.user(roles.WRITERS))


def test_a_cancelled_issue_skips_who_has_not_got_it(sink, newsletter):
    readers(newsletter, 6)
    issue = started(newsletter)
    sending._to_be_sent(issue.pk)
    day = timezone.now().date()
    claims.claim(issue.pk, newsletter.pk, "dead", after=0, most=2, day=day)

    sending.cancel(issue, by=None)
    assert issue.closed_at is None

    Delivery.objects.filter(claimed_by="dead").update(
        claimed_at=timezone.now() - timedelta(minutes=5)
    )
    sending.send_due()
    issue.refresh_from_db()
    assert issue.status == Status.CANCELLED
    assert issue.closed_at is not None
    assert books.of(issue).reasons == {"cancelled": 6}
    assert not sink.taken


def test_a_paused_issue_hands_nothing_over(sink, newsletter):
    readers(newsletter, 3)
    issue = started(newsletter)
    sending.pause(issue, by=None)

    work(issue)
    assert not sink.taken

    sending.resume(issue, by=None)
    work(issue)
    assert len(sink.taken) == 3


def test_jobs_are_as_many_as_workers_may_be(newsletter, settings):
    settings.MAIL_WORKERS = 1
    issue = started(newsletter)

    sending.send_due()
    sending.send_due()

    jobs = ProcrastinateJob.objects.filter(task_name=sending.TASK)
    assert jobs.get().priority == sending.PRIORITY
    assert issue.status == Status.SENDING


def at_once(call, count):
    """The call in so many threads; what was raised."""
    errors = []
    barrier = threading.Barrier(count)

    def run():
        barrier.wait()
        try:
            call()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_hundred_presses_of_send_send_it_once(sink, newsletter):
    readers(newsletter, 50)
    issue = make.issue(newsletter=newsletter)

    errors = []
    for _ in range(20):  # no more connections than the pool has
        errors += at_once(
            lambda: sending.start(Issue.objects.get(pk=issue.pk), by=None), 5
        )
    errors += at_once(lambda: sending.work_on(issue.pk), 4)
    work(issue)

    assert not errors
    assert issue.status == Status.SENT
    assert len(sink.taken) == 50
    assert once_each(sink)
    jobs = ProcrastinateJob.objects.filter(task_name=sending.TASK)
    assert jobs.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_pauses_while_three_workers_send_double_nobody(
    sink, newsletter, settings, monkeypatch
):
    monkeypatch.setattr(runs, "SECONDS_TO_LOOK", 0.02)
    sink.manners.seconds = 0.002
    readers(newsletter, 600)
    issue = started(newsletter)
    is_over = threading.Event()

    def press():
        mine = Issue.objects.get(pk=issue.pk)
        for _ in range(50):
            time.sleep(0.02)
            try:
                sending.pause(mine, by=None)
                time.sleep(0.02)
                sending.resume(mine, by=None)
            except sending.NotPossible:
                break
        is_over.set()

    def send():
        while not is_over.is_set():
            sending.work_on(issue.pk, seconds=1)

    errors = []
    helpers = threading.Thread(target=lambda: errors.extend(at_once(press, 1)))
    helpers.start()
    errors += at_once(send, 3)
    helpers.join()
    work(issue)

    assert not errors
    assert issue.status == Status.SENT
    assert len(sink.taken) == 600
    assert once_each(sink)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_loses_nothing(sink, newsletter, monkeypatch):
    readers(newsletter, 300)
    issue = started(newsletter)
    sending._to_be_sent(issue.pk)
    note = claims.note_submitted
    calls = []

    def cut_off_once(ids):
        calls.append(len(ids))
        if len(calls) == 3:
            connection.connection.close()
        note(ids)

    monkeypatch.setattr(claims, "note_submitted", cut_off_once)
    work(issue)

    assert len(calls) > 3
    assert issue.status == Status.SENT
    assert len(sink.taken) == 300
    assert once_each(sink)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_notes_that_die_with_the_database_are_made_again(sink, newsletter, monkeypatch):
    readers(newsletter, 100)
    issue = started(newsletter)
    sending._to_be_sent(issue.pk)
    note = claims.note_submitted
    noted = []

    def die_once(ids):
        noted.append(list(ids))
        if len(noted) == 3:
            # As PostgreSQL finds them when the last notes were not on disk.
            Delivery.objects.filter(pk__in=noted[0] + noted[1]).update(state="c")
            connection.connection.close()
        note(ids)

    monkeypatch.setattr(claims, "note_submitted", die_once)
    work(issue)

    assert issue.status == Status.SENT
    assert len(sink.taken) == 100
    assert books.of(issue).submitted == 100


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_on_its_way_when_the_database_dies_is_heard_out(
    sink, newsletter, monkeypatch
):
    monkeypatch.setattr(runs, "FIRST_CLAIMED", 20)
    sink.manners.seconds = 0.02
    readers(newsletter, 40)
    issue = started(newsletter)
    claim = claims.claim
    calls = []

    def die_once(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            connection.connection.close()
        return claim(*arguments, **options)

    monkeypatch.setattr(claims, "claim", die_once)
    with pytest.raises((InterfaceError, OperationalError)):
        sending.work_on(issue.pk)
    work(issue)

    assert issue.status == Status.SENT
    assert len(sink.taken) == 40
    assert once_each(sink)


def test_more_is_claimed_at_once_where_it_goes_quickly(sink, newsletter, monkeypatch):
    monkeypatch.setattr(runs, "FIRST_CLAIMED", 5)
    monkeypatch.setattr(runs, "MOST_CLAIMED", 20)
    readers(newsletter, 60)
    claim = claims.claim
    wanted = []

    def note(*arguments, most, **options):
        wanted.append(most)
        return claim(*arguments, most=most, **options)

    monkeypatch.setattr(claims, "claim", note)
    work(started(newsletter))

    assert wanted[:3] == [5, 5, 10]
    assert max(wanted) == 20
    assert len(sink.taken) == 60
