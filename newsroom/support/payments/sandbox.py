"""The provider of the demo and of tests: a checkout page of our own, and no money."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _

from newsroom.core import mail_addresses
from newsroom.support.models import (
    Contribution,
    RecurringContribution,
    SandboxCheckout,
    SandboxPayment,
    SandboxSubscription,
)
from newsroom.support.payments import sandbox_actions, sandbox_events
from newsroom.support.payments.interface import (
    Checkout,
    Event,
    NotPossible,
    Provider,
    Statement,
    Unreachable,
)


class Sandbox:
    name = "sandbox"
    title = "Sandbox"
    changes_amounts = True
    pauses = True
    has_own_page = True
    lists_payments = True
    checkout_origin = ""

    def is_set_up(self) -> bool:
        return bool(settings.DEMO)

    def start_checkout(
        self, contribution: Contribution, *, address: str, back: str, done: str
    ) -> Checkout:
        _answer()
        recurring = contribution.recurring
        checkout, is_new = SandboxCheckout.objects.get_or_create(
            contribution=contribution.public_id,
            defaults={
                "recurring": recurring.public_id if recurring else "",
                "address_sealed": mail_addresses.seal(address),
                "frequency": contribution.frequency,
                "amount_minor": contribution.amount_minor,
                "currency": contribution.currency,
                "method": contribution.method,
                "descriptor": contribution.descriptor,
                "back_url": back,
                "done_url": done,
            },
        )
        if is_new:
            sandbox_events.tell("checkout.begun", checkout=checkout.ref)
        return Checkout(url=_page(checkout.ref), ref=checkout.ref)

    def close_checkout(self, contribution: Contribution) -> None:
        _answer()
        found = SandboxCheckout.objects.filter(contribution=contribution.public_id)
        for ref in found.values_list("ref", flat=True):
            sandbox_actions.close(ref)

    def parse_event(
        self, body: bytes, headers: Mapping[str, str], *, at: datetime
    ) -> list[Event]:
        sandbox_events.verify(body, headers, at=at)
        return sandbox_events.read(body)

    def read_stored(self, body: bytes) -> list[Event]:
        return sandbox_events.read(body)

    def more_about(self, event: Event) -> Event:
        return event  # its events say all they will

    def cancel(self, recurring: RecurringContribution) -> None:
        ref = _ref(recurring)
        sandbox_actions.change(ref, state=SandboxSubscription.State.CANCELLED)

    def change_amount(
        self, recurring: RecurringContribution, amount_minor: int
    ) -> None:
        sandbox_actions.change(_ref(recurring), amount_minor=amount_minor)

    def pause(self, recurring: RecurringContribution, until: date | None) -> None:
        state = SandboxSubscription.State
        sandbox_actions.change(
            _ref(recurring),
            state=state.PAUSED if until else state.ACTIVE,
            paused_until=until,
        )

    def own_page(self, recurring: RecurringContribution, *, back: str) -> str:
        ref = _ref(recurring)
        # The way back is a private link: it is kept, not written into an address.
        SandboxSubscription.objects.filter(ref=ref).update(back_url=back)
        return _page(f"card/{ref}")

    def refund(
        self, contribution: Contribution, amount_minor: int, *, key: str
    ) -> None:
        _answer()
        if not SandboxPayment.objects.filter(ref=contribution.payment_ref).exists():
            raise NotPossible(_("The sandbox knows no such payment."))
        sandbox_actions.refund(contribution.payment_ref, amount_minor, key=key)

    def payments(self, since: datetime, until: datetime) -> Iterable[Statement]:
        _answer()
        paid = SandboxPayment.objects.filter(
            state=SandboxPayment.State.PAID,
            created_at__gte=since,
            created_at__lt=until,
        )
        for payment in paid.annotate(given_back=Sum("refunds__amount_minor")):
            yield Statement(
                payment_ref=payment.ref,
                contribution=payment.contribution,
                amount_minor=payment.amount_minor,
                refunded_minor=payment.given_back or 0,
                currency=payment.currency,
                happened_at=payment.created_at,
            )


def provider() -> Provider:
    return Sandbox()


def _page(name: str) -> str:
    """Of ``sandbox_urls``, which are mounted in the demo alone."""
    return f"{settings.SITE_URL}/demo/pay/{name}/"


def _answer() -> None:
    """Raises ``Unreachable`` while the sandbox plays dead."""
    if sandbox_events.row().is_down:
        raise Unreachable(_("The sandbox does not answer: so it was told."))


def _ref(recurring: RecurringContribution) -> str:
    """The subscription's number, where the sandbox answers and knows it."""
    _answer()
    if not SandboxSubscription.objects.filter(ref=recurring.provider_ref).exists():
        raise NotPossible(_("The sandbox knows no such gift."))
    return recurring.provider_ref
