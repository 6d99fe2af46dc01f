import base64

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from newsroom.newsletters import compiling, links, signing, verp
from tests import make

MESSAGE = (
    b"From: The Meridian <week@meridian.example>\r\n"
    b"To: <reader@example.org>\r\n"
    b"Subject: The week\r\n"
    b"Date: Fri, 20 Nov 2026 07:00:00 +0000\r\n"
    b"Message-ID: <one@meridian.example>\r\n"
    b"List-Unsubscribe: <https://meridian.example/leave>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"\r\n"
    b"Five stories.\r\n"
)


def written(key, file, *, form=serialization.PrivateFormat.PKCS8):
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        )
    )
    return str(file)


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def configured(settings, tmp_path, key):
    settings.DKIM_SELECTOR = "news"
    settings.DKIM_DOMAIN = "meridian.example"
    settings.DKIM_KEY_FILE = written(key, tmp_path / "key.pem")
    return settings


@pytest.fixture
def dns(key):
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def answer(name, timeout=5):
        return record if name == b"news._domainkey.meridian.example." else None

    return answer


def test_nothing_is_signed_unless_configured():
    assert signing.signer() is None


def test_a_signature_is_verified_by_the_key_in_the_dns(configured, dns):
    signed = signing.signer()(MESSAGE)

    assert signed.endswith(MESSAGE)
    assert signed.startswith(b"DKIM-Signature: ")
    assert dkim.verify(signed, dnsfunc=dns)


@pytest.mark.parametrize(
    "change",
    [
        (b"Five stories", b"Six stories"),
        (b"Subject: The week", b"Subject: The month"),
        (b"meridian.example/leave", b"meridian.example/stay"),
        (b"To: <reader", b"From: <other@example.net>\r\nTo: <reader"),
    ],
)
def test_a_changed_mail_is_not_verified(configured, dns, change):
    signed = signing.signer()(MESSAGE)

    assert not dkim.verify(signed.replace(*change), dnsfunc=dns)


def test_a_key_in_the_older_form_works_too(configured, dns, key, tmp_path):
    form = serialization.PrivateFormat.TraditionalOpenSSL
    configured.DKIM_KEY_FILE = written(key, tmp_path / "old.pem", form=form)

    assert dkim.verify(signing.signer()(MESSAGE), dnsfunc=dns)


def test_all_three_settings_belong_together(configured):
    configured.DKIM_SELECTOR = ""

    with pytest.raises(ImproperlyConfigured, match="belong together"):
        signing.signer()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        (b"not a key", "no private key in PEM form"),
        ("elliptic", "must hold an RSA key"),
    ],
)
def test_a_wrong_key_file_stops_the_start(configured, tmp_path, content, words):
    file = tmp_path / "wrong.pem"
    if content == "elliptic":
        written(ec.generate_private_key(ec.SECP256R1()), file)
    elif content is not None:
        file.write_bytes(content)
    configured.DKIM_KEY_FILE = str(file)

    with pytest.raises(SystemCheckError, match=words):
        call_command("check")

    assert [error.id for error in checks.run_checks()] == ["newsletters.E006"]


@pytest.mark.django_db
def test_an_issue_as_it_goes_over_the_wire_can_be_signed(configured, dns):
    issue = make.issue(intro="<p>One</p><p>.</p><p>..two</p>")
    kept = compiling.compile(issue, {"en-full"})
    filled = compiling.read(kept)["en-full"].fill(
        to="reader@example.org",
        message_id=verp.message_id(1),
        leave=links.for_ever(1, 1),
        preferences="token",
    )

    signed = compiling.signed(filled, signing.signer())

    assert signed.endswith(b"\r\n.\r\n")
    received = signed.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    assert dkim.verify(received, dnsfunc=dns)
