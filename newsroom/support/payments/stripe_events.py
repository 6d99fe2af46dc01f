"""What Stripe's objects say, in our words. Knows their form, and asks nobody.

Written for the version of its API that ``stripe.API_VERSION`` names.
"""

import calendar
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from newsroom.support.models import RecurringContribution
from newsroom.support.payments.interface import Event, Kind

Object = dict[str, Any]

# Our own numbers on Stripe's objects, under names that tell nobody what we are.
GIFT, SERIES, ORDER = "gift", "series", "order"
# Currencies that Stripe counts in hundredths though they have none.
_COUNTED_IN_HUNDREDTHS = {"ISK"}
# It takes amounts of these only with a last digit of 0.
THREE_DIGITS = {"BHD", "JOD", "KWD", "OMR", "TND"}

_State = RecurringContribution.State
_STATES = {
    "active": _State.ACTIVE,
    "trialing": _State.ACTIVE,
    "past_due": _State.PAST_DUE,
    "unpaid": _State.PAST_DUE,
    "canceled": _State.CANCELLED,
    "incomplete_expired": _State.CANCELLED,
    "incomplete": _State.PENDING,
    "paused": _State.PAUSED,
}


def to_stripe(amount_minor: int, currency: str) -> int:
    return amount_minor * (100 if currency in _COUNTED_IN_HUNDREDTHS else 1)


