import time

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from newsroom.core import mail_addresses
from newsroom.core.models import AddressKey

OTHER_KEY = "another-key-another-key-another-key-another"


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("reader@example.org", "reader@example.org"),
        ("  Reader@Example.ORG \n", "reader@example.org"),
        ("READER+Week@example.org", "reader+week@example.org"),
        ("ｒｅａｄｅｒ＠ｅｘａｍｐｌｅ．ｏｒｇ", "reader@example.org"),
        ("reader@пример.рф", "reader@xn--e1afmkfd.xn--p1ai"),
        ("reader@Bücher.example", "reader@xn--bcher-kva.example"),
        ("reader@xn--bcher-kva.example", "reader@xn--bcher-kva.example"),
        ("reader@example.org.", "reader@example.org"),
        ("reader@example。org", "reader@example.org"),
    ],
)
def test_an_address_has_one_form(typed, normal):
    assert mail_addresses.normalised(typed) == normal


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "reader",
        "reader@",
        "@example.org",
        "reader@example",
        "reader@localhost",
        "root@[127.0.0.1]",
        "root@[IPv6:::1]",
        "reader@@example.org",
        "one@two@example.org",
        "reader@example..org",
        "reader@.org",
        "reader@-example.org",
        "rea der@example.org",
        "reader@exam ple.org",
        "reader\n@example.org",
        "reader@example.org\nBcc: other@example.org",
        "reader\0@example.org",
        "reader@example.org\0",
        '"a reader"@example.org',
        '"a\x01"@example.org',
        "<reader@example.org>",
        "читатель@example.org",
        "reader@exa\u200bmple.\u202eorg\u0000",
        "reader@" + "a" * 64 + ".org",
        "r" * 65 + "@" + ("a" * 60 + ".") * 4 + "org",
        "r" * 250 + "@example.org",
        "\ud800@example.org",
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError, match="not an email address"):
        mail_addresses.normalised(typed)


@pytest.mark.parametrize(
    "typed",
    ["a" * 5_000_000, "\ufdfa" * 1_000_000, "a@" + "ü" * 1_000_000, "@" * 10**6],
)
def test_a_very_long_text_is_refused_at_once(typed):
    begun = time.process_time()

    with pytest.raises(ValidationError):
        mail_addresses.normalised(typed)

    assert time.process_time() - begun < 0.1


@given(st.text(max_size=60))
def test_any_text_is_normalised_or_refused(typed):
    try:
        normal = mail_addresses.normalised(typed)
    except ValidationError:
        return
    assert mail_addresses.normalised(normal) == normal
    assert normal.isascii()
    assert normal.isprintable()


@given(st.text("aB+.@üЯ。．-1", max_size=14))
def test_what_looks_like_an_address_has_a_form_that_stays(typed):
    try:
        normal = mail_addresses.normalised(f"{typed}@example.org")
    except ValidationError:
        return
    assert mail_addresses.normalised(normal) == normal


def test_a_sealed_address_can_be_read_and_shows_nothing():
    sealed = mail_addresses.seal("reader@example.org")

    assert mail_addresses.unseal(sealed) == "reader@example.org"
    assert mail_addresses.unseal(memoryview(sealed)) == "reader@example.org"
    assert b"reader" not in sealed
    assert b"example" not in sealed


def test_an_address_is_sealed_anew_each_time():
    assert mail_addresses.seal("a@example.org") != mail_addresses.seal("a@example.org")


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_seal_is_refused(place):
    sealed = bytearray(mail_addresses.seal("reader@example.org"))
    sealed[place] ^= 1

    with pytest.raises(mail_addresses.WrongKey):
        mail_addresses.unseal(bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"short", b"\0" * 12, b"\0" * 100])
def test_what_was_never_sealed_is_refused(sealed):
    with pytest.raises(mail_addresses.WrongKey):
        mail_addresses.unseal(sealed)


def test_another_key_reads_nothing_and_says_no_address(settings):
    sealed = mail_addresses.seal("reader@example.org")
    settings.ADDRESS_KEY = OTHER_KEY

    with pytest.raises(mail_addresses.WrongKey) as raised:
        mail_addresses.unseal(sealed)

    assert "reader" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_digest_finds_an_address_and_depends_on_the_key(settings):
    digest = mail_addresses.digest("reader@example.org")
    domain = mail_addresses.domain_digest("example.org")

    assert len(digest) == mail_addresses.DIGEST_SIZE
    assert digest == mail_addresses.digest("reader@example.org")
    assert digest != mail_addresses.digest("reader@example.net")
    assert domain == mail_addresses.domain_digest("other@example.org")
    settings.ADDRESS_KEY = OTHER_KEY
    assert digest != mail_addresses.digest("reader@example.org")
    assert domain != mail_addresses.domain_digest("example.org")


def test_a_signature_holds_for_one_purpose_and_past_a_changed_secret_key(settings):
    signed = mail_addresses.sign("leave", b"1")
    settings.SECRET_KEY = "changed"

    assert mail_addresses.sign("leave", b"1") == signed
    assert mail_addresses.sign("delivery", b"1") != signed
    assert mail_addresses.sign("leave", b"2") != signed


@pytest.mark.django_db
def test_the_first_start_notes_the_key_and_gives_nothing_of_it_away(settings):
    mail_addresses.check_key()
    mail_addresses.check_key()

    fingerprint = AddressKey.objects.get().fingerprint
    assert settings.ADDRESS_KEY not in fingerprint
    assert mail_addresses.digest("a@example.org").hex() != fingerprint


@pytest.mark.django_db
def test_a_changed_key_is_refused(settings):
    mail_addresses.check_key()
    settings.ADDRESS_KEY = OTHER_KEY

    with pytest.raises(mail_addresses.WrongKey, match="Set the earlier one"):
        mail_addresses.check_key()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "short", "x" * 31])
def test_a_short_key_is_refused(settings, key):
    settings.ADDRESS_KEY = key

    with pytest.raises(mail_addresses.WrongKey, match="too short"):
        mail_addresses.check_key()
    assert AddressKey.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_changed_key_stops_the_start(settings, command, monkeypatch):
    mail_addresses.check_key()
    settings.ADDRESS_KEY = OTHER_KEY
    monkeypatch.setattr("uvicorn.run", _not_reached)
    monkeypatch.setattr("asyncio.run", _not_reached)

    with pytest.raises(CommandError, match="ADDRESS_KEY is not the one") as raised:
        call_command(command)

    assert raised.value.returncode == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_the_start_goes_on_while_the_database_is_away(command, monkeypatch, capsys):
    started = []
    monkeypatch.setattr("uvicorn.run", lambda *args, **options: started.append(True))
    monkeypatch.setattr(
        "asyncio.run", lambda work: (work.close(), started.append(True))
    )
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    try:
        call_command(command, skip_checks=True)
    finally:
        connection.close()

    assert started == [True]
    assert "The database does not answer" in capsys.readouterr().err


def _not_reached(*args, **options):
    raise AssertionError("It started.")
