"""Transfers: we show where to pay, with a reference; the statement says who has paid.

The reference is a creditor reference (ISO 11649): two check digits, so that a mistyped
one is found out and, if one sign is wrong, mended.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from newsroom.support import money
from newsroom.support.models import Contribution, RecurringContribution
from newsroom.support.payments.interface import (
    Checkout,
    Event,
    NotPossible,
    Provider,
    Statement,
    Unverified,
)

NAME = "bank_transfer"
_DIGITS = 12
REFERENCE_LENGTH = len("RF00") + _DIGITS
_TRIES = 20
_MAIL = "newsroom.support.tasks.mail_instructions"
_SQUEEZED = re.compile(r"[^0-9A-Z]")
# What hands and eyes take for a digit.
_LOOKS_LIKE = str.maketrans("OQDILZSGB", "000112568")


def provider() -> Provider:
    return BankTransfer()


class BankTransfer:
    name = NAME
    title = "Bank transfer"
    changes_amounts = False
    pauses = False
    has_own_page = False
    lists_payments = False
    checkout_origin = ""

    def is_set_up(self) -> bool:
        has_account = settings.BANK_IBAN or settings.BANK_DETAILS
        return bool(settings.BANK_HOLDER and has_account)

    @transaction.atomic
    def start_checkout(
        self, contribution: Contribution, *, address: str, back: str, done: str
    ) -> Checkout:
        """The page after it says where to transfer to, until the money has come."""
        if not self.is_set_up():
            raise NotPossible(_("Transfers are not set up yet."))
        locked = Contribution.objects.select_for_update().get(pk=contribution.pk)
        if not locked.checkout_ref:
            locked.checkout_ref = _new_reference()
            locked.save(update_fields=["checkout_ref"])
        contribution.checkout_ref = locked.checkout_ref
        # Also by mail: pages are closed, and banks open another day.
        job = app.configure_task(_MAIL, queue="support")
        job.defer(contribution_id=contribution.pk)
        return Checkout(url=done, ref=contribution.checkout_ref)

    def close_checkout(self, contribution: Contribution) -> None:
        return None  # whoever transfers, transfers

    def parse_event(
        self, body: bytes, headers: Mapping[str, str], *, at: datetime
    ) -> list[Event]:
        raise Unverified("no webhooks")

    def read_stored(self, body: bytes) -> list[Event]:
        return []

    def more_about(self, event: Event) -> Event:
        return event

    def cancel(self, recurring: RecurringContribution) -> None:
        return None  # a standing order is ended at the giver's own bank

    def change_amount(
        self, recurring: RecurringContribution, amount_minor: int
    ) -> None:
        raise NotPossible(_("Change the standing order at your bank."))

    def pause(self, recurring: RecurringContribution, until: date | None) -> None:
        raise NotPossible(_("Change the standing order at your bank."))

    def own_page(self, recurring: RecurringContribution, *, back: str) -> str:
        raise NotPossible(_("A standing order is changed at your bank."))

    def refund(
        self, contribution: Contribution, amount_minor: int, *, key: str
    ) -> None:
        raise NotPossible(
            _(
                "Transfer it back at your bank. It is booked when you match the line "
                "of the statement that shows it."
            )
        )

    def payments(self, since: datetime, until: datetime) -> Iterable[Statement]:
        return []


def lines(contribution: Contribution) -> list[tuple[str, str]]:
    """What a transfer needs, label and value, in the language that is spoken."""
    amount = money.decimal(contribution.amount_minor, contribution.currency)
    found = [
        (_("Recipient"), settings.BANK_HOLDER),
        (_("IBAN"), grouped(settings.BANK_IBAN.replace(" ", ""))),
        (_("BIC"), settings.BANK_BIC),
        (_("Bank"), settings.BANK_NAME),
        *_other_lines(),
        (_("Amount"), f"{amount} {contribution.currency}"),
        (_("Reference"), grouped(contribution.checkout_ref)),
    ]
    return [(str(label), value) for label, value in found if value]


def grouped(number: str) -> str:
    """In fours, as numbers are read aloud and typed."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def reference(body: str) -> str:
    """The creditor reference with its check digits."""
    return f"RF{98 - _as_number(f'{body}RF00') % 97:02d}{body}"


def is_reference(text: str) -> bool:
    """Of our form, with right check digits."""
    if len(text) != REFERENCE_LENGTH or not text.isascii():
        return False
    if not text.startswith("RF") or not text[2:].isdigit():
        return False
    return _as_number(text[4:] + text[:4]) % 97 == 1


def references_in(text: str) -> list[str]:
    """Every right reference in a purpose: whatever its spaces, case, or missing RF."""
    found = [one for one in _candidates(text) if is_reference(one)]
    return list(dict.fromkeys(found))


def mended_in(text: str) -> list[str]:
    """Right references from which one of the text differs by a sign or a swap."""
    found: dict[str, None] = {}
    for wrong in _candidates(text):
        for at in range(2, len(wrong)):
            for digit in "0123456789":
                found[wrong[:at] + digit + wrong[at + 1 :]] = None
            if at + 1 < len(wrong):
                swapped = wrong[at + 1] + wrong[at]
                found[wrong[:at] + swapped + wrong[at + 2 :]] = None
    return [one for one in found if is_reference(one)]


def is_iban(text: str) -> bool:
    squeezed = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}", squeezed):
        return False
    return _as_number(squeezed[4:] + squeezed[:4]) % 97 == 1


def _candidates(text: str) -> Iterator[str]:
    """Whatever could have been meant for one of ours."""
    squeezed = _SQUEEZED.sub("", text.upper())
    body = REFERENCE_LENGTH - len("RF")
    for at in range(len(squeezed)):
        if squeezed.startswith("RF", at):
            digits = squeezed[at + 2 : at + REFERENCE_LENGTH].translate(_LOOKS_LIKE)
            if len(digits) == body and digits.isdigit():
                yield f"RF{digits}"
    for run in re.findall(rf"(?<!\d)\d{{{body}}}(?!\d)", squeezed):
        yield f"RF{run}"


def _as_number(text: str) -> int:
    """Letters as two digits, A being 10 (ISO 7064)."""
    return int("".join(str(int(sign, 36)) for sign in text))


def _new_reference() -> str:
    """One that nobody can guess from another, and that is not taken."""
    for _try in range(_TRIES):
        made = reference(f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}")
        taken = Contribution.objects.filter(provider=NAME, checkout_ref=made)
        if not taken.exists():
            return made
    raise NotPossible(_("Try again in a minute."))


def _other_lines() -> Iterator[tuple[str, str]]:
    for line in settings.BANK_DETAILS.split(";"):
        label, _colon, value = line.partition(":")
        if label.strip() and value.strip():
            yield label.strip(), value.strip()