def from_stripe(amount: int, currency: str) -> int:
    """Of a currency that has no hundredths, a fee is rounded up to whole ones."""
    return -(-amount // 100) if currency.upper() in _COUNTED_IN_HUNDREDTHS else amount


def read(payload: Object) -> list[Event]:
    """All that a webhook's body tells. What we do not know is ``OTHER``.

    Raises ``KeyError``, ``TypeError`` or ``ValueError`` for another form.
    """
    name = str(payload["type"])
    told = payload["data"]["object"]
    base = Event(
        event_id=str(payload["id"]),
        kind=Kind.OTHER,
        happened_at=moment(payload["created"]),
        name=name,
    )
    reader = _READERS.get(name)
    return list(reader(base, told)) if reader else [base]


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def number(told: Any) -> str:
    """The number of something that may be there as itself."""
    return str(told["id"]) if isinstance(told, dict) else str(told or "")


def ours(told: Object) -> tuple[str, str]:
    """Our numbers of the gift and of the recurring gift, where it carries them."""
    metadata = told.get("metadata") or {}
    return str(metadata.get(GIFT, "")), str(metadata.get(SERIES, ""))


def of_charge(event: Event, charge: Object) -> Event:
    """An event with what the charge says, its fee if that stands in it too."""
    details = charge.get("payment_method_details") or {}
    method = str(details.get("type") or "")
    inner = details.get(method) or {}
    fee = charge.get("balance_transaction")
    # Its number alone, where it was not asked for.
    fee = fee if isinstance(fee, dict) else None
    currency = str(charge["currency"]).upper()
    fee_currency = str(fee["currency"]).upper() if fee else ""
    return replace(
        event,
        happened_at=moment(charge["created"]),
        contribution=event.contribution or ours(charge)[0],
        payment_ref=number(charge.get("payment_intent")) or str(charge["id"]),
        payer_ref=event.payer_ref or number(charge.get("customer")),
        amount_minor=from_stripe(charge["amount"], currency),
        currency=currency,
        fee_minor=from_stripe(fee["fee"], fee_currency) if fee else None,
        fee_currency=fee_currency,
        country=str(inner.get("country") or ""),
        has_country=bool(details),
        method=method,
        card_ends=_card_ends(inner),
    )


def of_invoice(event: Event, invoice: Object) -> Event:
    """Which recurring gift an invoice is of; the first one also of which gift."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    gift, series = ours(details)
    is_first = invoice.get("billing_reason") == "subscription_create"
    return replace(
        event,
        contribution=gift if is_first else "",
        recurring=series,
        recurring_ref=number(details.get("subscription")),
        payer_ref=number(invoice.get("customer")),
    )


def _checkout_completed(base: Event, session: Object) -> Iterator[Event]:
    gift, series = ours(session)
    event = replace(
        base,
        contribution=gift,
        recurring=series,
        checkout_ref=str(session["id"]),
        payer_ref=number(session.get("customer")),
    )
    if not gift:
        yield base
    elif session["mode"] == "subscription":
        reference = number(session.get("subscription"))
        yield replace(event, kind=Kind.RECURRING, recurring_ref=reference)
    elif session["payment_status"] == "paid":
        yield _paid_session(event, session)
    else:
        # A bank has still to say whether it pays: another event will tell.
        yield base


def _checkout_paid(base: Event, session: Object) -> Iterator[Event]:
    gift, series = ours(session)
    if not gift or series:
        yield base
        return
    event = replace(base, contribution=gift, checkout_ref=str(session["id"]))
    yield _paid_session(event, session)


def _paid_session(event: Event, session: Object) -> Event:
    currency = str(session["currency"]).upper()
    return replace(
        event,
        kind=Kind.PAID,
        payment_ref=number(session.get("payment_intent")),
        amount_minor=from_stripe(session["amount_total"], currency),
        currency=currency,
    )


def _checkout_failed(base: Event, session: Object) -> Iterator[Event]:
    gift = ours(session)[0]
    if gift:
        base = replace(
            base,
            kind=Kind.FAILED,
            contribution=gift,
            checkout_ref=str(session["id"]),
        )
    yield base


def _charge_succeeded(base: Event, charge: Object) -> Iterator[Event]:
    yield of_charge(replace(base, kind=Kind.PAID), charge)


def _charge_updated(base: Event, charge: Object) -> Iterator[Event]:
    if charge["status"] == "succeeded":
        yield of_charge(replace(base, kind=Kind.CHARGED), charge)
    else:
        yield base


def _charge_refunded(base: Event, charge: Object) -> Iterator[Event]:
    """The refunds themselves where they stand in it; each has events of its own too."""
    refunds = (charge.get("refunds") or {}).get("data") or []
    for refund in refunds:
        yield from _refund(base, refund)
    if not refunds:
        yield base


def _refund(base: Event, refund: Object) -> Iterator[Event]:
    """Money that has left us for the giver, also if it came back since."""
    status, currency = refund["status"], str(refund["currency"]).upper()
    if status not in ("succeeded", "failed") or not refund.get("payment_intent"):
        yield base
        return
    event = replace(
        base,
        kind=Kind.REFUNDED,
        happened_at=moment(refund["created"]),
        payment_ref=number(refund["payment_intent"]),
        movement_ref=str(refund["id"]),
        amount_minor=from_stripe(refund["amount"], currency),
        currency=currency,
        order=str((refund.get("metadata") or {}).get(ORDER, "")),
    )
    yield event
    if status == "failed":
        yield replace(event, kind=Kind.REINSTATED)


def _dispute(base: Event, dispute: Object) -> Iterator[Event]:
    """Only what moved: an inquiry takes no money, a lost dispute no more of it."""
    currency = str(dispute["currency"]).upper()
    moves = dispute.get("balance_transactions") or []
    event = replace(
        base,
        payment_ref=number(dispute.get("payment_intent")),
        movement_ref=str(dispute["id"]),
        amount_minor=from_stripe(dispute["amount"], currency),
        currency=currency,
    )
    for move in moves:
        fee_currency = str(move["currency"]).upper()
        fee = from_stripe(move.get("fee") or 0, fee_currency)
        is_back = move["amount"] > 0
        yield replace(
            event,
            kind=Kind.REINSTATED if is_back else Kind.DISPUTED,
            happened_at=moment(move["created"]),
            # Taken with the money, and given back with it where Stripe does so.
            fee_minor=fee or None,
            fee_currency=fee_currency,
        )
    if not moves:
        yield base


def _invoice_paid(base: Event, invoice: Object) -> Iterator[Event]:
    event = of_invoice(base, invoice)
    if not event.recurring or not invoice["amount_paid"]:
        yield base
        return
    yield _with_invoice(replace(event, kind=Kind.PAID), invoice, "amount_paid")


def _invoice_failed(base: Event, invoice: Object) -> Iterator[Event]:
    event = of_invoice(base, invoice)
    if not event.recurring or event.contribution:
        yield base
        return
    yield _with_invoice(replace(event, kind=Kind.FAILED), invoice, "amount_due")


def _with_invoice(event: Event, invoice: Object, amount: str) -> Event:
    currency = str(invoice["currency"]).upper()
    return replace(
        event,
        # Which payment it was, only Stripe knows: it is asked by this number.
        movement_ref=str(invoice["id"]),
        amount_minor=from_stripe(invoice[amount], currency),
        currency=currency,
    )


def _subscription(base: Event, told: Object) -> Iterator[Event]:
    gift, series = ours(told)
    if not series:
        yield base
        return
    state = _STATES.get(str(told["status"]), _State.PENDING)
    if base.name == "customer.subscription.deleted":
        state = _State.CANCELLED
    pause = told.get("pause_collection") or {}
    if pause and state == _State.ACTIVE:
        state = _State.PAUSED
    until = pause.get("resumes_at")
    item = told["items"]["data"][0]
    price = item["price"]
    currency = str(price["currency"]).upper()
    is_ending = state == _State.CANCELLED or told.get("cancel_at_period_end")
    yield replace(
        base,
        kind=Kind.RECURRING,
        contribution=gift,
        recurring=series,
        recurring_ref=str(told["id"]),
        payer_ref=number(told.get("customer")),
        amount_minor=from_stripe(
            price["unit_amount"] * (item.get("quantity") or 1), currency
        ),
        currency=currency,
        state=state,
        next_at=None if is_ending else moment(item["current_period_end"]),
        paused_until=moment(until).date() if until else None,
    )


def _card(base: Event, told: Object) -> Iterator[Event]:
    # A payment method has its card inside; an older source is one itself.
    ends = _card_ends(told.get("card") or told)
    payer = number(told.get("customer"))
    if ends and payer:
        base = replace(base, kind=Kind.CARD_ENDS, payer_ref=payer, card_ends=ends)
    yield base


def _card_ends(card: Object) -> date | None:
    year, month = card.get("exp_year"), card.get("exp_month")
    if not year or not month:
        return None
    return date(int(year), int(month), calendar.monthrange(int(year), int(month))[1])


_READERS: dict[str, Callable[[Event, Object], Iterator[Event]]] = {
    "checkout.session.completed": _checkout_completed,
    "checkout.session.async_payment_succeeded": _checkout_paid,
    "checkout.session.async_payment_failed": _checkout_failed,
    "checkout.session.expired": _checkout_failed,
    "charge.succeeded": _charge_succeeded,
    "charge.updated": _charge_updated,
    "charge.refunded": _charge_refunded,
    "charge.refund.updated": _refund,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "invoice.paid": _invoice_paid,
    "invoice.payment_failed": _invoice_failed,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "payment_method.attached": _card,
    "payment_method.updated": _card,
    "payment_method.automatically_updated": _card,
    "customer.source.expiring": _card,
}
