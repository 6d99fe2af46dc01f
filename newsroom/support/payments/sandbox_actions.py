"""What happens at the sandbox: payments, renewals, refunds, disputes, changed cards.

Each is one transaction that also owes us the events of it.
"""

import calendar
import enum
import secrets
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.support.models import (
    Frequency,
    SandboxCheckout,
    SandboxDispute,
    SandboxPayment,
    SandboxRefund,
    SandboxSubscription,
)
from newsroom.support.money import DIGITS
from newsroom.support.payments.interface import NotPossible
from newsroom.support.payments.sandbox_events import tell

Card = SandboxCheckout.Card
State = SandboxSubscription.State

_YEARS_VALID = 3


class Step(enum.Enum):
    """What the payer sees next."""

    PAID = "paid"
    CHECK = "check"  # the bank asks for a code
    DECLINED = "declined"
    CLOSED = "closed"  # it could no longer be paid


@transaction.atomic
def pay(ref: str, card: str, country: str) -> Step:
    """Try to pay a checkout. One that was paid is not paid again."""
    checkout = SandboxCheckout.objects.select_for_update().get(ref=ref)
    if checkout.state != SandboxCheckout.State.OPEN:
        return _as_it_stands(checkout)
    checkout.card, checkout.country = card, country
    checkout.save(update_fields=["card", "country"])
    if card == Card.CHECKED:
        return Step.CHECK
    if card == Card.DECLINED:
        return _decline(checkout)
    return _take(checkout)


@transaction.atomic
def answer_bank(ref: str, *, agrees: bool) -> Step:
    """The bank's question was answered, as 3-D Secure asks it."""
    checkout = SandboxCheckout.objects.select_for_update().get(ref=ref)
    if checkout.state != SandboxCheckout.State.OPEN:
        return _as_it_stands(checkout)
    if checkout.card != Card.CHECKED:
        raise NotPossible(_("No bank has asked for a code here."))
    return _take(checkout) if agrees else _decline(checkout)


@transaction.atomic
def close(ref: str) -> None:
    """End a checkout that nobody paid."""
    checkout = SandboxCheckout.objects.select_for_update().get(ref=ref)
    if checkout.state != SandboxCheckout.State.OPEN:
        return
    checkout.state = SandboxCheckout.State.CLOSED
    checkout.save(update_fields=["state"])
    tell(
        "checkout.closed",
        contribution=checkout.contribution,
        recurring=checkout.recurring,
        checkout=checkout.ref,
    )


@transaction.atomic
def renew(ref: str) -> SandboxPayment:
    """The next payment of a subscription, now. Raises ``NotPossible``."""
    subscription = _locked(ref)
    if subscription.state == State.CANCELLED:
        raise NotPossible(_("This gift has ended."))
    if subscription.state == State.PAUSED:
        raise NotPossible(_("This gift is paused."))
    is_paid = subscription.card_ends >= timezone.now().date()
    payment = SandboxPayment.objects.create(
        subscription=subscription,
        state=SandboxPayment.State.PAID if is_paid else SandboxPayment.State.DECLINED,
        amount_minor=subscription.amount_minor,
        currency=subscription.currency,
        fee_minor=fee(subscription.amount_minor, subscription.currency)
        if is_paid
        else 0,
        method=subscription.method,
        country=subscription.country,
    )
    subscription.state = State.ACTIVE if is_paid else State.PAST_DUE
    if is_paid:
        subscription.next_at = a_period_later(subscription)
    subscription.save(update_fields=["state", "next_at"])
    _tell_payment("renewal.paid" if is_paid else "renewal.declined", payment)
    _tell_subscription(subscription)
    return payment


@transaction.atomic
def change(
    ref: str,
    *,
    state: str = "",
    amount_minor: int = 0,
    paused_until: date | None = None,
    card_ends: date | None = None,
) -> None:
    """Change how a subscription stands. One that has ended stays so."""
    subscription = _locked(ref)
    if subscription.state == State.CANCELLED:
        return
    subscription.state = state or subscription.state
    subscription.amount_minor = amount_minor or subscription.amount_minor
    subscription.paused_until = paused_until
    subscription.card_ends = card_ends or subscription.card_ends
    subscription.save()
    _tell_subscription(subscription)


@transaction.atomic
def let_card_end(ref: str, *, soon: bool) -> None:
    """The card ends with the next month, or has ended: then no renewal succeeds."""
    subscription = _locked(ref)
    today = timezone.now().date()
    subscription.card_ends = (
        end_of_next_month(today) if soon else today.replace(day=1) - timedelta(days=1)
    )
    subscription.save(update_fields=["card_ends"])
    _tell_card(subscription)


@transaction.atomic
def refund(ref: str, amount_minor: int, *, key: str = "") -> None:
    """Give back, once for each key. Raises ``NotPossible``."""
    payment = SandboxPayment.objects.select_for_update().get(ref=ref)
    if key and SandboxRefund.objects.filter(key=key).exists():
        return
    left = payment.amount_minor - refunded(payment)
    if payment.state != SandboxPayment.State.PAID or not 0 < amount_minor <= left:
        raise NotPossible(_("No more can be given back than was paid."))
    made = SandboxRefund.objects.create(
        payment=payment, amount_minor=amount_minor, key=key or secrets.token_hex(10)
    )
    _tell_movement("refund.made", payment, made.ref, amount_minor)


