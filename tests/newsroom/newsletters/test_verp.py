import pytest

from newsroom.core import mail_addresses
from newsroom.newsletters import verp

DELIVERY = 4_711_000_815


@pytest.fixture(autouse=True)
def _own_domain(settings):
    settings.BOUNCE_DOMAIN = "bounces.example.org"


def test_a_return_address_is_read_back():
    address = verp.return_path(DELIVERY)

    assert address.startswith("bounce+")
    assert address.endswith("@bounces.example.org")
    assert verp.read(address) == DELIVERY


def test_there_is_no_return_address_without_a_domain(settings):
    settings.BOUNCE_DOMAIN = ""

    assert verp.return_path(DELIVERY) == ""


def test_the_part_before_the_at_is_short_enough_for_every_mail_server():
    local, _at, _domain = verp.return_path(2**63 - 1).partition("@")

    assert len(local) <= 64
    assert local.islower()


def test_a_message_id_is_read_back_and_always_the_same(settings):
    named = verp.message_id(DELIVERY)
    settings.SECRET_KEY = "another"

    assert verp.message_id(DELIVERY) == named
    assert verp.read(f"Message-ID: {named}") == DELIVERY


def test_a_message_id_needs_no_domain_for_bounces(settings):
    settings.BOUNCE_DOMAIN = ""
    settings.SITE_URL = "https://news.example.org"

    assert verp.message_id(1).endswith("@news.example.org>")


@pytest.mark.parametrize(
    "rewritten",
    [
        str.upper,
        lambda address: f"<{address}>",
        lambda address: f"prvs=0123456789={address}",
        lambda address: (
            "SRS0=HHHH=TT=bounces.example.org="
            + address.replace("bounces.example.org", "forwarder.example")
        ),
    ],
)
def test_mail_servers_may_rewrite_a_return_address(rewritten):
    assert verp.read(rewritten(verp.return_path(DELIVERY))) == DELIVERY


def test_a_forged_number_is_not_read():
    address = verp.return_path(DELIVERY)
    other = verp.return_path(DELIVERY + 1)
    mixed = address[:20] + other[20:]

    assert verp.read(mixed) is None


def test_an_address_signed_under_another_key_is_not_read(settings):
    address = verp.return_path(DELIVERY)

    settings.ADDRESS_KEY = "x" * 40

    assert verp.read(address) is None


@pytest.mark.parametrize(
    "text",
    ["", "bounce+@example.org", "bounce+" + "a" * 32 + "@x", "reader@example.org"],
)
def test_what_is_not_ours_is_not_read(text):
    assert verp.read(text) is None


def test_our_signature_is_found_among_others():
    text = "To: bounce+" + "a" * 32 + "@example.net\n" + verp.return_path(DELIVERY)

    assert verp.read(text) == DELIVERY


def test_a_text_full_of_forged_signatures_is_given_up():
    text = ("bounce+" + "a" * 32 + "@x ") * 60 + verp.return_path(DELIVERY)

    assert verp.read(text) is None


def test_a_return_address_holds_no_address_of_a_reader():
    digest = mail_addresses.digest("reader@example.org")

    assert "reader" not in verp.return_path(DELIVERY)
    assert digest.hex()[:8] not in verp.return_path(DELIVERY)
