"""The page of one reader, and what staff can do there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.newsletters import (
    care,
    exports,
    preferences,
    segments,
    subscribers,
)
from newsroom.newsletters.admin.subscriber_forms import (
    ExportForm,
    LeaveForm,
    NewSubscriberForm,
    WishesForm,
    outcome_in_words,
)
from newsroom.newsletters.models import (
    BounceEvent,
    ConsentEvent,
    Newsletter,
    Segment,
    Subscriber,
    Subscription,
    Suppression,
)

EVENTS_SHOWN = 200
MAILS_SHOWN = 20
_ERASE = "newsletters.delete_subscriber"


def show(request: HttpRequest, object_id: str, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, object_id, change=False)
    digest = bytes(reader.address_digest)
    subscriptions = reader.subscriptions.select_related("newsletter").order_by(
        "newsletter"
    )
    states = {subscription.state for subscription in subscriptions}
    events = ConsentEvent.objects.filter(address_digest=digest)
    deliveries = reader.deliveries.select_related("issue__newsletter")
    return _page(
        request,
        model_admin,
        "admin/newsletters/subscriber/change_form.html",
        str(reader),
        reader,
        bar=bar_of(digest),
        bounces=BounceEvent.objects.filter(address_digest=digest).order_by("-pk")[
            :MAILS_SHOWN
        ],
        deliveries=deliveries.order_by("-issue_id")[:MAILS_SHOWN],
        events=events.select_related("newsletter", "consent_text").order_by("-pk")[
            :EVENTS_SHOWN
        ],
        is_paused=reader.paused_until and reader.paused_until > timezone.localdate(),
        is_waiting=Subscription.State.PENDING in states,
        is_subscribed=states - {Subscription.State.UNSUBSCRIBED},
        letters=reader.letters.order_by("-pk")[:MAILS_SHOWN],
        may_change=model_admin.has_change_permission(request),
        may_erase=request.user.has_perm(_ERASE),
        subscriptions=subscriptions,
        wishes=WishesForm(instance=reader),
    )


def add(request: HttpRequest, *, model_admin: Any) -> HttpResponse:
    form = NewSubscriberForm(request.POST or None)
    if form.is_valid():
        reader = _added(request, form, model_admin)
        if reader is not None:
            return HttpResponseRedirect(model_admin.change_url(reader))
    return _page(
        request,
        model_admin,
        "admin/newsletters/form.html",
        _("New subscriber"),
        form=form,
        button=_("Enter"),
    )


def wishes(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, pk)
    form = WishesForm(request.POST, instance=reader)
    if form.is_valid():
        typed = form.cleaned_data
        subscribers.prefer(
            Subscriber.objects.get(pk=pk),
            language=typed["language"],
            format=typed["format"],
            paused_until=typed["paused_until"],
        )
        model_admin.message_user(request, _("Saved."), messages.SUCCESS)
    else:
        model_admin.message_user(
            request, _("Nothing saved: the day cannot be read."), messages.ERROR
        )
    return HttpResponseRedirect(model_admin.change_url(reader))


def leave(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, pk)
    form = LeaveForm(request.POST)
    if form.is_valid():
        newsletter = form.cleaned_data["newsletter"]
        care.end([reader], [newsletter] if newsletter else None)
        model_admin.message_user(request, _("Unsubscribed."), messages.SUCCESS)
    return HttpResponseRedirect(model_admin.change_url(reader))


def suppress(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, pk)
    if request.method == "POST":
        care.suppress(bytes(reader.address_digest))
        words = _("This address gets no mail any more.")
        model_admin.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(model_admin.change_url(reader))
    return _ask(
        request,
        model_admin,
        reader,
        _("Send no mail any more"),
        [
            _("All subscriptions of this address end."),
            _("No import and no sign-up brings it back, until staff lift it."),
        ],
    )


def erase(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, pk)
    if not request.user.has_perm(_ERASE):
        raise PermissionDenied
    if request.method == "POST":
        subscribers.erase(reader, method=care.STAFF)
        model_admin.message_user(request, _("Erased."), messages.SUCCESS)
        return HttpResponseRedirect(model_admin.list_url())
    return _ask(
        request,
        model_admin,
        reader,
        _("Erase this reader"),
        [
            _("The address, its subscriptions and its letters are deleted for ever."),
            _(
                "A hash that names nobody stays, so that no import brings the address "
                "back, and the lines of the consent ledger."
            ),
        ],
    )


def confirmation(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, pk)
    waiting = reader.subscriptions.filter(state=Subscription.State.PENDING)
    newsletters = list(Newsletter.objects.filter(subscriptions__in=waiting))
    if newsletters and bar_of(bytes(reader.address_digest)) is None:
        care.send_confirmation(reader, newsletters)
        words, level = _("The mail to confirm is on its way."), messages.SUCCESS
    else:
        words, level = _("There is nothing to confirm."), messages.WARNING
    model_admin.message_user(request, words, level)
    return HttpResponseRedirect(model_admin.change_url(reader))


def link(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, pk)
    care.send_link(reader)
    words = _("They get the link to their own page by mail, once a day at most.")
    model_admin.message_user(request, words, messages.SUCCESS)
    return HttpResponseRedirect(model_admin.change_url(reader))


def data(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    """All that is stored of somebody, to be sent to whoever asks for it."""
    reader = _reader(request, model_admin, pk)
    response: Any = JsonResponse(
        preferences.everything_about(reader),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    return attachment(response, f"subscriber-{pk}.json")


def proof(request: HttpRequest, pk: int, *, model_admin: Any) -> HttpResponse:
    reader = _reader(request, model_admin, pk)
    digest = bytes(reader.address_digest)
    events = ConsentEvent.objects.filter(address_digest=digest).order_by("pk")
    response: Any = StreamingHttpResponse(
        exports.proof(events), content_type=exports.CONTENT_TYPE
    )
    return attachment(response, f"consent-{pk}.csv")


def export(request: HttpRequest, *, model_admin: Any) -> HttpResponse:
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    form = ExportForm(request.POST or None)
    if form.is_valid():
        response: Any = StreamingHttpResponse(
            _lines(form.cleaned_data["of"]), content_type=exports.CONTENT_TYPE
        )
        return attachment(response, "subscribers.csv")
    return _page(
        request,
        model_admin,
        "admin/newsletters/form.html",
        _("Export subscribers"),
        form=form,
        button=_("Download as CSV"),
        note=_(
            "The file holds addresses that anybody can read. Keep it encrypted, and "
            "delete it when you need it no longer. Import takes it in again as it is."
        ),
    )


def bar_of(address_digest: bytes) -> Suppression | None:
    return subscribers.suppression_of(address_digest)


def attachment(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _reader(
    request: HttpRequest,
    model_admin: Any,
    pk: Any,
    *,
    change: bool = True,
) -> Subscriber:
    """The reader, for whoever may do this."""
    may = (
        model_admin.has_change_permission(request)
        if change
        else model_admin.has_view_permission(request)
    )
    if not may:
        raise PermissionDenied
    if not str(pk).isdigit():
        raise Http404
    return get_object_or_404(Subscriber, pk=pk)


def _page(
    request: HttpRequest,
    model_admin: Any,
    template: str,
    title: str,
    reader: Subscriber | None = None,
    **context: Any,
) -> HttpResponse:
    lists = {
        "list_title": model_admin._heading(),
        "list_url": model_admin.list_url(),
        "row_url": model_admin.change_url(reader) if reader else "",
    }
    response: HttpResponse = model_admin.page(
        request, template, title, reader, **lists | context
    )
    return response


def _ask(
    request: HttpRequest,
    model_admin: Any,
    reader: Subscriber,
    title: str,
    lines: list[str],
) -> HttpResponse:
    return _page(
        request,
        model_admin,
        "admin/newsletters/ask.html",
        title,
        reader,
        button=title,
        back_url=model_admin.change_url(reader),
        lines=lines,
        whom=reader.address,
    )


def _added(
    request: HttpRequest, form: NewSubscriberForm, model_admin: Any
) -> Subscriber | None:
    typed = form.cleaned_data
    newsletters = list(typed["newsletters"])
    if typed["how"] == NewSubscriberForm.How.ASK:
        try:
            reader = care.ask_to_confirm(
                typed["address"], newsletters, language=typed["language"]
            )
        except care.NotPossible as error:
            form.add_error("address", str(error))
            return None
        words = _("They get a mail with a link to confirm.")
        model_admin.message_user(request, words, messages.SUCCESS)
        return reader
    found, outcome = care.subscribe(
        typed["address"],
        newsletters,
        language=typed["language"],
        basis=form.basis_in_words,
    )
    if found is None:
        form.add_error("address", outcome_in_words(outcome))
        return None
    level = messages.SUCCESS if outcome == "added" else messages.WARNING
    model_admin.message_user(request, outcome_in_words(outcome).capitalize(), level)
    return found


def _lines(of: str) -> Any:
    kind, _dash, number = of.partition("-")
    if kind == "newsletter":
        newsletter = get_object_or_404(Newsletter, pk=number)
        readers = Subscriber.objects.filter(subscriptions__newsletter=newsletter)
        return exports.lines(readers, of=newsletter)
    if kind == "segment":
        segment = get_object_or_404(Segment, pk=number)
        return exports.lines(segments.matching(segment.conditions))
    return exports.everybody()
