import re

import pytest
from django.core import checks
from hypothesis import given
from hypothesis import strategies as st

from newsroom.support import payments, system_checks
from newsroom.support.mails import instructions
from newsroom.support.models import GiverLetter
from newsroom.support.payments import bank_transfer
from newsroom.support.payments.interface import NotPossible, Unverified
from tests.newsroom.support import books

DONE = "http://testserver/support/thanks/x/"


@pytest.fixture(autouse=True)
def account(settings):
    settings.BANK_HOLDER = "Reading Foundation"
    settings.BANK_IBAN = "DE89 3704 0044 0532 0130 00"
    settings.BANK_BIC = "COBADEFFXXX"
    settings.BANK_NAME = ""
    settings.BANK_DETAILS = "Routing number: 021000021; Account: 12345"


def begun(**values):
    gift = books.gift(provider="bank_transfer", method="transfer", **values)
    payments.named("bank_transfer").start_checkout(
        gift, address="", back=DONE, done=DONE
    )
    return gift


@given(st.integers(0, 10**12 - 1))
def test_a_reference_is_right_by_its_check_digits(number):
    made = bank_transfer.reference(f"{number:012d}")

    assert bank_transfer.is_reference(made)
    assert re.fullmatch(r"RF\d{14}", made)
    assert bank_transfer.references_in(f"Gift {bank_transfer.grouped(made)} thanks")


def test_the_standards_own_example_has_our_check_digits():
    # ISO 11649 in the EPC's guide: RF18 5390 0754 7034.
    assert bank_transfer.reference("539007547034") == "RF18539007547034"


@given(
    st.integers(0, 10**12 - 1),
    st.integers(2, 15),
    st.integers(1, 9),
)
def test_every_single_wrong_digit_is_noticed_and_mended(number, at, by):
    right = bank_transfer.reference(f"{number:012d}")
    digit = str((int(right[at]) + by) % 10)
    wrong = right[:at] + digit + right[at + 1 :]

    assert bank_transfer.references_in(wrong) == []
    assert right in bank_transfer.mended_in(wrong)


@pytest.mark.parametrize(
    "typed",
    [
        "RF18539007547034",
        "rf18 5390 0754 7034",
        "Gift RF18-5390-0754-7034 for you",
        "RF18539OO7547O34",
        "18539007547034",
        "spende/RF18.5390.0754.7034/danke",
    ],
)
def test_a_reference_is_found_however_it_was_typed(typed):
    assert bank_transfer.references_in(typed) == ["RF18539007547034"]


@pytest.mark.parametrize("typed", ["", "a gift", "RF", "1234567890", "RF185390"])
def test_no_reference_is_made_up(typed):
    assert bank_transfer.references_in(typed) == []
    assert bank_transfer.mended_in(typed) == []


@pytest.mark.django_db
def test_the_page_after_it_says_where_to_transfer_to(client):
    gift = begun()

    page = client.get(f"/support/thanks/{gift.public_id}/").content.decode()

    assert bank_transfer.grouped(gift.checkout_ref) in page
    assert "DE89 3704 0044 0532 0130 00" in page
    assert "Reading Foundation" in page
    assert "021000021" in page
    assert "25.00 USD" in page


@pytest.mark.django_db
def test_begun_again_it_has_the_same_reference():
    gift = begun()
    first = gift.checkout_ref

    payments.named("bank_transfer").start_checkout(
        gift, address="", back=DONE, done=DONE
    )

    assert gift.checkout_ref == first


@pytest.mark.django_db
def test_the_lines_are_mailed_once_in_the_givers_language():
    gift = begun()

    instructions.mail(gift.pk)
    instructions.mail(gift.pk)

    letter = GiverLetter.objects.get()
    lines = dict(letter.facts["lines"])
    assert letter.kind == "instructions"
    assert lines["Reference"] == bank_transfer.grouped(gift.checkout_ref)


@pytest.mark.django_db
def test_without_an_account_nobody_is_sent_anywhere(settings):
    settings.BANK_IBAN = settings.BANK_DETAILS = ""

    with pytest.raises(NotPossible):
        begun()


@pytest.mark.django_db
def test_a_bank_posts_nothing(client):
    provider = payments.named("bank_transfer")

    with pytest.raises(Unverified):
        provider.parse_event(b"{}", {}, at=books.NOON)
    assert client.post("/hooks/bank_transfer/").status_code == 400


@pytest.mark.parametrize(
    ("iban", "is_right"),
    [
        ("DE89370400440532013000", True),
        ("GB33 BUKB 2020 1555 5555 55", True),
        ("DE89370400440532013001", False),
        ("nonsense", False),
    ],
)
def test_an_iban_is_checked(iban, is_right):
    assert bank_transfer.is_iban(iban) is is_right


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"STRIPE_SECRET_KEY": "pk_live_1"}, "E001"),
        ({"STRIPE_SECRET_KEY": "sk_live_1"}, "E002"),
        ({"STRIPE_WEBHOOK_SECRET": "secret"}, "E003"),
        ({"STRIPE_API_BASE": "http://elsewhere.example"}, "E004"),
        ({"BANK_IBAN": "DE89370400440532013001"}, "E005"),
        ({"BANK_HOLDER": ""}, "E006"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(settings, changes, number):
    assert system_checks.payment_settings(None) == []

    for name, value in changes.items():
        setattr(settings, name, value)

    found = system_checks.payment_settings(None)
    assert f"support.{number}" in [one.id for one in found]
    assert all(isinstance(one, checks.Error) for one in found)


def test_every_start_asks_for_settings_that_can_work(settings):
    settings.STRIPE_API_BASE = "http://elsewhere.example"

    assert "support.E004" in [one.id for one in checks.run_checks()]
