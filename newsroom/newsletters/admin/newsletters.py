"""Newsletters with their rules and the mails that greet new readers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.core.model_admin import OrderedAdmin, PlainForm
from newsroom.newsletters import rules
from newsroom.newsletters.models import Issue, Newsletter, Rule, SequenceStep
from newsroom.newsletters.models.newsletter import Weekday
from newsroom.publication.model_admin import AddressedAdmin, AddressedForm

# Pages of the site below /newsletters/: no newsletter can have their addresses.
TAKEN = {
    "check-your-mail",
    "confirm",
    "leave",
    "link-sent",
    "me",
    "move",
    "my-link",
    "sign-up",
}


class NewsletterForm(AddressedForm):
    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and cleaned.get("slug") in TAKEN:
            self.add_error("slug", _("This address belongs to a page of the site."))
        return cleaned


class RuleForm(PlainForm):
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"),
        choices=Weekday.choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one day.")},
    )

    class Meta:
        model = Rule
        fields = ["weekdays", "hour", "most_articles", "sends_by_itself", "is_active"]
        widgets = {"hour": forms.TimeInput(attrs={"type": "time"}, format="%H:%M")}

    def save(self, commit: bool = True) -> Any:
        # A new hour is for the future: what would have been due is not made up for.
        if {"weekdays", "hour", "is_active"} & set(self.changed_data):
            self.instance.done_until = timezone.now()
        return super().save(commit)


class RuleInline(admin.StackedInline):
    model = Rule
    form = RuleForm
    extra = 0
    readonly_fields = ["comes_next"]

    @admin.display(description=gettext_lazy("Comes next"))
    def comes_next(self, rule: Rule) -> str:
        if rule.pk is None or not rule.is_active:
            return "–"
        slot = rules.next_slot(rule)
        if slot is None:
            return "–"
        local = slot.astimezone(rule.newsletter.zone)
        return f"{formats.date_format(local, 'l j F Y, H:i')} ({local:%Z})"


class StepForm(PlainForm):
    class Meta:
        model = SequenceStep
        fields = ["days_after", "subject", "body", "is_active"]
        widgets = {"body": forms.Textarea(attrs={"rows": 6})}


class StepInline(admin.StackedInline):
    model = SequenceStep
    form = StepForm
    extra = 0


@admin.register(Newsletter)
class NewsletterAdmin(OrderedAdmin, AddressedAdmin):
    form = NewsletterForm
    inlines = [RuleInline, StepInline]
    list_display = ["name", "move", "when", "is_open", "readers"]
    search_fields = ["name"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "name",
                    "slug",
                    "when",
                    "description",
                    "language",
                    "time_zone",
                ]
            },
        ),
        (
            gettext_lazy("On the site"),
            {"fields": ["is_open", "in_articles", "has_archive", "sample"]},
        ),
        (
            gettext_lazy("The mails"),
            {
                "fields": [
                    "template",
                    "sender_name",
                    "sender_address",
                    "reply_to",
                    "mail_server",
                    "counts_clicks",
                ]
            },
        ),
    ]

    def get_form(
        self,
        request: HttpRequest,
        obj: Newsletter | None = None,
        change: bool = False,
        **options: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **options)
        sample: Any = form.base_fields.get("sample")
        if sample is not None:
            own = Issue.objects.filter(newsletter=obj) if obj else Issue.objects.none()
            sample.queryset = own.exclude(status=Issue.Status.CANCELLED)
            sample.widget.can_add_related = False
        return form

    def shown_on(self, row: Newsletter) -> set[str]:
        return {"newsletters", f"newsletter:{row.pk}"}

    def refusal_to_delete(self, row: Newsletter) -> str:
        if row.subscriptions.exists() or row.issues.exists():
            return _("It has readers or issues. Close it in place of deleting it.")
        return ""

    @admin.display(description=gettext_lazy("Readers"))
    def readers(self, row: Newsletter) -> int:
        return row.subscriptions.confirmed().count()
