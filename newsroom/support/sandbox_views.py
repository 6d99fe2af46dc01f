"""The sandbox's pages: a provider's checkout, and what a provider's books hold.

They exist in the demo alone, and stand for somebody else's site: not in our look.
"""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsroom.core import client
from newsroom.support import countries, money
from newsroom.support.models import (
    LedgerEntry,
    PaymentMethod,
    SandboxCheckout,
    SandboxDispute,
    SandboxEvent,
    SandboxPayment,
    SandboxRefund,
    SandboxSubscription,
)
from newsroom.support.payments import sandbox_actions, sandbox_events
from newsroom.support.payments.interface import NotPossible
from newsroom.support.payments.sandbox_actions import Step

View = Callable[..., HttpResponse]

MOST_SHOWN = 30
# Where a card may come from, besides the countries that have a policy.
COUNTRIES = {
    "LV": "Latvia",
    "DE": "Germany",
    "GE": "Georgia",
    "GB": "United Kingdom",
    "JP": "Japan",
    "KW": "Kuwait",
    "US": "United States",
}


def demo_page(view: View) -> View:
    """Nowhere but in the demo; with a form that acts for nobody, so without token."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        if request.method == "POST" and client.is_foreign(request):
            return HttpResponse(status=403)
        response = view(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "no-referrer"
        return response

    return csrf_exempt(
        never_cache(require_http_methods(["GET", "HEAD", "POST"])(answer))
    )


@demo_page
def checkout(request: HttpRequest, ref: str) -> HttpResponse:
    found = get_object_or_404(SandboxCheckout, ref=ref)
    if request.method != "POST":
        return _checkout(found)
    card = request.POST.get("card", "")
    country = request.POST.get("country", "")
    if card not in SandboxCheckout.Card.values or country not in _countries():
        return _checkout(found, trouble=_("Choose a card and its country."))
    step = sandbox_actions.pay(ref, card, country)
    if step == Step.CHECK:
        return redirect("support:sandbox_bank", ref)
    return _after(found, step)


@demo_page
def bank(request: HttpRequest, ref: str) -> HttpResponse:
    """The bank's own question, as 3-D Secure puts it."""
    found = get_object_or_404(SandboxCheckout, ref=ref)
    if found.card != SandboxCheckout.Card.CHECKED:
        return redirect("support:sandbox_checkout", ref)
    if request.method == "POST":
        step = sandbox_actions.answer_bank(ref, agrees="agree" in request.POST)
        return _after(found, step)
    return _page("bank", checkout=found, amount=_amount(found))


@demo_page
def card(request: HttpRequest, ref: str) -> HttpResponse:
    """Where a giver puts in another card for a running gift."""
    found = get_object_or_404(SandboxSubscription, ref=ref)
    if request.method == "POST":
        is_failed = found.state == SandboxSubscription.State.PAST_DUE
        sandbox_actions.change(
            ref,
            state=SandboxSubscription.State.ACTIVE if is_failed else "",
            paused_until=found.paused_until,
            card_ends=date(timezone.now().year + 3, 12, 31),
        )
        return HttpResponseRedirect(found.back_url or settings.SITE_URL, status=303)
    return _page("card", subscription=found, back=found.back_url or settings.SITE_URL)


@demo_page
def books(request: HttpRequest) -> HttpResponse:
    """All that the sandbox holds, and what can be done with it."""
    if request.method != "POST":
        return _books()
    try:
        _act(request.POST.get("do", ""), request.POST.get("ref", ""), request.POST)
    except (NotPossible, KeyError) as error:
        words = str(error) if isinstance(error, NotPossible) else _("No such thing.")
        return _books(trouble=words)
    return redirect("support:sandbox")


def _act(do: str, ref: str, said: Any) -> None:
    """Raises ``NotPossible`` or ``KeyError``."""
    if do == "behave":
        _behave(said)
    elif do == "deliver":
        sandbox_events.deliver_all(in_order=False)
    elif do == "refund":
        payment = get_object_or_404(SandboxPayment, ref=ref)
        left = payment.amount_minor - sandbox_actions.refunded(payment)
        half = left // 2 if "half" in said else left
        sandbox_actions.refund(ref, half)
    else:
        _ACTIONS[do](ref)


