import contextlib
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.support import countries, payments
from newsroom.support.books import statement_files, statements
from newsroom.support.books.statement_files import Line, Unreadable
from newsroom.support.models import (
    BankLine,
    Contribution,
    GiverLetter,
    LedgerEntry,
    RefundOrder,
)
from newsroom.support.payments import bank_transfer
from tests import make, make_support
from tests.newsroom.support import books

IBAN = "DE89370400440532013000"


@pytest.fixture(autouse=True)
def account(settings):
    settings.BANK_HOLDER, settings.BANK_IBAN = "Reading Foundation", IBAN


def begun(**values) -> Contribution:
    values = {"currency": "EUR", "provider": "bank_transfer"} | values
    gift = books.gift(**values)
    payments.named("bank_transfer").start_checkout(gift, address="", back="", done="")
    return gift


def entry(
    *,
    amount: str = "25.00",
    purpose: str = "",
    number: str = "N1",
    side: str = "CRDT",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    payer_iban: str = "FR1420041010050500013M02606",
    parts: str = "",
) -> str:
    party = "Dbtr" if side == "CRDT" else "Cdtr"
    part = f"""
      <TxDtls>
        <RltdPties>
          <{party}><Pty><Nm>Ada Payer</Nm></Pty></{party}>
          <{party}Acct><Id><IBAN>{payer_iban}</IBAN></Id></{party}Acct>
        </RltdPties>
        <RmtInf><Ustrd>{purpose}</Ustrd></RmtInf>
      </TxDtls>"""
    return f"""
    <Ntry>
      <Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}
      <BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>{number}</AcctSvcrRef>
      <NtryDtls>{parts or part}</NtryDtls>
    </Ntry>"""


