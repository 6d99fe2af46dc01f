"""What staff do for one reader who asks them: add, send again, end."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.newsletters import consent, imports, letters, sign_up, subscribers
from newsroom.newsletters.models import (
    ConsentEvent,
    Letter,
    Newsletter,
    Subscriber,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source

STAFF = ConsentEvent.Method.STAFF


class NotPossible(Exception):
    """The words are for staff and name nobody."""


@transaction.atomic
def ask_to_confirm(
    address: str, newsletters: list[Newsletter], *, language: str
) -> Subscriber:
    """Enter a (normalised) address and mail it the link to confirm.

    Raises ``NotPossible`` for an address that staff barred.
    """
    bar = subscribers.suppression_of(mail_addresses.digest(address))
    if bar is not None and bar.reason == Suppression.Reason.MANUAL:
        raise NotPossible(str(_("Staff entered it as an address that gets no mail.")))
    reader = subscribers.find_or_add(address, language=language, source=Source.STAFF)
    text = consent.current_text(language)
    subscribers.request(
        reader, newsletters, source=Source.STAFF, text=text, method=STAFF
    )
    send_confirmation(reader, newsletters)
    return reader


@transaction.atomic
def send_confirmation(reader: Subscriber, newsletters: list[Newsletter]) -> None:
    """Mail the link to confirm, unless one is on its way already."""
    if not letters.waiting_for(reader, Letter.Kind.CONFIRM).exists():
        text = consent.current_text(reader.language)
        numbers = sorted(newsletter.pk for newsletter in newsletters)
        facts = {"newsletters": numbers, "text": text.pk}
        letters.queue(Letter.Kind.CONFIRM, reader, facts)


@transaction.atomic
def send_link(reader: Subscriber) -> None:
    """Mail somebody the link to their own page, as if they had asked for it."""
    sign_up.queue_link(reader)


def subscribe(
    address: str, newsletters: list[Newsletter], *, language: str, basis: str
) -> tuple[Subscriber | None, str]:
    """Subscribe a (normalised) address at once, on a lawful basis that is written down.

    By the rules of an import: nobody who left, bounced or complained is brought back.
    Returns the reader, if there is one, and the outcome.
    """
    outcome = imports.add(address, newsletters, language=language, basis=basis)
    return subscribers.find(address), outcome


def end(readers: list[Subscriber], newsletters: list[Newsletter] | None) -> int:
    """Unsubscribe readers from some newsletters or (``None``) all; how many left."""
    return sum(
        bool(subscribers.leave(reader, newsletters, method=STAFF)) for reader in readers
    )


def suppress(address_digest: bytes) -> None:
    """Send nothing to an address any more."""
    subscribers.suppress(
        address_digest, Suppression.Reason.MANUAL, method=ConsentEvent.Method.STAFF
    )
