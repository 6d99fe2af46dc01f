"""Against aiosmtpd, a real mail server, and one that says what a test wants."""

import socket
import ssl
import subprocess
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from newsroom.newsletters import senders, smtp, smtp_opening
from newsroom.newsletters.smtp import Fate, Mail, Outcome
from newsroom.newsletters.smtp_opening import CannotConnect, Server
from tests.conftest import need


class Handler:
    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 nobody here"
        if address.startswith("later"):
            return "451 4.7.1 later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos[0], envelope.content))
        return "250 2.0.0 taken"


class EncryptedController(Controller):
    """Speaks TLS from the first byte; its own trial connection does so as well."""

    def _trigger_server(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection((self.hostname, self.port)) as plain,
            context.wrap_socket(plain),
        ):
            pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def handler():
    return Handler()


@pytest.fixture
def start(handler):
    """Starts a server; gives where it is."""
    started = []

    def start(kind=Controller, **options):
        controller = kind(handler, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        started.append(controller)
        return controller.port

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def certificate(tmp_path):
    need("openssl")
    key, file = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"],
            *["-keyout", key, "-out", file, "-days", "1", "-subj", "/CN=localhost"],
            *["-addext", "subjectAltName=DNS:localhost"],
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    return context, str(file)


def mail(number, recipient="reader@example.org", text="Hello"):
    content = f"Subject: {number}\r\n\r\n{text}\r\n.\r\n".encode()
    return Mail(number, "week@news.example", recipient, content)


def send(connection, mails, seconds=10):
    """Everything through one connection; what became of it, by number."""
    waiting = list(mails)
    outcomes = []
    end = time.monotonic() + seconds
    while len(outcomes) < len(mails) and time.monotonic() < end:
        while waiting and connection.has_room:
            connection.hand(waiting.pop(0))
        if connection.waits_for_text:
            connection.send_text()
        connection.write()
        connection.read()
        outcomes += connection.outcomes
        connection.outcomes = []
        if not connection.is_open:
            break
        time.sleep(0.001)
    connection.close()
    return {outcome.key: outcome for outcome in outcomes + connection.outcomes}


def test_mails_go_to_a_real_server_on_one_connection(start, handler):
    connection = smtp_opening.connect(Server("127.0.0.1", start()))

    found = send(connection, [mail(number) for number in range(5)])

    assert {outcome.fate for outcome in found.values()} == {Fate.SUBMITTED}
    assert [content[9:10] for _to, content in handler.mails] == [
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
    ]


def test_a_refused_reader_does_not_hold_up_the_next(start, handler):
    connection = smtp_opening.connect(Server("127.0.0.1", start()))

    found = send(
        connection,
        [
            mail(1, "nobody@example.org"),
            mail(2),
            mail(3, "later@example.org"),
            mail(4),
        ],
    )

    assert found[1] == Outcome(1, Fate.FAILED, "550 5.1.1")
    assert found[3] == Outcome(3, Fate.DEFERRED, "451 4.7.1")
    assert found[2].fate is found[4].fate is Fate.SUBMITTED
    assert len(handler.mails) == 2


def test_doubled_dots_arrive_single(start, handler):
    connection = smtp_opening.connect(Server("127.0.0.1", start()))

    send(connection, [mail(1, text="..one\r\n...two")])

    assert handler.mails[0][1].endswith(b".one\r\n..two\r\n")


def test_it_signs_in_over_starttls(start, handler, certificate):
    context, file = certificate
    seen = []

    def check(server, session, envelope, mechanism, data):
        seen.append((mechanism, data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    port = start(
        tls_context=context,
        require_starttls=True,
        authenticator=check,
        auth_required=True,
    )
    server = Server("localhost", port, "news", "right", "starttls", file)

    found = send(smtp_opening.connect(server), [mail(1)])

    assert found[1].fate is Fate.SUBMITTED
    assert seen == [("PLAIN", b"news", b"right")]
    wrong = Server("localhost", port, "news", "wrong", "starttls", file)
    with pytest.raises(CannotConnect, match="password"):
        smtp_opening.connect(wrong)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_it_speaks_tls_from_the_first_byte_where_the_address_says_so(
    start, handler, certificate, settings
):
    context, file = certificate
    port = start(
        EncryptedController,
        ssl_context=context,
        authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
            success=data.password == b"right", handled=False
        ),
        auth_required=True,
        auth_require_tls=False,  # which for aiosmtpd is STARTTLS alone
    )
    where = f"localhost:{port}?ca={file}"
    settings.MAIL_SENDERS = {
        "right": f"smtp+ssl://news:right@{where}",
        "wrong": f"smtp+ssl://news:wrong@{where}",
        "stranger": f"smtp+ssl://news:right@localhost:{port}",
    }

    server = senders.named("right").server
    found = send(smtp_opening.connect(server), [mail(1), mail(2)])

    assert {outcome.fate for outcome in found.values()} == {Fate.SUBMITTED}
    assert len(handler.mails) == 2
    with pytest.raises(CannotConnect, match=r"localhost refuses our password \(535"):
        smtp_opening.connect(senders.named("wrong").server)
    with pytest.raises(CannotConnect, match="certificate"):
        smtp_opening.connect(senders.named("stranger").server)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_it_signs_in_by_login_where_nothing_else_is_offered(start):
    port = start(
        authenticator=lambda *arguments: AuthResult(success=True),
        auth_required=True,
        auth_require_tls=False,
        auth_exclude_mechanism=["PLAIN"],
    )

    connection = smtp_opening.connect(Server("127.0.0.1", port, "news", "x"))

    assert send(connection, [mail(1)])[1].fate is Fate.SUBMITTED


def test_a_certificate_that_nobody_vouches_for_is_refused(start, certificate):
    port = start(tls_context=certificate[0])

    with pytest.raises(CannotConnect, match="certificate"):
        smtp_opening.connect(Server("localhost", port, security="starttls"))


def test_no_encryption_where_it_was_asked_for_is_refused(start):
    with pytest.raises(CannotConnect, match="STARTTLS"):
        smtp_opening.connect(Server("127.0.0.1", start(), security="starttls"))


def test_nobody_there_is_told_at_once():
    with pytest.raises(CannotConnect, match="refused"):
        smtp_opening.connect(Server("127.0.0.1", free_port()))


@pytest.fixture
def scripted():
    """A server that says its lines in turn, whatever it hears; gives a connection.

    ``None`` in the script waits for the end of a text.
    """
    threads = []

    def connected(*script, offers=b"250 PIPELINING\r\n"):
        listening = socket.create_server(("127.0.0.1", 0))

        def talk():
            client, _ = listening.accept()
            with client, client.makefile("rb") as heard:
                client.sendall(b"220 hello\r\n")
                heard.readline()
                client.sendall(b"250-hello\r\n" + offers)
                heard.readline()
                for line in script:
                    if line is None:
                        while heard.readline() != b".\r\n":
                            pass
                    else:
                        client.sendall(line)
            listening.close()

        thread = threading.Thread(target=talk)
        thread.start()
        threads.append(thread)
        port = listening.getsockname()[1]
        return smtp_opening.connect(Server("127.0.0.1", port))

    yield connected
    for thread in threads:
        thread.join(5)


ENVELOPE = b"250 ok\r\n250 ok\r\n354 go\r\n"


def test_a_line_cut_after_the_text_leaves_that_mail_unsure_and_no_other(scripted):
    connection = scripted(ENVELOPE, None)

    found = send(connection, [mail(1), mail(2), mail(3)])

    assert found[1].fate is Fate.UNSURE
    assert {outcome.fate for key, outcome in found.items() if key > 1} == {Fate.UNSENT}


def test_421_in_place_of_an_envelope_costs_no_mail_anything(scripted):
    connection = scripted(ENVELOPE, None, b"250 ok\r\n421 4.7.0 enough\r\n")

    found = send(connection, [mail(1), mail(2)])

    assert found[1].fate is Fate.SUBMITTED
    assert found[2].fate is Fate.UNSENT
    assert not connection.is_open


def test_421_in_answer_to_a_text_is_a_clear_no(scripted):
    found = send(scripted(ENVELOPE, None, b"421 4.3.2 going down\r\n"), [mail(1)])

    assert found[1] == Outcome(1, Fate.DEFERRED, "421 4.3.2")


def test_a_server_that_goes_on_after_refusing_gets_an_empty_text(scripted):
    connection = scripted(
        b"250 ok\r\n550 5.1.1 no\r\n354 go\r\n",
        None,
        b"554 5.5.1 nobody\r\n250 reset\r\n" + ENVELOPE,
        None,
        b"250 ok\r\n",
    )

    found = send(connection, [mail(1), mail(2)])

    assert found[1] == Outcome(1, Fate.FAILED, "550 5.1.1")
    assert found[2].fate is Fate.SUBMITTED


def test_a_refused_sender_is_no_fault_of_the_reader(scripted):
    connection = scripted(b"550 5.7.1 not you\r\n")

    found = send(connection, [mail(1)])

    assert found[1].fate is Fate.UNSENT
    assert connection.refusal == "550 5.7.1"


@pytest.mark.parametrize("nonsense", [b"HTTP/1.1 400\r\n", b"\xff\xfe\r\n", b"999\r\n"])
def test_nonsense_ends_the_connection(scripted, nonsense):
    found = send(scripted(ENVELOPE, None, nonsense), [mail(1)])

    assert found[1].fate is Fate.UNSURE


def test_answers_of_several_lines_and_in_pieces_are_one(scripted):
    connection = scripted(
        b"250-first\r\n250 ok\r\n25",
        b"0 ok\r\n354 go\r\n",
        None,
        b"250-2.0.0 very\r\n250 2.0.0 well\r\n",
    )

    assert send(connection, [mail(1)])[1] == Outcome(1, Fate.SUBMITTED, "250 2.0.0")


def test_a_server_that_falls_silent_is_given_up(scripted, monkeypatch):
    monkeypatch.setattr(smtp, "SECONDS_TO_TAKE", 0.05)
    connection = scripted(ENVELOPE, None, b"", None)
    connection.hand(mail(1))
    end = time.monotonic() + 5
    while not connection.waits_for_text and time.monotonic() < end:
        connection.write()
        connection.read()
    connection.send_text()
    connection.write()

    time.sleep(0.1)
    connection.look_at_clock()

    assert connection.outcomes == [Outcome(1, Fate.UNSURE)]
