"""Giving money back: ordered once, carried out once, booked when the provider tells."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from newsroom.accounts.models import User
from newsroom.support import money, payments
from newsroom.support.models import Contribution, LedgerEntry, RefundOrder
from newsroom.support.models.money import public_id
from newsroom.support.payments import bank_transfer
from newsroom.support.payments.interface import Event, NotPossible

log = structlog.get_logger()

State = RefundOrder.State

MOST_ATTEMPTS = 20
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=6)
_CARRY_OUT = "newsroom.support.tasks.carry_out_refund"
_REFUSED = "Country policy"


class NotRefundable(Exception):
    """The message is a sentence for staff."""


@transaction.atomic
def order(
    contribution: Contribution,
    amount_minor: int,
    *,
    by: User | None,
    reason: str = "",
) -> RefundOrder:
    """Give back a gift, or a part of it. Raises ``NotRefundable``."""
    gift = Contribution.objects.select_for_update().get(pk=contribution.pk)
    left = left_of(gift)
    if gift.state == Contribution.State.DISPUTED:
        raise NotRefundable(
            _("This gift is disputed: the giver’s bank has taken the money back.")
        )
    if left <= 0:
        raise NotRefundable(_("Nothing is left of this gift to give back."))
    if not 0 < amount_minor <= left:
        words = _("At most %(left)s can be given back.")
        raise NotRefundable(words % {"left": money.written(left, gift.currency)})
    return _order(gift, amount_minor, by=by, reason=reason)


def left_of(contribution: Contribution) -> int:
    """What may still be given back: paid, less what went back or is ordered to."""
    entries = LedgerEntry.objects.filter(contribution=contribution)
    sums = dict(
        entries.exclude(kind=LedgerEntry.Kind.FEE)
        .values_list("kind")
        .annotate(total=Sum("amount_minor"))
    )
    ordered = contribution.refund_orders.filter(movement_ref="").exclude(
        state=State.FAILED
    )
    waiting = ordered.aggregate(total=Sum("amount_minor"))["total"] or 0
    return sum(sums.values()) - int(waiting)


def order_refused(gift: Contribution) -> bool:
    """Order all of it back, for its country. Whether it was not ordered before.

    The gift is locked by the caller.
    """
    if gift.refund_orders.filter(reason=_REFUSED).exists():
        return False
    left = left_of(gift)
    if left <= 0 or gift.state == Contribution.State.DISPUTED:
        return False
    _order(gift, left, by=None, reason=_REFUSED)
    return True


def carry_out(order_id: int) -> None:
    _carry_out_first(_due().filter(pk=order_id))


def carry_out_due(*, most: int = 100) -> int:
    """Ask providers for what is due, the oldest first. Any number of workers may."""
    done = 0
    while done < most and _carry_out_first(_due().order_by("due_at", "pk")):
        done += 1
    return done


@transaction.atomic
def try_again(order: RefundOrder) -> None:
    """Staff have mended what was in the way. Raises ``NotRefundable``."""
    gift = Contribution.objects.select_for_update().get(pk=order.contribution_id)
    locked = RefundOrder.objects.select_for_update().get(pk=order.pk)
    if locked.state != State.FAILED:
        return
    if locked.amount_minor > left_of(gift):
        raise NotRefundable(_("So much is no longer left of this gift."))
    if locked.attempts < MOST_ATTEMPTS:
        # The provider has said no to the old key, which it may remember.
        locked.key, locked.movement_ref = public_id(), ""
    locked.state, locked.attempts, locked.trouble = State.WAITING, 0, ""
    locked.due_at = timezone.now()
    locked.save()
    _defer(locked)


# --- What the provider tells, with the gift locked ----------------------------


def note_movement(gift: Contribution, event: Event) -> None:
    """Tie a refund that was booked to the order that it came of, if to any."""
    orders = gift.refund_orders.filter(movement_ref="")
    if event.order:
        orders = orders.filter(key=event.order)
    else:
        if gift.provider != bank_transfer.NAME:  # there staff give it back by hand
            orders = orders.exclude(state=State.FAILED)
        orders = orders.filter(amount_minor=event.amount_minor)
    first = orders.order_by("pk").first()
    if first is None:
        return
    first.movement_ref = event.movement_ref or event.event_id
    first.state = State.DONE
    first.done_at = first.done_at or event.happened_at
    first.save(update_fields=["movement_ref", "state", "done_at"])


def note_return(gift: Contribution, event: Event) -> None:
    """The refund did not arrive: somebody has to find another way."""
    gift.refund_orders.filter(movement_ref=event.movement_ref).exclude(
        movement_ref=""
    ).update(
        state=State.FAILED,
        trouble=_("The provider could not deliver it; the money is back with us."),
    )


# --- Details ------------------------------------------------------------------


def _order(
    gift: Contribution, amount_minor: int, *, by: User | None, reason: str
) -> RefundOrder:
    made = RefundOrder.objects.create(
        contribution=gift,
        amount_minor=amount_minor,
        reason=reason,
        due_at=timezone.now(),
        ordered_by=by,
    )
    _defer(made)
    return made


def _defer(order: RefundOrder) -> None:
    app.configure_task(_CARRY_OUT, queue="support").defer(order_id=order.pk)


def _due(at: datetime | None = None) -> QuerySet[RefundOrder]:
    return RefundOrder.objects.filter(
        state=State.WAITING, due_at__lte=at or timezone.now()
    )


def _carry_out_first(due: QuerySet[RefundOrder]) -> bool:
    """Take one order that nobody else has in hand; false if there is none.

    Its row stays locked while the provider is asked: if the worker dies, it is due as
    before and asked with the same key, by which the provider knows it.
    """
    with transaction.atomic():
        order = (
            due.select_for_update(skip_locked=True, of=("self",))
            .select_related("contribution")
            .first()
        )
        if order is None:
            return False
        _ask_provider(order)
        order.save(update_fields=["state", "attempts", "due_at", "done_at", "trouble"])
        return True


def _ask_provider(order: RefundOrder) -> None:
    gift = order.contribution
    order.attempts += 1
    try:
        payments.named(gift.provider).refund(gift, order.amount_minor, key=order.key)
    except NotPossible as error:
        order.state, order.trouble = State.FAILED, str(error)[:200]
    except Exception as error:
        # Whatever is wrong must not hold up the others. What a provider's answer says
        # may name people: only the error's name is kept.
        name = type(error).__name__
        log.warning("refund_not_asked", order=order.pk, error=name)
        order.trouble = name
        pause = min(_FIRST_PAUSE * 2 ** (order.attempts - 1), _LONGEST_PAUSE)
        order.due_at = timezone.now() + pause
        if order.attempts >= MOST_ATTEMPTS:
            order.state = State.FAILED
    else:
        order.state, order.trouble = State.DONE, ""
        order.done_at = timezone.now()
