import io
import mailbox
import os
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsroom.newsletters import bounces, links, mailboxes, subscribers
from newsroom.newsletters.models import (
    BounceEvent,
    ConsentEvent,
    Delivery,
    ReportTotal,
    Subscription,
    Suppression,
)
from newsroom.newsletters.tasks import look_after_bounces, read_bounces
from tests import make
from tests.newsroom.newsletters.reported import mail

pytestmark = pytest.mark.django_db

Kind = BounceEvent.Kind
Source = BounceEvent.Source
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _own_domain(settings):
    settings.BOUNCE_DOMAIN = "bounces.example.org"


@pytest.fixture
def newsletter():
    return make.newsletter()


@pytest.fixture
def reader(newsletter):
    return make.subscriber(of=[newsletter])


def sent(newsletter, reader, *, days_ago=0, state=Delivery.State.SUBMITTED):
    """An issue that was handed over to the mail server for a reader."""
    at = timezone.now() - days_ago * DAY
    issue = make.issue(newsletter=newsletter, articles=[], started_at=at)
    return Delivery.objects.create(
        issue=issue,
        subscriber=reader,
        address_digest=bytes(reader.address_digest),
        variant="en-full",
        state=state,
        done_at=at,
    )


def soft(delivery):
    return bounces.note(
        Kind.SOFT,
        bytes(delivery.address_digest),
        source=Source.REPORT,
        issue=delivery.issue,
        status="4.2.2",
    )


def suppressed(reader):
    found = subscribers.suppression_of(bytes(reader.address_digest))
    return found.reason if found else None


def states(reader):
    return set(reader.subscriptions.values_list("state", flat=True))


def totals():
    return dict(ReportTotal.objects.values_list("outcome", "count"))


def test_a_hard_bounce_suppresses_at_once(newsletter, reader):
    delivery = sent(newsletter, reader)

    finding = bounces.take_in(mail("hard", delivery.pk))

    assert finding is Kind.HARD
    assert suppressed(reader) == Suppression.Reason.BOUNCE
    assert states(reader) == {Subscription.State.UNSUBSCRIBED}
    event = BounceEvent.objects.get()
    assert (event.kind, event.status, event.issue) == (
        Kind.HARD,
        "5.1.1",
        delivery.issue,
    )


def test_a_hard_bounce_is_in_the_ledger(newsletter, reader):
    bounces.take_in(mail("hard", sent(newsletter, reader).pk))

    last = ConsentEvent.objects.order_by("pk").last()
    assert (last.kind, last.method) == (
        ConsentEvent.Kind.WITHDRAWN,
        ConsentEvent.Method.BOUNCE,
    )
    assert bytes(last.address_digest) == bytes(reader.address_digest)


def test_a_complaint_unsubscribes_at_once_and_suppresses(newsletter, reader):
    make_second = make.newsletter()
    subscribers.confirm(
        reader,
        [make_second],
        source=subscribers.Source.SITE,
        method=ConsentEvent.Method.LINK,
    )

    bounces.take_in(mail("complaint", sent(newsletter, reader).pk))

    assert suppressed(reader) == Suppression.Reason.COMPLAINT
    assert states(reader) == {Subscription.State.UNSUBSCRIBED}
    assert ConsentEvent.objects.filter(method="complaint").count() == 2


def test_a_late_complaint_is_known_by_the_link_for_leaving(newsletter, reader):
    delivery = sent(newsletter, reader)
    raw = mail("complaint", delivery.pk, leave=links.for_ever(reader.pk, newsletter.pk))
    Delivery.objects.all().delete()

    assert bounces.take_in(raw) is Kind.COMPLAINT
    assert suppressed(reader) == Suppression.Reason.COMPLAINT


def test_a_complaint_with_a_forged_link_changes_nothing(reader):
    forged = "A" * 38
    raw = mail("complaint_without_message_id", 1, leave=forged)

    assert bounces.take_in(raw) is ReportTotal.Outcome.FORGED
    assert suppressed(reader) is None


def test_a_report_that_comes_five_times_counts_once(newsletter, reader):
    raw = mail("full_mailbox", sent(newsletter, reader).pk)

    for _ in range(5):
        bounces.take_in(raw)

    reader.refresh_from_db()
    assert BounceEvent.objects.count() == 1
    assert reader.soft_bounces == 1


def test_soft_bounces_of_three_issues_in_a_row_suppress(newsletter, reader):
    for days_ago in (2, 1):
        soft(sent(newsletter, reader, days_ago=days_ago))
    assert suppressed(reader) is None

    soft(sent(newsletter, reader))

    assert suppressed(reader) == Suppression.Reason.BOUNCE


def test_many_soft_bounces_of_one_issue_count_once(newsletter, reader):
    delivery = sent(newsletter, reader)

    for _ in range(4):
        soft(delivery)

    reader.refresh_from_db()
    assert reader.soft_bounces == 1
    assert suppressed(reader) is None


