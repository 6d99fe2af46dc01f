"""The article's form: it opens a revision's content and gives content back.

It never writes rows. ``ArticleForm.content`` is what ``publishing.save`` appends.
"""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from articles import content as contents
from articles import publishing
from articles.models import (
    Article,
    Byline,
    Contributor,
    Correction,
    Image,
    Topic,
)
from articles.widgets import OrderedChooser, PictureChooser
from newsroom.core import html
from newsroom.core.model_admin import PlainForm

EDITOR_EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Strike": True,
    "Subscript": True,
    "Superscript": True,
    "HardBreak": True,
    "Heading": {"levels": [2, 3]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Blockquote": True,
    "HorizontalRule": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "SpecialCharacters": True,
    "NoSpellCheck": False,
    "PullQuote": True,
    "LibraryFigure": True,
    "EmbedFigure": True,
    "SmartQuotes": True,
    "CleanPaste": {"tracking": html.TRACKING},
    "CharacterPicker": True,
    "TrailingNode": True,
}


class OrderedChoiceField(forms.Field):
    """Rows in an order that the editor chose; ``clean`` gives content's references.

    With ``roles`` each row also has one; with ``may_create`` a new name may stand
    for a row that does not exist yet (``{"id": None, "name": …}``).
    """

    widget = OrderedChooser

    def __init__(
        self,
        queryset: QuerySet,
        *,
        lookup: tuple[str, str],
        roles: list[tuple[str, Any]] | None = None,
        may_create: bool = False,
        add_label: str | Any = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            widget=OrderedChooser(
                queryset, lookup, roles or [], may_create, add_label=add_label
            ),
            required=False,
            **kwargs,
        )
        self.queryset = queryset
        self.roles = dict(roles or [])
        self.may_create = may_create

    def clean(self, value: Any) -> list[dict[str, Any]]:
        chosen: list[dict[str, Any]] = []
        ids = [row["id"] for row in value if str(row["id"]).isdigit()]
        rows = self.queryset.in_bulk([int(number) for number in ids])
        for entry in value:
            named = self._named(entry, rows)
            role = entry.get("role") if self.roles else None
            if self.roles and role not in self.roles:
                raise ValidationError(
                    _("Choose what %(name)s did."), params={"name": named["name"]}
                )
            found = named | ({"role": role} if self.roles else {})
            if found not in chosen:
                chosen.append(found)
        return chosen

    def has_changed(self, initial: Any, data: Any) -> bool:
        def shape(rows: Any) -> list[tuple[str, Any]]:
            return [(str(row["id"]), row.get("role")) for row in rows or []]

        return shape(initial) != shape(data)

    def _named(self, entry: dict[str, Any], rows: dict[int, Any]) -> dict[str, Any]:
        written = str(entry["id"])
        if written.isdigit() and int(written) in rows:
            return {"id": int(written), "name": str(rows[int(written)])}
        name = written.removeprefix("new:").strip()[:100]
        if written.startswith("new:") and self.may_create and name:
            existing = self.queryset.filter(name__iexact=name).first()
            return {"id": existing.pk if existing else None, "name": name}
        raise ValidationError(
            _("“%(name)s” is gone. Take it off the list, or choose another one."),
            params={"name": entry.get("name") or name},
        )


