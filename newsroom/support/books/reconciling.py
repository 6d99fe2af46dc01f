"""Our books against each provider's own list, every night.

What differs is noted once and shown to staff; it is settled by itself on the night on
which both say the same again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Min, Sum
from django.utils import timezone

from newsroom.support import money, payments
from newsroom.support.models import Difference, LedgerEntry
from newsroom.support.payments.interface import NotPossible, Statement, Unreachable

log = structlog.get_logger()

Kind = LedgerEntry.Kind

LOOKS_BACK = timedelta(days=35)
# What is newer may still be on its way to us.
NOT_YET = timedelta(hours=2)
# A payment's own time and ours of it may lie apart; around the ends both lists differ.
_AROUND = timedelta(days=1)
_AT_ONCE = 500

MISSING, SURPLUS, AMOUNT, REFUNDED = "missing", "surplus", "amount", "refunded"


@dataclass(frozen=True)
class Found:
    """A payment of which both sides say different things."""

    ref: str
    what: str
    ours: str = ""
    theirs: str = ""


def compare_all(at: datetime | None = None) -> None:
    """Every provider that has a list. One that does not answer holds up no other."""
    for name in payments.active():
        if not payments.named(name).lists_payments:
            continue
        try:
            compare(name, at=at)
        except (Unreachable, NotPossible) as error:
            log.warning("not_reconciled", provider=name, error=type(error).__name__)


def compare(name: str, *, at: datetime | None = None) -> int:
    """Note what differs now, settle what agrees; returns how many are open.

    Raises ``Unreachable``, and has then changed nothing.
    """
    until = (at or timezone.now()) - NOT_YET
    since = until - LOOKS_BACK
    open_ones = Difference.objects.filter(provider=name, settled_at=None)
    oldest = open_ones.aggregate(oldest=Min("seen_at"))["oldest"]
    if oldest is not None:
        since = min(since, oldest - LOOKS_BACK)
    listed = list(payments.named(name).payments(since, until))
    found = {(one.ref, one.what): one for one in _differing(name, listed)}
    for one in _surplus(name, listed, since + _AROUND, until - _AROUND):
        found[one.ref, one.what] = one
    _note(name, found)
    return len(found)


def _differing(name: str, listed: list[Statement]) -> Iterator[Found]:
    for at in range(0, len(listed), _AT_ONCE):
        some = listed[at : at + _AT_ONCE]
        refs = [one.payment_ref for one in some]
        booked = _booked(name, refs)
        for theirs in some:
            ours = booked.get(theirs.payment_ref)
            if ours is None:
                yield Found(theirs.payment_ref, MISSING, "", _written(theirs))
                continue
            amount, refunded, currency = ours
            if (amount, currency) != (theirs.amount_minor, theirs.currency):
                yield Found(
                    theirs.payment_ref,
                    AMOUNT,
                    money.written(amount, currency),
                    _written(theirs),
                )
            elif refunded != theirs.refunded_minor:
                yield Found(
                    theirs.payment_ref,
                    REFUNDED,
                    money.written(refunded, currency),
                    money.written(theirs.refunded_minor, currency),
                )


def _booked(name: str, refs: Iterable[str]) -> dict[str, tuple[int, int, str]]:
    """By payment: what was paid, what went back, and the currency."""
    entries = LedgerEntry.objects.filter(
        provider=name, contribution__payment_ref__in=list(refs)
    )
    paid = {
        ref: (amount, currency)
        for ref, amount, currency in entries.filter(kind=Kind.GIFT).values_list(
            "contribution__payment_ref", "amount_minor", "currency"
        )
    }
    # A refund that did not arrive was entered, and entered back.
    returned = entries.filter(kind=Kind.REINSTATED).values("ref")
    back = dict(
        entries.filter(kind=Kind.REFUND)
        .exclude(ref__in=returned)
        .values_list("contribution__payment_ref")
        .annotate(total=-Sum(F("amount_minor")))
    )
    return {
        ref: (amount, int(back.get(ref, 0)), currency)
        for ref, (amount, currency) in paid.items()
    }


def _surplus(
    name: str, listed: list[Statement], since: datetime, until: datetime
) -> Iterator[Found]:
    theirs = {one.payment_ref for one in listed}
    entries = LedgerEntry.objects.filter(
        provider=name, kind=Kind.GIFT, happened_at__gte=since, happened_at__lt=until
    )
    ours = entries.values_list("contribution__payment_ref", "amount_minor", "currency")
    for ref, amount, currency in ours.iterator():
        if ref not in theirs:
            yield Found(ref, SURPLUS, money.written(amount, currency))


@transaction.atomic
def _note(name: str, found: dict[tuple[str, str], Found]) -> None:
    known = Difference.objects.select_for_update().filter(
        provider=name, settled_at=None
    )
    for difference in known:
        still = found.pop((difference.ref, difference.what), None)
        if still is None:
            difference.settled_at = timezone.now()
        else:
            difference.ours, difference.theirs = still.ours, still.theirs
        difference.save(update_fields=["ours", "theirs", "settled_at"])
    for one in found.values():
        Difference.objects.create(
            provider=name,
            ref=one.ref,
            what=one.what,
            ours=one.ours,
            theirs=one.theirs,
        )
    if found:
        log.warning("books_differ", provider=name, new=len(found))


def _written(statement: Statement) -> str:
    return money.written(statement.amount_minor, statement.currency)
