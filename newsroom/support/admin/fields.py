"""What staff type: money, codes by their words, rows by their names."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.forms import OrderedChoiceField
from newsroom.support import money

CURRENCIES = [(code, code) for code in sorted(money.DIGITS)]

_CODE = re.compile(r"[a-z]{2,3}")
_BETWEEN = re.compile(r"[\s,;]+")
_DESCRIPTOR = re.compile(r"[A-Za-z0-9 .,&/-]{5,22}")
_FORBIDDEN = re.compile(r"[<>\\\"'*]")


class MoneyInput(forms.TextInput):
    """An amount as people write it; the currency stands in a field beside it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {"class": "nr-amount", "inputmode": "decimal", "autocomplete": "off"}
        super().__init__(own | (attrs or {}))


class TypedMoney(forms.CharField):
    """Whole units as text; ``read`` makes minor units of it in a currency."""

    widget = MoneyInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 20} | options)


class CurrencyField(forms.ChoiceField):
    def __init__(self, *, is_optional: bool = False, **options: Any) -> None:
        choices = [("", "–"), *CURRENCIES] if is_optional else CURRENCIES
        super().__init__(choices=choices, required=not is_optional, **options)


class Ticked(forms.MultipleChoiceField):
    """Codes of a JSON list, ticked by their words."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, choices: Iterable[tuple[str, Any]], **options: Any) -> None:
        super().__init__(choices=choices, required=False, **options)


class LanguageCodes(forms.CharField):
    """Codes of a JSON list that no table of ours can name: browsers' languages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            max_length=100,
            help_text=gettext_lazy("Codes with spaces between, such as ru be."),
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        codes = [code for code in _BETWEEN.split(str(value or "").lower()) if code]
        if wrong := [code for code in codes if not _CODE.fullmatch(code)]:
            raise ValidationError(
                _("“%(code)s” is no code of a language. Write two letters such as ru.")
                % {"code": wrong[0][:20]}
            )
        return list(dict.fromkeys(codes))

    def validate(self, value: Any) -> None:
        """Nothing more than ``to_python`` saw: it is a list by now."""

    def run_validators(self, value: Any) -> None:
        """See ``validate``."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "").strip()


class RowsByName(OrderedChoiceField):
    """Rows of a relation, found by name; their order means nothing."""

    def prepare_value(self, value: Any) -> Any:
        return [
            row if isinstance(row, dict) else {"id": row.pk, "name": str(row)}
            for row in value or []
        ]

    def clean(self, value: Any) -> list[Any]:
        chosen = [row["id"] for row in super().clean(value)]
        found = self.queryset.in_bulk(chosen)
        return [found[number] for number in chosen]

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = {str(row["id"]) for row in self.prepare_value(initial)}
        return before != {str(row["id"]) for row in data or []}


class FixedFees(forms.CharField):
    """What each payment costs: ``USD 0.30, EUR 0.25``; stored in minor units."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            max_length=400,
            help_text=gettext_lazy(
                "A currency and an amount, with commas between: USD 0.30, EUR 0.25."
            ),
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return ", ".join(
            f"{currency} {plain(minor, currency)}"
            for currency, minor in sorted(value.items())
        )

    def to_python(self, value: Any) -> Any:
        fees: dict[str, int] = {}
        for part in re.split(r"[;\n]|,(?!\d)", str(value or "")):
            if not part.strip():
                continue
            currency, _space, typed = part.strip().partition(" ")
            currency = currency.upper()
            if currency not in money.DIGITS:
                raise ValidationError(
                    _("“%(code)s” is no currency that we know.")
                    % {"code": currency[:20]}
                )
            fees[currency] = money.parse(typed, currency)
        return fees

    def validate(self, value: Any) -> None:
        """Nothing more than ``to_python`` saw: it is a mapping by now."""

    def run_validators(self, value: Any) -> None:
        """See ``validate``."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return str(self.prepare_value(initial) or "") != str(data or "").strip()


class Descriptor(forms.CharField):
    """What a giver's bank shows; card networks take 5 to 22 plain characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "max_length": 22} | options)

    def to_python(self, value: Any) -> str:
        typed = " ".join(str(super().to_python(value) or "").split())
        if not typed:
            return ""
        if _FORBIDDEN.search(typed):
            raise ValidationError(_("These characters are not allowed: < > \\ \" ' *"))
        if not _DESCRIPTOR.fullmatch(typed) or not re.search(r"[A-Za-z]", typed):
            raise ValidationError(
                _("Write 5 to 22 Latin letters and digits, one letter at least.")
            )
        return typed


def plain(amount_minor: int | None, currency: str) -> str:
    """As it is typed: ``2``, ``2.50``. Empty for nothing."""
    if amount_minor is None or currency not in money.DIGITS:
        return ""
    whole, part = divmod(amount_minor, 10 ** money.DIGITS[currency])
    return f"{whole}.{part:0{money.DIGITS[currency]}d}" if part else str(whole)


def read(form: forms.Form | forms.ModelForm, name: str, currency: str) -> int | None:
    """The amount typed into a field, in minor units; what is wrong stands on it."""
    typed = str(form.cleaned_data.get(name) or "").strip()
    if not typed:
        return None
    try:
        minor = money.parse(typed, currency)
        if minor > money.MOST_MINOR:
            raise ValidationError(_("This is more than can be paid at once."))
    except ValidationError as error:
        form.add_error(name, error)
        return None
    return minor


def languages() -> list[tuple[str, Any]]:
    return list(settings.LANGUAGES)
