"""What Stripe's Checkout is asked for: one gift, once or renewing."""

import re
from typing import Any

from django.utils.translation import gettext as _

from newsroom.support import money
from newsroom.support.models import Contribution, Frequency
from newsroom.support.payments.interface import Checkout, NotPossible
from newsroom.support.payments.stripe_client import client
from newsroom.support.payments.stripe_events import (
    GIFT,
    SERIES,
    THREE_DIGITS,
    to_stripe,
)

INTERVALS = {Frequency.MONTHLY: "month", Frequency.ANNUAL: "year"}
# Languages of its checkout; in others it takes the browser's.
_LANGUAGES = {"en": "en-GB", "de": "de", "fr": "fr", "ru": "ru", "zh-hans": "zh"}
_NOT_ON_STATEMENTS = re.compile(r"[^ -~]|[<>\\'\"*]")
_LEAST_DESCRIPTOR = 5


def wanted(gift: Contribution, *, address: str, back: str, done: str) -> dict[str, Any]:
    refuse_odd_amount(gift.amount_minor, gift.currency)
    numbers = {GIFT: gift.public_id}
    if gift.recurring is not None:
        numbers[SERIES] = gift.recurring.public_id
    price: dict[str, Any] = {
        "currency": gift.currency.lower(),
        "unit_amount": to_stripe(gift.amount_minor, gift.currency),
    }
    asked: dict[str, Any] = {
        "adaptive_pricing": {"enabled": False},
        "cancel_url": back,
        "client_reference_id": gift.public_id,
        "line_items": [{"price_data": price, "quantity": 1}],
        "locale": _LANGUAGES.get(gift.giver.language, "auto") if gift.giver else "auto",
        "metadata": numbers,
        "success_url": done,
    }
    if address:
        asked["customer_email"] = address
    if gift.method:
        asked["payment_method_types"] = [gift.method]
    if gift.recurring is not None:
        interval = INTERVALS[Frequency(gift.frequency)]
        price["recurring"] = {"interval": interval}
        asked["mode"] = "subscription"
        asked["subscription_data"] = {"metadata": numbers}
        _name_product(price, gift)
    else:
        price["product_data"] = {"name": _("Contribution")}
        asked["mode"] = "payment"
        asked["submit_type"] = "donate"
        asked["payment_intent_data"] = {"metadata": numbers, **_on_statement(gift)}
    return asked


def _on_statement(gift: Contribution) -> dict[str, str]:
    """What a bank shows: after the account's own words for cards, alone for others."""
    words = _NOT_ON_STATEMENTS.sub("", gift.descriptor).strip()
    if not re.search(r"[A-Za-z]", words):
        return {}
    if gift.method in ("", "card"):
        return {"statement_descriptor_suffix": words}
    is_enough = len(words) >= _LEAST_DESCRIPTOR
    return {"statement_descriptor": words} if is_enough else {}


def _name_product(price: dict[str, Any], gift: Contribution) -> None:
    """Statements of a renewing payment show the descriptor of its product."""
    words = _NOT_ON_STATEMENTS.sub("", gift.descriptor).strip()
    if len(words) < _LEAST_DESCRIPTOR or not re.search(r"[A-Za-z]", words):
        price["product_data"] = {"name": _("Contribution")}
        return
    made = client().v1.products.create(
        {"name": _("Contribution"), "statement_descriptor": words},
        {"idempotency_key": f"product-{gift.public_id}"},
    )
    price["product"] = made.id


def begun(gift: Contribution) -> Checkout:
    known = client().v1.checkout.sessions.retrieve(gift.checkout_ref)
    if known.status != "open" or not known.url:
        raise NotPossible(_("This payment was completed or has run out."))
    return Checkout(url=known.url, ref=known.id)


def refuse_odd_amount(amount_minor: int, currency: str) -> None:
    if currency in THREE_DIGITS and amount_minor % 10:
        words = _("Cards take %(currency)s in steps of %(step)s.")
        step = money.decimal(10, currency)
        raise NotPossible(words % {"currency": currency, "step": step})
