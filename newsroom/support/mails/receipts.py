"""Receipts and yearly statements as PDF, the same bytes for the same rows.

Nothing of a card stands on them, and a name only if the giver gave one.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from anyascii import anyascii
from django.db.models import Q, QuerySet, Sum
from django.utils import formats
from django.utils.translation import gettext as _
from fpdf import FPDF, XPos, YPos
from fpdf.enums import TableBordersLayout, TextEmphasis
from fpdf.fonts import FontFace, TTFFont

from newsroom.publication import furniture
from newsroom.publication.models import Publication
from newsroom.support import money
from newsroom.support.models import (
    Asking,
    Contribution,
    Frequency,
    Giver,
    LedgerEntry,
    PaymentMethod,
)

# What the font can write, joined letters apart. Receipts are in English elsewhere.
LANGUAGES = frozenset({"en", "ru", "uk", "be", "ka", "de", "fr"})

_FONTS = Path(__file__).parent / "fonts"
_FILES = {"": _FONTS / "DejaVuSans.ttf", "B": _FONTS / "DejaVuSans-Bold.ttf"}
_MARGIN = 22
_INK = (26, 32, 30)
_FAINT = (92, 102, 98)
_RULE = (190, 198, 194)
_RECEIPTED = ("succeeded", "refunded", "disputed")
# What a gift is worth now is the sum of these.
_MOVED = [
    LedgerEntry.Kind.GIFT,
    LedgerEntry.Kind.REFUND,
    LedgerEntry.Kind.DISPUTE,
    LedgerEntry.Kind.REINSTATED,
]


@dataclass(frozen=True)
class _Issuer:
    words: str
    note: str
    zone: ZoneInfo
    language: str


def has_one(contribution: Contribution) -> bool:
    return (
        contribution.receipt_number is not None
        and contribution.paid_at is not None
        and contribution.state in _RECEIPTED
    )


def pdf(contribution: Contribution) -> bytes:
    """The receipt of a gift that was paid."""
    paid_at = contribution.paid_at
    if paid_at is None or not has_one(contribution):
        raise ValueError("There is no receipt for a gift that was not paid.")
    giver = contribution.giver
    issuer = _issuer(giver)
    with furniture.speaking(issuer.language):
        title = _("Receipt %(number)s") % {"number": contribution.receipt_number}
        sheet = _Sheet(issuer, title, paid_at)
        sheet.heading(_("Receipt"))
        sheet.rows(_receipt_rows(contribution, giver, issuer.zone))
        sheet.note(issuer.note)
        return sheet.finished()


def statement_pdf(giver: Giver, year: int, currency: str) -> bytes:
    """All gifts of a year in one currency, and what was given back of them."""
    issuer = _issuer(giver)
    gifts = list(gifts_of_year(giver, year, currency, issuer.zone))
    with furniture.speaking(issuer.language):
        title = _("Gifts in %(year)s") % {"year": year}
        # The day is the newest fact's, not today's: the same rows, the same bytes.
        made_at = max((_newest(gift) for gift in gifts), default=_begin(year))
        sheet = _Sheet(issuer, title, made_at)
        sheet.heading(title)
        total = sum(_kept(gift) for gift in gifts)
        rows = [(_("Currency"), currency), (_("Total"), _exact(total, currency))]
        if giver.name:
            rows.insert(0, (_("Given by"), giver.name))
        sheet.rows(rows)
        sheet.listing(
            [_("Date"), _("Receipt"), _("Amount"), _("Given back")],
            [_statement_row(gift, issuer.zone) for gift in gifts],
        )
        sheet.note(issuer.note)
        return sheet.finished()


def gifts_of_year(
    giver: Giver, year: int, currency: str, zone: ZoneInfo
) -> QuerySet[Contribution]:
    """The oldest first; a year is one of the publication's time zone."""
    return (
        giver.contributions.filter(
            currency=currency,
            state__in=_RECEIPTED,
            paid_at__gte=datetime.combine(date(year, 1, 1), time(0), zone),
            paid_at__lt=datetime.combine(date(year + 1, 1, 1), time(0), zone),
        )
        .annotate(
            moved=Sum(
                "entries__amount_minor",
                filter=Q(entries__kind__in=_MOVED, entries__currency=currency),
            )
        )
        .order_by("paid_at", "pk")
    )