_ACTIONS: dict[str, Callable[[str], object]] = {
    "close": sandbox_actions.close,
    "dispute": sandbox_actions.dispute,
    "renew": sandbox_actions.renew,
    "win": lambda ref: sandbox_actions.settle(ref, won=True),
    "lose": lambda ref: sandbox_actions.settle(ref, won=False),
    "card_soon": lambda ref: sandbox_actions.let_card_end(ref, soon=True),
    "card_over": lambda ref: sandbox_actions.let_card_end(ref, soon=False),
    "cancel": lambda ref: sandbox_actions.change(
        ref, state=SandboxSubscription.State.CANCELLED
    ),
}


def _behave(said: Any) -> None:
    row = sandbox_events.row()
    row.sends_twice = "sends_twice" in said
    row.shuffles = "shuffles" in said
    row.is_down = "is_down" in said
    row.save(update_fields=["sends_twice", "shuffles", "is_down"])


def _checkout(found: SandboxCheckout, *, trouble: str = "") -> HttpResponse:
    if found.state == SandboxCheckout.State.PAID:
        return HttpResponseRedirect(found.done_url, status=303)
    method = PaymentMethod.objects.filter(provider="sandbox", code=found.method).first()
    status = 422 if trouble else 200
    return _page(
        "checkout",
        status=status,
        checkout=found,
        amount=_amount(found),
        cards=SandboxCheckout.Card.choices,
        countries=_countries().items(),
        method=method.name if method else found.method,
        trouble=trouble,
        is_closed=found.state == SandboxCheckout.State.CLOSED,
    )


def _after(found: SandboxCheckout, step: Step) -> HttpResponse:
    if step == Step.PAID:
        return HttpResponseRedirect(found.done_url, status=303)
    found.refresh_from_db()
    if step == Step.CLOSED:
        return _checkout(found)
    words = _("The card was declined. Nothing was paid. Try another one, or go back.")
    return _checkout(found, trouble=words)


def _countries() -> dict[str, str]:
    return COUNTRIES | {policy.country: policy.name for policy in countries.policies()}


def _books(*, trouble: str = "") -> HttpResponse:
    newest = slice(MOST_SHOWN)
    payments = SandboxPayment.objects.annotate(given_back=Sum("refunds__amount_minor"))
    return _page(
        "books",
        status=422 if trouble else 200,
        behaviour=sandbox_events.row(),
        checkouts=SandboxCheckout.objects.filter(state="open")[newest],
        payments=payments.select_related("dispute", "subscription")[newest],
        subscriptions=SandboxSubscription.objects.all()[newest],
        events=SandboxEvent.objects.all()[newest],
        totals=_totals(),
        trouble=trouble,
    )


def _totals() -> list[tuple[str, str, str, bool]]:
    """Each currency: what the sandbox has for us, what our books say, whether equal."""
    theirs = _sums(SandboxPayment.objects.filter(state="paid"), "amount_minor")
    for taken in (
        _sums(SandboxPayment.objects.filter(state="paid"), "fee_minor"),
        _sums(SandboxRefund.objects.all(), "amount_minor", "payment__currency"),
        _sums(
            SandboxDispute.objects.exclude(state="won"),
            "amount_minor",
            "payment__currency",
        ),
    ):
        for currency, amount_minor in taken.items():
            theirs[currency] = theirs.get(currency, 0) - amount_minor
    ours = _sums(LedgerEntry.objects.filter(provider="sandbox"), "amount_minor")
    return [
        (
            currency,
            money.written(theirs.get(currency, 0), currency),
            money.written(ours.get(currency, 0), currency),
            theirs.get(currency, 0) == ours.get(currency, 0),
        )
        for currency in sorted({*theirs, *ours})
    ]


def _sums(rows: Any, column: str, by: str = "currency") -> dict[str, int]:
    return dict(rows.order_by().values_list(by).annotate(sum=Sum(column)))


def _amount(found: SandboxCheckout) -> str:
    return money.written(found.amount_minor, found.currency)


def _page(name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    page = render_to_string(f"support/sandbox/{name}.html", context)
    return HttpResponse(page, status=status)
