"""Mails to givers that come back: who is marked, by what, and until when."""

from smtplib import SMTPRecipientsRefused
from types import SimpleNamespace

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from newsroom.accounts import roles
from newsroom.newsletters import bounces, provider_events, verp, webhook
from newsroom.newsletters.models import BounceEvent, Suppression
from newsroom.support.attention import attention
from newsroom.support.mails import letters, returned
from newsroom.support.models import GiverLetter
from newsroom.support.people import giver_page, givers
from tests import make
from tests.newsroom.support.people import ADDRESS, gift, giver, only_mail

pytestmark = pytest.mark.django_db

Kind = GiverLetter.Kind


class Refusing(EmailBackend):
    answer = (550, b"5.1.1 no such user")

    def send_messages(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: self.answer})


class Busy(Refusing):
    answer = (451, b"4.7.1 greylisted")


class Blocking(Refusing):
    answer = (554, b"5.7.1 blocked by policy")


@pytest.fixture
def _smtp(settings):
    """As with a mail server of ours, whose reports come to a domain of their own."""
    settings.BOUNCE_DOMAIN = "bounces.example.org"
    settings.NEUTRAL_FROM_EMAIL = "post@plain.example"


def thanked(**values):
    letters.queue(Kind.THANKS, "thanks", contribution=gift(giver(**values)))
    return GiverLetter.objects.get()


def is_marked():
    return givers.find(ADDRESS).mail_returned_at is not None


def report(letter, status="5.1.1", to=""):
    to = to or verp.return_path_as(returned.WHAT, letter.pk)
    named = returned.message_id(letter, "desk@meridian.test")
    text = (
        "From: MAILER-DAEMON@mx.example\r\n"
        f"To: {to}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "\r\n--b\r\nContent-Type: text/plain\r\n\r\nCould not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Action: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} told\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {named}\r\n\r\n--b--\r\n"
    )
    return text.encode()


@pytest.mark.usefixtures("_smtp")
@pytest.mark.parametrize(
    ("status", "marks"), [("5.1.1", True), ("4.2.2", False), ("5.7.1", False)]
)
@pytest.mark.parametrize("to", ["", "desk@meridian.test"])
def test_a_report_by_return_address_or_message_id_marks_its_giver(status, marks, to):
    letter = thanked()

    bounces.take_in(report(letter, status, to))

    assert is_marked() is marks
    # It is no subscriber of ours: the books of newsletters stay as they are.
    assert not Suppression.objects.exists()
    assert not BounceEvent.objects.exists()


@pytest.mark.usefixtures("_smtp")
def test_a_forged_or_late_report_marks_nobody():
    letter = thanked()
    raw = report(letter)
    number = verp.return_path_as("something else", letter.pk)

    forged = bounces.take_in(report(letter, to=number).replace(b"<mail.", b"<mail.x"))
    GiverLetter.objects.all().delete()
    bounces.take_in(raw)

    assert forged is bounces.Outcome.FORGED
    assert not is_marked()


@pytest.mark.usefixtures("_smtp")
def test_the_mail_servers_own_webhook_marks_too():
    letter = thanked()
    path = verp.return_path_as(returned.WHAT, letter.pk)
    body = f'{{"kind": "hard", "id": "1", "delivery": "{path}"}}'

    assert webhook.take_in_event(body.encode()) == BounceEvent.Kind.HARD
    assert is_marked()


def test_what_a_provider_tells_of_an_address_marks_its_giver():
    thanked()
    event = SimpleNamespace(
        event_type="bounced",
        reject_reason="bounced",
        mta_response="550 5.1.1 no such user",
        description="",
        recipient=ADDRESS.upper(),
        message_id="1",
        event_id="1",
        timestamp=timezone.now(),
    )

    provider_events.heard(None, event, "postmark")

    assert is_marked()


@pytest.mark.parametrize(
    ("kind", "is_given_up", "marks"),
    [(Refusing, True, True), (Blocking, True, False), (Busy, False, False)],
)
def test_a_refusal_at_once_marks_only_where_nobody_is_there(
    settings, kind, is_given_up, marks
):
    letter = thanked()
    settings.EMAIL_BACKEND = f"{__name__}.{kind.__name__}"

    letters.deliver_due()

    letter.refresh_from_db()
    assert (letter.given_up_at is not None) is is_given_up
    assert is_marked() is marks


def test_who_asked_for_the_link_is_found_by_the_address(settings):
    giver()
    giver_page.ask_for_link(ADDRESS, network="192.0.2.1")
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"

    letters.deliver_due()

    assert is_marked()


@pytest.mark.parametrize(
    "come_back",
    [
        giver,
        lambda: givers.prefer(
            givers.find(ADDRESS), name="", language="en", is_neutral=False
        ),
    ],
)
def test_the_mark_goes_when_they_give_again_or_come_by_their_link(settings, come_back):
    thanked()
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    letters.deliver_due()
    assert is_marked()

    come_back()

    assert not is_marked()


@pytest.mark.usefixtures("_smtp")
@pytest.mark.parametrize("is_neutral", [False, True])
def test_a_neutral_mail_has_no_return_address_of_ours(settings, is_neutral):
    settings.DEFAULT_FROM_EMAIL = "desk@meridian.test"
    settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    letter = thanked(is_neutral=is_neutral)
    settings.EMAIL_BACKEND = "newsroom.core.mail.NotingBackend"

    written = letters.letter_words.message_of(letter, timezone.now())

    path = verp.return_path_as(returned.WHAT, letter.pk)
    assert (written.from_email == path) is not is_neutral
    assert "bounces.example.org" not in str(written.message()["From"])
    if is_neutral:
        assert b"bounces.example.org" not in written.message().as_bytes()


def test_without_a_mail_server_of_ours_nothing_changes():
    thanked()

    letters.deliver_due()

    assert "From" not in only_mail().extra_headers
    assert len(mail.outbox) == 1


def test_support_staff_see_whose_mail_comes_back(client):
    letter = thanked()
    letter.delete()
    person = make.user(roles.SUPPORT_STAFF)
    before = attention(person)
    bounces.returned.note_address(
        bytes(givers.find(ADDRESS).address_digest), BounceEvent.Kind.HARD
    )

    [matter] = attention(person)
    client.force_login(person)
    answer = client.get(matter.url)

    assert before == []
    assert (matter.words, matter.stops) == ("1 giver whose mail comes back", False)
    assert answer.status_code == 200
    assert str(givers.find(ADDRESS).pk) in answer.text


def test_an_erased_giver_is_not_marked():
    person = giver()
    digest = bytes(person.address_digest)
    bounces.returned.note_address(digest, BounceEvent.Kind.HARD)
    givers.erase(person)

    bounces.returned.note_address(digest, BounceEvent.Kind.HARD)

    person.refresh_from_db()
    assert person.mail_returned_at is None
