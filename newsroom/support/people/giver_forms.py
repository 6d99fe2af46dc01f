"""What givers type on their own page and for a reminder, checked."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.newsletters.forms import AddressForm
from newsroom.support import money, reminders
from newsroom.support.models import (
    Campaign,
    FreeAmount,
    PromptVariant,
    RecurringContribution,
)
from newsroom.support.people import giver_page, givers

ON_A_DAY = "date"
_LONGEST_PAUSE = timedelta(days=366)


class LaterForm(AddressForm):
    """An address, and when: a day, or one of the words of ``reminders.WHEN``."""

    when = forms.ChoiceField(
        choices=[(when, "") for when in (*reminders.WHEN, ON_A_DAY)], required=False
    )
    date = forms.DateField(
        required=False,
        error_messages={"invalid": gettext_lazy("Write a date: 2027-03-31.")},
    )
    # The page's, where it is not the publication's own.
    language = forms.ChoiceField(choices=settings.LANGUAGES, required=False)
    v = forms.ModelChoiceField(PromptVariant.objects.all(), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        today = timezone.localdate()
        when, day = cleaned.get("when") or "month", cleaned.get("date")
        if "date" in self.errors:
            return cleaned
        # A day that was written counts, whichever choice is still marked beside it.
        if day is None and when == ON_A_DAY:
            self.add_error("date", _("Choose a day."))
        elif day is None:
            cleaned["due_on"] = reminders.day_of(when, today=today)
        elif today < day <= today + reminders.LONGEST:
            cleaned["due_on"] = day
        else:
            self.add_error("date", _("Choose a day within the coming year."))
        return cleaned

    @property
    def campaign(self) -> Campaign | None:
        """That of the message under which it was asked for."""
        variant: PromptVariant | None = self.cleaned_data.get("v")
        return variant.prompt.campaign if variant is not None else None


class PreferForm(forms.Form):
    name = forms.CharField(required=False, max_length=givers.LONGEST_NAME)
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    is_neutral = forms.BooleanField(required=False)


class AmountForm(forms.Form):
    """A new amount of a recurring gift, in its own currency."""

    amount = forms.CharField(
        max_length=40, error_messages={"required": gettext_lazy("Write an amount.")}
    )

    def __init__(
        self, *args: Any, recurring: RecurringContribution, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._recurring = recurring

    def clean_amount(self) -> int:
        currency = self._recurring.currency
        amount = money.parse(self.cleaned_data["amount"], currency)
        allowed = FreeAmount.objects.filter(
            frequency=self._recurring.frequency, currency=currency
        ).first()
        least = allowed.least_minor if allowed else 1
        most = allowed.most_minor if allowed else money.MOST_MINOR
        if amount < least:
            raise ValidationError(
                _("The least is %(amount)s.")
                % {"amount": money.written(least, currency)}
            )
        if amount > most:
            raise ValidationError(
                _("The most is %(amount)s. To give more, please write to us.")
                % {"amount": money.written(most, currency)}
            )
        return amount


class PauseForm(forms.Form):
    """A pause of a recurring gift until a day."""

    until = forms.DateField(
        error_messages={
            "required": gettext_lazy("Choose a day."),
            "invalid": gettext_lazy("Write a date: 2027-03-31."),
        }
    )

    def __init__(
        self, *args: Any, recurring: RecurringContribution, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._recurring = recurring

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        today = timezone.localdate()
        first = giver_page.first_left_out(self._recurring, today)
        if not today < until <= first + _LONGEST_PAUSE:
            raise ValidationError(
                _("A pause ends tomorrow or later, within a year of the next payment.")
            )
        return until
