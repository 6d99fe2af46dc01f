"""The consent ledger, the texts agreed to, and the addresses that get no mail."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.core import mail_addresses
from newsroom.core.model_admin import NewsroomModelAdmin, PlainForm, ReadOnlyAdmin
from newsroom.newsletters import care, exports
from newsroom.newsletters.admin.finding import AddressFilter, FoundByAddress, hash_of
from newsroom.newsletters.admin.subscriber_forms import AddressField, PeriodForm
from newsroom.newsletters.admin.subscriber_pages import attachment
from newsroom.newsletters.models import ConsentEvent, ConsentText, Suppression

SHOWN = 8  # letters of a hash


@admin.register(ConsentEvent)
class ConsentEventAdmin(FoundByAddress, ReadOnlyAdmin):
    """Only ever read; what is filtered can be exported as proof."""

    actions = None
    change_list_template = "admin/newsletters/consentevent/change_list.html"
    list_display = ["at", "kind", "how", "newsletter", "of"]
    list_display_links = None
    list_filter = [AddressFilter, "kind", "method", "newsletter"]
    list_per_page = 100
    list_select_related = ["newsletter", "consent_text"]
    ordering = ["-at", "-pk"]
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.proof)
        name = "newsletters_consentevent_proof"
        return [path("proof/", view, name=name), *super().get_urls()]

    def proof(self, request: HttpRequest) -> HttpResponse:
        """A period, or the one address that was looked for, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = PeriodForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            events = ConsentEvent.objects.order_by("pk")
            since, until = form.cleaned_data["since"], form.cleaned_data["until"]
            if since:
                events = events.filter(at__gte=_midnight(since))
            if until:
                events = events.filter(at__lt=_midnight(until + timedelta(days=1)))
            if wanted := hash_of(request.GET.get("address", "")):
                events = events.filter(address_digest=wanted)
            response: Any = StreamingHttpResponse(
                exports.proof(events), content_type=exports.CONTENT_TYPE
            )
            return attachment(response, "consent.csv")
        return self.page(
            request,
            "admin/newsletters/form.html",
            _("Export as proof"),
            form=form,
            button=_("Download as CSV"),
            note=_(
                "The lines name nobody: each holds a keyed hash of the address. To "
                "prove what one person agreed to, find their address in the ledger "
                "first, or open their page."
            ),
            list_title=self._heading(),
            list_url=self.list_url(),
        )

    @admin.display(description=gettext_lazy("How"), ordering="method")
    def how(self, event: ConsentEvent) -> SafeString:
        """With the text that was agreed to, or the basis in its place."""
        more = [str(event.consent_text or ""), event.basis]
        return format_html(
            '{} <span class="nr-meta">{}</span>',
            event.get_method_display(),
            " · ".join(filter(None, more)),
        )

    @admin.display(description=gettext_lazy("address’s hash"))
    def of(self, event: ConsentEvent) -> str:
        return bytes(event.address_digest).hex()[:SHOWN]


@admin.register(ConsentText)
class ConsentTextAdmin(NewsroomModelAdmin):
    """A new wording is a new version; what somebody agreed to is never changed."""

    actions = None
    fields = ["language", "text"]
    list_display = ["__str__", "created_at", "text"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @transaction.atomic
    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        texts = ConsentText.objects.select_for_update().filter(language=obj.language)
        list(texts)  # two new ones at once come one after the other
        highest = texts.aggregate(highest=Max("version"))["highest"]
        obj.version = (highest or 0) + 1
        super().save_model(request, obj, form, change)
        self.end_pages({"newsletters"})


class SuppressionForm(PlainForm):
    address = AddressField(label=gettext_lazy("Email address"), max_length=400)

    class Meta:
        model = Suppression
        fields: list[str] = []

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        digest = mail_addresses.digest(address)
        if Suppression.objects.filter(address_digest=digest).exists():
            raise forms.ValidationError(_("It gets no mail already."))
        return address


@admin.register(Suppression)
class SuppressionAdmin(FoundByAddress, NewsroomModelAdmin):
    actions = None
    form = SuppressionForm
    list_display = ["of", "reason", "created_at"]
    list_display_links = None
    list_filter = [AddressFilter, "reason"]
    list_per_page = 100
    ordering = ["-created_at", "-pk"]
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return ["address"] if obj is None else ["reason", "created_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        digest = mail_addresses.digest(form.cleaned_data["address"])
        care.suppress(digest)
        # The admin goes on with this object: log, message and redirect.
        obj.__dict__.update(Suppression.objects.get(address_digest=digest).__dict__)

    @admin.display(description=gettext_lazy("address’s hash"))
    def of(self, suppression: Suppression) -> str:
        return bytes(suppression.address_digest).hex()[:SHOWN]


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
