"""Stripe: its Checkout, its Billing Portal, its webhooks. The one place of its library.

Nothing that is sent names a reader beyond the address for the checkout, and nothing
there need name the newsroom.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit

import stripe
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.support.models import Contribution, Frequency, RecurringContribution
from newsroom.support.payments import stripe_asked, stripe_checkout, stripe_events
from newsroom.support.payments.interface import (
    Checkout,
    Event,
    NotPossible,
    Provider,
    Statement,
    Unverified,
)
from newsroom.support.payments.stripe_client import asking, client
from newsroom.support.payments.stripe_events import (
    ORDER,
    Object,
    from_stripe,
    number,
    ours,
    to_stripe,
)

TOLERANCE = 300  # seconds that a webhook may be old
_PAGE = 100


def provider() -> Provider:
    return Stripe()


class Stripe:
    name = "stripe"
    title = "Stripe"
    changes_amounts = True
    pauses = True
    has_own_page = True
    lists_payments = True

    def __init__(self) -> None:
        self.checkout_origin = "https://checkout.stripe.com"
        if settings.STRIPE_API_BASE:
            parts = urlsplit(settings.STRIPE_API_BASE)
            self.checkout_origin = f"{parts.scheme}://{parts.netloc}"

    def is_set_up(self) -> bool:
        return bool(settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRET)

    def start_checkout(
        self, contribution: Contribution, *, address: str, back: str, done: str
    ) -> Checkout:
        with asking():
            if contribution.checkout_ref:
                return stripe_checkout.begun(contribution)
            wanted = stripe_checkout.wanted(
                contribution, address=address, back=back, done=done
            )
            made = client().v1.checkout.sessions.create(
                wanted,  # type: ignore[arg-type]
                {"idempotency_key": f"checkout-{contribution.public_id}"},
            )
        return Checkout(url=made.url or "", ref=made.id)

    def close_checkout(self, contribution: Contribution) -> None:
        if not contribution.checkout_ref:
            return
        with asking():
            try:
                client().v1.checkout.sessions.expire(contribution.checkout_ref)
            except stripe.InvalidRequestError:
                return  # paid or ended already

    def parse_event(
        self, body: bytes, headers: Mapping[str, str], *, at: datetime
    ) -> list[Event]:
        try:
            stripe.WebhookSignature.verify_header(
                body,
                headers.get("Stripe-Signature", ""),
                settings.STRIPE_WEBHOOK_SECRET,
                TOLERANCE,
            )
            return self.read_stored(body)
        except stripe.SignatureVerificationError:
            raise Unverified("signature") from None
        except (ValueError, KeyError, TypeError, LookupError, RecursionError):
            raise Unverified("form") from None

    def read_stored(self, body: bytes) -> list[Event]:
        return stripe_events.read(json.loads(body))

    def more_about(self, event: Event) -> Event:
        with asking():
            return stripe_asked.more_about(event)

    def cancel(self, recurring: RecurringContribution) -> None:
        with asking():
            subscriptions = client().v1.subscriptions
            try:
                subscriptions.cancel(_begun_number(recurring))
            except stripe.InvalidRequestError as error:
                if not _is_gone(error) and not _has_ended(recurring):
                    raise

    def change_amount(
        self, recurring: RecurringContribution, amount_minor: int
    ) -> None:
        stripe_checkout.refuse_odd_amount(amount_minor, recurring.currency)
        with asking():
            subscriptions = client().v1.subscriptions
            known = subscriptions.retrieve(_begun_number(recurring)).to_dict()
            item = known["items"]["data"][0]
            price = {
                "currency": recurring.currency.lower(),
                "product": number(item["price"]["product"]),
                "recurring": {
                    "interval": stripe_checkout.INTERVALS[
                        Frequency(recurring.frequency)
                    ]
                },
                "unit_amount": to_stripe(amount_minor, recurring.currency),
            }
            wanted: Any = {
                "items": [{"id": item["id"], "price_data": price}],
                "proration_behavior": "none",
            }
            subscriptions.update(recurring.provider_ref, wanted)

    def pause(self, recurring: RecurringContribution, until: date | None) -> None:
        pause: Any = ""
        if until is not None:
            begins = datetime.combine(until, time(0), timezone.get_current_timezone())
            pause = {"behavior": "void", "resumes_at": int(begins.timestamp())}
        with asking():
            client().v1.subscriptions.update(
                _begun_number(recurring), {"pause_collection": pause}
            )

    def own_page(self, recurring: RecurringContribution, *, back: str) -> str:
        if not recurring.payer_ref:
            raise NotPossible(_("This gift has not begun yet."))
        with asking():
            opened = client().v1.billing_portal.sessions.create(
                {
                    "customer": recurring.payer_ref,
                    "return_url": back,
                    "flow_data": {"type": "payment_method_update"},
                }
            )
        return opened.url

    def refund(
        self, contribution: Contribution, amount_minor: int, *, key: str
    ) -> None:
        with asking():
            refunds = client().v1.refunds
            # Stripe forgets keys after a day; what it gave back it does not forget.
            known = refunds.list(
                {"payment_intent": contribution.payment_ref, "limit": _PAGE}
            )
            for one in known.auto_paging_iter():
                if (one.to_dict().get("metadata") or {}).get(ORDER) == key:
                    return
            refunds.create(
                {
                    "payment_intent": contribution.payment_ref,
                    "amount": to_stripe(amount_minor, contribution.currency),
                    "metadata": {ORDER: key},
                },
                {"idempotency_key": f"refund-{key}"},
            )

    def payments(self, since: datetime, until: datetime) -> Iterable[Statement]:
        period: Any = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        with asking():
            renewals = dict(_renewals(period))
            charges = client().v1.charges.list({"created": period, "limit": _PAGE})
            for one in charges.auto_paging_iter():
                charge = one.to_dict()
                reference = number(charge.get("payment_intent"))
                gift = ours(charge)[0]
                if charge["status"] == "succeeded" and (gift or reference in renewals):
                    yield _statement(charge, gift or renewals[reference])


def _renewals(period: Any) -> Iterator[tuple[str, str]]:
    """The payments of recurring gifts in this time, and our number of the gift."""
    wanted: Any = {"created": period, "limit": _PAGE, "expand": ["data.invoice"]}
    for one in client().v1.invoice_payments.list(wanted).auto_paging_iter():
        paid = one.to_dict()
        details = (paid["invoice"].get("parent") or {}).get("subscription_details")
        gift, series = ours(details or {})
        if series:
            yield number(paid["payment"].get("payment_intent")), gift


def _statement(charge: Object, gift: str) -> Statement:
    currency = str(charge["currency"]).upper()
    return Statement(
        payment_ref=number(charge.get("payment_intent")) or str(charge["id"]),
        contribution=gift,
        amount_minor=from_stripe(charge["amount"], currency),
        refunded_minor=from_stripe(charge["amount_refunded"], currency),
        currency=currency,
        happened_at=stripe_events.moment(charge["created"]),
    )


def _begun_number(recurring: RecurringContribution) -> str:
    if not recurring.provider_ref:
        raise NotPossible(_("This gift has not begun yet."))
    return recurring.provider_ref


def _is_gone(error: stripe.InvalidRequestError) -> bool:
    return error.code == "resource_missing"


def _has_ended(recurring: RecurringContribution) -> bool:
    known = client().v1.subscriptions.retrieve(recurring.provider_ref)
    return known.status == "canceled"
