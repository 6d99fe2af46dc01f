"""What a payment provider is to the rest: four verbs, and the events that it tells.

A provider is one module of this package with a ``provider()`` that returns an object
of ``Provider``'s shape; ``payments.PROVIDERS`` names it.
"""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from newsroom.support.models import Contribution, RecurringContribution


class Kind(enum.Enum):
    PAID = "paid"  # a payment succeeded, the first one or a renewal
    FAILED = "failed"  # a payment was refused, or a checkout given up
    CHARGED = "charged"  # more about a payment: its country, its fee
    REFUNDED = "refunded"
    DISPUTED = "disputed"  # the money is gone for now
    REINSTATED = "reinstated"  # a dispute was won: it is back
    RECURRING = "recurring"  # how a recurring gift stands now
    CARD_ENDS = "card_ends"
    OTHER = "other"  # nothing for us


@dataclass(frozen=True)
class Event:
    """One thing that happened, in our words. Amounts are above 0, in minor units."""

    event_id: str
    kind: Kind
    happened_at: datetime
    name: str = ""  # as the provider calls it
    # What it is about: our own number where the provider hands it back, or theirs.
    contribution: str = ""
    recurring: str = ""
    payment_ref: str = ""
    checkout_ref: str = ""
    recurring_ref: str = ""
    payer_ref: str = ""
    # The provider's number of the movement of money itself (a refund, a dispute).
    movement_ref: str = ""
    amount_minor: int = 0
    currency: str = ""
    # Below 0 where it is given back.
    fee_minor: int | None = None
    # Where the fee is in another currency than the amount.
    fee_currency: str = ""
    # The key of our own refund order, where the provider hands it back.
    order: str = ""
    # Of the card or account, ISO 3166-1; decided upon at once, and never kept.
    country: str = ""
    has_country: bool = False  # the provider has said all it will of the country
    method: str = ""
    # For ``RECURRING``: a value of ``RecurringContribution.State``, and its terms.
    state: str = ""
    next_at: datetime | None = None
    paused_until: date | None = None
    card_ends: date | None = None


class Unverified(Exception):
    """Not from the provider, too old, or changed on its way."""


class NotPossible(Exception):
    """The provider cannot do this; the message is a sentence for staff or givers."""


class Unreachable(Exception):
    """The provider did not answer, or not as it should. It may be tried again."""


@dataclass(frozen=True)
class Checkout:
    """Where the giver goes on, and the provider's number of that checkout."""

    url: str
    ref: str = ""


@dataclass(frozen=True)
class Statement:
    """A payment as the provider lists it, to compare our books with."""

    payment_ref: str
    contribution: str
    amount_minor: int
    refunded_minor: int
    currency: str
    happened_at: datetime


class Provider(Protocol):
    name: str
    # Our words for staff and givers.
    title: str
    # Whether it can change the amount of a running gift, pause it, offer a page to
    # change the card on, list its payments.
    changes_amounts: bool
    pauses: bool
    has_own_page: bool
    lists_payments: bool
    # Where its checkout page lies, for the page's policy: "https://pay.example".
    # Empty: with us.
    checkout_origin: str

    def is_set_up(self) -> bool:
        """Whether it can take money here: its settings are there."""

    def start_checkout(
        self, contribution: Contribution, *, address: str, back: str, done: str
    ) -> Checkout:
        """Begin a payment. ``back`` and ``done`` are our pages for after it.

        Begun again for the same contribution, it is the same checkout, which can be
        paid once. Raises ``NotPossible`` or ``Unreachable``.
        """

    def close_checkout(self, contribution: Contribution) -> None:
        """Let a checkout that was begun no longer be paid: another takes its place.

        Nothing to do if it was paid or has ended. Raises ``Unreachable``.
        """

    def parse_event(
        self, body: bytes, headers: Mapping[str, str], *, at: datetime
    ) -> list[Event]:
        """Verify and read what came to the webhook. Raises ``Unverified``."""

    def read_stored(self, body: bytes) -> list[Event]:
        """Read a body again that was verified when it came."""

    def more_about(self, event: Event) -> Event:
        """Ask the provider for what an event only points to: its fee, its country.

        Raises ``Unreachable``. Returns the event itself where there is nothing to ask.
        """

    def cancel(self, recurring: RecurringContribution) -> None:
        """End a recurring gift. Nothing to do if it has ended."""

    def change_amount(
        self, recurring: RecurringContribution, amount_minor: int
    ) -> None: ...

    def pause(self, recurring: RecurringContribution, until: date | None) -> None:
        """Pause until a day, or go on now (``None``)."""

    def own_page(self, recurring: RecurringContribution, *, back: str) -> str:
        """The provider's page on which the giver changes the card: its URL."""

    def refund(
        self, contribution: Contribution, amount_minor: int, *, key: str
    ) -> None:
        """Give money back; once for each ``key``, however often it is asked."""

    def payments(self, since: datetime, until: datetime) -> Iterable[Statement]:
        """Its list of what was paid, for the comparison each night."""
