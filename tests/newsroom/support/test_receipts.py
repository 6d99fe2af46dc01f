from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsroom.publication.models import Publication
from newsroom.support.mails import receipts
from newsroom.support.models import Asking, PaymentMethod
from newsroom.support.people import givers
from tests.newsroom.support.people import PAID_AT, gift, giver, moved, words_of_pdf

pytestmark = pytest.mark.django_db


def pages_in(content: bytes) -> int:
    return content.count(b"/Type /Page\n")


def test_a_receipt_says_who_gave_what_and_to_whom():
    Asking.objects.update(
        receipt_issuer="Meridian Foundation\nBrīvības iela 1, Rīga\nReg. 40008000000",
        receipt_note="Gifts are not deductible in Latvia.",
    )
    PaymentMethod.objects.create(provider="sandbox", code="card", name="Card")
    made = gift(giver(), amount_minor=2600, covered_minor=100, receipt_number=4711)

    content = receipts.pdf(made)

    words = words_of_pdf(content)
    for part in [
        "Meridian Foundation",
        "Brīvības iela 1, Rīga",
        "Reg. 40008000000",
        "4711",
        "14 Mar 2026",
        "Anna Example",
        "26.00 USD",
        "1.00 USD",
        "Once",
        "Card",
        "Gifts are not deductible in Latvia.",
    ]:
        assert part in words
    assert pages_in(content) == 1
    assert b"/Lang (en)" in content
    assert "Given back" not in words


def test_without_a_name_the_receipt_has_none():
    words = words_of_pdf(receipts.pdf(gift(giver(name=""))))

    assert "Given by" not in words
    assert "reader.example" not in words


def test_an_erased_givers_gift_still_has_a_receipt_without_them():
    person = giver()
    made = gift(person)
    givers.erase(person)
    made.refresh_from_db()

    words = words_of_pdf(receipts.pdf(made))

    assert "25.00 USD" in words
    assert "Anna" not in words


def test_the_same_row_gives_the_same_bytes():
    made = gift(giver())

    assert receipts.pdf(made) == receipts.pdf(made)
    assert b"D:20260314120000" in receipts.pdf(made)


def test_what_was_given_back_stands_on_the_receipt():
    made = gift(giver())
    moved(made, "refund", -1000)
    moved(made, "fee", -75)

    words = words_of_pdf(receipts.pdf(made))

    assert "10.00 USD" in words
    assert "15.00 USD" in words
    assert "0.75" not in words


@pytest.mark.parametrize(
    ("currency", "minor", "written"),
    [
        ("JPY", 2500, "2,500 JPY"),
        ("KWD", 2500, "2.500 KWD"),
        ("GEL", 2500, "25.00 GEL"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(currency, minor, written):
    made = gift(giver(), currency=currency, amount_minor=minor)

    assert written in words_of_pdf(receipts.pdf(made))


@pytest.mark.parametrize(
    ("language", "name", "shown"),
    [
        ("ru", "Анна Ахматова", "Анна Ахматова"),
        ("ka", "ნინო", "ნინო"),
        ("de", "Jürgen Groß", "Jürgen Groß"),
        ("en", "Արամ Əli Łukasz", "Արամ Əli Łukasz"),
        ("zh-hans", "李明", "LiMing"),
        ("ar", "محمد", "mhmd"),
    ],
)
def test_names_are_written_in_letters_that_the_font_has(language, name, shown, caplog):
    caplog.set_level("INFO")

    content = receipts.pdf(gift(giver(name=name, language=language)))

    assert shown in words_of_pdf(content)
    written = language if language in receipts.LANGUAGES else "en"
    assert f"/Lang ({written})".encode() in content
    assert "glyph" not in caplog.text.lower()


def test_a_very_long_issuer_and_name_still_make_a_sheet():
    Asking.objects.update(receipt_issuer="Wörter " * 150, receipt_note="Note " * 100)

    content = receipts.pdf(gift(giver(name="A" * 80)))

    assert pages_in(content) == 1
    assert "A" * 40 in words_of_pdf(content).replace("\n", "")


@pytest.mark.parametrize(
    "values", [{"paid_at": None}, {"receipt_number": None}, {"state": "quarantined"}]
)
def test_there_is_no_receipt_for_what_was_not_given(values):
    made = gift(giver(), **values)

    assert not receipts.has_one(made)
    with pytest.raises(ValueError, match="no receipt"):
        receipts.pdf(made)


def test_a_statement_has_every_gift_of_a_year_and_its_total():
    person = giver()
    first = gift(person, receipt_number=7001)
    gift(person, amount_minor=500, paid_at=datetime(2026, 5, 1, tzinfo=UTC))
    gift(person, amount_minor=900, currency="EUR")
    gift(person, amount_minor=11100, paid_at=datetime(2025, 5, 1, tzinfo=UTC))
    gift(giver("other@reader.example"), amount_minor=99900)
    moved(first, "refund", -1000)

    content = receipts.statement_pdf(person, 2026, "USD")

    words = words_of_pdf(content)
    assert "20.00 USD" in words  # 25 - 10 + 5
    assert "7001" in words
    assert "5.00 USD" in words
    for absent in ("EUR", "111.00", "999.00"):
        assert absent not in words
    assert receipts.statement_pdf(person, 2026, "USD") == content


def test_a_long_statement_goes_on_overleaf():
    person = giver()
    for number in range(60):
        gift(person, receipt_number=9000 + number)

    content = receipts.statement_pdf(person, 2026, "USD")

    assert pages_in(content) > 1
    assert "9059" in words_of_pdf(content)


def test_a_year_is_one_of_the_publications_time_zone():
    Publication.objects.update(time_zone="Asia/Tbilisi")
    person = giver()
    late = datetime(2025, 12, 31, 22, tzinfo=UTC)  # past midnight there
    gift(person, paid_at=late, amount_minor=700)

    years = receipts.years_of(person, ZoneInfo("Asia/Tbilisi"))

    assert years == [(2026, "USD")]
    words = words_of_pdf(receipts.statement_pdf(person, 2026, "USD"))
    assert "1 Jan 2026" in words
    assert "7.00 USD" in words


def test_years_are_listed_by_currency_the_newest_first():
    person = giver()
    gift(person)
    gift(person, currency="EUR")
    gift(person, paid_at=PAID_AT.replace(year=2024))
    gift(person, paid_at=PAID_AT.replace(year=2023), state="quarantined")

    assert receipts.years_of(person, ZoneInfo("UTC")) == [
        (2026, "EUR"),
        (2026, "USD"),
        (2024, "USD"),
    ]
