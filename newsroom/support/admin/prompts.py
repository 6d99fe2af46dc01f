"""Messages of a campaign: their wordings, where they stand and to whom they show."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget
from js_asset import Script

from articles.models import Article, Section, Topic
from newsroom.core import html, page_store
from newsroom.core.model_admin import HistoryAdmin, PlainForm
from newsroom.support.admin import prompt_pages
from newsroom.support.admin.base import PagesAdmin, View
from newsroom.support.admin.fields import LanguageCodes, RowsByName, Ticked
from newsroom.support.appeals import campaigns, placeholders
from newsroom.support.models import Campaign, Prompt, PromptVariant, TargetingRule

EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "HardBreak": True,
    "BulletList": True,
    "ListItem": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto"]},
    "SmartQuotes": True,
    "CleanPaste": {"tracking": html.TRACKING},
    "TrailingNode": True,
}


class PromptForm(PlainForm):
    class Meta:
        model = Prompt
        fields = [
            "campaign",
            "placement",
            "after_paragraph",
            "is_active",
            "offers_reminder",
            "newsletter",
            "most_times",
            "within_days",
        ]
        widgets = {"campaign": forms.HiddenInput}


class VariantForm(PlainForm):
    message = ProseEditorFormField(
        config={"extensions": EXTENSIONS},
        label=gettext_lazy("Message"),
        sanitize=html.clean,
        widget=AdminProseEditorWidget,
    )

    class Meta:
        model = PromptVariant
        fields = ["name", "weight", "heading", "message", "button"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "message" in self.fields:
            self.fields["message"].help_text = _(
                "May hold %(names)s: each is checked when you save. A paragraph whose "
                "value is not known is left out."
            ) % {"names": ", ".join(f"{{{name}}}" for name in placeholders.NAMES)}

    def clean_message(self) -> str:
        message: str = self.cleaned_data["message"]
        placeholders.check(message)
        return message

    def clean_heading(self) -> str:
        heading: str = self.cleaned_data["heading"]
        placeholders.check(heading)
        return heading

    def clean_button(self) -> str:
        button: str = self.cleaned_data["button"]
        placeholders.check(button)
        return button


class VariantFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [
            form.cleaned_data
            for form in self.forms
            if form.is_valid()
            and form.cleaned_data
            and form.cleaned_data.get("message")
            if not form.cleaned_data.get("DELETE")
        ]
        if not kept and not any(form.errors for form in self.forms):
            raise ValidationError(_("Write at least one variant of the message."))


class VariantInline(admin.StackedInline):
    model = PromptVariant
    form = VariantForm
    formset = VariantFormSet
    extra = 0
    min_num = 1
    fields = [("name", "weight"), "heading", "message", "button"]


class TargetingForm(PlainForm):
    """Words in place of codes; what is left empty asks for nothing."""

    sections = forms.ModelMultipleChoiceField(
        Section.objects.all(),
        label=gettext_lazy("Only in sections"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    not_sections = forms.ModelMultipleChoiceField(
        Section.objects.all(),
        label=gettext_lazy("Not in sections"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    topics = RowsByName(
        Topic.objects.all(),
        lookup=("topicuse", "tag"),
        label=gettext_lazy("Only with topics"),
        add_label=gettext_lazy("Find a topic to ask under"),
    )
    not_topics = RowsByName(
        Topic.objects.all(),
        lookup=("topicuse", "tag"),
        label=gettext_lazy("Not with topics"),
        add_label=gettext_lazy("Find a topic to leave out"),
    )
    articles = RowsByName(
        Article.objects.all(),
        lookup=("correction", "article"),
        label=gettext_lazy("Only under these articles"),
        add_label=gettext_lazy("Find an article to ask under"),
    )
    not_articles = RowsByName(
        Article.objects.all(),
        lookup=("correction", "article"),
        label=gettext_lazy("Not under these articles"),
        add_label=gettext_lazy("Find an article to leave out"),
    )
    genres = Ticked(Article.Genre.choices, label=gettext_lazy("Only genres"))
    not_genres = Ticked(Article.Genre.choices, label=gettext_lazy("Not genres"))
    languages = Ticked(settings.LANGUAGES, label=gettext_lazy("Only languages"))
    not_languages = Ticked(settings.LANGUAGES, label=gettext_lazy("Not languages"))
    reader_languages = LanguageCodes(label=gettext_lazy("Only for browsers that speak"))
    not_reader_languages = LanguageCodes(
        label=gettext_lazy("Not for browsers that speak")
    )

    class Meta:
        model = TargetingRule
        exclude = ["prompt"]

    def has_changed(self) -> bool:
        """A new message has a rule from the start, be it an empty one."""
        return super().has_changed() or self.instance.pk is None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("sections", "topics", "articles"):
            both = {row.pk for row in cleaned.get(name) or []} & {
                row.pk for row in cleaned.get(f"not_{name}") or []
            }
            if both:
                self.add_error(f"not_{name}", _("This stands in “only” as well."))
        for name in ("genres", "languages", "reader_languages"):
            both = set(cleaned.get(name) or []) & set(cleaned.get(f"not_{name}") or [])
            if both:
                self.add_error(f"not_{name}", _("This stands in “only” as well."))
        for least, most in (
            ("least_read", "most_read"),
            ("least_width", "most_width"),
        ):
            low, high = cleaned.get(least), cleaned.get(most)
            if low is not None and high is not None and low > high:
                self.add_error(most, _("Less than the least: nobody would see it."))
        return cleaned


class TargetingInline(admin.StackedInline):
    model = TargetingRule
    form = TargetingForm
    can_delete = False
    extra = 0
    max_num = 1
    min_num = 1
    fieldsets = [
        (
            gettext_lazy("Where it stands"),
            {
                "classes": ["nr-pairs"],
                "fields": [
                    ("sections", "not_sections"),
                    ("genres", "not_genres"),
                    ("languages", "not_languages"),
                    ("topics", "not_topics"),
                    ("articles", "not_articles"),
                ],
            },
        ),
        (
            gettext_lazy("Who sees it"),
            {
                "classes": ["nr-pairs"],
                "description": gettext_lazy(
                    "Decided on the reader’s device, by what that device alone knows; "
                    "we learn nothing of it."
                ),
                "fields": [
                    ("least_read", "most_read"),
                    ("days_since_shown", "days_since_closed", "days_since_given"),
                    ("least_width", "most_width"),
                    ("reader_languages", "not_reader_languages"),
                ],
            },
        ),
    ]


@admin.register(Prompt)
class PromptAdmin(HistoryAdmin, PagesAdmin):
    change_form_template = "admin/support/prompt/change_form.html"
    form = PromptForm
    inlines = [VariantInline, TargetingInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "campaign",
                    ("placement", "after_paragraph"),
                    "is_active",
                    ("most_times", "within_days"),
                    "offers_reminder",
                    "newsletter",
                ]
            },
        )
    ]

    class Media:
        js = [
            Script("admin/js/chooser.js", type="module"),
            Script("admin/js/order.js", type="module"),
        ]

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        return [
            ("variant/<int:variant>/frame/", prompt_pages.frame, "frame", False),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Reached from their campaign: no list of their own."""
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:support_campaign_changelist"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: request.GET[name]
            for name in ("campaign", "placement")
            if name in request.GET
        }

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        named = request.POST.get("campaign") or request.GET.get("campaign", "")
        campaign = (
            Campaign.objects.filter(pk=named).first() if named.isdecimal() else None
        )
        if campaign is None:
            return HttpResponseRedirect(reverse("admin:support_campaign_changelist"))
        return super().add_view(
            request, form_url, {"campaign": campaign} | (extra_context or {})
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        prompt = context.get("original")
        if isinstance(prompt, Prompt):
            context["campaign"] = prompt.campaign
        return super().render_change_form(request, context, *args, **options)

    def response_post_save_add(
        self, request: HttpRequest, obj: Model
    ) -> HttpResponseRedirect:
        return self._to_campaign(obj)

    def response_post_save_change(
        self, request: HttpRequest, obj: Model
    ) -> HttpResponseRedirect:
        return self._to_campaign(obj)

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        page_store.ended(campaigns.PAGES)

    def shown_on(self, row: Prompt) -> set[str]:
        return {campaigns.PAGES}

    def refusal_to_delete(self, row: Prompt) -> str:
        if any(variant.contributions.exists() for variant in row.variants.all()):
            return _("Gifts came from it. Switch it off in place of deleting it.")
        return ""

    def _to_campaign(self, prompt: Any) -> HttpResponseRedirect:
        url = reverse("admin:support_campaign_change", args=[prompt.campaign_id])
        return HttpResponseRedirect(f"{url}#messages")