class ArticleForm(PlainForm):
    body = ProseEditorFormField(
        config={"extensions": EDITOR_EXTENSIONS},
        required=False,
        label=_("Text"),
        widget=AdminProseEditorWidget,
        sanitize=html.clean,
    )
    lead_image = forms.ModelChoiceField(
        Image.objects.all(),
        required=False,
        label=_("Picture"),
        widget=PictureChooser,
        error_messages={
            "invalid_choice": _("This picture is gone. Choose another one.")
        },
    )
    topics = OrderedChoiceField(
        Topic.objects.all(),
        lookup=("topicuse", "tag"),
        may_create=True,
        label=_("Topics"),
        add_label=_("Add a topic"),
    )
    bylines = OrderedChoiceField(
        Contributor.objects.all(),
        lookup=("byline", "contributor"),
        roles=list(Byline.Role.choices),
        label=_("Bylines"),
        add_label=_("Add a name"),
    )
    related = OrderedChoiceField(
        Article.objects.all(),
        lookup=("relatedarticle", "related"),
        label=_("Related articles"),
        add_label=_("Add an article"),
        help_text=_("They come first under “Read more”."),
    )
    canonical_url = forms.URLField(
        required=False,
        max_length=500,
        label=_("First published at"),
        help_text=_("The address of the original of a syndicated copy."),
        assume_scheme="https",
        widget=AdminURLFieldWidget,
    )
    base_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    override_reason = forms.CharField(
        required=False,
        label=_("Publish although a credit is missing, because"),
        widget=forms.TextInput,
    )

    class Meta:
        model = Article
        fields = [
            name for name in contents.TEXTS if name != "body"
        ] + ["is_sensitive", "section", *contents.TIMES]  # fmt: skip
        error_messages = {
            "headline": {"required": _("Write a headline, even a rough one.")},
            "slug": {
                "invalid": _("Write letters, digits and hyphens, such as new-bridge.")
            },
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        revision = self.instance.latest_revision if self.instance.pk else None
        self.opened = revision.content if revision else contents.empty()
        for name in ("topics", "related"):
            self.initial[name] = self.opened[name]
        self.initial["bylines"] = [
            line["contributor"] | {"role": line["role"]}
            for line in self.opened["bylines"]
        ]
        self.initial["body"] = self.opened["body"]
        self.initial["lead_image"] = (self.opened["lead_image"] or {}).get("id")
        self.initial["base_revision"] = self.instance.latest_revision_id
        self.made_slug = "" if self.opened["slug"] else self.instance.slug

    def clean_related(self) -> list[dict[str, Any]]:
        related: list[dict[str, Any]] = self.cleaned_data["related"]
        return [row for row in related if row["id"] != self.instance.pk]

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        known = set(
            Image.objects.filter(pk__in=html.image_ids(body)).values_list(
                "pk", flat=True
            )
        )
        if any(image not in known for image in html.image_ids(body)):
            raise ValidationError(
                _("A picture in the text is gone from the library. Take it out.")
            )
        return body

    def content(self) -> contents.Content:
        """What was typed, as content; new topics are made. Call it when valid."""
        typed = self.cleaned_data
        content = dict(self.opened)
        for name in contents.TEXTS:
            content[name] = typed.get(name, content[name])
        if content["slug"] == self.made_slug:
            content["slug"] = ""
        for name in contents.TIMES:
            if name in typed:
                content[name] = contents.write_time(typed[name])
        content["is_sensitive"] = typed["is_sensitive"]
        content["section"] = contents.reference(typed["section"])
        content["lead_image"] = contents.reference(typed["lead_image"])
        content["topics"] = [_topic(named) for named in typed["topics"]]
        content["related"] = typed["related"]
        content["bylines"] = [
            {
                "contributor": {"id": line["id"], "name": line["name"]},
                "role": line["role"],
            }
            for line in typed["bylines"]
        ]
        return content


class WithdrawForm(forms.Form):
    notice = forms.CharField(
        label=_("Notice to readers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Whoever opens the address reads this, for instance: We are checking a "
            "source of this report."
        ),
    )


class CorrectionForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=Correction.Kind.choices)
    text = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What was wrong, and what is right. Readers see it."),
        error_messages={"required": _("Write what was wrong, and what is right.")},
    )


def _topic(named: dict[str, Any]) -> dict[str, Any]:
    if named["id"] is not None:
        return named
    topic = Topic.objects.create(
        name=named["name"], slug=publishing.make_slug(named["name"])
    )
    return {"id": topic.pk, "name": topic.name}