def camt(*entries: str, version: str = "08", account: str = IBAN) -> io.BytesIO:
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{space}"><BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt>
<Acct><Id><IBAN>{account}</IBAN></Id></Acct>{"".join(entries)}</Stmt></BkToCstmrStmt>
</Document>"""
    return io.BytesIO(text.encode())


def read(file: io.BytesIO, currency: str = "EUR") -> list[Line]:
    return list(statement_files.read(file, currency=currency))


def take_in(*entries: str) -> statements.Taken:
    lines = statement_files.read(camt(*entries), currency="EUR")
    return statements.take_in(lines, by=None)


# --- Files ---


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_booked_entry_is_a_line(version):
    words = entry(purpose="RF18 5390 0754 7034")
    if version == "02":
        words = words.replace("<Pty>", "").replace("</Pty>", "")
        words = words.replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>")

    [line] = read(camt(words, version=version))

    assert line.booked_on == date(2026, 11, 20)
    assert (line.amount_minor, line.currency) == (2500, "EUR")
    assert line.payer == "Ada Payer"
    assert line.payer_account.startswith("FR14")
    assert line.purpose == "RF18 5390 0754 7034"
    assert line.account == IBAN


def test_money_that_left_is_below_nothing_and_what_only_waits_is_left_out():
    lines = read(
        camt(
            entry(side="DBIT", amount="7.00"),
            entry(number="N2", status="<Sts><Cd>PDNG</Cd></Sts>"),
        )
    )

    assert [line.amount_minor for line in lines] == [-700]


def test_an_entry_of_several_transfers_is_as_many_lines():
    parts = "".join(
        f"""<TxDtls><Amt Ccy="EUR">{amount}</Amt>
        <RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls>"""
        for amount, purpose in [("10.00", "one"), ("15.00", "two")]
    )

    lines = read(camt(entry(amount="25.00", parts=parts)))

    assert [(line.amount_minor, line.purpose) for line in lines] == [
        (1000, "one"),
        (1500, "two"),
    ]
    assert lines[0].ref != lines[1].ref


def test_lines_that_say_the_same_are_different_and_stay_the_same():
    same = entry(number="", purpose="a gift")

    first, again = read(camt(same, same)), read(camt(same, same))

    assert first[0].ref != first[1].ref
    assert [line.ref for line in first] == [line.ref for line in again]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing here",
        b"<a/>",
        b"<a",
        b'<!DOCTYPE a [<!ENTITY x "y">]><Document>&x;</Document>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Document/>',
        b"\x00\x01\x02",
        b"Date;Amount\n2026-11-20;12.345,6x7\n",
        b"Date;Amount\nyesterday;12,50\n",
        b"Date;Amount;Currency\n2026-11-20;12,50;XXX\n",
    ],
)
def test_what_is_no_statement_is_refused_with_words(content):
    with pytest.raises(Unreadable) as raised:
        read(io.BytesIO(content))

    assert str(raised.value)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_table_is_read_whatever_parts_and_encodes_it(sign, encoding):
    rows = [
        ["Отчёт", "", "", ""],
        ["Дата", "Сумма", "Назначение", "Плательщик"],
        ["20.11.2026", "25.00", "RF18539007547034", "Ада Иванова"],
        ["21.11.2026", "-7.50", "Комиссия банка", ""],
        ["", "17.50", "Итого", ""],
    ]
    text = "\r\n".join(sign.join(f'"{cell}"' for cell in row) for row in rows)

    lines = read(io.BytesIO(text.encode(encoding)))

    assert [(line.booked_on.day, line.amount_minor) for line in lines] == [
        (20, 2500),
        (21, -750),
    ]
    assert lines[0].payer == "Ада Иванова"
    assert lines[0].purpose == "RF18539007547034"


def test_a_table_may_have_two_columns_for_money():
    text = "Buchungstag;Verwendungszweck;Soll;Haben;Währung\n"
    text += "20.11.26;Spende;;1.234,56;EUR\n21.11.26;Miete;800,00;;EUR\n"

    lines = read(io.BytesIO(text.encode("cp1252")))

    assert [line.amount_minor for line in lines] == [123456, -80000]


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("12,50", "EUR", 1250),
        ("12.50", "EUR", 1250),
        ("1.234,56", "EUR", 123456),
        ("1,234.56", "USD", 123456),
        ("1,234", "USD", 123400),
        ("1.234.567", "EUR", 123456700),
        ("1’000.00", "CHF", 100000),
        ("12.50-", "EUR", -1250),
        ("(12.50)", "USD", -1250),
        ("−12,50 EUR", "EUR", -1250),
        ("1,000", "JPY", 1000),
        ("500", "JPY", 500),
        ("5.120", "KWD", 5120),
    ],
)
def test_amounts_are_read_as_banks_write_them(typed, currency, minor):
    text = f'Date;Amount\n2026-11-20;"{typed}"\n'

    [line] = read(io.BytesIO(text.encode()), currency)

    assert line.amount_minor == minor


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(content):
    with contextlib.suppress(Unreadable):
        read(io.BytesIO(content))


# --- Matching ---


@pytest.mark.django_db
def test_a_line_with_reference_and_amount_pays_its_gift_once():
    gift = begun()
    line = entry(purpose=f"Gift {bank_transfer.grouped(gift.checkout_ref)}")

    first, again = take_in(line), take_in(line)

    gift.refresh_from_db()
    assert (first.new, first.matched, first.waiting) == (1, 1, 0)
    assert (again.new, again.known, again.matched) == (0, 1, 0)
    assert gift.state == Contribution.State.SUCCEEDED
    assert gift.receipt_number is not None
    assert LedgerEntry.objects.get().amount_minor == 2500
    assert GiverLetter.objects.filter(kind="thanks").count() == 1
    assert BankLine.objects.get().contribution == gift


@pytest.mark.django_db
def test_one_wrong_digit_is_mended_where_the_amount_agrees():
    gift = begun()
    right = gift.checkout_ref
    wrong = right[:8] + str((int(right[8]) + 1) % 10) + right[9:]

    taken = take_in(entry(purpose=wrong))

    assert taken.matched == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [{"amount": "24.00"}, {"purpose": "For you"}, {"side": "DBIT"}],
)
def test_all_else_waits_for_a_person(changes):
    gift = begun()

    taken = take_in(entry(**{"purpose": gift.checkout_ref} | changes))

    gift.refresh_from_db()
    assert taken.waiting == 1
    assert gift.state == Contribution.State.PENDING
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db
def test_a_line_that_names_no_account_waits_for_a_person_where_a_country_is_refused():
    gift = begun()
    make_support.country("RU")

    taken = take_in(entry(purpose=gift.checkout_ref, payer_iban="40817810099910004312"))

    assert (taken.new, taken.matched) == (1, 0)
    line = BankLine.objects.get()
    assert statements.proposed(line) == [gift]
    statements.match(line, gift)
    gift.refresh_from_db()
    assert gift.verdict == Contribution.Verdict.ACCEPTED


@pytest.mark.django_db
def test_a_person_sees_the_likely_gifts_first_and_matches():
    likely, named, _other = begun(), begun(amount_minor=9900), begun(amount_minor=100)
    take_in(entry(purpose=named.checkout_ref))
    line = BankLine.objects.get()

    assert statements.proposed(line) == [named, likely]
    statements.match(line, named)

    named.refresh_from_db()
    assert named.state == Contribution.State.SUCCEEDED
    assert named.amount_minor == 2500
    with pytest.raises(statements.NotMatchable, match="already"):
        statements.match(line, likely)


@pytest.mark.django_db
def test_a_standing_order_pays_a_new_gift_each_time():
    series = books.series(provider="bank_transfer", currency="EUR", amount_minor=2500)
    gift = series.contributions.get()
    payments.named("bank_transfer").start_checkout(gift, address="", back="", done="")

    for number in ("N1", "N2", "N3"):
        take_in(entry(purpose=gift.checkout_ref, number=number))

    series.refresh_from_db()
    assert series.state == "active"
    assert series.contributions.filter(state="succeeded").count() == 3
    kinds = GiverLetter.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["thanks", "receipt", "receipt"]


@pytest.mark.django_db
def test_a_gift_once_paid_is_not_paid_again_by_itself():
    gift = begun()
    take_in(entry(purpose=gift.checkout_ref))

    taken = take_in(entry(purpose=gift.checkout_ref, number="N2"))

    assert taken.waiting == 1


@pytest.mark.django_db
def test_money_that_went_back_is_booked_when_its_line_is_matched():
    gift = begun()
    take_in(entry(purpose=gift.checkout_ref))
    take_in(entry(side="DBIT", number="N2", purpose="Back"))
    line = BankLine.objects.get(amount_minor=-2500)

    statements.match(line, gift)

    gift.refresh_from_db()
    assert gift.state == Contribution.State.REFUNDED


@pytest.mark.django_db
def test_the_country_of_the_payers_account_decides_and_is_not_kept():
    books.refuse("BY")
    gift = begun()
    payer = "BY13NBRB3600900000002Z00AB00"
    assert bank_transfer.is_iban(payer)
    assert countries.refuses("BY")

    take_in(entry(purpose=gift.checkout_ref, payer_iban=payer))

    gift.refresh_from_db()
    assert gift.state == Contribution.State.QUARANTINED
    assert RefundOrder.objects.get().amount_minor == 2500
    assert not GiverLetter.objects.exclude(kind="instructions").exists()


@pytest.mark.django_db
def test_who_paid_rests_sealed_and_staff_can_read_it():
    take_in(entry(purpose="A gift from Ada"))

    line = BankLine.objects.get()

    for field in (line.payer_sealed, line.purpose_sealed):
        assert b"Ada" not in bytes(field)
    assert statements.payer_of(line) == "Ada Payer, FR1420041010050500013M02606"
    assert statements.purpose_of(line) == "A gift from Ada"


@pytest.mark.django_db
def test_a_statement_of_another_account_is_refused_whole():
    file = camt(entry(), account="GB33BUKB20201555555555")

    with pytest.raises(Unreadable, match="another account"):
        statements.take_in(statement_files.read(file, currency="EUR"), by=None)

    assert not BankLine.objects.exists()


@pytest.mark.django_db
def test_a_statement_that_breaks_off_leaves_nothing():
    whole = camt(entry(), entry(number="N2")).getvalue()
    file = io.BytesIO(whole[:-200])

    with pytest.raises(Unreadable):
        statements.take_in(statement_files.read(file, currency="EUR"), by=None)

    assert not BankLine.objects.exists()


@pytest.mark.django_db
def test_what_is_no_gift_is_set_aside_and_can_be_taken_up_again():
    gift = begun()
    statements.take_in(
        statement_files.read(camt(entry(purpose="Rent")), currency="EUR"),
        by=make.user("Support staff"),
    )
    line = BankLine.objects.get()

    statements.set_aside(line)
    line.refresh_from_db()
    assert line.is_set_aside
    statements.match(line, gift)

    line.refresh_from_db()
    assert not line.is_set_aside
    assert line.imported_by is not None
