"""Segments: conditions chosen in a form, with a count of who meets them now."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from js_asset import Script

from newsroom.core.model_admin import HistoryAdmin, PlainForm
from newsroom.newsletters import segments
from newsroom.newsletters.models import Newsletter, Segment, Subscription
from newsroom.newsletters.models.subscriber import Source


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class SegmentForm(PlainForm):
    """Its fields are the conditions; what is left empty asks for nothing."""

    newsletters = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Subscribed to one of"),
        queryset=Newsletter.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: the newsletter that the issue is for."),
    )
    without = forms.ModelMultipleChoiceField(
        label=gettext_lazy("But not subscribed to"),
        queryset=Newsletter.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State of this subscription"),
        choices=Subscription.State.choices,
        initial=Subscription.State.CONFIRMED,
        help_text=gettext_lazy(
            "An issue goes only to confirmed subscriptions of its own newsletter, "
            "whatever is chosen here."
        ),
    )
    sources = forms.MultipleChoiceField(
        label=gettext_lazy("Came by"),
        choices=Source.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    joined_after = forms.DateField(
        label=gettext_lazy("Joined on this day or later"), required=False, widget=_Day()
    )
    joined_before = forms.DateField(
        label=gettext_lazy("Joined before this day"), required=False, widget=_Day()
    )

    class Meta:
        model = Segment
        fields = ["name"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial |= self.instance.conditions

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        after, before = typed.get("joined_after"), typed.get("joined_before")
        if after and before and after >= before:
            self.add_error("joined_before", _("Nobody joined before and after it."))
        return typed

    def conditions(self) -> segments.Conditions:
        """What was chosen, as it is stored; only what asks for something."""
        typed = self.cleaned_data
        after, before = typed.get("joined_after"), typed.get("joined_before")
        chosen = {
            "newsletters": [row.pk for row in typed.get("newsletters", [])],
            "without": [row.pk for row in typed.get("without", [])],
            "state": typed.get("state"),
            "sources": typed.get("sources"),
            "languages": typed.get("languages"),
            "joined_after": after.isoformat() if after else "",
            "joined_before": before.isoformat() if before else "",
        }
        asked = {name: value for name, value in chosen.items() if value}
        return cast(segments.Conditions, asked)

    def save(self, commit: bool = True) -> Any:
        self.instance.conditions = self.conditions()
        return super().save(commit)


@admin.register(Segment)
class SegmentAdmin(HistoryAdmin):
    change_form_template = "admin/newsletters/segment/change_form.html"
    form = SegmentForm
    list_display = ["name", "readers", "created_at"]
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name"]}),
        (
            gettext_lazy("Conditions"),
            {
                "description": gettext_lazy(
                    "Looked at anew each time. What readers open or read is not kept, "
                    "so no segment can ask for topics or engagement."
                ),
                "fields": [
                    "newsletters",
                    "without",
                    "state",
                    "languages",
                    "sources",
                    ("joined_after", "joined_before"),
                ],
            },
        ),
    ]

    class Media:
        js = [Script("admin/js/segment-count.js", type="module")]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.count))
        name = "newsletters_segment_count"
        return [path("count/", view, name=name), *super().get_urls()]

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,
        **options: Any,
    ) -> Any:
        # The conditions are fields of the form alone, none of the model's.
        options["fields"] = ["name"]
        return super().get_form(request, obj, change, **options)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        segment = context.get("original")
        if segment is not None:
            context["counted"] = _in_words(segments.count(segment.conditions))
        return super().render_change_form(request, context, *args, **options)

    def count(self, request: HttpRequest) -> HttpResponse:
        """How many meet what stands in the form: for the script, or as a page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        # The name may still be missing.
        form = SegmentForm(request.POST)
        form.fields["name"].required = False
        if form.is_valid():
            words, status = _in_words(segments.count(form.conditions())), 200
        else:
            words, status = _("Something cannot be read."), 400
        if request.accepts("text/html"):
            return self.page(
                request,
                "admin/newsletters/segment/count.html",
                words,
                list_title=self._heading(),
                list_url=reverse("admin:newsletters_segment_changelist"),
            )
        return JsonResponse({"words": words}, status=status)

    @admin.display(description=gettext_lazy("readers now"))
    def readers(self, segment: Segment) -> int:
        return segments.count(segment.conditions)


def _in_words(count: int) -> str:
    words = ngettext(
        "%(n)s reader meets these conditions now.",
        "%(n)s readers meet these conditions now.",
        count,
    )
    return words % {"n": f"{count:,}"}
