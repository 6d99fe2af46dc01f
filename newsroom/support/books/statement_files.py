"""Files of bank statements: CAMT.053 (ISO 20022), or a table such as banks export.

Nothing is kept here; each line gets the bank's own number, or one made of what it says.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]
from django.utils.translation import gettext as _

from newsroom.core import mail_addresses
from newsroom.support import money

LARGEST = 32 << 20  # bytes
DELIMITERS = [",", ";", "\t", "|"]
_ROWS_LOOKED_AT = 40
_HIGH = re.compile(rb"[\x80-\xff]+")
_AROUND_FIGURES = re.compile(r"[\s'’()+\-−$€£¥₴]")
_FIGURES = re.compile(r"[0-9][0-9.,]*")

# Heads of columns as banks write them; the first that fits counts.
_HEADS = {
    "number": ["transaction id", "reference number", "transaktionsnummer", "номер"],
    "booked": [
        *["booking date", "booked", "buchungstag", "buchungsdatum", "date d'opération"],
        *["completed date", "transaction date", "дата", "datum", "date", "valuta"],
    ],
    "amount": ["amount", "betrag", "montant", "сумма", "umsatz", "importo"],
    "credit": ["credit", "paid in", "haben", "crédit", "приход", "кредит"],
    "debit": ["debit", "paid out", "soll", "débit", "расход", "дебет"],
    "currency": ["currency", "währung", "devise", "валюта", "waehrung"],
    "payer": [
        *["payer", "counterparty", "zahlungspflichtiger", "auftraggeber", "name"],
        *["beguenstigter", "begünstigter", "donneur", "плательщик", "description"],
    ],
    "account": ["iban", "payer account", "kontonummer", "compte", "счет", "счёт"],
    "purpose": [
        *["purpose", "remittance", "verwendungszweck", "reference", "communication"],
        *["libellé", "назначение", "details", "memo", "description"],
    ],
}
_DAY_FORMS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d.%m.%y", "%d-%m-%Y", "%Y%m%d"]


class Unreadable(Exception):
    """Not a statement that we know; the words are for staff and name nobody."""


@dataclass(frozen=True)
class Line:
    """A booked movement; below 0 where money left the account."""

    ref: str
    booked_on: date
    amount_minor: int
    currency: str
    payer: str = ""
    payer_account: str = ""
    purpose: str = ""
    # Whose statement it is, where the file says.
    account: str = ""


def read(file: IO[bytes], *, currency: str) -> Iterator[Line]:
    """Every booked line. ``currency`` is of tables that name none.

    Raises ``Unreadable``, perhaps only after some lines.
    """
    beginning = file.read(200)
    file.seek(0)
    is_xml = beginning.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
    is_xml = is_xml or b"<\x00?\x00" in beginning
    return _camt(file) if is_xml else _table(file, currency)


# --- CAMT.053 -----------------------------------------------------------------


def _camt(file: IO[bytes]) -> Iterator[Line]:
    """Entry by entry: none is held once it was read."""
    names = _Names()
    account = ""
    is_camt = False
    try:
        for _event, element in iterparse(file, events=["end"], forbid_dtd=True):
            name = _bare(element.tag)
            if name == "Acct":
                account = _text(element, "Id/IBAN").upper()
            elif name == "Ntry":
                is_camt = True
                yield from _entry(element, account, names)
                element.clear()
            elif name in ("Stmt", "Document"):
                is_camt = True
                element.clear()
    except (ParseError, DefusedXmlException, LookupError) as error:
        words = _("This is not well-formed XML, or it holds what statements do not.")
        raise Unreadable(words) from error
    if not is_camt:
        raise Unreadable(_("This is XML, and no statement in the form CAMT.053."))


def _entry(entry: Element, account: str, names: "_Names") -> Iterator[Line]:
    """A booked entry; one that bundles several transfers is as many lines."""
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status and status != "BOOK":
        return
    day = _text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm")
    is_out = _text(entry, "CdtDbtInd") == "DBIT"
    amount = _find(entry, "Amt")
    parts = _all(entry, "NtryDtls/TxDtls")
    number = _text(entry, "AcctSvcrRef")
    for position, part in enumerate(parts or [entry]):
        own = amount
        if len(parts) > 1:
            own = _find(part, "Amt")
            own = _find(part, "AmtDtls/TxAmt/Amt") if own is None else own
        if own is None:
            raise Unreadable(_("An entry of the statement has no amount."))
        currency = own.get("Ccy", "")
        minor = _exact(own.text or "", currency)
        side = "Cdtr" if is_out else "Dbtr"
        payer_account = _text(part, f"RltdPties/{side}Acct/Id/IBAN").upper()
        line = Line(
            ref="",
            booked_on=_day(day[:10]),
            amount_minor=-minor if is_out else minor,
            currency=currency,
            payer=_text(part, f"RltdPties/{side}/Nm")
            or _text(part, f"RltdPties/{side}/Pty/Nm"),
            payer_account=payer_account,
            purpose=_purpose(part),
            account=account,
        )
        own_number = _text(part, "Refs/AcctSvcrRef") if part is not entry else ""
        if own_number and own_number != number:
            yield names.with_number(line, own_number)
        else:
            yield names.with_number(line, f"{number}/{position}" if number else "")


def _purpose(part: Element) -> str:
    words = [_words(one) for one in _all(part, "RmtInf/Ustrd")]
    structured = [_words(one) for one in _all(part, "RmtInf/Strd/CdtrRefInf/Ref")]
    end_to_end = _text(part, "Refs/EndToEndId")
    if end_to_end and end_to_end != "NOTPROVIDED":
        words.append(end_to_end)
    return " ".join([*structured, *words, _text(part, "AddtlNtryInf")]).strip()


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


def _all(element: Element, path: str) -> list[Element]:
    """Below an element by bare names: each bank has a version of the name space."""
    found = [element]
    for name in path.split("/"):
        found = [below for one in found for below in one if _bare(below.tag) == name]
    return found


def _find(element: Element, path: str) -> Element | None:
    return next(iter(_all(element, path)), None)


def _text(element: Element, path: str) -> str:
    found = _find(element, path)
    return _words(found) if found is not None else ""


def _words(element: Element) -> str:
    return " ".join((element.text or "").split())


# --- Tables -------------------------------------------------------------------


def _table(file: IO[bytes], currency: str) -> Iterator[Line]:
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise Unreadable(_("The file is too large for a statement."))
    text = content.decode(_encoding(content), errors="replace")
    rows = _rows(text)
    top, columns = _columns(rows)
    names = _Names()
    for number, row in enumerate(rows[top + 1 :], start=top + 2):
        said = {what: row[at].strip() for what, at in columns.items() if at < len(row)}
        if not said.get("booked") or not any(
            said.get(what) for what in ("amount", "credit", "debit")
        ):
            continue  # a sum, a balance, an empty line
        try:
            yield names.with_number(_line(said, currency), said.get("number", ""))
        except (Unreadable, KeyError) as error:
            words = _("Row %(row)s cannot be read: %(why)s")
            raise Unreadable(words % {"row": number, "why": error}) from error


def _line(said: dict[str, str], currency: str) -> Line:
    currency = (said.get("currency") or currency).upper()
    if said.get("amount"):
        minor = _minor(said["amount"], currency)
    else:
        came = abs(_minor(said.get("credit") or "0", currency))
        minor = came - abs(_minor(said.get("debit") or "0", currency))
    return Line(
        ref="",
        booked_on=_day(said["booked"]),
        amount_minor=minor,
        currency=currency,
        payer=said.get("payer", ""),
        payer_account=said.get("account", "").replace(" ", "").upper(),
        purpose=said.get("purpose", ""),
    )


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        runs = [len(run) for run in _HIGH.findall(content)]
        # Cyrillic words are made of high bytes, Western ones hold one here and there.
        is_cyrillic = sum(run for run in runs if run > 1) > runs.count(1)
        return "cp1251" if is_cyrillic else "cp1252"
    return "utf-8-sig"


def _rows(text: str) -> list[list[str]]:
    """By the sign that parts the most rows into the most columns of one number."""

    def parted(sign: str) -> list[list[str]]:
        try:
            return list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
        except csv.Error as error:
            raise Unreadable(_("The file cannot be read as a table.")) from error

    def worth(rows: list[list[str]]) -> int:
        widths = Counter(len(row) for row in rows if len(row) > 1)
        return max((count * width for width, count in widths.items()), default=0)

    return max((parted(sign) for sign in DELIMITERS), key=worth)


def _columns(rows: list[list[str]]) -> tuple[int, dict[str, int]]:
    """The row of heads, and which column says what."""
    best: tuple[int, dict[str, int]] = (0, {})
    for number, row in enumerate(rows[:_ROWS_LOOKED_AT]):
        heads = [cell.strip().casefold() for cell in row]
        found: dict[str, int] = {}
        for what, known in _HEADS.items():
            at = _column(heads, known, set(found.values()))
            if at is not None:
                found[what] = at
        if len(found) > len(best[1]):
            best = (number, found)
    if "booked" not in best[1] or not {"amount", "credit"} & set(best[1]):
        raise Unreadable(
            _("No row has heads for a date and an amount, such as “Date” and “Amount”.")
        )
    return best


def _column(heads: list[str], known: list[str], taken: set[int]) -> int | None:
    free = [at for at in range(len(heads)) if at not in taken]
    for name in known:
        for at in free:
            if heads[at] == name:
                return at
    for name in known:
        for at in free:
            if name in heads[at]:
                return at
    return None


# --- What both have -----------------------------------------------------------


class _Names:
    """Numbers for lines that have none: the same again for the same statement."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def with_number(self, line: Line, number: str) -> Line:
        moved = (line.account, line.booked_on, line.amount_minor, line.currency)
        said = repr((*moved, number)) if number else repr(line)
        # Of lines that say the same on one day, each counts.
        self._seen[said] += 1
        said = f"{said}#{self._seen[said]}"
        ref = mail_addresses.sign("bank line", said.encode(), size=32).hex()
        return replace(line, ref=ref)


