import csv
import io
import json

import pytest

from newsroom.support.books import exports
from newsroom.support.models import Contribution, GiverLook
from tests.newsroom.support import appeals, people
from tests.newsroom.support.staff import staff

pytestmark = pytest.mark.django_db


def taken(*, kind="csv", with_givers=False, by=None):
    look = exports.begin(by or staff(), with_givers=with_givers)
    pieces = exports.lines(
        Contribution.objects.all(), look, kind=kind, with_givers=with_givers
    )
    return look, b"".join(pieces).decode()


def rows_of(file):
    head, *lines = file.splitlines()
    return head, list(csv.DictReader(io.StringIO("\n".join(lines))))


def test_the_file_says_who_took_it_when_and_under_which_number():
    people.gift()
    look, file = taken(by=staff(username="mara"))

    head, _rows = rows_of(file)

    assert f"Export {look.pk}, taken by mara at 20" in head
    assert GiverLook.objects.get(pk=look.pk).what == "export of gifts"


def test_amounts_are_exact_figures_net_of_fees_and_refunds():
    gift = people.gift(amount_minor=2550)
    people.moved(gift, "fee", -103)
    people.moved(gift, "refund", -550)
    people.gift(currency="JPY", amount_minor=900)
    people.gift(currency="KWD", amount_minor=1234)

    _head, rows = rows_of(taken()[1])

    found = {row["currency"]: row for row in rows}
    one = found["USD"]
    assert (one["amount"], one["fees"], one["given_back"]) == (
        "25.50",
        "-1.03",
        "-5.50",
    )
    assert one["net"] == "18.97"
    assert found["JPY"]["amount"] == "900"
    assert found["KWD"]["amount"] == "1.234"


def test_without_personal_data_no_giver_is_in_the_file():
    people.gift(people.giver("anna@reader.example", name="Anna"))

    file = taken()[1]

    assert "anna" not in file.lower()
    assert "email" not in file


def test_with_personal_data_the_look_says_so():
    people.gift(people.giver("anna@reader.example", name="Anna"))

    look, file = taken(with_givers=True)

    [row] = rows_of(file)[1]
    assert (row["email"], row["name"]) == ("anna@reader.example", "Anna")
    assert look.what == "export of gifts with givers"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_taken_for_a_formula(start):
    giver = people.giver("anna@reader.example", name=f"{start}HYPERLINK(1)")
    campaign = appeals.campaign(name=f"{start}cmd|calc")
    people.gift(giver, campaign=campaign, method=f"{start}1")

    file = taken(with_givers=True)[1]

    _head, rows = rows_of(file.replace("\r\n", "\n"))
    cells = [cell for row in rows for cell in row.values() if cell]
    risky = [cell for cell in cells if cell[0] in "=+-@\t\r"]
    assert [
        cell for cell in risky if not cell.lstrip("-").replace(".", "").isdigit()
    ] == []


def test_each_export_has_its_own_order_and_its_own_marks():
    for _ in range(12):
        people.gift()

    first, second = rows_of(taken()[1])[1], rows_of(taken()[1])[1]

    assert [row["gift"] for row in first] != [row["gift"] for row in second]
    assert {row["gift"] for row in first} == {row["gift"] for row in second}
    assert not {row["ref"] for row in first} & {row["ref"] for row in second}


def test_a_single_line_tells_which_export_it_was_in():
    for _ in range(3):
        people.gift()
    first, file = taken(by=staff(username="one"))
    taken(by=staff(username="two"))
    line = rows_of(file)[1][1]

    found = exports.traced(line["gift"], f" {line['ref'].upper()} ")

    assert found == first
    assert exports.traced(line["gift"], "0" * 18) is None


def test_json_says_the_same():
    people.gift(amount_minor=2550)
    people.gift(amount_minor=100)

    look, file = taken(kind="json")

    read = json.loads(file)
    assert read["export"].startswith(f"Export {look.pk}, ")
    assert {row["amount"] for row in read["gifts"]} == {"25.50", "1.00"}


def test_nothing_to_export_is_a_whole_file_all_the_same():
    assert json.loads(taken(kind="json")[1])["gifts"] == []
    assert rows_of(taken()[1])[1] == []


def test_many_gifts_take_few_queries(django_assert_max_num_queries):
    for _ in range(30):
        people.gift(people.giver(f"anna{_}@reader.example"))

    with django_assert_max_num_queries(12):
        taken(with_givers=True)
