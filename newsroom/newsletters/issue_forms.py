"""What staff type on the composing page: an issue's words and its parts, in order."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_prose_editor.widgets import AdminProseEditorWidget

from articles.models import Article
from newsroom.accounts.models import User
from newsroom.core import html
from newsroom.core.local_time import LocalTimeField
from newsroom.core.model_admin import PlainForm
from newsroom.newsletters import composing, parts, trials
from newsroom.newsletters.models import Issue, IssueItem, Newsletter

EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "HardBreak": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "SmartQuotes": True,
    "CleanPaste": {"tracking": html.TRACKING},
    "TrailingNode": True,
}


def editor(label: Any) -> AdminProseEditorWidget:
    return AdminProseEditorWidget(
        config={"extensions": EXTENSIONS},
        preset="configurable",
        attrs={"rows": 3, "aria-label": label},
    )


class IssueForm(PlainForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    support_url = forms.URLField(
        required=False, assume_scheme="https", label=gettext_lazy("Its link")
    )

    class Meta:
        model = Issue
        fields = composing.FIELDS
        labels = {"intro": gettext_lazy("Introduction")}
        widgets = {
            "subject": forms.TextInput(attrs={"data-count": 60}),
            "preheader": forms.TextInput(attrs={"data-count": 90}),
            "intro": editor(gettext_lazy("Introduction")),
            "support_message": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["version"].initial = self.instance.version
        self.fields["segment"].empty_label = _("Everybody who is subscribed")  # type: ignore[attr-defined]
        if self.instance.corrects_id:
            del self.fields["segment"]

    def values(self) -> dict[str, Any]:
        """What ``composing.save`` writes; of a field that is wrong, what was stored."""
        return {
            name: self.cleaned_data.get(name, getattr(self.instance, name))
            for name in composing.FIELDS
        }


class PartForm(forms.Form):
    kind = forms.ChoiceField(
        choices=IssueItem.Kind.choices, widget=forms.HiddenInput, label=""
    )
    article = forms.ModelChoiceField(
        Article.objects.all(), required=False, widget=forms.HiddenInput, label=""
    )
    headline = forms.CharField(max_length=200, required=False)
    text = forms.CharField(required=False, max_length=20_000)
    length = forms.ChoiceField(
        choices=IssueItem.Length.choices, required=False, label=gettext_lazy("Show")
    )
    has_picture = forms.BooleanField(
        required=False, label=gettext_lazy("with its picture")
    )

    def __init__(
        self, *args: Any, kind: str, story: Any = None, **options: Any
    ) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        self.what = kind
        self.story = story
        labels: dict[str, tuple[Any, Any]] = {
            IssueItem.Kind.ARTICLE: (_("Headline instead"), _("Own words instead")),
            IssueItem.Kind.HEADING: (_("Heading"), ""),
            IssueItem.Kind.TEXT: (_("Heading of the text"), _("Text")),
        }
        headline, text = labels.get(kind, ("", ""))
        self.fields["headline"].label = headline
        self.fields["text"].label = text
        if kind == IssueItem.Kind.TEXT:
            self.fields["text"].widget = editor(text)
        else:
            self.fields["text"].widget = forms.Textarea(attrs={"rows": 2})

    @property
    def key(self) -> str:
        return str(self.prefix)

    @property
    def title(self) -> str:
        """How buttons and messages call it."""
        if self.what == IssueItem.Kind.ARTICLE:
            return str(self.story or _("A story that is gone"))
        headline = str(self["headline"].value() or "").strip()
        return headline or str(IssueItem.Kind(self.what).label)

    def item(self, issue: Issue) -> IssueItem | None:
        """The part, not saved; ``None`` where its story is gone."""
        if not self.is_valid():
            return None
        values = self.cleaned_data
        if values["kind"] == IssueItem.Kind.ARTICLE and values["article"] is None:
            return None
        return IssueItem(
            issue=issue,
            kind=values["kind"],
            article=values["article"]
            if values["kind"] == IssueItem.Kind.ARTICLE
            else None,
            headline=values["headline"],
            text=values["text"],
            length=values["length"] or IssueItem.Length.SUMMARY,
            has_picture=values["has_picture"],
        )


def stored_parts(items: Iterable[IssueItem]) -> list[PartForm]:
    return [
        PartForm(
            prefix=f"p{item.pk}",
            kind=item.kind,
            story=item.article,
            initial={
                "kind": item.kind,
                "article": item.article_id,
                "headline": item.headline,
                "text": item.text,
                "length": item.length,
                "has_picture": item.has_picture,
            },
        )
        for item in items
    ]


def typed_parts(data: QueryDict) -> list[PartForm]:
    """The parts in the order in which they were sent."""
    keys = [key for key in data.getlist("part") if key][: parts.MOST_PARTS]
    numbers = [data.get(f"{key}-article", "") for key in keys]
    stories = Article.objects.select_related("section").in_bulk(
        [int(number) for number in numbers if number.isdigit()]
    )
    return [
        PartForm(
            data,
            prefix=key,
            kind=data.get(f"{key}-kind", ""),
            story=stories.get(int(number)) if number.isdigit() else None,
        )
        for key, number in zip(keys, numbers, strict=True)
    ]


def new_part(kind: str) -> PartForm:
    """The pattern of a part, which a script copies."""
    initial = {"kind": kind, "length": IssueItem.Length.SUMMARY, "has_picture": True}
    return PartForm(prefix="__key__", kind=kind, initial=initial)


class TestForm(forms.Form):
    addresses = forms.CharField(
        label=gettext_lazy("Addresses"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=gettext_lazy("One or several, on lines of their own or with commas."),
        required=False,
    )
    role = forms.ModelChoiceField(
        Group.objects.order_by("name"),
        label=gettext_lazy("And to everybody of a role"),
        empty_label=gettext_lazy("nobody"),
        required=False,
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[
            ("full", gettext_lazy("Full text")),
            ("summary", gettext_lazy("Summaries")),
        ],
        required=False,
    )

    def clean_addresses(self) -> list[str]:
        words = self.cleaned_data["addresses"].replace(",", " ").replace(";", " ")
        addresses = list(dict.fromkeys(words.split()))
        for number, address in enumerate(addresses, 1):
            try:
                validate_email(address)
            except ValidationError as error:
                words = _("Address %(number)s is not one: look for a slip.")
                raise ValidationError(words % {"number": number}) from error
        return addresses

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        to = [*cleaned["addresses"], *_addresses_of(cleaned.get("role"))]
        cleaned["addresses"] = list(dict.fromkeys(to))
        if not to:
            self.add_error("addresses", _("Write an address, or choose a role."))
        elif len(cleaned["addresses"]) > trials.MOST:
            words = _("At most %(most)s addresses at a time.")
            self.add_error("addresses", words % {"most": trials.MOST})
        return cleaned


def _addresses_of(role: Group | None) -> list[str]:
    if role is None:
        return []
    people = User.objects.filter(groups=role, is_active=True).exclude(email="")
    return list(people.order_by("pk").values_list("email", flat=True))


class ScheduleForm(forms.Form):
    send_at = LocalTimeField(label=gettext_lazy("Goes out at"))


class BeginForm(forms.Form):
    newsletter = forms.ModelChoiceField(
        Newsletter.objects.all(),
        label=gettext_lazy("Newsletter"),
        empty_label=None,
        widget=forms.RadioSelect,
    )


class BreakingForm(BeginForm):
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=150)
