"""By which server a letter goes, and what becomes of one that bounces."""

import email
import socket
from email.policy import default

import pytest
from aiosmtpd.controller import Controller

from newsroom.newsletters import (
    bounces,
    consent,
    letter_words,
    letters,
    subscribers,
    verp,
)
from newsroom.newsletters.models import (
    BounceEvent,
    Letter,
    SequenceStep,
    Subscription,
    Suppression,
)
from tests import make
from tests.newsroom.newsletters.readers import ADDRESS

pytestmark = pytest.mark.django_db

Kind = Letter.Kind


class Handler:
    """Keeps what it takes; refuses whom the test names, with the test's words."""

    def __init__(self):
        self.taken = []
        self.refusals = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=default)
        self.taken.append((envelope.mail_from, message))
        return "250 2.0.0 taken"


@pytest.fixture
def server():
    """Starts mail servers; gives the port of each and what it took."""
    started = []

    def start():
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        handler = Handler()
        controller = Controller(handler, hostname="127.0.0.1", port=port)
        controller.start()
        started.append(controller)
        return port, handler

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def usual(server, settings):
    """The server of EMAIL_URL."""
    port, handler = server()
    settings.EMAIL_BACKEND = "newsroom.core.mail.NotingBackend"
    settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.DEFAULT_FROM_EMAIL = "The Meridian <site@meridian.example>"
    settings.BOUNCE_DOMAIN = "bounces.example.org"
    return handler


@pytest.fixture
def bulk(server, settings):
    """The server of MAIL_SENDERS by which the newsletter's issues go."""
    port, handler = server()
    settings.MAIL_SENDERS = {"bulk": f"smtp://127.0.0.1:{port}"}
    return handler


@pytest.fixture
def friday():
    return make.newsletter(
        mail_server="bulk",
        sender_name="Friday",
        sender_address="friday@meridian.example",
    )


def asked(person, *newsletters):
    facts = {"newsletters": [letter.pk for letter in newsletters], "text": 1}
    return letters.queue(Kind.CONFIRM, person, facts)


def test_a_letter_about_a_newsletter_goes_by_its_server(usual, bulk, friday):
    made = asked(make.subscriber(ADDRESS), friday)

    letters.deliver_due()

    [(return_path, message)] = bulk.taken
    assert message["From"] == "Friday <friday@meridian.example>"
    assert message["Message-ID"] == letter_words.message_id(made)
    assert return_path == verp.return_path_of_letter(made.pk)
    assert not usual.taken


def test_other_letters_go_by_the_usual_server_with_a_return_address(
    usual, bulk, friday
):
    person = make.subscriber(ADDRESS)
    made = [
        letters.queue(Kind.LINK, person, {}),
        asked(person, friday, make.newsletter()),
        asked(person, make.newsletter()),
    ]

    letters.deliver_due()

    assert {path for path, _message in usual.taken} == {
        verp.return_path_of_letter(letter.pk) for letter in made
    }
    assert all("site@" in message["From"] for _path, message in usual.taken)
    assert not bulk.taken


def test_without_a_domain_for_bounces_the_sender_is_the_return_address(usual, settings):
    settings.BOUNCE_DOMAIN = ""
    letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})

    letters.deliver_due()

    [(return_path, message)] = usual.taken
    assert return_path == "site@meridian.example"
    assert message["From"].count("@") == 1


def test_a_server_that_the_settings_do_not_name_keeps_nobody_waiting(
    usual, friday, settings
):
    settings.MAIL_SENDERS = {}
    asked(make.subscriber(ADDRESS), friday)

    letters.deliver_due()

    assert len(usual.taken) == 1


def test_a_welcome_mail_can_be_left_by_one_click(usual, bulk, friday):
    SequenceStep.objects.create(newsletter=friday, subject="Welcome", body="Hello")
    person = make.subscriber(ADDRESS, of=[friday])
    letters.queue_sequence(person, [friday])

    letters.deliver_due()

    [(_path, message)] = bulk.taken
    assert "/newsletters/leave/" in message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_address_that_the_server_does_not_know_gets_nothing_more(
    usual, bulk, friday, capfd
):
    bulk.refusals[ADDRESS] = "550 5.1.1 nobody here"
    person = make.subscriber(ADDRESS, of=[make.newsletter()])
    made = asked(person, friday)

    letters.deliver_due()

    made.refresh_from_db()
    assert made.given_up_at
    assert reason(person) == Suppression.Reason.BOUNCE
    assert not person.subscriptions.confirmed().exists()
    assert BounceEvent.objects.get().source == BounceEvent.Source.SMTP
    assert ADDRESS not in capfd.readouterr().out