def test_a_soft_bounce_of_no_known_issue_is_kept_and_not_counted(reader):
    for _ in range(4):
        bounces.note(Kind.SOFT, bytes(reader.address_digest), source=Source.WEBHOOK)

    reader.refresh_from_db()
    assert reader.soft_bounces == 0
    assert BounceEvent.objects.count() == 4


def test_an_issue_that_arrived_in_between_begins_the_count_anew(newsletter, reader):
    soft(sent(newsletter, reader, days_ago=30))
    soft(sent(newsletter, reader, days_ago=20))
    sent(newsletter, reader, days_ago=10)

    soft(sent(newsletter, reader))

    reader.refresh_from_db()
    assert reader.soft_bounces == 1
    assert suppressed(reader) is None


def test_a_mail_that_may_still_come_back_proves_nothing(newsletter, reader):
    soft(sent(newsletter, reader, days_ago=5))
    soft(sent(newsletter, reader, days_ago=4))
    sent(newsletter, reader, days_ago=3)

    soft(sent(newsletter, reader))

    assert suppressed(reader) == Suppression.Reason.BOUNCE


def test_an_older_issue_proves_nothing(newsletter, reader):
    sent(newsletter, reader, days_ago=40)
    soft(sent(newsletter, reader, days_ago=30))
    soft(sent(newsletter, reader, days_ago=20))

    look_after_bounces(timestamp=0)

    reader.refresh_from_db()
    assert reader.soft_bounces == 2


@pytest.mark.parametrize("state", [Delivery.State.FAILED, Delivery.State.SKIPPED])
def test_a_mail_that_was_never_handed_over_proves_nothing(newsletter, reader, state):
    soft(sent(newsletter, reader, days_ago=30))
    sent(newsletter, reader, days_ago=10, state=state)

    assert bounces.forgive() == 0


def test_the_count_is_set_back_each_day_for_those_whom_mail_reached(newsletter):
    reached, silent = (make.subscriber(of=[newsletter]) for _ in range(2))
    for reader in (reached, silent):
        soft(sent(newsletter, reader, days_ago=30))
    sent(newsletter, reached, days_ago=10)

    look_after_bounces(timestamp=0)

    reached.refresh_from_db()
    silent.refresh_from_db()
    assert (reached.soft_bounces, silent.soft_bounces) == (0, 1)


def test_a_forged_report_changes_nothing_and_is_counted(newsletter, reader):
    delivery = sent(newsletter, reader)

    for _ in range(3):
        finding = bounces.take_in(mail("forged", delivery.pk))

    assert finding is ReportTotal.Outcome.FORGED
    assert suppressed(reader) is None
    assert BounceEvent.objects.count() == 0
    assert totals() == {"forged": 3}


def test_a_report_on_a_delivery_that_is_gone_is_counted():
    assert bounces.take_in(mail("hard", 4711)) is ReportTotal.Outcome.UNKNOWN
    assert totals() == {"unknown": 1}


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("out_of_office", "answer"),
        ("reply", "answer"),
        ("delayed", "delayed"),
        ("blocked", "refused"),
        ("no_complaint", "answer"),
    ],
)
def test_what_is_no_bounce_of_the_address_changes_nothing(
    newsletter, reader, name, outcome
):
    bounces.take_in(mail(name, sent(newsletter, reader).pk))

    reader.refresh_from_db()
    assert suppressed(reader) is None
    assert reader.soft_bounces == 0
    assert states(reader) == {Subscription.State.CONFIRMED}
    assert totals() == {outcome: 1}


def test_a_late_report_leaves_nothing_new_of_somebody_erased(newsletter, reader):
    delivery = sent(newsletter, reader)
    subscribers.erase(reader, method=ConsentEvent.Method.PREFERENCES)

    bounces.take_in(mail("hard", delivery.pk))

    assert BounceEvent.objects.count() == 0
    suppression = Suppression.objects.get()
    assert suppression.reason == Suppression.Reason.ERASURE


def test_a_bounce_of_an_address_without_subscriber_is_remembered(newsletter, reader):
    digest = bytes(reader.address_digest)
    delivery = sent(newsletter, reader)
    reader.delete()

    bounces.take_in(mail("hard", delivery.pk))

    assert subscribers.suppression_of(digest).reason == Suppression.Reason.BOUNCE


def test_a_fresh_opt_in_lifts_the_suppression_and_the_count(newsletter, reader):
    soft(sent(newsletter, reader, days_ago=1))
    bounces.take_in(mail("hard", sent(newsletter, reader).pk))
    reader.refresh_from_db()

    subscribers.confirm(
        reader,
        [newsletter],
        source=subscribers.Source.SITE,
        method=ConsentEvent.Method.LINK,
    )

    reader.refresh_from_db()
    assert suppressed(reader) is None
    assert reader.soft_bounces == 0


