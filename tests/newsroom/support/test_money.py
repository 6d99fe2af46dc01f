"""Amounts in every currency: typed, kept in minor units, written, covered."""

from decimal import Decimal
from string import printable

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsroom.publication import furniture
from newsroom.support import money
from newsroom.support.checkout import offer, page_form
from newsroom.support.checkout.forms import GiftForm
from newsroom.support.checkout.offer import Group, Offer
from newsroom.support.models import Frequency, PaymentMethod
from tests.newsroom.support.gifts import filled_in

currencies = st.sampled_from(sorted(money.DIGITS))
amounts = st.integers(min_value=1, max_value=10**11)
typings = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from(printable)), max_size=30
)


@given(amount=amounts, currency=currencies)
@example(amount=500, currency="JPY")
@example(amount=1234, currency="KWD")
def test_an_amount_in_figures_is_read_as_it_was_meant(amount, currency):
    figures = f"{money.decimal(amount, currency):f}"

    assert money.parse(figures, currency) == amount
    assert money.parse(figures.replace(".", ","), currency) == amount
    assert money.parse(f" {figures} {currency}", currency) == amount
    assert money.parse(f"{money.sign(currency)}{figures}", currency) == amount
    assert money.parse(f"{figures} {money.sign(currency)}", currency) == amount


@given(amount=amounts, currency=currencies)
def test_thousands_may_be_parted(amount, currency):
    whole, _point, part = f"{money.decimal(amount, currency):f}".partition(".")
    for space in (" ", "\u00a0", "\u202f", "’", "'"):
        parted = f"{int(whole):,}".replace(",", space) + (part and f",{part}")

        assert money.parse(parted, currency) == amount


@given(typed=typings, currency=currencies)
@example(typed="١٢", currency="USD")
@example(typed="1e9", currency="USD")
@example(typed="-5", currency="USD")
@example(typed="NaN", currency="USD")
@example(typed="1.5", currency="JPY")
@example(typed="1.2345", currency="KWD")
@example(typed="1,234.50", currency="USD")
def test_whatever_is_typed_becomes_an_amount_or_a_sentence(typed, currency):
    read = outcome(typed, currency)

    if isinstance(read, str):
        assert read.endswith(".")
    else:
        assert 0 <= read < 10 ** (12 + money.DIGITS[currency])


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (200, "USD", "$2"),
        (250, "EUR", "€2.50"),
        (500, "JPY", "¥500"),
        (1500, "KWD", "1.500\u00a0KWD"),
        (5000, "KWD", "5\u00a0KWD"),
        (123456700, "USD", "$1,234,567"),
        (1000, "PLN", "10\u00a0zł"),
        (-250, "USD", "−$2.50"),
    ],
)
def test_amounts_are_written_as_readers_know_them(amount, currency, written):
    assert money.written(amount, currency) == written


@given(
    amount=amounts, currency=currencies, language=st.sampled_from(["en", "de", "ru"])
)
def test_no_digit_is_lost_in_writing(amount, currency, language):
    with furniture.speaking(language):
        written = money.written(amount, currency)

    digits = "".join(letter for letter in written if letter.isdigit())
    exact = f"{money.decimal(amount, currency):f}".replace(".", "").lstrip("0")
    whole = exact.removesuffix("0" * money.DIGITS[currency])
    assert digits.lstrip("0") in (exact, whole)


@given(
    amount=amounts,
    currency=currencies,
    percent=st.decimals(0, 30, places=3),
    fixed=st.integers(0, 1000),
)
def test_with_the_fee_covered_at_least_the_gift_arrives(
    amount, currency, percent, fixed
):
    method = PaymentMethod(fee_percent=percent, fee_fixed={currency: fixed})

    whole = amount + offer.covering(method, amount, currency)

    kept = whole - (Decimal(whole) * percent / 100 + fixed)
    assert kept >= amount
    less = whole - 1
    assert less - (Decimal(less) * percent / 100 + fixed) < amount


@given(
    least=st.integers(1, 10**6),
    most=st.integers(1, 10**9),
    amount=amounts,
    currency=currencies,
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_form_takes_what_lies_between_least_and_most(least, most, amount, currency):
    most += least
    form = gift_form(currency, least, most, f"{money.decimal(amount, currency):f}")

    is_taken = "amount" not in form.errors

    assert is_taken == (least <= amount <= most)
    if is_taken:
        assert form.cleaned_data["amount"] == amount


@given(typed=typings, currency=currencies)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_is_typed_the_form_answers(typed, currency):
    form = gift_form(currency, 100, 10**9, typed)

    amount = form.cleaned_data.get("amount")

    assert "amount" in form.errors or amount == 500 or 100 <= amount <= 10**9


@given(amount=amounts, currency=currencies)
def test_an_amount_given_in_a_link_comes_back_unchanged(amount, currency):
    offered = offer_of(currency, 1, 10**12)
    query = {"frequency": "once", "currency": currency, "amount": str(amount)}

    values = page_form.of_query(query, offered)

    group = offered.groups[0]
    typed = values.get(f"other_{group.name}")
    assert (money.parse(typed, currency) if typed else 500) == amount


def offer_of(currency: str, least: int, most: int) -> Offer:
    group = Group(Frequency.ONCE, currency, (500,), 500, least, most)
    method = PaymentMethod(provider="sandbox", code="card", name="Card")
    return Offer(groups=(group,), methods=(method,))


def gift_form(currency: str, least: int, most: int, typed: str) -> GiftForm:
    """What was posted with an amount typed; a tile of 500 is chosen besides."""
    said = filled_in(
        currency=currency,
        **{f"other_once_{currency}": typed, f"amount_once_{currency}": "500"},
    )
    form = GiftForm(said, offered=offer_of(currency, least, most), policies=[])
    form.is_valid()
    return form


def outcome(typed: str, currency: str) -> int | str:
    try:
        return money.parse(typed, currency)
    except ValidationError as error:
        return error.messages[0]
