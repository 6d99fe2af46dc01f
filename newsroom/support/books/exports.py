"""Gifts as a file, marked so that a leaked one, or one line of it, can be traced.

Each export has a number, which is its row among the looks at givers' data. It stands
in the first line; it also hides in the order of the lines and in a mark in each, which
is different in every export.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.accounts.models import User
from newsroom.core import mail_addresses
from newsroom.newsletters import exports as sheets
from newsroom.support import money
from newsroom.support.models import Contribution, GiverLook, LedgerEntry

CSV, JSON = "csv", "json"
CONTENT_TYPES = {CSV: "text/csv; charset=utf-8", JSON: "application/json"}
COLUMNS = [
    "gift",
    "begun",
    "paid",
    "state",
    "frequency",
    "recurring",
    "amount",
    "currency",
    "fees",
    "given_back",
    "net",
    "provider",
    "method",
    "campaign",
    "message",
    "variant",
    "receipt",
]
PERSONAL = ["email", "name", "language"]
MARK = "ref"

_BATCH = 500
_MARK_BYTES = 9
_PURPOSE = "gifts taken along"


@transaction.atomic
def begin(by: User, *, with_givers: bool) -> GiverLook:
    """Note an export, before a line of it is made. Its number is the row's."""
    what = "export of gifts with givers" if with_givers else "export of gifts"
    return GiverLook.objects.create(user=by, giver_id=None, what=what)


def lines(
    gifts: QuerySet[Contribution], look: GiverLook, *, kind: str, with_givers: bool
) -> Iterator[bytes]:
    """The file, piece by piece."""
    columns = [*COLUMNS, *(PERSONAL if with_givers else []), MARK]
    rows = _rows(gifts, look, with_givers=with_givers)
    made = _as_csv if kind == CSV else _as_json
    yield from made(_head(look), columns, rows)


def mark(number: int, gift: str) -> str:
    """What stands beside a gift in one export, and in no other."""
    signed = mail_addresses.sign(_PURPOSE, f"{number}:{gift}".encode())
    return signed[:_MARK_BYTES].hex()


def traced(gift: str, found: str) -> GiverLook | None:
    """The export that a line comes from, by its gift and its mark."""
    exports = GiverLook.objects.filter(what__startswith="export").select_related("user")
    for look in exports.order_by("-pk").iterator(chunk_size=_BATCH):
        if mark(look.pk, gift) == found.strip().lower():
            return look
    return None


def table(columns: list[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Any rows as CSV. Figures stay figures; no text is taken for a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_cell(name) for name in columns])
    for cells in rows:
        writer.writerow([_cell(cell) for cell in cells])
        yield _drained(buffer)
    yield _drained(buffer)


def _head(look: GiverLook) -> str:
    at = timezone.localtime(look.at).isoformat(timespec="minutes")
    return _("Export %(number)s, taken by %(who)s at %(time)s. Personal copy.") % {
        "number": look.pk,
        "who": look.user.username,
        "time": at,
    }


def _as_csv(
    head: str, columns: list[str], rows: Iterator[dict[str, Any]]
) -> Iterator[bytes]:
    yield from table([head], [])
    yield from table(columns, ([row[name] for name in columns] for row in rows))


def _as_json(
    head: str, columns: list[str], rows: Iterator[dict[str, Any]]
) -> Iterator[bytes]:
    yield f'{{"export": {json.dumps(head)}, "gifts": ['.encode()
    comma = ""
    for row in rows:
        one = {name: _plain(row[name]) for name in columns}
        yield f"{comma}\n{json.dumps(one, ensure_ascii=False)}".encode()
        comma = ","
    yield b"\n]}\n"


def _rows(
    gifts: QuerySet[Contribution], look: GiverLook, *, with_givers: bool
) -> Iterator[dict[str, Any]]:
    numbers = list(gifts.order_by().values_list("pk", "public_id"))
    numbers.sort(key=lambda one: _place(look.pk, one[1]))
    for start in range(0, len(numbers), _BATCH):
        batch = [number for number, _public_id in numbers[start : start + _BATCH]]
        found = (
            Contribution.objects.filter(pk__in=batch)
            .select_related("campaign", "variant__prompt", "recurring", "giver")
            .in_bulk()
        )
        moved = _moved(batch)
        for number in batch:
            # Gone since: nothing of it is left to tell.
            if gift := found.get(number):
                yield _row(gift, moved.get(number, {}), look, with_givers=with_givers)


def _row(
    gift: Contribution,
    moved: dict[str, int],
    look: GiverLook,
    *,
    with_givers: bool,
) -> dict[str, Any]:
    def amount(*kinds: str) -> Decimal:
        total = sum(moved.get(kind, 0) for kind in kinds)
        return money.decimal(total, gift.currency)

    kinds = LedgerEntry.Kind
    row = {
        "gift": gift.public_id,
        "begun": _time(gift.created_at),
        "paid": _time(gift.paid_at),
        "state": gift.state,
        "frequency": gift.frequency,
        "recurring": gift.recurring.public_id if gift.recurring else "",
        "amount": money.decimal(gift.amount_minor, gift.currency),
        "currency": gift.currency,
        "fees": amount(kinds.FEE),
        "given_back": amount(kinds.REFUND, kinds.DISPUTE, kinds.REINSTATED),
        "net": amount(*kinds.values),
        "provider": gift.provider,
        "method": gift.method,
        "campaign": gift.campaign.name if gift.campaign else "",
        "message": gift.variant.prompt.placement if gift.variant else "",
        "variant": gift.variant.name if gift.variant else "",
        "receipt": gift.receipt_number or "",
        MARK: mark(look.pk, gift.public_id),
    }
    if with_givers:
        giver = gift.giver
        row |= {
            "email": giver.address if giver else "",
            "name": giver.name if giver else "",
            "language": giver.language if giver else "",
        }
    return row


def _moved(batch: list[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    sums = (
        LedgerEntry.objects.filter(contribution__in=batch)
        .values_list("contribution_id", "kind")
        .annotate(sum=Sum("amount_minor"))
        .order_by()
    )
    for number, kind, total in sums:
        found.setdefault(number, {})[kind] = total
    return found


def _place(number: int, gift: str) -> bytes:
    """Each export has an order of its own, which says nothing to those without it."""
    key = mail_addresses.sign(_PURPOSE, f"order {number}".encode())
    return hashlib.blake2b(gift.encode(), key=key, digest_size=16).digest()


def _cell(cell: Any) -> Any:
    return cell if isinstance(cell, int | Decimal) else sheets.guarded(cell)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _drained(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return piece.encode()


def _time(at: datetime | None) -> str:
    return at.isoformat() if at else ""