@pytest.mark.parametrize("words", ["451 4.7.1 greylisted", "450 try later"])
def test_a_refusal_that_may_pass_is_waited_out(usual, words):
    usual.refusals[ADDRESS] = words
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})

    letters.deliver_due()

    made.refresh_from_db()
    assert (made.sent_at, made.given_up_at, made.attempts) == (None, None, 1)
    assert not BounceEvent.objects.exists()


def test_a_refusal_of_us_says_nothing_of_the_address(usual):
    usual.refusals[ADDRESS] = "554 5.7.1 blocked by policy"
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})

    letters.deliver_due()

    made.refresh_from_db()
    assert made.given_up_at
    assert not BounceEvent.objects.exists()


def reason(person):
    found = subscribers.suppression_of(bytes(person.address_digest))
    return found.reason if found else None


def report(made, status="5.1.1", words="user unknown", to=""):
    """What a mail server writes later, to the letter's return address."""
    text = (
        "From: MAILER-DAEMON@mx.example\r\n"
        f"To: {to or verp.return_path_of_letter(made.pk)}\r\n"
        f"Message-ID: <{status}.{made.pk}@mx.example>\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "\r\n--b\r\nContent-Type: text/plain\r\n\r\nCould not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"Action: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} {words}\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {letter_words.message_id(made)}\r\n\r\n--b--\r\n"
    )
    return text.encode()


@pytest.fixture
def _own_domain(settings):
    settings.BOUNCE_DOMAIN = "bounces.example.org"


@pytest.mark.usefixtures("_own_domain")
@pytest.mark.parametrize("to", ["", "bounces@meridian.example"])
def test_a_letter_that_bounces_for_good_suppresses_its_address(friday, to):
    person = make.subscriber(ADDRESS)
    subscribers.request(
        person, [friday], source=person.source, text=consent.current_text("en")
    )
    made = asked(person, friday)

    found = bounces.take_in(report(made, to=to))

    assert found is BounceEvent.Kind.HARD
    assert reason(person) == Suppression.Reason.BOUNCE
    assert person.subscriptions.get().state == Subscription.State.UNSUBSCRIBED


@pytest.mark.usefixtures("_own_domain")
def test_three_letters_that_bounce_softly_suppress_an_address(friday):
    person = make.subscriber(ADDRESS, of=[friday])
    made = [letters.queue(Kind.LINK, person, {}) for _ in range(3)]

    after = []
    for letter in made:
        bounces.take_in(report(letter, "4.2.2", "mailbox full"))
        bounces.take_in(report(letter, "4.2.2", "mailbox full"))
        person.refresh_from_db()
        after.append((person.soft_bounces, reason(person)))

    assert [count for count, _reason in after] == [1, 2, 3]
    assert [why for _count, why in after] == [None, None, Suppression.Reason.BOUNCE]


@pytest.mark.usefixtures("_own_domain")
def test_a_new_address_that_bounces_is_the_one_that_is_suppressed(friday):
    person = make.subscriber(ADDRESS, of=[friday])
    made = letters.queue(Kind.MOVE, person, {}, new_address="new@reader.example")

    bounces.take_in(report(made))

    assert reason(person) is None
    assert person.subscriptions.confirmed().exists()
    assert Suppression.objects.get().reason == Suppression.Reason.BOUNCE


@pytest.mark.usefixtures("_own_domain")
def test_the_number_of_a_letter_is_not_that_of_a_delivery():
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})
    address = verp.return_path_of_letter(made.pk)

    assert verp.read_letter(address) == made.pk
    assert verp.read(address) is None
    assert verp.read_letter(verp.return_path(made.pk)) is None


@pytest.mark.usefixtures("_own_domain")
def test_a_letter_that_is_long_gone_is_counted_as_unknown():
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})
    raw = report(made)
    Letter.objects.all().delete()

    assert bounces.take_in(raw) is bounces.Outcome.UNKNOWN
    assert not Suppression.objects.exists()
