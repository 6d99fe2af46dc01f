"""What Stripe is asked about an event: its charge, its fee, and whose it is."""

from dataclasses import replace
from typing import Any

from newsroom.support.payments.interface import Event, Kind
from newsroom.support.payments.stripe_client import client
from newsroom.support.payments.stripe_events import (
    Object,
    number,
    of_charge,
    of_invoice,
    ours,
)


def more_about(event: Event) -> Event:
    ask = _ASKED.get(event.kind)
    return ask(event) if ask else event


def _more_about_payment(event: Event) -> Event:
    """The charge itself: its country, its fee, and whether it is a gift at all."""
    if event.movement_ref.startswith("in_"):
        reference = _payment_of(event.movement_ref)
        event = replace(event, payment_ref=reference, movement_ref="")
    if not event.payment_ref.startswith("pi_"):
        return replace(event, kind=Kind.OTHER)
    intents = client().v1.payment_intents
    expanded: Any = {"expand": ["latest_charge.balance_transaction"]}
    intent = intents.retrieve(event.payment_ref, expanded).to_dict()
    event = _with_owner(event, intent)
    charge = intent.get("latest_charge")
    if event.kind is Kind.OTHER or not isinstance(charge, dict):
        return event
    if charge["status"] != "succeeded":
        return event
    return of_charge(event, charge)


def _more_about_failure(event: Event) -> Event:
    if not event.movement_ref.startswith("in_"):
        return event
    reference = _payment_of(event.movement_ref)
    return replace(event, payment_ref=reference, movement_ref="")


def _more_about_movement(event: Event) -> Event:
    """Whether a refund or a dispute is about a gift, or about other business."""
    if not event.payment_ref.startswith("pi_"):
        return replace(event, kind=Kind.OTHER)
    intent = client().v1.payment_intents.retrieve(event.payment_ref)
    return _with_owner(event, intent.to_dict())


_ASKED = {
    Kind.PAID: _more_about_payment,
    Kind.CHARGED: _more_about_payment,
    Kind.FAILED: _more_about_failure,
    Kind.REFUNDED: _more_about_movement,
    Kind.DISPUTED: _more_about_movement,
    Kind.REINSTATED: _more_about_movement,
}


def _with_owner(event: Event, intent: Object) -> Event:
    if event.contribution or event.recurring:
        return event
    gift = ours(intent)[0]
    if gift:
        return replace(event, contribution=gift)
    wanted: Any = {
        "payment": {"type": "payment_intent", "payment_intent": event.payment_ref},
        "expand": ["data.invoice"],
    }
    for paid in client().v1.invoice_payments.list(wanted).data:
        owned = of_invoice(event, paid.to_dict()["invoice"])
        if owned.recurring:
            return owned
    return replace(event, kind=Kind.OTHER)


def _payment_of(invoice: str) -> str:
    """The payment that an invoice was or should have been paid with."""
    found = client().v1.invoice_payments.list({"invoice": invoice})
    payments = [one.to_dict() for one in found.data]
    payments.sort(key=lambda one: (one["status"] != "paid", not one.get("is_default")))
    for one in payments:
        reference = number(one["payment"].get("payment_intent"))
        if reference:
            return reference
    return ""
