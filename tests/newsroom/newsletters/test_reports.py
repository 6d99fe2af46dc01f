"""Reports as servers write them, and as nobody should."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.newsletters import refusal_words, reports
from newsroom.newsletters.models import BounceEvent, ReportTotal
from tests.newsroom.newsletters.reported import FOLDER, mail

Kind = BounceEvent.Kind
Outcome = ReportTotal.Outcome
DELIVERY = 815
SECONDS = 1.5  # ten times what reading takes, and far less than some would make it


@pytest.fixture(autouse=True)
def _own_domain(settings):
    settings.BOUNCE_DOMAIN = "bounces.example.org"


SAMPLES = {
    "hard": (Kind.HARD, "5.1.1"),
    "full_mailbox": (Kind.SOFT, "5.2.2"),
    "gave_up": (Kind.SOFT, "4.4.1"),
    "unspecific": (Kind.HARD, "5.0.0"),
    "by_message_id": (Kind.HARD, "5.1.1"),
    "whole_mail_returned": (Kind.HARD, "5.1.1"),
    "forwarded_to_two": (Kind.SOFT, "4.2.2"),
    "blocked": (Outcome.REFUSED, "5.7.1"),
    "delayed": (Outcome.DELAYED, ""),
    "complaint": (Kind.COMPLAINT, "abuse"),
    "complaint_without_message_id": (Kind.COMPLAINT, "abuse"),
    "complaint_of_microsoft": (Kind.COMPLAINT, "abuse"),
    "exim": (Kind.HARD, "5.1.1"),
    "exim_warning": (Outcome.DELAYED, ""),
    "qmail": (Kind.HARD, "5.1.1"),
    "plain_failure": (Kind.HARD, ""),
    "base64_body": (Kind.HARD, "5.1.1"),
    "forged": (Kind.HARD, "5.1.1"),
    "delivered": (Outcome.ANSWER, ""),
    "no_complaint": (Outcome.ANSWER, ""),
    "out_of_office": (Outcome.ANSWER, ""),
    "out_of_office_of_postmaster": (Outcome.ANSWER, ""),
    "reply": (Outcome.ANSWER, ""),
}
WITHOUT_SIGNATURE = {"forged", "complaint_without_message_id"}


def test_every_sample_is_tried():
    assert {file.stem for file in FOLDER.glob("*.eml")} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_report_is_understood(name):
    finding, status = SAMPLES[name]

    report = reports.read(mail(name, DELIVERY))

    assert report.finding is finding
    assert report.status == status


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, (finding, _) in SAMPLES.items()
        if finding is not Outcome.ANSWER and name not in WITHOUT_SIGNATURE
    ],
)
def test_a_report_names_its_delivery(name):
    report = reports.read(mail(name, DELIVERY))

    assert report.delivery_id == DELIVERY


@pytest.mark.parametrize("name", sorted(WITHOUT_SIGNATURE))
def test_a_report_without_our_signature_names_no_delivery(name):
    assert reports.read(mail(name, DELIVERY)).delivery_id is None


def test_the_recipient_of_the_envelope_is_enough():
    forged = mail("forged", DELIVERY)
    recipient = mail("hard", DELIVERY).split(b"To: ")[1].split(b"\r\n")[0].decode()

    assert reports.read(forged, recipient=recipient).delivery_id == DELIVERY


def test_the_envelope_goes_before_what_the_report_quotes():
    about_another = mail("by_message_id", DELIVERY + 1)
    recipient = mail("hard", DELIVERY).split(b"To: ")[1].split(b"\r\n")[0].decode()

    assert reports.read(about_another, recipient=recipient).delivery_id == DELIVERY


def test_the_same_report_has_the_same_name_however_it_came():
    first = reports.read(mail("hard", DELIVERY))
    again = reports.read(b"Received: from elsewhere\r\n" + mail("hard", DELIVERY))

    assert first.report_id == again.report_id
    assert len(first.report_id) == 64


def test_reports_on_two_deliveries_have_two_names():
    one = reports.read(mail("hard", DELIVERY))
    other = reports.read(mail("hard", DELIVERY + 1))

    assert one.report_id != other.report_id


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("550 5.1.1 No such user here", Kind.HARD),
        ("550 No such user here", Kind.HARD),
        ("550 5.1.10 The domain takes no mail", Kind.HARD),
        ("550 5.2.1 This mailbox is disabled", Kind.HARD),
        ("550 5.4.1 Recipient address rejected: Access denied", Kind.HARD),
        ("550 5.5.0 Requested action not taken: mailbox unavailable", Kind.HARD),
        ("551 Not here", Kind.HARD),
        ("552 5.2.2 Over quota", Kind.SOFT),
        ("552 Mailbox full", Kind.SOFT),
        ("452 4.2.2 Over quota", Kind.SOFT),
        ("450 4.2.0 Greylisted", Kind.SOFT),
        ("421 Too busy", Kind.SOFT),
        ("", Kind.SOFT),
        ("Connection refused by 5.1.1.9", Kind.SOFT),
        ("550 5.4.4 Host not found", Kind.SOFT),
        ("550 5.7.1 Your network is on our blocklist", None),
        ("554 5.7.9 Fails the DMARC policy of its domain", None),
        ("550 5.7.1 Recipient address rejected: policy", None),
        ("554 Refused as spam", None),
        ("550 5.1.8 The sender's domain does not exist", None),
        ("554 5.6.0 The message is malformed", None),
        ("500 5.5.2 Syntax error", None),
    ],
)
def test_an_address_is_given_up_for_its_own_faults_only(answer, kind):
    assert refusal_words.kind_of(answer) == kind


def test_words_of_our_own_mail_are_not_taken_for_the_servers():
    # The sample returns a mail that speaks of a full quota, 4.2.2.
    assert b"quota of stories" in mail("exim", DELIVERY)
    assert reports.read(mail("exim", DELIVERY)).finding is Kind.HARD


def deep(levels):
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(levels)
    )
    return head + b"\r\ntext\r\n" * 50_000


def nested(levels):
    return b"Content-Type: message/rfc822\r\n\r\n" * levels + b"\r\ntext"


HOSTILE = {
    "nothing": b"",
    "a NUL": b"\0",
    "no header": b"\r\n\r\n\r\n",
    "10,000 multiparts in one another": deep(10_000),
    "10 multiparts and many lines": deep(10),
    "10,000 messages in one another": nested(10_000),
    "boundaries in pieces": deep(300).replace(b"boundary=", b"boundary*0="),
    "20 MB of headers": b"X-Header: value\r\n" * 1_300_000,
    "20 MB in one line": b"Subject: " + b"x" * (20 << 20),
    "20 MB of blank lines in the machine's part": (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n" + b"\r\n" * (10 << 20)
    ),
    "20 MB of recipients": (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n"
        + b"Action: failed\r\n\r\n"
        * (1 << 20)
    ),
    "a header of a thousand lines": b"Subject: a\r\n" + b" b\r\n" * 100_000,
    "many forged signatures": b"To: " + (b"bounce+" + b"a" * 32 + b"@x, ") * 10_000,
    "many codes": b"From: postmaster@x\r\nSubject: undelivered\r\n\r\n"
    + b"5.1." * 99_999,
    "many dashes": b"From: postmaster@x\r\nSubject: undelivered\r\n\r\n"
    + b"-" * 200_000,
    "many spaces": b"From: postmaster@x\r\nSubject: undelivered\r\n\r\n"
    + b" " * 200_000,
    "a charset of nobody": (
        b"Content-Type: text/plain; charset=\xff\xfe\r\n"
        b"Subject: =?nobody?b?%%%?=\r\n\r\n\xff"
    ),
    "an encoding of nobody": (
        b"From: postmaster@x\r\nSubject: undelivered\r\n"
        b"Content-Transfer-Encoding: x-uu\r\n\r\nbegin 644 a\r\n\xff\xff\xff\r\nend"
    ),
    "broken base64": (
        b"From: postmaster@x\r\nSubject: undelivered\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n====A=B=C"
    ),
    "a type without a slash": b"Content-Type: multipart\r\n\r\n5.1.1",
    "a type that claims parts": b"Content-Type: message/delivery-status\r\n\r\n",
    "raw bytes in each header": (
        b"From: \xff\xfe\r\nSubject: \x80\r\nMessage-ID: \xff\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_in_no_time_and_changes_nothing(name):
    begun = time.process_time()

    report = reports.read(HOSTILE[name])

    assert report.delivery_id is None
    assert time.process_time() - begun < SECONDS


@given(st.binary(max_size=2000))
def test_no_bytes_raise(raw):
    assert reports.read(raw).delivery_id is None


@pytest.mark.parametrize("name", ["hard", "complaint", "exim", "qmail"])
def test_a_report_broken_anywhere_raises_nothing(name):
    raw = bytearray(mail(name, DELIVERY))
    chance = random.Random(7)

    for _ in range(150):
        broken = bytearray(raw)
        for _ in range(chance.randint(1, 30)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        cut = bytes(broken[: chance.randrange(len(broken))])

        assert reports.read(cut).delivery_id in (None, DELIVERY)


def test_a_complaint_of_an_invented_kind_has_a_status_that_can_be_kept():
    raw = mail("complaint", DELIVERY, changes=[("abuse", "a\0b" + "c" * 90)])

    report = reports.read(raw)

    assert report.finding is Kind.COMPLAINT
    assert "\0" not in report.status
    assert len(report.status) <= 20
