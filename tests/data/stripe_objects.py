"""Stripe's objects in the form that it documents, as far as anybody here reads them.

Written by us after its reference of API version 2026-10-28; nothing of a real account.
"""

import itertools
import json
from datetime import UTC, datetime
from typing import Any

from stripe import WebhookSignature

Object = dict[str, Any]

SECRET = "whsec_only_for_tests"
NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
_numbers = itertools.count(1)


def number(prefix: str) -> str:
    return f"{prefix}_{next(_numbers):014d}"


def event(name: str, told: Object, *, created: int = NOON, **values: Any) -> Object:
    return {
        "id": number("evt"),
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": created,
        "data": {"object": told},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": name,
        **values,
    }


def signed(told: Object, *, secret: str = SECRET, at: int | None = None) -> Any:
    """The body and its headers, as Stripe posts them."""
    body = json.dumps(told, ensure_ascii=False)
    header = WebhookSignature.generate_signature_header(body, secret, at)
    return body.encode(), {"Stripe-Signature": header}


def session(**values: Any) -> Object:
    return {
        "id": number("cs_test"),
        "object": "checkout.session",
        "amount_total": 2500,
        "client_reference_id": None,
        "currency": "usd",
        "customer": None,
        "customer_details": {"email": "payer@reader.example", "name": "Ada Payer"},
        "livemode": False,
        "metadata": {},
        "mode": "payment",
        "payment_intent": None,
        "payment_status": "paid",
        "status": "complete",
        "subscription": None,
        "url": None,
        **values,
    }


def card(country: str = "DE") -> Object:
    return {
        "type": "card",
        "card": {
            "brand": "visa",
            "country": country,
            "exp_month": 4,
            "exp_year": 2029,
            "last4": "4242",
        },
    }


def charge(**values: Any) -> Object:
    return {
        "id": number("ch"),
        "object": "charge",
        "amount": 2500,
        "amount_refunded": 0,
        "balance_transaction": number("txn"),
        "billing_details": {"email": "payer@reader.example", "name": "Ada Payer"},
        "created": NOON,
        "currency": "usd",
        "customer": None,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": number("pi"),
        "payment_method_details": card(),
        "refunded": False,
        "status": "succeeded",
        **values,
    }


def balance_transaction(**values: Any) -> Object:
    return {
        "id": number("txn"),
        "object": "balance_transaction",
        "amount": 2500,
        "created": NOON,
        "currency": "usd",
        "fee": 103,
        "net": 2397,
        "type": "charge",
        **values,
    }


def refund(**values: Any) -> Object:
    return {
        "id": number("re"),
        "object": "refund",
        "amount": 2500,
        "balance_transaction": number("txn"),
        "charge": number("ch"),
        "created": NOON,
        "currency": "usd",
        "metadata": {},
        "payment_intent": number("pi"),
        "status": "succeeded",
        **values,
    }


def dispute(**values: Any) -> Object:
    return {
        "id": number("du"),
        "object": "dispute",
        "amount": 2500,
        "balance_transactions": [],
        "charge": number("ch"),
        "created": NOON,
        "currency": "usd",
        "payment_intent": number("pi"),
        "reason": "fraudulent",
        "status": "needs_response",
        **values,
    }


def invoice(metadata: Object, subscription: str, **values: Any) -> Object:
    return {
        "id": number("in"),
        "object": "invoice",
        "amount_due": 500,
        "amount_paid": 500,
        "billing_reason": "subscription_cycle",
        "created": NOON,
        "currency": "usd",
        "customer": "cus_1",
        "customer_email": "payer@reader.example",
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": {
                "metadata": metadata,
                "subscription": subscription,
            },
        },
        "status": "paid",
        **values,
    }


def invoice_payment(of: Object, intent: str, **values: Any) -> Object:
    return {
        "id": number("inpay"),
        "object": "invoice_payment",
        "amount_paid": of["amount_paid"],
        "created": NOON,
        "currency": of["currency"],
        "invoice": of["id"],
        "is_default": True,
        "payment": {"type": "payment_intent", "payment_intent": intent},
        "status": "paid",
        **values,
    }


def subscription(metadata: Object, **values: Any) -> Object:
    return {
        "id": number("sub"),
        "object": "subscription",
        "cancel_at_period_end": False,
        "created": NOON,
        "currency": "usd",
        "customer": "cus_1",
        "items": {
            "object": "list",
            "data": [
                {
                    "id": number("si"),
                    "object": "subscription_item",
                    "current_period_end": NOON + 30 * 86400,
                    "price": {
                        "id": number("price"),
                        "currency": "usd",
                        "product": "prod_1",
                        "recurring": {"interval": "month"},
                        "unit_amount": 500,
                    },
                    "quantity": 1,
                }
            ],
        },
        "metadata": metadata,
        "pause_collection": None,
        "status": "active",
        **values,
    }


def listed(objects: list[Object], url: str, *, has_more: bool = False) -> Object:
    return {"object": "list", "data": objects, "has_more": has_more, "url": url}
