"""Bank statements: each line once, and the gift that it pays.

A line goes to a gift by itself only where reference, amount and currency agree. All
else waits for a person, who has the likely gifts proposed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.accounts.models import User
from newsroom.core import mail_addresses
from newsroom.support import countries
from newsroom.support.books import ledger
from newsroom.support.books.statement_files import Line, Unreadable
from newsroom.support.models import BankLine, Contribution
from newsroom.support.payments import bank_transfer
from newsroom.support.payments.interface import Event, Kind

State = Contribution.State

_LONGEST = 500  # of what a payer wrote
# Whoever transfers does so within some weeks.
_STILL_EXPECTED = timedelta(days=120)
_MOST_PROPOSED = 20
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}[0-9A-Z]{11,30}\b")


class NotMatchable(Exception):
    """The message is a sentence for staff."""


@dataclass
class Taken:
    """What became of a statement."""

    new: int = 0
    known: int = 0
    matched: int = 0

    @property
    def waiting(self) -> int:
        return self.new - self.matched


def take_in(lines: Iterable[Line], *, by: User | None) -> Taken:
    """Keep the lines that are new, and match those that say whose they are.

    All or none. Raises ``Unreadable``, also where it is a statement of another account.
    """
    taken = Taken()
    with transaction.atomic():
        for line in lines:
            _refuse_other_account(line.account)
            stored, is_new = BankLine.objects.get_or_create(
                ref=line.ref,
                defaults={
                    "booked_on": line.booked_on,
                    "amount_minor": line.amount_minor,
                    "currency": line.currency,
                    "payer_sealed": _sealed(f"{line.payer}\n{line.payer_account}"),
                    "purpose_sealed": _sealed(line.purpose),
                    "imported_by": by,
                },
            )
            if not is_new:
                taken.known += 1
                continue
            taken.new += 1
            gift = _sure_match(stored)
            if gift is not None:
                match(stored, gift)
                taken.matched += 1
    return taken


@transaction.atomic
def match(line: BankLine, contribution: Contribution) -> Contribution:
    """This line pays this gift, or gives money of it back, where it is below 0.

    Returns the gift that it was booked on: a standing order pays a new one each time.
    Raises ``NotMatchable``.
    """
    locked = BankLine.objects.select_for_update().get(pk=line.pk)
    if locked.contribution_id is not None:
        raise NotMatchable(_("This line belongs to a gift already."))
    if contribution.provider != bank_transfer.NAME:
        raise NotMatchable(_("This gift was not to come by a transfer."))
    if locked.currency != contribution.currency:
        raise NotMatchable(_("The line has another currency than the gift."))
    gifts = Contribution.objects.select_related("recurring")
    event = _event(locked, gifts.get(pk=contribution.pk))
    try:
        ledger.apply(event, bank_transfer.NAME)
    except ledger.CannotApply as error:
        raise NotMatchable(str(error)) from error
    paid = Contribution.objects.filter(provider=bank_transfer.NAME)
    paid = paid.filter(payment_ref=event.payment_ref)
    locked.contribution = paid.get()
    locked.is_set_aside = False
    locked.save(update_fields=["contribution", "is_set_aside"])
    return locked.contribution


def proposed(line: BankLine) -> list[Contribution]:
    """Gifts that an unmatched line may be for, the likeliest first."""
    purpose = purpose_of(line)
    references = bank_transfer.references_in(purpose)
    references += bank_transfer.mended_in(purpose)
    known = Contribution.objects.filter(
        provider=bank_transfer.NAME, currency=line.currency
    )
    named = list(known.filter(checkout_ref__in=references))
    since = timezone.now() - _STILL_EXPECTED
    alike = known.filter(
        amount_minor=abs(line.amount_minor), created_at__gte=since
    ).exclude(pk__in=[gift.pk for gift in named])
    expected = [State.PENDING, State.FAILED]
    if line.amount_minor < 0:
        expected = [State.SUCCEEDED, State.QUARANTINED]
    return named + list(alike.filter(state__in=expected)[:_MOST_PROPOSED])


def set_aside(line: BankLine, *, is_set_aside: bool = True) -> None:
    """It is no gift: rent, a fee of the bank."""
    unmatched = BankLine.objects.filter(pk=line.pk, contribution=None)
    unmatched.update(is_set_aside=is_set_aside)


def payer_of(line: BankLine) -> str:
    """Name and account as the bank wrote them; for staff's eyes."""
    return _opened(line.payer_sealed).strip().replace("\n", ", ")


def has_no_country(line: BankLine) -> bool:
    """Whether it waits for a person because nobody can tell where it came from."""
    is_paid_in = line.amount_minor > 0
    return is_paid_in and not _country_of(line) and countries.refuses_any()


def purpose_of(line: BankLine) -> str:
    return _opened(line.purpose_sealed)


def _sure_match(line: BankLine) -> Contribution | None:
    if line.amount_minor <= 0 or has_no_country(line):
        return None
    purpose = purpose_of(line)
    exact = _payable(line, bank_transfer.references_in(purpose))
    if exact:
        return exact[0] if len(exact) == 1 else None
    mended = _payable(line, bank_transfer.mended_in(purpose))
    return mended[0] if len(mended) == 1 else None


def _payable(line: BankLine, references: list[str]) -> list[Contribution]:
    """Gifts of these references that wait for just this amount."""
    gifts = Contribution.objects.filter(
        provider=bank_transfer.NAME,
        checkout_ref__in=references,
        currency=line.currency,
    ).select_related("recurring")
    return [gift for gift in gifts if _expects(gift, line)]


def _expects(gift: Contribution, line: BankLine) -> bool:
    if gift.recurring is not None:
        return gift.recurring.amount_minor == line.amount_minor
    is_open = gift.state in (State.PENDING, State.FAILED)
    return is_open and gift.amount_minor == line.amount_minor


def _event(line: BankLine, gift: Contribution) -> Event:
    booked_at = datetime.combine(line.booked_on, time(12), UTC)
    event = Event(
        event_id=f"line:{line.ref}",
        kind=Kind.PAID,
        happened_at=booked_at,
        contribution=gift.public_id,
        recurring=gift.recurring.public_id if gift.recurring else "",
        payment_ref=line.ref,
        amount_minor=abs(line.amount_minor),
        currency=line.currency,
        country=_country_of(line),
        has_country=True,
    )
    if line.amount_minor > 0:
        return event
    if not gift.payment_ref:
        raise NotMatchable(_("This gift was never paid: nothing of it can go back."))
    return Event(
        event_id=event.event_id,
        kind=Kind.REFUNDED,
        happened_at=booked_at,
        payment_ref=gift.payment_ref,
        movement_ref=line.ref,
        amount_minor=event.amount_minor,
        currency=line.currency,
    )


def _country_of(line: BankLine) -> str:
    """Of the payer's account; decided upon at once, and not kept."""
    for account in _IBAN.findall(_opened(line.payer_sealed)):
        if bank_transfer.is_iban(account):
            return str(account[:2])
    return ""


def _refuse_other_account(account: str) -> None:
    ours = settings.BANK_IBAN.replace(" ", "").upper()
    if ours and account and account != ours:
        raise Unreadable(_("This is the statement of another account than BANK_IBAN."))


def _sealed(text: str) -> bytes:
    text = text.strip()[:_LONGEST]
    return mail_addresses.seal(text) if text else b""


def _opened(sealed: bytes | memoryview) -> str:
    return mail_addresses.unseal(sealed) if bytes(sealed) else ""
