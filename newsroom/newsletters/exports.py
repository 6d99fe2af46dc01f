"""Subscribers as a file that this site, or another one, takes in again as they are.

A line for each subscription, one for each reader without any, and (in a whole export)
one for each address that gets no mail: of those only a hash is known, which says
something only where the same ``ADDRESS_KEY`` is in use.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from newsroom.core import mail_addresses
from newsroom.newsletters import import_rows
from newsroom.newsletters.models import (
    ConsentEvent,
    Newsletter,
    Subscriber,
    Subscription,
    Suppression,
)

# Heads that an import knows again; see ``import_rows.HEADS``.
COLUMNS = [
    "email",
    "newsletter",
    "state",
    "language",
    "format",
    "source",
    "created_at",
    "requested_at",
    "confirmed_at",
    "unsubscribed_at",
    "paused_until",
    "suppressed",
    "suppressed_hash",
]
PROOF_COLUMNS = [
    "at",
    "what",
    "how",
    "newsletter",
    "text_language",
    "text_version",
    "text",
    "basis",
    "address_hash",
]
CONTENT_TYPE = "text/csv; charset=utf-8"

_BATCH = 2000
_EMPTY = [""] * len(COLUMNS)


def everybody() -> Iterator[bytes]:
    """All readers, and the hashes of all others that get no mail."""
    yield from lines(Subscriber.objects.all())
    known = Subscriber.objects.filter(address_digest=OuterRef("address_digest"))
    others = Suppression.objects.exclude(Exists(known)).order_by("pk")
    key = import_rows.key_name()
    write = _Writer()
    for digest, reason in others.values_list("address_digest", "reason").iterator():
        yield write([*_EMPTY[:-2], reason, f"{key}:{bytes(digest).hex()}"])


def lines(
    readers: QuerySet[Subscriber], *, of: Newsletter | None = None
) -> Iterator[bytes]:
    """Some readers, with all their subscriptions or those of one newsletter."""
    write = _Writer()
    yield write(COLUMNS)
    slugs = dict(Newsletter.objects.values_list("pk", "slug"))
    last = 0
    while batch := list(readers.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        last = batch[-1].pk
        bars = dict(
            Suppression.objects.filter(
                address_digest__in=[reader.address_digest for reader in batch]
            ).values_list("address_digest", "reason")
        )
        bars = {bytes(digest): reason for digest, reason in bars.items()}
        held = _subscriptions(batch, of)
        for reader in batch:
            bar = bars.get(bytes(reader.address_digest), "")
            for subscription in held[reader.pk] or [None]:
                yield write(_line(reader, subscription, slugs, bar))


def proof(events: QuerySet[ConsentEvent]) -> Iterator[bytes]:
    """Lines of the ledger as they are: they name nobody."""
    write = _Writer()
    yield write(PROOF_COLUMNS)
    for event in events.select_related("newsletter", "consent_text").iterator(
        chunk_size=_BATCH
    ):
        text = event.consent_text
        yield write(
            [
                event.at.isoformat(),
                event.kind,
                event.method,
                event.newsletter.slug if event.newsletter else "",
                text.language if text else "",
                text.version if text else "",
                text.text if text else "",
                event.basis,
                bytes(event.address_digest).hex(),
            ]
        )


def table(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Any rows as lines of a file."""
    write = _Writer()
    for row in rows:
        yield write(list(row))


def guarded(cell: Any) -> str:
    """The cell, so that no spreadsheet takes it for a formula."""
    words = str(cell)
    return f"'{words}" if words[:1] in import_rows.FORMULA and words else words


class _Writer:
    """Writes one line at a time, and keeps none."""

    def __init__(self) -> None:
        self.buffer = io.StringIO()
        self.writer = csv.writer(self.buffer)

    def __call__(self, cells: list[Any]) -> bytes:
        self.writer.writerow([guarded(cell) for cell in cells])
        line = self.buffer.getvalue()
        self.buffer.seek(0)
        self.buffer.truncate()
        return line.encode()


def _subscriptions(
    batch: list[Subscriber], of: Newsletter | None
) -> dict[int, list[Any]]:
    found = Subscription.objects.filter(subscriber__in=batch).order_by("newsletter_id")
    if of is not None:
        found = found.filter(newsletter=of)
    held: dict[int, list[Any]] = defaultdict(list)
    for subscription in found:
        held[subscription.subscriber_id].append(subscription)
    return held


def _line(
    reader: Subscriber,
    subscription: Subscription | None,
    slugs: dict[int, str],
    bar: str,
) -> list[Any]:
    own: list[Any] = ["", "", "", "", ""]
    if subscription is not None:
        own = [
            slugs[subscription.newsletter_id],
            subscription.state,
            _time(subscription.requested_at),
            _time(subscription.confirmed_at),
            _time(subscription.unsubscribed_at),
        ]
    newsletter, state, requested, confirmed, unsubscribed = own
    return [
        mail_addresses.unseal(reader.address_sealed),
        newsletter,
        state,
        reader.language,
        reader.format,
        subscription.source if subscription else reader.source,
        _time(reader.created_at),
        requested,
        confirmed,
        unsubscribed,
        reader.paused_until or "",
        bar,
        "",
    ]


def _time(at: Any) -> str:
    return at.isoformat() if at else ""
