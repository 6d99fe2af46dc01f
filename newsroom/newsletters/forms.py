"""What readers type, checked. The forms in the templates are written by hand."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.newsletters import mistyped, preferences
from newsroom.newsletters.models import ConsentText, Newsletter, Subscriber
from newsroom.newsletters.models.subscriber import Source

# No person sees it, and no browser fills it in by itself.
TRAP = "your_site"


class AddressField(forms.CharField):
    """Gives a normalised address."""

    default_error_messages = {"required": _("Write your email address.")}

    def clean(self, value: Any) -> str:
        return mail_addresses.normalised(super().clean(value))


class NewslettersField(forms.ModelMultipleChoiceField):
    default_error_messages = {
        "required": _("Choose at least one newsletter."),
        "invalid_choice": _("This newsletter can no longer be chosen."),
        "invalid_pk_value": _("This newsletter can no longer be chosen."),
    }


class AddressForm(forms.Form):
    """An address, and the doubt that it is mistyped.

    ``suggestion`` is set where something else was probably meant and the reader has
    not said yet which of the two it is.
    """

    email = AddressField()
    use = forms.ChoiceField(choices=[("typed", ""), ("suggested", "")], required=False)

    suggestion = ""

    @property
    def is_trapped(self) -> bool:
        """Whether a program filled in what no person sees."""
        return bool(self.data.get(TRAP))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        address = cleaned.get("email", "")
        suggestion = mistyped.suggestion(address) if address else ""
        if suggestion and cleaned.get("use") == "suggested":
            cleaned["email"] = suggestion
        elif cleaned.get("use") != "typed":
            self.suggestion = suggestion
        return cleaned


class SignUpForm(AddressForm):
    newsletter = NewslettersField(Newsletter.objects.none())
    consent = forms.BooleanField(
        error_messages={
            "required": _("Tick the box: without your agreement we send nothing.")
        }
    )
    # Which wording stood beside the box.
    text = forms.ModelChoiceField(ConsentText.objects.all(), required=False)
    source = forms.ChoiceField(
        choices=[(Source.SITE, ""), (Source.ARTICLE, "")], required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["newsletter"].queryset = Newsletter.objects.open()  # type: ignore[attr-defined]

    @property
    def chosen(self) -> set[int]:
        """The newsletters' numbers as they were sent, for showing the form again."""
        sent = self.data.getlist("newsletter")  # type: ignore[attr-defined]
        return {int(number) for number in sent if number.isdecimal()}


class PreferencesForm(forms.Form):
    newsletter = NewslettersField(Newsletter.objects.none(), required=False)
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    format = forms.ChoiceField(choices=Subscriber.Format)
    paused_until = forms.DateField(
        required=False, error_messages={"invalid": _("Write a date: 2027-03-31.")}
    )

    def __init__(self, *args: Any, offered: list[Newsletter], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = [newsletter.pk for newsletter in offered]
        found = Newsletter.objects.filter(pk__in=numbers)
        self.fields["newsletter"].queryset = found  # type: ignore[attr-defined]

    def clean_paused_until(self) -> date | None:
        until: date | None = self.cleaned_data["paused_until"]
        today = timezone.now().date()
        if until is None or until <= today:
            return None  # a pause that is over is none
        if until > today + preferences.LONGEST_PAUSE:
            raise ValidationError(
                _("A pause can last a year. To get nothing at all, leave instead.")
            )
        return until


class NewAddressForm(forms.Form):
    new_address = AddressField()

    def __init__(self, *args: Any, present: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._present = present

    def clean_new_address(self) -> str:
        address: str = self.cleaned_data["new_address"]
        if address == self._present:
            raise ValidationError(_("This is your address already."))
        return address
