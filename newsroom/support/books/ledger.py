"""Books what providers tell: any order, any repetition of events gives the same rows.

An event is looked at with the rows that it is about locked, the recurring gift before
the single one. What moved is an entry with the provider's own number, there once;
states are worked out of entries and verdict, never of what came last.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from newsroom.support import countries, money
from newsroom.support.books import recurring, refunds
from newsroom.support.mails import letters
from newsroom.support.models import (
    Contribution,
    GiverLetter,
    LedgerEntry,
    RecurringContribution,
)
from newsroom.support.payments.interface import Event, Kind

log = structlog.get_logger()

State = Contribution.State
Verdict = Contribution.Verdict
Entry = LedgerEntry.Kind

# A failed renewal is told after this time: until then its success may have come late.
_FAILURE_IS_TOLD_AFTER = timedelta(hours=1)
_LONGEST_METHOD = 30


class CannotApply(Exception):
    """It is about something that is not known yet; the words name nobody."""


@transaction.atomic
def apply(event: Event, provider: str) -> None:
    """Book an event of the provider of this name. Raises ``CannotApply``."""
    if (book := _BOOKS.get(event.kind)) is not None:
        book(event, provider)


def _paid(event: Event, provider: str) -> None:
    gift = _gift_for(event, provider)
    ref = _payment_number(event)
    if _enter(gift, Entry.GIFT, event.amount_minor, event, ref):
        gift.amount_minor, gift.currency = event.amount_minor, event.currency
        gift.paid_at = event.happened_at
    if gift.recurring is not None:
        recurring.note_payment(gift.recurring, event)
    _withdraw_failure(gift)
    _charged_gift(gift, event)


def _charged(event: Event, provider: str) -> None:
    _charged_gift(_gift_for(event, provider), event)


def _charged_gift(gift: Contribution, event: Event) -> None:
    _enter_fee(gift, event, _payment_number(event))
    _note_country(gift, event)
    _settle(gift)


def _failed(event: Event, provider: str) -> None:
    """Of the gift itself; its next try may have another number of payment."""
    series = _series_for(event, provider)
    gift = _named(event, provider)
    if gift is None:
        gift = _make_another(None, series, event, provider)
        gift.payment_ref = event.payment_ref
    if gift.state != State.PENDING or _moved(gift, Entry.GIFT):
        gift.save()
        return
    gift.state = State.FAILED
    gift.save()
    # Whose first payment fails sees it in the checkout itself.
    if gift.recurring is not None and not _is_first(gift):
        letters.queue(
            GiverLetter.Kind.FAILED,
            _failure_key(gift),
            contribution=gift,
            recurring=gift.recurring,
            due_at=timezone.now() + _FAILURE_IS_TOLD_AFTER,
        )


def _refunded(event: Event, provider: str) -> None:
    gift = _known_gift(event, provider)
    if _enter(gift, Entry.REFUND, -event.amount_minor, event, _movement(event)):
        refunds.note_movement(gift, event)
        # Who was not thanked yet learns of both together.
        if gift.receipt_number is not None:
            _tell_refund(gift, _movement(event))
    _enter_fee(gift, event, _movement(event))
    _settle(gift)


def _disputed(event: Event, provider: str) -> None:
    gift = _known_gift(event, provider)
    _enter(gift, Entry.DISPUTE, -event.amount_minor, event, _movement(event))
    _enter_fee(gift, event, _movement(event))
    _settle(gift)


def _reinstated(event: Event, provider: str) -> None:
    """A dispute was won, or a refund did not arrive: the money is back with us."""
    gift = _known_gift(event, provider)
    if _enter(gift, Entry.REINSTATED, event.amount_minor, event, _movement(event)):
        refunds.note_return(gift, event)
    # The movement away may have cost a fee of its own, entered under the same number.
    _enter_fee(gift, event, f"{_movement(event)} back")
    _settle(gift)


def _recurring(event: Event, provider: str) -> None:
    series = _series_for(event, provider)
    if series is None:
        raise CannotApply("a recurring gift without a number")
    recurring.note_terms(series, event)


def _card_ends(event: Event, provider: str) -> None:
    recurring.note_card(event, provider)


_BOOKS: dict[Kind, Callable[[Event, str], None]] = {
    Kind.PAID: _paid,
    Kind.CHARGED: _charged,
    Kind.FAILED: _failed,
    Kind.REFUNDED: _refunded,
    Kind.DISPUTED: _disputed,
    Kind.REINSTATED: _reinstated,
    Kind.RECURRING: _recurring,
    Kind.CARD_ENDS: _card_ends,
}


# --- Which rows an event is about ---------------------------------------------


def _gift_for(event: Event, provider: str) -> Contribution:
    """The gift that this payment is, locked; a renewal is made here."""
    series = _series_for(event, provider)
    gift = _named(event, provider)
    is_another = gift is not None and event.payment_ref not in ("", gift.payment_ref)
    if gift is None or (is_another and gift.payment_ref):
        gift = _make_another(gift, series, event, provider)
    if gift.recurring_id is not None:
        gift.recurring = series or _locked_series(gift.recurring_id)
    gift.payment_ref = gift.payment_ref or event.payment_ref
    gift.checkout_ref = gift.checkout_ref or event.checkout_ref
    gift.method = gift.method or event.method[:_LONGEST_METHOD]
    return gift


def _known_gift(event: Event, provider: str) -> Contribution:
    gift = _named(event, provider)
    if gift is None:
        raise CannotApply("a payment that is not known yet")
    return gift


def _series_for(event: Event, provider: str) -> RecurringContribution | None:
    found = RecurringContribution.objects.select_for_update().filter(provider=provider)
    series = None
    if event.recurring:
        series = found.filter(public_id=event.recurring).first()
    elif event.recurring_ref:
        series = found.filter(provider_ref=event.recurring_ref).first()
    else:
        return None
    if series is None:
        raise CannotApply("a recurring gift that is not known yet")
    recurring.note_refs(series, event)
    return series


def _locked_series(number: int) -> RecurringContribution:
    return RecurringContribution.objects.select_for_update().get(pk=number)


def _named(event: Event, provider: str) -> Contribution | None:
    known = Contribution.objects.select_for_update(of=("self",)).select_related(
        "recurring", "giver"
    )
    known = known.filter(provider=provider)
    if event.payment_ref:
        paid = known.filter(payment_ref=event.payment_ref).first()
        if paid is not None:
            return paid
    if event.contribution:
        return known.filter(public_id=event.contribution).first()
    if event.checkout_ref:
        return known.filter(checkout_ref=event.checkout_ref).first()
    return None


def _make_another(
    gift: Contribution | None,
    series: RecurringContribution | None,
    event: Event,
    provider: str,
) -> Contribution:
    """A renewal, or a second payment of what should have been paid once."""
    source = gift or series
    if source is None or not event.payment_ref:
        raise CannotApply("a gift that is not known yet")
    if series is not None:
        gift = series.contributions.order_by("pk").first() or gift
    is_same = gift is not None and gift.amount_minor == event.amount_minor
    return Contribution(
        giver=source.giver,
        recurring=series,
        frequency=source.frequency,
        amount_minor=event.amount_minor or source.amount_minor,
        covered_minor=gift.covered_minor if gift is not None and is_same else 0,
        currency=event.currency or source.currency,
        provider=provider,
        method=source.method,
        campaign=source.campaign,
        variant=source.variant,
        is_anonymous=gift.is_anonymous if gift is not None else True,
        descriptor=gift.descriptor if gift is not None else "",
    )


def _is_first(gift: Contribution) -> bool:
    """Of its recurring gift: its row is made before the checkout begins."""
    if gift.recurring_id is None:
        return True
    earlier = Contribution.objects.filter(recurring_id=gift.recurring_id)
    return not earlier.filter(pk__lt=gift.pk).exists()


# --- What moved ---------------------------------------------------------------


def _enter(
    gift: Contribution,
    kind: LedgerEntry.Kind,
    amount_minor: int,
    event: Event,
    ref: str,
    currency: str = "",
) -> bool:
    """Whether the entry is new. Raises ``CannotApply``."""
    currency = currency or event.currency or gift.currency
    if not ref or not amount_minor:
        raise CannotApply("a movement without a number or an amount")
    if currency not in money.DIGITS:
        raise CannotApply("a currency that is not known")
    if gift._state.adding:
        gift.save()
    entry, is_new = LedgerEntry.objects.get_or_create(
        provider=gift.provider,
        kind=kind,
        ref=ref,
        defaults={
            "contribution": gift,
            "amount_minor": amount_minor,
            "currency": currency,
            "happened_at": event.happened_at,
        },
    )
    if entry.contribution_id != gift.pk:
        raise CannotApply("a movement that belongs to another gift")
    return is_new


def _enter_fee(gift: Contribution, event: Event, ref: str) -> None:
    """What it cost, or what is given back of that."""
    if not event.fee_minor:
        return
    currency = event.fee_currency or event.currency or gift.currency
    if currency in money.DIGITS:
        _enter(gift, Entry.FEE, -event.fee_minor, event, ref, currency)
    else:
        # A fee that cannot be counted is no reason to keep a gift waiting.
        log.warning("fee_in_unknown_currency", provider=gift.provider)


def _payment_number(event: Event) -> str:
    return event.payment_ref or event.checkout_ref or event.contribution


def _movement(event: Event) -> str:
    return event.movement_ref or event.event_id


def _moved(gift: Contribution, *kinds: LedgerEntry.Kind) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(contribution_id=gift.pk, kind__in=kinds)


# --- How it stands then -------------------------------------------------------


def _note_country(gift: Contribution, event: Event) -> None:
    if gift.verdict != Verdict.UNKNOWN or not event.has_country:
        return
    gift.verdict = countries.verdict(event.country)
    if gift.verdict == Verdict.REFUSED:
        policy = countries.refuses(event.country)
        gift.is_silent = policy is None or not policy.sends_mail


def _settle(gift: Contribution) -> None:
    """Work out the state, and do what follows from it once."""
    gift.state = _state_of(gift)
    is_paid = gift.paid_at is not None
    is_thanked = gift.receipt_number is not None
    if is_paid and gift.verdict == Verdict.ACCEPTED and not is_thanked:
        gift.receipt_number = _next_receipt_number()
        gift.save()
        _thank(gift)
    else:
        gift.save()
    if is_paid and gift.verdict == Verdict.REFUSED:
        _send_back(gift)


def _state_of(gift: Contribution) -> Contribution.State:
    if not _moved(gift, Entry.GIFT).exists():
        is_failed = gift.state == State.FAILED
        return State.FAILED if is_failed else State.PENDING
    returned = set(_moved(gift, Entry.REINSTATED).values_list("ref", flat=True))
    gone = _moved(gift, Entry.DISPUTE).exclude(ref__in=returned)
    if gone.exists():
        return State.DISPUTED
    given_back = _moved(gift, Entry.REFUND).exclude(ref__in=returned)
    total = given_back.aggregate(total=Sum("amount_minor"))["total"] or 0
    if gift.amount_minor + total <= 0:
        return State.REFUNDED
    if gift.verdict == Verdict.REFUSED:
        return State.QUARANTINED
    return State.SUCCEEDED


def _thank(gift: Contribution) -> None:
    kind = GiverLetter.Kind.THANKS if _is_first(gift) else GiverLetter.Kind.RECEIPT
    letters.queue(
        kind, f"{kind}:{gift.pk}", contribution=gift, recurring=gift.recurring
    )
    for ref in _moved(gift, Entry.REFUND).values_list("ref", flat=True):
        _tell_refund(gift, ref)


def _tell_refund(gift: Contribution, ref: str) -> None:
    entry = _moved(gift, Entry.REFUND).get(ref=ref)
    letters.queue(
        GiverLetter.Kind.REFUNDED,
        f"refunded:{entry.pk}",
        contribution=gift,
        facts={"amount_minor": -entry.amount_minor, "currency": entry.currency},
    )


def _send_back(gift: Contribution) -> None:
    """Nothing of it is kept: the money goes back, and no renewal follows."""
    if refunds.order_refused(gift) and not gift.is_silent:
        letters.queue(
            GiverLetter.Kind.EXPLAINED, f"explained:{gift.pk}", contribution=gift
        )
    if gift.recurring is not None:
        recurring.end_soon(gift.recurring)


def _failure_key(gift: Contribution) -> str:
    return f"failed:{gift.pk}"


def _withdraw_failure(gift: Contribution) -> None:
    GiverLetter.objects.filter(key=_failure_key(gift), sent_at=None).delete()


def _next_receipt_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('support_receipt_number')")
        [number] = cursor.fetchone()
    return int(number)