def years_of(giver: Giver, zone: ZoneInfo) -> list[tuple[int, str]]:
    """The years with gifts and their currencies, the newest first."""
    gifts = giver.contributions.filter(state__in=_RECEIPTED, paid_at__isnull=False)
    found = {
        (paid_at.astimezone(zone).year, currency)
        for paid_at, currency in gifts.values_list("paid_at", "currency")
        if paid_at is not None
    }
    return sorted(found, key=lambda one: (-one[0], one[1]))


def given_back(contribution: Contribution) -> int:
    """How much of it we no longer have: refunds, and disputes that were not won."""
    moved = contribution.entries.filter(
        kind__in=_MOVED, currency=contribution.currency
    ).exclude(kind=LedgerEntry.Kind.GIFT)
    return -(moved.aggregate(sum=Sum("amount_minor"))["sum"] or 0)


def method_name(contribution: Contribution) -> str:
    """As readers chose it: the provider's code says little."""
    named = PaymentMethod.objects.filter(
        provider=contribution.provider, code=contribution.method
    )
    return next(iter(named.values_list("name", flat=True)), "")


class _Sheet(FPDF):
    """A4, one column; text of any length breaks, and long lists go on overleaf."""

    def __init__(self, issuer: _Issuer, title: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN)
        for style, file in _FILES.items():
            self.add_font("Sans", style, file)
        self.set_title(title)
        self.set_author(writable(issuer.words.splitlines()[0]))
        self.set_lang(issuer.language)
        self.set_creation_date(made_at.astimezone(UTC))
        self.set_producer("Newsroom")
        self.add_page()
        self._write(issuer.words, size=10, colour=_FAINT)
        self.ln(14)

    def heading(self, words: str) -> None:
        self._write(words, size=22, style="B")
        self.ln(8)

    def rows(self, rows: Iterable[tuple[str, str]]) -> None:
        self.set_font("Sans", "", 11)
        with self._grid(widths=(2, 3)) as table:
            for label, value in rows:
                row = table.row()
                row.cell(writable(label), style=FontFace(color=_FAINT))
                row.cell(writable(value))
        self.ln(10)

    def listing(self, head: list[str], rows: Iterable[list[str]]) -> None:
        self.set_font("Sans", "", 10)
        bold = FontFace(emphasis=TextEmphasis.B)
        with self._grid(
            widths=(3, 2, 3, 3), align=("LEFT", "LEFT", "RIGHT", "RIGHT")
        ) as table:
            for number, cells in enumerate([head, *rows]):
                row = table.row()
                for cell in cells:
                    row.cell(writable(cell), style=None if number else bold)
        self.ln(10)

    def note(self, words: str) -> None:
        if words:
            self._write(words, size=10, colour=_FAINT)

    def finished(self) -> bytes:
        content = bytes(self.output())
        _close_fonts(self)
        return content

    def _grid(self, *, widths: tuple[int, ...], align: Any = "LEFT") -> Any:
        """Rows parted by thin lines, without a head of fpdf's own."""
        self.set_draw_color(*_RULE)
        self.set_text_color(*_INK)
        return self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            first_row_as_headings=False,
            col_widths=widths,
            text_align=align,
            line_height=6,
            padding=(1.6, 0),
        )

    def _write(
        self,
        words: str,
        *,
        size: int,
        style: str = "",
        colour: tuple[int, int, int] = _INK,
    ) -> None:
        self.set_font("Sans", style, size)
        self.set_text_color(*colour)
        self.multi_cell(
            0,
            size * 0.55,
            writable(words),
            align="L",
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )


