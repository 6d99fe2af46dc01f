"""A giver's own page: what they gave, receipts, their running gifts, their data."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from newsroom.core import client, page_store
from newsroom.newsletters.forms import AddressForm
from newsroom.publication import furniture
from newsroom.support import payments
from newsroom.support.books import recurring
from newsroom.support.checkout import giving
from newsroom.support.mails import letters, neutrality, receipts
from newsroom.support.models import Giver, GiverLetter, RecurringContribution
from newsroom.support.payments.interface import NotPossible, Unreachable
from newsroom.support.people import giver_page, givers
from newsroom.support.people.giver_forms import AmountForm, PauseForm, PreferForm
from newsroom.support.people.private_pages import for_giver, page, readable_and_postable

# A change at the provider may fail; nothing has been noted then.
_NotDone = (NotPossible, Unreachable, payments.Unknown)


@csrf_exempt
@readable_and_postable
@page_store.public_page
def my_link(request: HttpRequest) -> HttpResponse:
    """For who has lost the link: the same answer, and work, for every address."""
    page_store.shows(request, "furniture")
    if request.method != "POST":
        return page(request, "mine_link")
    if client.is_foreign(request):
        return page(request, "mine_refused", status=403)
    form = AddressForm(request.POST)
    if not form.is_valid() or form.suggestion:
        status = 200 if form.is_valid() else 422
        return page(request, "mine_link", status=status, form=form)
    if not form.is_trapped:
        giver_page.ask_for_link(
            form.cleaned_data["email"], network=client.network(request)
        )
    return redirect("support:my_link_sent")


@require_safe
@page_store.public_page
def my_link_sent(request: HttpRequest) -> HttpResponse:
    page_store.shows(request, "furniture")
    return page(request, "mine_link_sent")


@require_safe
@page_store.public_page
def back(request: HttpRequest) -> HttpResponse:
    """Where a provider's own page leads back to: it must not learn the giver's link."""
    page_store.shows(request, "furniture")
    return page(request, "mine_back")


@for_giver
@readable_and_postable
def mine(request: HttpRequest, giver: Giver) -> HttpResponse:
    if request.method != "POST":
        return _mine(request, giver)
    form = PreferForm(request.POST)
    if not form.is_valid():
        return _mine(request, giver, form=form)
    givers.prefer(giver, **form.cleaned_data)
    return _done(request, "saved")


@for_giver
@require_safe
def receipt(request: HttpRequest, giver: Giver, public_id: str) -> HttpResponse:
    gift = get_object_or_404(giver.contributions, public_id=public_id)
    if not receipts.has_one(gift):
        raise Http404
    return _file(receipts.pdf(gift), f"receipt-{gift.receipt_number}.pdf")


@for_giver
@require_safe
def statement(
    request: HttpRequest, giver: Giver, year: int, currency: str
) -> HttpResponse:
    if (year, currency) not in receipts.years_of(giver, _zone()):
        raise Http404
    content = receipts.statement_pdf(giver, year, currency)
    return _file(content, f"statement-{year}-{currency}.pdf")


@for_giver
@require_POST
def mail_statement(request: HttpRequest, giver: Giver, year: int) -> HttpResponse:
    if year not in {found for found, _currency in receipts.years_of(giver, _zone())}:
        raise Http404
    # Once a day at most: the key says so.
    key = f"statement:{giver.pk}:{year}:{timezone.now():%Y-%m-%d}"
    letters.queue(GiverLetter.Kind.STATEMENT, key, giver=giver, facts={"year": year})
    return _done(request, "mailed")


@for_giver
@readable_and_postable
def gift(request: HttpRequest, giver: Giver, public_id: str) -> HttpResponse:
    """Change the amount of a running gift, pause it, go on."""
    running = _running_gift(giver, public_id)
    if request.method != "POST":
        return _gift(request, running)
    action = request.POST.get("action")
    if action == "amount":
        return _change_amount(request, running)
    if action == "pause":
        return _pause(request, running)
    if action != "resume":
        return _gift(request, running)
    try:
        recurring.resume(running)
    except _NotDone as error:
        return _gift(request, running, trouble=_words_of(error), status=409)
    return _done(request, "resumed")


@for_giver
@readable_and_postable
def cancel(request: HttpRequest, giver: Giver, public_id: str) -> HttpResponse:
    """One page, one button, no why."""
    found = get_object_or_404(giver.recurring, public_id=public_id)
    if request.method != "POST":
        return _cancel(request, found)
    try:
        recurring.cancel(found)
    except _NotDone as error:
        return _cancel(request, found, trouble=_words_of(error), status=409)
    return _done(request, "ended")


@for_giver
@require_POST
def card(request: HttpRequest, giver: Giver, public_id: str) -> HttpResponse:
    """Lead to the provider's own page, by a link: it lies on another site."""
    running = _running_gift(giver, public_id)
    url = f"{settings.SITE_URL}{reverse('support:mine_back')}"
    try:
        provider = payments.named(running.provider)
        if not provider.has_own_page:
            raise Http404
        to = provider.own_page(running, back=url)
    except _NotDone as error:
        return _gift(request, running, trouble=_words_of(error), status=409)
    return page(request, "mine_card", gift=running, provider=provider, to=to)


