"""The forms of the subscribers' pages: labels without colons, no address kept."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.newsletters import imports
from newsroom.newsletters.models import (
    Newsletter,
    Segment,
    Subscriber,
    SubscriberImport,
)


class Plain(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})


class AddressField(forms.CharField):
    """Gives the normalised address."""

    widget = forms.EmailInput(attrs={"autocomplete": "off", "class": "vTextField"})

    def clean(self, value: Any) -> str:
        return mail_addresses.normalised(super().clean(value))


class NewSubscriberForm(Plain):
    class How:
        ASK = "ask"
        NOW = "now"

    address = AddressField(label=_("Email address"), max_length=400)
    newsletters = forms.ModelMultipleChoiceField(
        label=_("Newsletters"),
        queryset=Newsletter.objects.all(),
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    how = forms.ChoiceField(
        label=_("How"),
        choices=[
            (How.ASK, _("Mail a link to confirm; nothing else is sent before")),
            (How.NOW, _("Subscribe at once, on the basis below")),
        ],
        initial=How.ASK,
        widget=forms.RadioSelect,
    )
    basis = forms.ChoiceField(
        label=_("Lawful basis"),
        choices=[("", "—"), *SubscriberImport.Basis.choices[:2]],
        required=False,
    )
    basis_note = forms.CharField(
        label=_("Where they agreed"),
        max_length=200,
        required=False,
        help_text=_(
            "For instance: asked us by letter on 3 March. It stands in the consent "
            "ledger for ever, so write no name or address here."
        ),
    )

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if typed.get("how") == self.How.NOW:
            for name in ("basis", "basis_note"):
                if not typed.get(name):
                    self.add_error(name, _("Needed to subscribe somebody at once."))
        if "@" in typed.get("basis_note", ""):
            self.add_error("basis_note", _("No address here: it is kept for ever."))
        return typed

    @property
    def basis_in_words(self) -> str:
        labels = dict(SubscriberImport.Basis.choices)
        basis = labels[self.cleaned_data["basis"]]
        return f"{basis}: {self.cleaned_data['basis_note']}"[:300]


class WishesForm(forms.ModelForm):
    """How somebody wants their mail."""

    class Meta:
        model = Subscriber
        fields = ["language", "format", "paused_until"]
        widgets = {"paused_until": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})


class ExportForm(Plain):
    of = forms.ChoiceField(label=_("Who"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        lists = [
            (f"newsletter-{newsletter.pk}", str(newsletter))
            for newsletter in Newsletter.objects.all()
        ]
        segments = [
            (f"segment-{segment.pk}", str(segment)) for segment in Segment.objects.all()
        ]
        field: Any = self.fields["of"]
        field.choices = [
            ("all", _("Everybody, and who gets no mail")),
            (_("Newsletters"), lists),
            (_("Segments"), segments),
        ]


class LeaveForm(Plain):
    newsletter = forms.ModelChoiceField(
        label=_("Newsletter"),
        queryset=Newsletter.objects.all(),
        required=False,
        empty_label=_("All newsletters"),
    )


class UploadForm(Plain):
    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "A table as CSV: any delimiter, UTF-8, UTF-16, Windows-1251 or Latin-1. "
            "It is kept encrypted and deleted when it has been taken in."
        ),
        widget=forms.ClearableFileInput({"accept": ".csv,.tsv,.txt,text/csv"}),
    )


class PeriodForm(Plain):
    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("To, that day included"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )


def outcome_in_words(outcome: str) -> str:
    return str(imports.OUTCOMES[outcome])
