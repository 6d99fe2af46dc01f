"""The mailbox for bounces over IMAP, by a server that speaks TLS."""

from urllib.parse import quote

import pytest

from newsroom.newsletters import mailboxes
from newsroom.newsletters.models import BounceEvent, Delivery
from tests import make
from tests.newsroom.newsletters import imap_server
from tests.newsroom.newsletters.reported import mail

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    imap_server.certificate(file)
    return file


@pytest.fixture
def delivery():
    reader = make.subscriber()
    return Delivery.objects.create(
        issue=make.issue(articles=[]),
        subscriber=reader,
        address_digest=bytes(reader.address_digest),
        variant="en-full",
        state=Delivery.State.SUBMITTED,
    )


def address(port, *, word=imap_server.PASSWORD):
    return f"imaps://bounces:{quote(word)}@127.0.0.1:{port}/INBOX"


def test_unread_mails_are_read_and_marked(delivery, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    mails = [mail("hard", delivery.pk), mail("reply", 1), b"x" * (2 << 20)]

    with imap_server.serving(mails, file=certificate) as (box, port):
        first = mailboxes.read(address(port))
        second = mailboxes.read(address(port))

    assert first == {"hard": 1, "answer": 2}
    assert second == {}
    assert box.seen == {0, 1, 2}
    assert BounceEvent.objects.count() == 1


def test_what_was_not_committed_is_read_again(
    delivery, certificate, monkeypatch, django_db_blocker
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    mails = [mail("hard", delivery.pk)]

    with imap_server.serving(mails, file=certificate) as (box, port):
        with django_db_blocker.block(), pytest.raises(RuntimeError):
            mailboxes.read(address(port))
        seen_after_failure = set(box.seen)
        findings = mailboxes.read(address(port))

    assert seen_after_failure == set()
    assert findings == {"hard": 1}


def test_a_server_that_nobody_vouches_for_is_refused(certificate):
    with (
        imap_server.serving([b""], file=certificate) as (box, port),
        pytest.raises(mailboxes.Unreachable, match="SSLCertVerificationError"),
    ):
        mailboxes.read(address(port))

    assert box.seen == set()


def test_a_wrong_password_is_told_without_it(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with (
        imap_server.serving([b""], file=certificate) as (_box, port),
        pytest.raises(mailboxes.Unreachable) as raised,
    ):
        mailboxes.read(address(port, word="another"))

    assert "another" not in str(raised.value)
    assert mailboxes.failing()["error"] == "error"
