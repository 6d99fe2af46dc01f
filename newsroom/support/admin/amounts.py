"""Amounts that are offered: for each currency and frequency a row to type them in."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.support import money
from newsroom.support.admin.fields import (
    CurrencyField,
    MoneyInput,
    TypedMoney,
    plain,
    read,
)
from newsroom.support.appeals import campaigns
from newsroom.support.models import AmountChoice, Asking, Campaign, Frequency

PLACES = 4  # at least so many fields in a row, and one empty one
NEW = "new"


class CurrencyForm(forms.Form):
    """The amounts of one currency, a row for each frequency."""

    def __init__(
        self, *args: Any, currency: str, stored: list[AmountChoice], **options: Any
    ) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        self.currency = currency
        self.typed: dict[str, tuple[list[int], int | None]] = {}
        if not currency:
            self.fields["currency"] = CurrencyField(
                is_optional=True, label=gettext_lazy("Another currency")
            )
        most = max(
            (sum(row.frequency == one for row in stored) for one in Frequency),
            default=0,
        )
        # As many as were typed, so that nothing is lost when it comes back.
        self.places = range(max(PLACES, most + 1, self._sent()))
        for frequency in Frequency:
            self._add_row(
                frequency, [row for row in stored if row.frequency == frequency]
            )

    @property
    def title(self) -> str:
        return self.currency

    @property
    def choice(self) -> Any:
        """The field of the currency: the form itself has it as a word."""
        return self["currency"]

    def rows(self) -> Iterator[dict[str, Any]]:
        for frequency in Frequency:
            cells = [
                (self[f"{frequency}-{place}"], place, self._is_first(frequency, place))
                for place in self.places
            ]
            yield {
                "frequency": frequency,
                "cells": cells,
                "first": self.add_prefix(f"{frequency}-first"),
                "errors": [
                    error for cell, _place, _first in cells for error in cell.errors
                ],
            }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        currency = self.currency or cleaned.get("currency", "")
        if not currency:
            if any(cleaned.get(name) for name in cleaned if name != "currency"):
                raise ValidationError(_("Choose the currency of these amounts."))
            return cleaned
        for frequency in Frequency:
            self.typed[frequency] = self._read_row(frequency, currency)
        return cleaned

    def save(self, campaign: Campaign | None) -> bool:
        currency = self.currency or self.cleaned_data.get("currency", "")
        changes = [
            campaigns.offer(campaign, currency, frequency, amounts, first=first)
            for frequency, (amounts, first) in self.typed.items()
        ]
        return any(changes)

    def _add_row(self, frequency: Frequency, stored: list[AmountChoice]) -> None:
        for place in self.places:
            row = stored[place] if place < len(stored) else None
            words = _("%(frequency)s, amount %(number)s in %(currency)s") % {
                "frequency": frequency.label,
                "number": place + 1,
                "currency": self.currency or _("another currency"),
            }
            self.fields[f"{frequency}-{place}"] = TypedMoney(
                initial=plain(row.amount_minor, self.currency) if row else "",
                widget=MoneyInput({"aria-label": words}),
            )
        default = [place for place, row in enumerate(stored) if row.is_default]
        self.fields[f"{frequency}-first"] = forms.CharField(
            required=False, initial=str(default[0]) if default else ""
        )

    def _is_first(self, frequency: Frequency, place: int) -> bool:
        return str(self[f"{frequency}-first"].value()) == str(place)

    def _sent(self) -> int:
        """One more than the highest place that came back."""
        prefix = f"{self.prefix}-{Frequency.ONCE}-"
        places = [
            int(name.removeprefix(prefix))
            for name in self.data
            if name.startswith(prefix) and name.removeprefix(prefix).isdecimal()
        ]
        return min(max(places, default=-1) + 1, 20)

    def _read_row(
        self, frequency: Frequency, currency: str
    ) -> tuple[list[int], int | None]:
        amounts: list[int] = []
        first = None
        chosen = self.cleaned_data.get(f"{frequency}-first", "")
        for place in self.places:
            name = f"{frequency}-{place}"
            amount = read(self, name, currency)
            if amount is None:
                continue
            if amount <= 0:
                self.add_error(name, _("Write an amount above 0."))
            elif amount in amounts:
                self.add_error(
                    name,
                    _("%(amount)s stands here twice.")
                    % {"amount": money.written(amount, currency)},
                )
            amounts.append(amount)
            if chosen == str(place):
                first = amount
        if amounts and first is None:
            first = amounts[0]
        return amounts, first


class Amounts:
    """All that a campaign offers (or, for ``None``, every one without its own)."""

    def __init__(
        self, campaign: Campaign | None, data: Mapping[str, Any] | None = None
    ) -> None:
        self.campaign = campaign
        self.data = data

    @cached_property
    def forms(self) -> list[CurrencyForm]:
        stored = self._stored()
        found = sorted({row.currency for row in stored})
        if not found:
            found = [Asking.current().default_currency]
        # A currency that was taken off in between came back all the same.
        sent = {
            name.split("-")[1]
            for name in self.data or ()
            if name.startswith("amounts-")
        }
        more = sorted(sent & set(money.DIGITS) - set(found))
        made = [
            CurrencyForm(
                self.data,
                prefix=f"amounts-{currency}",
                currency=currency,
                stored=[row for row in stored if row.currency == currency],
            )
            for currency in [*found, *more]
        ]
        blank = CurrencyForm(self.data, prefix=f"amounts-{NEW}", currency="", stored=[])
        return [*made, blank]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in self.forms]
        return all(valid) and not self._twice()

    def save(self, campaign: Campaign | None) -> bool:
        changes = [form.save(campaign) for form in self.forms]
        return any(changes)

    def _stored(self) -> list[AmountChoice]:
        campaign = self.campaign
        if campaign is not None and campaign._state.adding:
            return []
        return list(
            AmountChoice.objects.filter(campaign=self.campaign).order_by("amount_minor")
        )

    def _twice(self) -> bool:
        blank = self.forms[-1]
        chosen = blank.cleaned_data.get("currency")
        if chosen and chosen in [form.currency for form in self.forms[:-1]]:
            blank.add_error(
                "currency", _("This currency stands above: write its amounts there.")
            )
            return True
        return False
