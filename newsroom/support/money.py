"""Amounts of money: integers in a currency's minor unit, and how they are written.

Source of the digits: ISO 4217, list one.
"""

import re
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext as _

# What gifts may be in, with the digits after the point.
DIGITS = {
    "AED": 2,
    "AMD": 2,
    "AUD": 2,
    "AZN": 2,
    "BGN": 2,
    "BHD": 3,
    "BRL": 2,
    "CAD": 2,
    "CHF": 2,
    "CLP": 0,
    "CNY": 2,
    "CZK": 2,
    "DKK": 2,
    "EUR": 2,
    "GBP": 2,
    "GEL": 2,
    "HKD": 2,
    "HUF": 2,
    "ILS": 2,
    "INR": 2,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "KZT": 2,
    "MDL": 2,
    "MXN": 2,
    "NOK": 2,
    "NZD": 2,
    "OMR": 3,
    "PLN": 2,
    "RON": 2,
    "RSD": 2,
    "SEK": 2,
    "SGD": 2,
    "TND": 3,
    "TRY": 2,
    "UAH": 2,
    "USD": 2,
    "UZS": 2,
    "VND": 0,
    "ZAR": 2,
}
MOST_MINOR = 10**12

_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "UAH": "₴", "PLN": "zł"}
_AFTER = {"PLN"}
_TYPED = re.compile(r"\d{1,12}(?:[.,]\d{1,3})?")
_THOUSANDS = re.compile(r"(?<=\d)[ ’'\u00a0\u202f](?=\d{3}(?!\d))")


def parse(typed: str, currency: str) -> int:
    """What somebody typed, in minor units: ``"12,50"`` of EUR is 1250.

    One comma or point is the decimal one; spaces and apostrophes may part thousands.
    Raises ``ValidationError`` with a sentence that says what to write.
    """
    cleaned = typed.strip()
    for around in {currency, sign(currency)}:
        cleaned = cleaned.removeprefix(around).removesuffix(around).strip()
    cleaned = _THOUSANDS.sub("", cleaned)
    if not _TYPED.fullmatch(cleaned) or not cleaned.isascii():
        raise ValidationError(
            _("Write an amount in figures, such as %(example)s.")
            % {"example": written(example_minor(currency), currency)}
        )
    digits = DIGITS[currency]
    try:
        minor = Decimal(cleaned.replace(",", ".")).scaleb(digits)
    except InvalidOperation:  # pragma: no cover - the pattern lets nothing such pass
        raise ValidationError(_("Write an amount in figures.")) from None
    if minor != minor.to_integral_value():
        words = (
            _("%(currency)s has no cents: write a whole amount.")
            if digits == 0
            else _("%(currency)s has %(digits)d digits after the point.")
        )
        raise ValidationError(words % {"currency": currency, "digits": digits})
    return int(minor)


def example_minor(currency: str) -> int:
    return int(10 * 10 ** DIGITS[currency])


def sign(currency: str) -> str:
    """What stands beside an amount: ``$``, or the code where there is no sign."""
    return _SIGNS.get(currency, currency)


def decimal(amount_minor: int, currency: str) -> Decimal:
    """In whole units, exactly: for files and for providers that want it so."""
    return Decimal(amount_minor).scaleb(-DIGITS[currency])


def written(amount_minor: int, currency: str) -> str:
    """As readers see it, in the language that is spoken: ``$2``, ``€2.50``, ``¥500``.

    Whole amounts stand without digits after the point.
    """
    whole = amount_minor % 10 ** DIGITS[currency] == 0
    number = formats.number_format(
        decimal(abs(amount_minor), currency),
        decimal_pos=0 if whole else DIGITS[currency],
        use_l10n=True,
        force_grouping=True,
    )
    minus = "−" if amount_minor < 0 else ""
    sign = _SIGNS.get(currency)
    if sign is None or currency in _AFTER:
        return f"{minus}{number}\u00a0{sign or currency}"
    return f"{minus}{sign}{number}"
