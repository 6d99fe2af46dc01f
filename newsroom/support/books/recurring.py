"""Recurring gifts: what givers and staff change of them, and what providers tell.

A change is asked of the provider first and noted when it agreed. How a gift stands is
told by the provider's newest event; one that comes late changes nothing.
"""

from datetime import date, datetime, timedelta
from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from newsroom.accounts.models import User
from newsroom.support import payments
from newsroom.support.mails import letters
from newsroom.support.models import (
    Contribution,
    GiverLetter,
    RecurringContribution,
)
from newsroom.support.payments.interface import Event, NotPossible, Unreachable

log = structlog.get_logger()

State = RecurringContribution.State
By = User | str

# A card's end is told so many days ahead. Letters are kept for a week after they were
# sent: within these days nobody is told twice, and a week without a worker loses none.
WARN_OF_CARD = (timedelta(days=24), timedelta(days=30))
_END = "newsroom.support.tasks.end_refused_now"
# Of two events of one second the one that says more counts.
_RANKS = [State.PENDING, State.ACTIVE, State.PAST_DUE, State.PAUSED, State.CANCELLED]


def cancel(recurring: RecurringContribution, *, by: By = "giver") -> None:
    """End it at the provider, at once. Raises ``NotPossible`` or ``Unreachable``."""
    if recurring.state == State.CANCELLED:
        return
    payments.named(recurring.provider).cancel(recurring)
    with transaction.atomic():
        locked = _lock(recurring)
        _end(locked)
        locked.save(update_fields=["state", "cancelled_at", "next_at", "paused_until"])
    _noted("recurring_cancelled", recurring, by)


def change_amount(
    recurring: RecurringContribution, amount_minor: int, *, by: By = "giver"
) -> None:
    """From the next payment on. Raises ``NotPossible`` or ``Unreachable``."""
    provider = payments.named(recurring.provider)
    _refuse_ended(recurring)
    if not provider.changes_amounts:
        raise NotPossible(
            _("This amount cannot be changed. End this gift and begin another.")
        )
    if amount_minor == recurring.amount_minor:
        return
    provider.change_amount(recurring, amount_minor)
    with transaction.atomic():
        locked = _lock(recurring)
        locked.amount_minor = amount_minor
        locked.save(update_fields=["amount_minor"])
        _tell_change(locked, "amount")
    _noted("recurring_amount_changed", recurring, by)


def pause(recurring: RecurringContribution, until: date, *, by: By = "giver") -> None:
    """Take nothing until this day. Raises ``NotPossible`` or ``Unreachable``."""
    _pause(recurring, until, by)


def resume(recurring: RecurringContribution, *, by: By = "giver") -> None:
    """Go on now. Raises ``NotPossible`` or ``Unreachable``."""
    _pause(recurring, None, by)


def end_soon(recurring: RecurringContribution) -> None:
    """End a gift that must not renew, once this transaction is through."""
    if recurring.state != State.CANCELLED:
        app.configure_task(_END, queue="support").defer()


def end_refused() -> int:
    """End what renews though a payment of it was refused for its country."""
    ended = 0
    for recurring in _refused().exclude(state=State.CANCELLED):
        try:
            cancel(recurring, by="policy")
            ended += 1
        except (NotPossible, Unreachable, payments.Unknown) as error:
            # It is tried again every minute until it has ended.
            log.warning(
                "refused_gift_still_renews",
                recurring=recurring.pk,
                error=type(error).__name__,
            )
    return ended


def warn_of_cards(at: datetime | None = None) -> None:
    """Tell givers whose card ends within the month."""
    today = timezone.localdate(at)
    least, most = WARN_OF_CARD
    ending = RecurringContribution.objects.filter(
        state__in=[State.ACTIVE, State.PAST_DUE, State.PAUSED],
        card_ends__range=(today + least, today + most),
    )
    for recurring in ending:
        if not _is_silent(recurring):
            key = f"card:{recurring.pk}:{recurring.card_ends}"
            letters.queue(GiverLetter.Kind.CARD, key, recurring=recurring)


# --- What the provider tells, with the row locked -----------------------------


def note_refs(locked: RecurringContribution, event: Event) -> None:
    """Keep the provider's own numbers of it, as soon as an event names them."""
    fields = []
    if event.recurring_ref and not locked.provider_ref:
        locked.provider_ref = event.recurring_ref
        fields.append("provider_ref")
    if event.payer_ref and not locked.payer_ref:
        locked.payer_ref = event.payer_ref
        fields.append("payer_ref")
    if fields:
        locked.save(update_fields=fields)


def note_payment(locked: RecurringContribution, event: Event) -> None:
    """It has begun at the latest with this payment."""
    if locked.state == State.PENDING:
        locked.state = State.ACTIVE
    locked.began_at = min(locked.began_at or event.happened_at, event.happened_at)
    _note_card(locked, event)
    locked.save(update_fields=["state", "began_at", "card_ends", "card_told_at"])


