"""What givers type, checked. The form in the template is written by hand."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsroom.newsletters.forms import AddressForm
from newsroom.support import money
from newsroom.support.checkout import offer
from newsroom.support.checkout.offer import Group, Offer
from newsroom.support.models import CountryPolicy, Frequency, PaymentMethod
from newsroom.support.people.givers import LONGEST_NAME

LONGEST_MESSAGE = 500
ELSEWHERE = "other"  # in none of the countries that are listed


class GiftForm(AddressForm):
    """Gives what ``giving.Wish`` takes. ``amount`` is chosen or written, by group."""

    frequency = forms.ChoiceField(
        choices=Frequency, error_messages={"required": _("Say how often.")}
    )
    currency = forms.CharField(
        max_length=3, error_messages={"required": _("Choose a currency.")}
    )
    amount = forms.IntegerField(required=False)
    method = forms.CharField(
        max_length=60, error_messages={"required": _("Choose how to pay.")}
    )
    country = forms.CharField(max_length=5, required=False)
    knows = forms.BooleanField(required=False)
    cover = forms.BooleanField(required=False)
    name = forms.CharField(max_length=LONGEST_NAME, required=False)
    message = forms.CharField(max_length=LONGEST_MESSAGE, required=False)
    named = forms.BooleanField(required=False)
    neutral = forms.BooleanField(required=False)
    newsletter = forms.BooleanField(required=False)
    key = forms.CharField(max_length=64, required=False)
    instead = forms.CharField(max_length=20, required=False)

    def __init__(
        self, *args: Any, offered: Offer, policies: list[CountryPolicy], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._offered = offered
        self._policies = {policy.country: policy for policy in policies}

    @property
    def policy(self) -> CountryPolicy | None:
        """The policy of the country that was chosen, even where the rest is wrong."""
        return self._policies.get(self.data.get("country", ""))

    @property
    def needs_warning(self) -> bool:
        """Whether they live where giving is dangerous and did not say they know."""
        policy = self.policy
        return bool(policy and policy.warns and not self.data.get("knows"))

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"]
        if self._policies and country not in {ELSEWHERE, *self._policies}:
            raise ValidationError(
                gettext("Say where you live: giving is dangerous in some countries.")
            )
        return country

    def clean_method(self) -> PaymentMethod:
        method = self._offered.method(self.cleaned_data["method"])
        if method is None:
            raise ValidationError(gettext("This way to pay is no longer there."))
        return method

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        frequency, currency = cleaned.get("frequency"), cleaned.get("currency")
        if not frequency or not currency:
            return cleaned
        group = self._offered.group(frequency, currency)
        if group is None:
            words = gettext("Such a gift is not offered. Choose another currency.")
            self.add_error("currency", words)
            return cleaned
        try:
            cleaned["amount"] = self._amount(group)
        except ValidationError as error:
            self.add_error("amount", error)
        method = cleaned.get("method")
        if method is not None and not offer.fits(method, frequency, currency):
            words = gettext(
                "“%(method)s” does not take such gifts. Choose another way to pay."
            )
            self.add_error("method", words % {"method": method.name})
        return cleaned

    def _amount(self, group: Group) -> int:
        typed = self.data.get(f"other_{group.name}", "").strip()
        chosen = self.data.get(f"amount_{group.name}", "")
        if typed:
            return _allowed(money.parse(typed, group.currency), group)
        for amount_minor in group.amounts:
            if chosen == str(amount_minor):
                return amount_minor
        raise ValidationError(
            gettext("Choose an amount, or write one.")
            if group.least_minor is not None
            else gettext("Choose an amount.")
        )


def _allowed(amount_minor: int, group: Group) -> int:
    if group.may_be(amount_minor):
        return amount_minor
    least, most = group.least_minor, group.most_minor
    if least is None or most is None:
        raise ValidationError(gettext("Choose one of the amounts."))
    limits = {
        "least": money.written(least, group.currency),
        "most": money.written(most, group.currency),
    }
    if amount_minor < least:
        raise ValidationError(gettext("Give %(least)s or more.") % limits)
    raise ValidationError(
        gettext("Give %(most)s at most. For more, please write to us.") % limits
    )