@for_giver
@require_safe
def data(request: HttpRequest, giver: Giver) -> HttpResponse:
    """Everything about the giver as a file."""
    response = JsonResponse(
        givers.export(giver), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@for_giver
@readable_and_postable
def erase(request: HttpRequest, giver: Giver) -> HttpResponse:
    running = list(givers.running_gifts_of(giver))
    if request.method != "POST":
        return page(request, "mine_erase", running=running)
    try:
        for one in running:
            recurring.cancel(one)
        giving.close_begun(giver)
        givers.erase(giver)
    except (*_NotDone, givers.StillGiving) as error:
        trouble = _words_of(error)
        running = list(givers.running_gifts_of(giver))
        return page(request, "mine_erase", running=running, trouble=trouble, status=409)
    return page(request, "mine_erased")


def _mine(
    request: HttpRequest, giver: Giver, *, form: PreferForm | None = None
) -> HttpResponse:
    return page(
        request,
        "mine",
        status=422 if form else 200,
        done=request.GET.get("done"),
        form=form,
        giver=giver,
        languages=settings.LANGUAGES,
        longest_name=givers.LONGEST_NAME,
        # Who has it may give it up, also where it is no longer offered.
        offers_neutral=neutrality.is_offered() or giver.is_neutral,
        **giver_page.contents(giver, _zone()),
    )


def _gift(
    request: HttpRequest,
    running: RecurringContribution,
    *,
    amount_form: AmountForm | None = None,
    pause_form: PauseForm | None = None,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    return page(
        request,
        "mine_gift",
        status=status,
        amount_form=amount_form,
        pause_form=pause_form,
        trouble=trouble,
        shown=giver_page.shown(running),
        months=giver_page.pauses(running, timezone.localdate()),
    )


def _cancel(
    request: HttpRequest,
    found: RecurringContribution,
    *,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = giver_page.shown(found)
    return page(request, "mine_cancel", status=status, shown=shown, trouble=trouble)


def _change_amount(
    request: HttpRequest, running: RecurringContribution
) -> HttpResponse:
    form = AmountForm(request.POST, recurring=running)
    if not form.is_valid():
        return _gift(request, running, amount_form=form, status=422)
    try:
        recurring.change_amount(running, form.cleaned_data["amount"])
    except _NotDone as error:
        return _gift(request, running, trouble=_words_of(error), status=409)
    return _done(request, "changed")


def _pause(request: HttpRequest, running: RecurringContribution) -> HttpResponse:
    form = PauseForm(request.POST, recurring=running)
    if not form.is_valid():
        return _gift(request, running, pause_form=form, status=422)
    try:
        recurring.pause(running, form.cleaned_data["until"])
    except _NotDone as error:
        return _gift(request, running, trouble=_words_of(error), status=409)
    return _done(request, "paused")


def _running_gift(giver: Giver, public_id: str) -> RecurringContribution:
    running = givers.running_gifts_of(giver)
    return get_object_or_404(running, public_id=public_id)


def _words_of(error: Exception) -> str:
    """A sentence of the provider's module for givers, or that it did not answer."""
    site = furniture.load()
    with furniture.speaking(site.language):
        return giver_page.words_of(error)


def _done(request: HttpRequest, what: str) -> HttpResponse:
    token = request.giver_token  # type: ignore[attr-defined]
    mine = reverse("support:mine", args=[token])
    return HttpResponseRedirect(f"{mine}?done={what}", status=303)


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _zone() -> ZoneInfo:
    return furniture.load().zone