def note_terms(locked: RecurringContribution, event: Event) -> None:
    """How it stands now, if no newer event has said so. What has ended stays so."""
    if event.state not in State.values or event.state == State.PENDING:
        return
    _note_card(locked, event)
    if _is_newer(event, locked):
        locked.told_at, locked.told_by = event.happened_at, event.event_id
        locked.amount_minor = event.amount_minor or locked.amount_minor
        locked.next_at = event.next_at
        # Not every provider tells until when; then what we noted ourselves holds.
        if event.state != State.PAUSED or event.paused_until:
            locked.paused_until = event.paused_until
        if State.CANCELLED not in (locked.state, event.state):
            locked.state = State(event.state)
    if event.state == State.CANCELLED:
        _end(locked, event.happened_at)
    locked.save()


def note_card(event: Event, provider: str) -> None:
    """A card of this payer ends, or was replaced. One who is not ours changes none."""
    known = RecurringContribution.objects.select_for_update().filter(provider=provider)
    if event.recurring or event.recurring_ref:
        by_number = (
            known.filter(public_id=event.recurring)
            if event.recurring
            else known.filter(provider_ref=event.recurring_ref)
        )
    else:
        by_number = known.filter(payer_ref=event.payer_ref).exclude(payer_ref="")
    for locked in by_number.order_by("pk"):
        _note_card(locked, event)
        locked.save(update_fields=["card_ends", "card_told_at"])


def _note_card(locked: RecurringContribution, event: Event) -> None:
    told_at = locked.card_told_at
    if event.card_ends and (told_at is None or told_at <= event.happened_at):
        later = max(event.card_ends, locked.card_ends or event.card_ends)
        is_tie = told_at == event.happened_at
        locked.card_ends = later if is_tie else event.card_ends
        locked.card_told_at = event.happened_at


def _is_newer(event: Event, locked: RecurringContribution) -> bool:
    if locked.told_at is None or event.happened_at != locked.told_at:
        return locked.told_at is None or event.happened_at > locked.told_at
    rank, known = _RANKS.index(State(event.state)), _RANKS.index(State(locked.state))
    return (rank, event.event_id) > (known, locked.told_by)


# --- Details ------------------------------------------------------------------


def _pause(recurring: RecurringContribution, until: date | None, by: By) -> None:
    provider = payments.named(recurring.provider)
    _refuse_ended(recurring)
    if not provider.pauses:
        raise NotPossible(_("This gift cannot be paused. It can be ended."))
    provider.pause(recurring, until)
    with transaction.atomic():
        locked = _lock(recurring)
        if locked.state != State.CANCELLED:
            locked.state = State.PAUSED if until else State.ACTIVE
            locked.paused_until = until
            locked.save(update_fields=["state", "paused_until"])
            _tell_change(locked, "paused" if until else "resumed")
    _noted("recurring_paused" if until else "recurring_resumed", recurring, by)


def _refuse_ended(recurring: RecurringContribution) -> None:
    if recurring.state == State.CANCELLED:
        raise NotPossible(_("This gift has ended."))


def _lock(recurring: RecurringContribution) -> RecurringContribution:
    return RecurringContribution.objects.select_for_update().get(pk=recurring.pk)


def _end(locked: RecurringContribution, at: datetime | None = None) -> None:
    is_new = locked.state != State.CANCELLED
    at = at or timezone.now()
    locked.state = State.CANCELLED
    locked.cancelled_at = min(locked.cancelled_at or at, at)
    locked.next_at = locked.paused_until = None
    if is_new and not _is_silent(locked):
        key = f"ended:{locked.pk}"
        letters.queue(GiverLetter.Kind.ENDED, key, recurring=locked)


def _tell_change(locked: RecurringContribution, what: str) -> None:
    if not _is_silent(locked):
        key = f"changed:{locked.pk}:{uuid4().hex[:16]}"
        facts = {
            "what": what,
            "amount_minor": locked.amount_minor,
            "currency": locked.currency,
            "until": locked.paused_until.isoformat() if locked.paused_until else "",
        }
        letters.queue(GiverLetter.Kind.CHANGED, key, recurring=locked, facts=facts)


def _is_silent(recurring: RecurringContribution) -> bool:
    """Whether a policy forbids any mail to its giver."""
    return recurring.contributions.filter(is_silent=True).exists()


def _refused() -> QuerySet[RecurringContribution]:
    refused = Contribution.objects.filter(verdict=Contribution.Verdict.REFUSED)
    numbers = refused.exclude(recurring=None).values("recurring")
    return RecurringContribution.objects.filter(pk__in=numbers)


def _noted(what: str, recurring: RecurringContribution, by: By) -> None:
    who = by.pk if isinstance(by, User) else by
    log.info(what, recurring=recurring.pk, by=who)