def _minor(text: str, currency: str) -> int:
    """An amount as banks write it in tables: ``1.234,56-``, ``(12.50)``, ``+1’000``."""
    is_minus = "-" in text or "−" in text or text.strip().startswith("(")
    figures = _AROUND_FIGURES.sub("", text.upper().replace(currency, ""))
    if not _FIGURES.fullmatch(figures):
        raise Unreadable(_("An amount cannot be read."))
    at = max(figures.rfind("."), figures.rfind(","))
    if at < 0 or _parts_thousands(figures, at, currency):
        at = len(figures)
    whole = re.sub(r"[.,]", "", figures[:at])
    minor = _exact(f"{whole}.{figures[at + 1 :] or 0}", currency)
    return -minor if is_minus else minor


def _parts_thousands(figures: str, at: int, currency: str) -> bool:
    """Whether the last point or comma is no decimal one."""
    sign = figures[at]
    if ("," if sign == "." else ".") in figures:
        return False
    is_three = len(figures) - at - 1 == 3
    return is_three and (figures.count(sign) > 1 or money.DIGITS.get(currency) != 3)


def _exact(text: str, currency: str) -> int:
    """Minor units of a number with a decimal point."""
    if currency not in money.DIGITS:
        raise Unreadable(_("The statement has a currency that is not known here."))
    try:
        amount = Decimal(text.strip()).scaleb(money.DIGITS[currency])
    except InvalidOperation:
        raise Unreadable(_("An amount cannot be read.")) from None
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise Unreadable(_("An amount cannot be read."))
    return int(amount)


def _day(text: str) -> date:
    for form in _DAY_FORMS:
        try:
            return datetime.strptime(text.strip()[:10], form).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise Unreadable(_("A date cannot be read."))