def test_bounces_of_nobody_who_is_here_go_after_a_month(newsletter, reader):
    gone = make.subscriber(of=[newsletter])
    for one in (reader, gone):
        bounces.note(
            Kind.HARD, bytes(one.address_digest), source=Source.SMTP, status="5.1.1"
        )
    gone.delete()
    BounceEvent.objects.update(at=timezone.now() - 31 * DAY)

    look_after_bounces(timestamp=0)

    kept = BounceEvent.objects.get()
    assert bytes(kept.address_digest) == bytes(reader.address_digest)
    assert Suppression.objects.count() == 2


# --- The mailbox


def maildir(folder, *mails):
    box = mailbox.Maildir(folder, create=True)
    for raw in mails:
        box.add(raw)
    return box


def test_a_maildir_is_read_once(newsletter, reader, tmp_path):
    raw = mail("hard", sent(newsletter, reader).pk)
    box = maildir(tmp_path / "box", raw, mail("reply", 1))

    first = mailboxes.read(str(tmp_path / "box"))
    second = mailboxes.read(str(tmp_path / "box"))

    assert first == {"hard": 1, "answer": 1}
    assert second == {}
    assert len(box) == 2
    assert all("S" in read.get_flags() for read in box)
    assert suppressed(reader) == Suppression.Reason.BOUNCE


def test_a_mail_stays_unread_if_its_effect_cannot_be_committed(
    newsletter, reader, tmp_path, django_db_blocker
):
    maildir(tmp_path / "box", mail("hard", sent(newsletter, reader).pk))

    with django_db_blocker.block(), pytest.raises(RuntimeError):
        mailboxes.read(str(tmp_path / "box"))

    assert len(list((tmp_path / "box" / "new").iterdir())) == 1
    assert mailboxes.read(str(tmp_path / "box")) == {"hard": 1}


def test_an_mbox_is_emptied_when_all_is_taken_in(newsletter, reader, tmp_path):
    box = mailbox.mbox(tmp_path / "box")
    for raw in (mail("full_mailbox", sent(newsletter, reader).pk), mail("reply", 1)):
        box.add(raw)
    box.close()

    findings = mailboxes.read(str(tmp_path / "box"))

    assert findings == {"soft": 1, "answer": 1}
    assert (tmp_path / "box").read_bytes() == b""


def test_a_mailbox_that_is_not_there_is_noted_for_the_desk(settings, tmp_path):
    settings.BOUNCE_MAILBOX_URL = str(tmp_path / "nowhere")

    read_bounces(timestamp=0)

    assert mailboxes.failing()["error"] == "Unreachable"


def test_the_note_goes_when_the_mailbox_can_be_read(settings, tmp_path):
    maildir(tmp_path / "box")
    settings.BOUNCE_MAILBOX_URL = str(tmp_path / "box")
    cache.set(mailboxes.FAILING, {"since": "2026-11-20T00:00:00+00:00", "error": "x"})

    read_bounces(timestamp=0)

    assert mailboxes.failing() is None


def test_without_a_mailbox_nothing_is_read(settings):
    settings.BOUNCE_MAILBOX_URL = ""

    read_bounces(timestamp=0)

    assert mailboxes.failing() is None


def test_the_command_says_how_many_of_each(newsletter, reader, tmp_path, capsys):
    raw = mail("hard", sent(newsletter, reader).pk)
    maildir(tmp_path / "box", raw, mail("reply", 1))

    call_command("read_bounces", mailbox=str(tmp_path / "box"))

    assert capsys.readouterr().out == "Reports: 2 (answer 1, hard 1)\n"


def test_the_command_reads_one_mail_from_a_pipe(
    newsletter, reader, monkeypatch, capsys
):
    raw = mail("hard", sent(newsletter, reader).pk)
    piped = SimpleNamespace(buffer=io.BytesIO(raw + b"\r\n" * (1 << 20)))
    monkeypatch.setattr("sys.stdin", piped)

    call_command("read_bounces", stdin=True)

    assert capsys.readouterr().out == "Reports: 1 (hard 1)\n"
    assert piped.buffer.read() == b""
    assert suppressed(reader) == Suppression.Reason.BOUNCE


def test_the_command_needs_a_mailbox():
    with pytest.raises(CommandError, match="BOUNCE_MAILBOX_URL"):
        call_command("read_bounces", mailbox="")


def test_the_command_tells_no_password_of_a_mailbox_out_of_reach():
    with pytest.raises(CommandError) as raised:
        call_command("read_bounces", mailbox="imaps://me:hidden@127.0.0.1:1/INBOX")

    assert "hidden" not in str(raised.value)
    assert "ConnectionRefusedError" in str(raised.value)


@pytest.mark.django_db(transaction=True)
def test_the_mail_server_keeps_a_mail_while_the_database_is_away(
    monkeypatch, django_db_blocker, settings
):
    from django.db import connection

    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    monkeypatch.setattr(
        "sys.stdin", SimpleNamespace(buffer=io.BytesIO(mail("hard", 1)))
    )
    try:
        with pytest.raises(CommandError) as raised:
            call_command("read_bounces", stdin=True)
    finally:
        connection.close()

    assert raised.value.returncode == os.EX_TEMPFAIL
