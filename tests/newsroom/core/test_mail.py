import email
import socket

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail

from newsroom.core import mail


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "newsroom.core.mail.FolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


@pytest.fixture
def no_server(settings):
    """A mail server that is not there."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "newsroom.core.mail.NotingBackend"
        settings.MAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = held.getsockname()[1]
        yield


def send():
    return send_mail("Привет", "Text", None, ["maria@reader.example"])


def test_each_mail_is_one_whole_file(folder):
    message = EmailMultiAlternatives("Привет", "Text", to=["m@reader.example"])
    message.attach_alternative("<p>Text</p>", "text/html")

    message.send()
    send()

    files = sorted(folder.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    parsed = email.message_from_bytes(files[0].read_bytes())
    assert [part.get_content_type() for part in parsed.walk()][1:] == [
        "text/plain",
        "text/html",
    ]


def test_mails_lie_in_the_order_they_were_sent(folder):
    for number in range(20):
        send_mail(str(number), "Text", None, ["m@reader.example"])

    subjects = [
        email.message_from_bytes(file.read_bytes())["Subject"]
        for file in sorted(folder.iterdir())
    ]
    assert subjects == [str(number) for number in range(20)]


@pytest.mark.django_db
@pytest.mark.usefixtures("no_server")
def test_a_failure_is_noted_without_an_address_and_told_to_the_sender():
    with pytest.raises(ConnectionRefusedError):
        send()

    failure = mail.failing()
    assert failure["error"] == "ConnectionRefusedError"
    assert failure["since"] == failure["last"]
    assert "reader.example" not in str(failure)


@pytest.mark.django_db
@pytest.mark.usefixtures("no_server")
def test_a_second_failure_keeps_the_time_of_the_first():
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            send()

    failure = mail.failing()
    assert failure["since"] < failure["last"]


@pytest.mark.django_db
@pytest.mark.usefixtures("no_server")
def test_the_next_mail_that_goes_out_takes_the_note_away(settings):
    with pytest.raises(ConnectionRefusedError):
        send()
    settings.MAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    send()

    assert mail.failing() is None


@pytest.mark.django_db
@pytest.mark.usefixtures("no_server")
def test_who_asks_for_silence_gets_a_number():
    assert send_mail("a", "b", None, ["m@reader.example"], fail_silently=True) == 0
    assert mail.failing() is not None
