"""Givers: found by a whole address, seen one at a time, and every look is noted.

Nothing here writes the admin's log or a history: neither may know a giver.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.accounts.people import signed_in
from newsroom.core import mail_addresses
from newsroom.core.model_admin import ReadOnlyAdmin
from newsroom.support import money
from newsroom.support.admin.base import PagesAdmin, View, mark, need
from newsroom.support.admin.gift_pages import state_mark as gift_mark
from newsroom.support.admin.recurring import STATES as RECURRING_STATES
from newsroom.support.models import Giver, GiverLook, RecurringContribution
from newsroom.support.people import givers

CHANGE = "support.change_giver"
EXPORT = "support.export_giver"
GIFTS_SHOWN = 100
LOOKS_SHOWN = 50


class ErasedFilter(admin.SimpleListFilter):
    title = gettext_lazy("personal data")
    parameter_name = "erased"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("kept")), ("yes", _("erased"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("no", "yes"):
            return queryset.filter(erased_at__isnull=self.value() == "no")
        return queryset


@admin.register(Giver)
class GiverAdmin(ReadOnlyAdmin, PagesAdmin):
    change_list_template = "admin/support/giver/change_list.html"
    list_display = ["number", "language", "since", "mails", "erased"]
    list_display_links = None
    list_filter = [ErasedFilter, "language"]
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        one = "<int:pk>/"
        return [
            ("search/", search, "search", True),
            (f"{one}data/", data, "data", True),
            (f"{one}erase/", erase, "erase", False),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Giver]:
        rows: QuerySet[Giver] = super().get_queryset(request)
        # A list shows nothing that is sealed, so it does not load it.
        return rows.defer("address_sealed", "name_sealed")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        giver: Giver = self.find(request, object_id)
        givers.look(signed_in(request), giver, "page")
        looks = GiverLook.objects.filter(giver_id=giver.pk).select_related("user")
        return self.own_page(
            request,
            "giver/show.html",
            str(giver),
            giver,
            gifts=[
                (
                    gift,
                    money.written(gift.amount_minor, gift.currency),
                    gift_mark(gift),
                    _message(gift),
                )
                for gift in giver.contributions.order_by("-pk")[:GIFTS_SHOWN]
            ],
            looks=looks.order_by("-pk")[:LOOKS_SHOWN],
            may_change=request.user.has_perm(CHANGE),
            may_export=request.user.has_perm(EXPORT),
            recurring=[
                (
                    gift,
                    money.written(gift.amount_minor, gift.currency),
                    _recurring_mark(gift),
                )
                for gift in giver.recurring.order_by("-pk")
            ],
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """There is none but who looked, which is on the giver's own page."""
        giver = self.find(request, object_id)
        return HttpResponseRedirect(self.change_url(giver))

    @admin.display(description=gettext_lazy("Giver"), ordering="pk")
    def number(self, giver: Giver) -> SafeString:
        return format_html('<a href="{}">{}</a>', self.change_url(giver), giver)

    @admin.display(description=gettext_lazy("Since"), ordering="created_at")
    def since(self, giver: Giver) -> str:
        return _day(giver.created_at)

    @admin.display(description=gettext_lazy("Mails"), ordering="is_neutral")
    def mails(self, giver: Giver) -> str:
        if giver.mail_returned_at:
            return _("come back")
        return _("neutral") if giver.is_neutral else "–"

    @admin.display(description=gettext_lazy("Erased"), ordering="erased_at")
    def erased(self, giver: Giver) -> str:
        return _day(giver.erased_at) if giver.erased_at else "–"


def search(model_admin: GiverAdmin, request: HttpRequest) -> HttpResponse:
    """By a whole address, which comes by POST and stands in no URL."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        address = mail_addresses.normalised(request.POST.get("address", ""))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(model_admin.list_url())
    giver = givers.find(address)
    if giver is None:
        messages.warning(request, _("Nobody with this address has given."))
        return HttpResponseRedirect(model_admin.list_url())
    return HttpResponseRedirect(model_admin.change_url(giver))


def data(model_admin: GiverAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """All that is stored of somebody, to be sent to whoever asks for it."""
    giver: Giver = model_admin.find(request, pk)
    need(request, EXPORT)
    givers.look(signed_in(request), giver, "export of their data")
    response = JsonResponse(
        givers.export(giver), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    response["Content-Disposition"] = f'attachment; filename="giver-{pk}.json"'
    return response


def erase(model_admin: GiverAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    giver: Giver = model_admin.find(request, pk)
    need(request, CHANGE)
    back_url = model_admin.change_url(giver)
    if request.method == "POST":
        try:
            givers.erase(giver)
        except givers.StillGiving:
            messages.error(
                request, _("A recurring gift runs. End it first, then erase.")
            )
            return HttpResponseRedirect(back_url)
        givers.look(signed_in(request), giver, "erased")
        messages.success(request, _("Erased. The gifts stay in the books."))
        return HttpResponseRedirect(model_admin.list_url())
    return model_admin.ask(
        request,
        _("Erase this giver"),
        _("Erase for ever"),
        [
            _("Address, name and messages are deleted for ever."),
            _("The gifts stay in the books, without any of them."),
        ],
        back_url=back_url,
        row=giver,
    )


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "j M Y")


def _message(gift: Any) -> str:
    sealed = bytes(gift.message_sealed)
    return mail_addresses.unseal(sealed) if sealed else ""


def _recurring_mark(gift: RecurringContribution) -> SafeString:
    shape = RECURRING_STATES[RecurringContribution.State(gift.state)]
    return mark(shape, gift.get_state_display())