def writable(words: str) -> str:
    """The words in letters that the font has and can set: the rest in Latin ones."""
    known = _known()
    return "".join(
        letter
        if letter == "\n" or (ord(letter) in known and not _is_joined(letter))
        else anyascii(letter)
        for letter in unicodedata.normalize("NFC", words.replace("\r\n", "\n"))
    )


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    """What both weights have."""
    sheet = FPDF()
    for style, file in _FILES.items():
        sheet.add_font("Sans", style, file)
    plain, bold = (frozenset(font.cmap) for font in _fonts_of(sheet))
    _close_fonts(sheet)
    return plain & bold


def _fonts_of(sheet: FPDF) -> list[TTFFont]:
    return [font for font in sheet.fonts.values() if isinstance(font, TTFFont)]


def _close_fonts(sheet: FPDF) -> None:
    """The library leaves their files open."""
    for font in _fonts_of(sheet):
        font.ttfont.close()


def _is_joined(letter: str) -> bool:
    """Letters that run from right to left are drawn wrongly without shaping."""
    return unicodedata.bidirectional(letter) in ("R", "AL", "AN")


def _issuer(giver: Giver | None) -> _Issuer:
    asking = Asking.current()
    publication = Publication.current()
    language = giver.language if giver is not None else publication.default_language
    return _Issuer(
        words=asking.receipt_issuer.strip() or publication.name,
        note=asking.receipt_note.strip(),
        zone=ZoneInfo(publication.time_zone),
        language=language if language in LANGUAGES else "en",
    )


def _receipt_rows(
    contribution: Contribution, giver: Giver | None, zone: ZoneInfo
) -> list[tuple[str, str]]:
    currency = contribution.currency
    rows = [
        (_("Number"), str(contribution.receipt_number)),
        (_("Date"), _day(contribution.paid_at, zone)),
    ]
    if giver is not None and giver.name:
        rows.append((_("Given by"), giver.name))
    rows.append((_("Amount"), _exact(contribution.amount_minor, currency)))
    if contribution.covered_minor:
        covered = _exact(contribution.covered_minor, currency)
        rows.append((_("Of it for the payment’s fee"), covered))
    rows.append((_("Frequency"), str(Frequency(contribution.frequency).label)))
    if method := method_name(contribution):
        rows.append((_("Paid by"), method))
    if back := given_back(contribution):
        rows.append((_("Given back"), _exact(back, currency)))
        rows.append((_("Remains"), _exact(contribution.amount_minor - back, currency)))
    return rows


def _statement_row(gift: Contribution, zone: ZoneInfo) -> list[str]:
    back = gift.amount_minor - _kept(gift)
    return [
        _day(gift.paid_at, zone),
        str(gift.receipt_number or ""),
        _exact(gift.amount_minor, gift.currency),
        _exact(back, gift.currency) if back else "",
    ]


def _kept(gift: Contribution) -> int:
    """What the ledger has of it; a gift of before the ledger is whole."""
    moved: int | None = getattr(gift, "moved", None)
    return gift.amount_minor if moved is None else moved


def _newest(gift: Contribution) -> datetime:
    times = gift.entries.values_list("happened_at", flat=True)
    return max([gift.paid_at or gift.created_at, *times])


def _begin(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def _day(at: datetime | None, zone: ZoneInfo) -> str:
    return formats.date_format(at.astimezone(zone), "DATE_FORMAT") if at else ""


def _exact(amount_minor: int, currency: str) -> str:
    """With all digits and the currency's code: ``5.00 USD``."""
    number = formats.number_format(
        money.decimal(amount_minor, currency),
        decimal_pos=money.DIGITS[currency],
        use_l10n=True,
        force_grouping=True,
    )
    return f"{number} {currency}"
