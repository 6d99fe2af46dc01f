"""What staff type about the publication, its fixed pages and moved addresses."""

import io
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import URLValidator
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from newsroom.core import html, pictures
from newsroom.core.model_admin import PlainForm
from newsroom.publication.model_admin import AddressedForm
from newsroom.publication.models import Page, Publication, Redirect

LOGO_SIDE = 512  # pixels
EXTENSIONS: dict[str, Any] = {
    "Blockquote": True,
    "Bold": True,
    "BulletList": True,
    "HardBreak": True,
    "Heading": {"levels": [2, 3]},
    "History": True,
    "HorizontalRule": True,
    "Italic": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "ListItem": True,
    "OrderedList": True,
    "Table": True,
    "TableCell": True,
    "TableHeader": True,
    "TableRow": True,
}


class LinesOfLinks(forms.CharField):
    """Named links, one a line: “Mastodon https://mastodon.example/@us”."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{link['name']} {link['url']}" for link in value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        links = []
        for line in str(value or "").splitlines():
            if not line.strip():
                continue
            name, _space, url = line.strip().rpartition(" ")
            try:
                URLValidator(schemes=["https"])(url)
            except ValidationError as error:
                raise ValidationError(_refused_line(line)) from error
            if not name.strip():
                raise ValidationError(_refused_line(line))
            links.append({"name": name.strip(), "url": url})
        return links

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or []) != self.to_python(data))
        except ValidationError:
            return True

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """The validators of text do not fit a list; each line was checked."""


class LogoField(forms.FileField):
    """A picture, opened by the guarded reader alone and stored as a small PNG."""

    widget = AdminFileWidget

    def clean(self, data: Any, initial: Any = None) -> Any:
        chosen = super().clean(data, initial)
        if not isinstance(chosen, UploadedFile):
            return chosen
        try:
            pixels = pictures.shrink(chosen, (LOGO_SIDE, LOGO_SIDE))
        except pictures.Refused as error:
            raise ValidationError(str(error), code=error.code) from error
        pixels.thumbnail((LOGO_SIDE, LOGO_SIDE))
        buffer = io.BytesIO()
        pixels.save(buffer, "PNG", optimize=True)
        return ContentFile(buffer.getvalue(), name="logo.png")


class PublicationForm(PlainForm):
    logo = LogoField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy(
            "Shown beside the name. A square PNG or WebP serves best; it is stored "
            "with at most 512 pixels a side."
        ),
    )
    social_links = LinesOfLinks(
        label=gettext_lazy("Where to follow us"),
        required=False,
        help_text=gettext_lazy(
            "One a line: a name, a space, an address. For instance: "
            "Mastodon https://mastodon.example/@us"
        ),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=[
            (zone, zone.replace("_", " ")) for zone in sorted(available_timezones())
        ],
        help_text=gettext_lazy("The newsroom’s clock. Dates in addresses follow it."),
    )

    class Meta:
        model = Publication
        fields = [
            "name",
            "tagline",
            "description",
            "logo",
            "accent_colour",
            "places",
            "contact_email",
            "time_zone",
            "default_language",
            "social_links",
            "copyright_notice",
            "legal_notice",
        ]
        widgets = {
            "accent_colour": forms.TextInput(attrs={"type": "color"}),
            "description": forms.Textarea(attrs={"rows": 3}),
            "legal_notice": forms.Textarea(attrs={"rows": 3}),
        }


class PageForm(AddressedForm):
    name_field = "title"
    body = ProseEditorFormField(
        label=gettext_lazy("Text"),
        required=False,
        extensions=EXTENSIONS,
        sanitize=html.clean,
        widget=AdminProseEditorWidget,
    )

    class Meta:
        model = Page
        fields = ["title", "slug", "standfirst", "body", "is_published", "in_footer"]
        widgets = {"standfirst": forms.Textarea(attrs={"rows": 2})}


class RedirectForm(PlainForm):
    class Meta:
        model = Redirect
        fields = ["old_path", "new_path"]
        help_texts = {
            "new_path": gettext_lazy("Where readers go instead, on this site.")
        }

    def clean_old_path(self) -> str:
        return _own_path(self.cleaned_data["old_path"])

    def clean_new_path(self) -> str:
        path = _own_path(self.cleaned_data["new_path"])
        try:
            resolve(urlsplit(path).path)
        except Resolver404 as error:
            raise ValidationError(
                _(
                    "No page has the address “%(path)s”. Open the page and copy its "
                    "address."
                ),
                params={"path": path},
            ) from error
        return path

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        old = cleaned.get("old_path") or self.instance.old_path
        new = cleaned.get("new_path")
        if not old or not new:
            return cleaned
        if old == new:
            self.add_error("new_path", _("A path cannot lead to itself."))
            return cleaned
        onward = Redirect.objects.filter(old_path=new).first()
        if onward is None:
            return cleaned
        if onward.new_path == old:
            words = _(
                "“%(new)s” leads to “%(old)s” already: together they would go round in "
                "a circle. Delete that redirect first."
            )
            self.add_error("new_path", words % {"new": new, "old": old})
        else:
            # One step for the reader: straight to where that one leads.
            cleaned["new_path"] = onward.new_path
        return cleaned


def _refused_line(line: str) -> str:
    return _(
        "“%(line)s” is not a name, a space and an address that begins with https://."
    ) % {"line": line.strip()}


def _own_path(typed: str) -> str:
    """A path of this site, also from a whole address that was pasted."""
    parts = urlsplit(typed.strip())
    if parts.scheme or parts.netloc:
        if parts.netloc != urlsplit(settings.SITE_URL).netloc:
            raise ValidationError(
                _(
                    "Redirects stay on this site. Write the path, from the first slash "
                    "on."
                )
            )
        typed = parts.path + (f"?{parts.query}" if parts.query else "")
    path = typed.strip()
    if not path.startswith("/") or path.startswith("//"):
        raise ValidationError(
            _("Begin with one slash, for instance /section/politics/")
        )
    if any(character.isspace() for character in path):
        raise ValidationError(_("An address has no spaces."))
    return path