@transaction.atomic
def dispute(ref: str) -> None:
    """The payer's bank takes the money back, for now. Raises ``NotPossible``."""
    payment = SandboxPayment.objects.select_for_update().get(ref=ref)
    left = payment.amount_minor - refunded(payment)
    if payment.state != SandboxPayment.State.PAID or not left:
        raise NotPossible(_("There is nothing left to dispute."))
    made, is_new = SandboxDispute.objects.get_or_create(
        payment=payment, defaults={"amount_minor": left}
    )
    if is_new:
        _tell_movement("dispute.opened", payment, made.ref, left)


@transaction.atomic
def settle(ref: str, *, won: bool) -> None:
    """The bank decided a dispute; decided once, it stays so."""
    found = SandboxDispute.objects.select_for_update().get(ref=ref)
    if found.state != SandboxDispute.State.OPEN:
        return
    found.state = SandboxDispute.State.WON if won else SandboxDispute.State.LOST
    found.save(update_fields=["state"])
    name = "dispute.won" if won else "dispute.lost"
    _tell_movement(name, found.payment, found.ref, found.amount_minor)


def refunded(payment: SandboxPayment) -> int:
    return payment.refunds.aggregate(sum=Sum("amount_minor"))["sum"] or 0


def fee(amount_minor: int, currency: str) -> int:
    """2.9% and 0.30 of the currency's unit, as card processors take."""
    fixed = int(3 * 10 ** DIGITS[currency] // 10)
    return min(amount_minor, amount_minor * 29 // 1000 + fixed)


def a_period_later(subscription: SandboxSubscription) -> datetime:
    """The day of the first payment, in the next month or year that is to be paid."""
    last = subscription.next_at
    months = 12 if subscription.frequency == Frequency.ANNUAL else 1
    return _months_later(last, months, subscription.created_at.day)


def end_of_next_month(today: date) -> date:
    first = today.replace(day=1) + timedelta(days=70)
    return first.replace(day=1) - timedelta(days=1)


def _as_it_stands(checkout: SandboxCheckout) -> Step:
    is_paid = checkout.state == SandboxCheckout.State.PAID
    return Step.PAID if is_paid else Step.CLOSED


def _decline(checkout: SandboxCheckout) -> Step:
    """The checkout stays open: the payer may take another card."""
    checkout.card = ""
    checkout.save(update_fields=["card"])
    tell(
        "checkout.declined",
        contribution=checkout.contribution,
        recurring=checkout.recurring,
        checkout=checkout.ref,
        amount=checkout.amount_minor,
        currency=checkout.currency,
        method=checkout.method,
    )
    return Step.DECLINED


def _take(checkout: SandboxCheckout) -> Step:
    subscription = None
    if checkout.frequency != Frequency.ONCE:
        subscription = _subscribe(checkout)
    payment = SandboxPayment.objects.create(
        checkout=checkout,
        subscription=subscription,
        contribution=checkout.contribution,
        amount_minor=checkout.amount_minor,
        currency=checkout.currency,
        fee_minor=fee(checkout.amount_minor, checkout.currency),
        method=checkout.method,
        country=checkout.country,
    )
    checkout.state = SandboxCheckout.State.PAID
    checkout.save(update_fields=["state"])
    _tell_payment("checkout.paid", payment)
    if subscription is not None:
        _tell_subscription(subscription)
        if checkout.card == Card.ENDS:
            _tell_card(subscription)
    return Step.PAID


def _subscribe(checkout: SandboxCheckout) -> SandboxSubscription:
    now = timezone.now()
    ends_soon = checkout.card == Card.ENDS
    months = 12 if checkout.frequency == Frequency.ANNUAL else 1
    return SandboxSubscription.objects.create(
        recurring=checkout.recurring,
        frequency=checkout.frequency,
        amount_minor=checkout.amount_minor,
        currency=checkout.currency,
        method=checkout.method,
        country=checkout.country,
        card_ends=end_of_next_month(now.date())
        if ends_soon
        else date(now.year + _YEARS_VALID, 12, 31),
        next_at=_months_later(now, months, now.day),
    )


def _months_later(at: datetime, months: int, day: int) -> datetime:
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(day, last))


def _locked(ref: str) -> SandboxSubscription:
    return SandboxSubscription.objects.select_for_update().get(ref=ref)


def _tell_payment(name: str, payment: SandboxPayment) -> None:
    """That it was paid, and a moment later what the charge says of country and fee."""
    checkout, subscription = payment.checkout, payment.subscription
    facts = {
        "contribution": payment.contribution,
        "payment": payment.ref,
        "recurring": subscription.recurring if subscription else "",
        "subscription": subscription.ref if subscription else "",
        "amount": payment.amount_minor,
        "currency": payment.currency,
        "method": payment.method,
    }
    tell(name, **facts, checkout=checkout.ref if checkout else "")
    if payment.state == SandboxPayment.State.PAID:
        tell("charge.updated", **facts, country=payment.country, fee=payment.fee_minor)


def _tell_subscription(subscription: SandboxSubscription) -> None:
    until = subscription.paused_until
    tell(
        "subscription.changed",
        recurring=subscription.recurring,
        subscription=subscription.ref,
        state=subscription.state,
        amount=subscription.amount_minor,
        currency=subscription.currency,
        next_at=subscription.next_at.isoformat(),
        card_ends=subscription.card_ends.isoformat(),
        paused_until=until.isoformat() if until else "",
    )


def _tell_card(subscription: SandboxSubscription) -> None:
    tell(
        "card.ends",
        recurring=subscription.recurring,
        subscription=subscription.ref,
        card_ends=subscription.card_ends.isoformat(),
    )


def _tell_movement(
    name: str, payment: SandboxPayment, ref: str, amount_minor: int
) -> None:
    tell(
        name,
        contribution=payment.contribution,
        payment=payment.ref,
        movement=ref,
        amount=amount_minor,
        currency=payment.currency,
    )
