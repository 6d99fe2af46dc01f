"""What the support page says beside its form, and how staff write it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse
from django.utils import translation

from newsroom.core import page_store
from newsroom.support.appeals import placeholders
from newsroom.support.checkout import reasons
from newsroom.support.models import Question, Spending, SpendingShare
from tests import make, make_support
from tests.newsroom.support import staff

pytestmark = pytest.mark.django_db

SPENDING = "admin:support_spending_change"


@pytest.fixture
def ended(monkeypatch):
    names = []
    monkeypatch.setattr(page_store, "ended", lambda *found: names.extend(found))
    return names


def support_page(client):
    return client.get("/support/").content.decode()


def typed(*shares, shown=True, **values):
    """The form of where the money goes, with rows of a purpose and its share."""
    rows = {
        "shares-TOTAL_FORMS": str(len(shares)),
        "shares-INITIAL_FORMS": "0",
        "shares-MIN_NUM_FORMS": "0",
        "shares-MAX_NUM_FORMS": "1000",
    }
    for number, (label, share) in enumerate(shares):
        rows[f"shares-{number}-label"] = label
        rows[f"shares-{number}-share"] = share
    return (
        {"period": "", "currency": "", "total": "", "note": ""}
        | ({"is_shown": "on"} if shown else {})
        | rows
        | values
    )


def save(client, fields):
    return client.post(reverse(SPENDING, args=[1]), fields)


# --- What readers see ------------------------------------------------------------


def test_a_page_without_reasons_has_only_its_form(client):
    page = support_page(client)

    assert "Where your money goes" not in page
    assert "Questions and answers" not in page


def test_answers_stand_in_their_order_and_only_while_they_are_shown(client):
    make_support.question(question="Is it safe?", position=2)
    make_support.question(question="Can I cancel?", position=1)
    make_support.question(question="Why a bank in Riga?", is_shown=False)

    page = support_page(client)

    assert page.index("Can I cancel?") < page.index("Is it safe?")
    assert "Why a bank in Riga?" not in page
    assert "<p>At any time, in one step.</p>" in page


def test_an_answer_names_what_the_bank_will_show(client):
    make_support.question(
        answer="<p>As “{statement}”.</p><p>Never as {publication}.</p>"
    )
    campaign = make_support.campaign(statement_descriptor="SMP AMSTERDAM")

    assert "<p>As “SMP AMSTERDAM”.</p>" in support_page(client)
    campaign.statement_descriptor = ""
    campaign.save()

    page = support_page(client)

    assert "<p>As “" not in page
    assert "<p>Never as " in page


def test_a_question_whose_answer_is_unknown_is_left_out(client):
    make_support.question(
        question="How is it shown?", answer="<p>As “{statement}”.</p>"
    )

    assert "How is it shown?" not in support_page(client)


def test_shares_of_a_hundred_are_drawn_with_the_largest_first(client):
    make_support.spending(
        sizes={"Lawyers": 1250, "Reporters": 8750},
        period="2025",
        note="Accounts: https://meridian.example/accounts",
    )

    page = support_page(client)

    assert page.index("Reporters") < page.index("Lawyers")
    assert "<b>87.5%</b>" in page
    assert '<progress max="10000" value="8750" aria-hidden="true">' in page
    assert 'href="https://meridian.example/accounts"' in page


def test_amounts_are_drawn_as_shares_of_their_total(client):
    make_support.spending(
        sizes={"Reporters": 600_000, "Lawyers": 300_000},
        currency="USD",
        total_minor=900_000,
    )

    page = support_page(client)

    assert "$9,000 in all" in page
    assert "<b>$6,000 <small>66.67%</small></b>" in page


def test_rows_that_do_not_fit_what_was_brought_back_are_not_drawn(client):
    make_support.spending(currency="USD", total_minor=900_000)

    assert "Where your money goes" not in support_page(client)


@pytest.mark.parametrize(
    ("hundredths", "language", "words"),
    [(5800, "en", "58%"), (1450, "en", "14.5%"), (1450, "de", "14,5%")],
)
def test_a_percentage_has_the_digits_that_it_needs(hundredths, language, words):
    with translation.override(language):
        assert reasons.percent(hundredths) == words


def test_answers_take_other_placeholders_than_messages():
    placeholders.check("<p>{statement}</p>", placeholders.OF_ANSWERS)

    with pytest.raises(ValidationError, match=r"\{publication\}, \{statement\}"):
        placeholders.check("<p>{least}</p>", placeholders.OF_ANSWERS)
    with pytest.raises(ValidationError, match="no placeholder"):
        placeholders.check("<p>{statement}</p>")


# --- What staff do ---------------------------------------------------------------


def test_support_staff_write_a_question_and_others_do_not(sign_in, ended):
    fields = {"question": "Is it safe?", "answer": "<p>Yes.</p>", "is_shown": "on"}
    add = reverse("admin:support_question_add")

    assert sign_in(make.publisher()).post(add, fields).status_code == 403
    assert sign_in(staff.staff()).post(add, fields).status_code == 302

    assert Question.objects.get().answer == "<p>Yes.</p>"
    assert "asking" in ended


def test_a_placeholder_that_is_none_is_refused(sign_in):
    fields = {"question": "Is it safe?", "answer": "<p>{statment}</p>"}

    response = sign_in(staff.staff()).post(
        reverse("admin:support_question_add"), fields
    )

    assert "{statment} is no placeholder" in response.content.decode()
    assert not Question.objects.exists()


def test_questions_change_places_by_buttons(sign_in, ended):
    first = make_support.question(position=0)
    second = make_support.question(position=1)

    sign_in(staff.staff()).post(
        reverse("admin:support_question_move", args=[second.pk, "up"])
    )

    assert list(Question.objects.all()) == [second, first]
    assert "asking" in ended


def test_shares_are_typed_as_percents(sign_in, ended):
    response = save(
        sign_in(staff.staff()), typed(("Reporters", "62,5 %"), ("Lawyers", "37.5"))
    )

    assert response.status_code == 302
    assert Spending.current().is_shown
    assert list(SpendingShare.objects.values_list("label", "size")) == [
        ("Reporters", 6250),
        ("Lawyers", 3750),
    ]
    assert "asking" in ended


def test_shares_are_typed_as_amounts_of_a_total(sign_in):
    response = save(
        sign_in(staff.staff()),
        typed(
            ("Reporters", "6 000"),
            ("Lawyers", "3000.50"),
            currency="EUR",
            total="9000.50",
        ),
    )

    assert response.status_code == 302
    assert Spending.current().total_minor == 900_050
    assert SpendingShare.objects.first().size == 600_000


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (typed(("A", "62"), ("B", "35")),
         "The shares come to 97%: 3% of 100% is missing."),
        (typed(("A", "62.5"), ("B", "40")),
         "The shares come to 102.5%: 2.5% more than 100%."),
        (typed(("A", "1000"), currency="USD", total="1200"),
         "The shares come to $1,000: $200 of $1,200 is missing."),
        (typed(("A", "100"), currency="USD"), "Write how much was spent in all."),
        (typed(("A", "100"), total="5"), "Percents add up to 100: leave this empty."),
        (typed(("A", "much")), "Write a percentage in figures, such as 62.5."),
        (typed(("A", "0"), ("B", "100")), "Write a share above 0"),
        (typed(("A", "50"), ("A", "50")), "label"),
        (typed(("", "")), "Write the shares that are to be shown."),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_said_and_not_kept(sign_in, fields, words):
    response = save(sign_in(staff.staff()), fields)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert not SpendingShare.objects.exists()
    assert not Spending.current().is_shown


def test_a_share_is_changed_and_taken_out(sign_in):
    make_support.spending(sizes={"A": 5000, "B": 3000, "C": 2000})
    a, b, c = SpendingShare.objects.all()
    fields = typed(("A", "50"), ("B", "50"), ("C", "20")) | {
        "shares-INITIAL_FORMS": "3",
        "shares-0-id": a.pk, "shares-1-id": b.pk, "shares-2-id": c.pk,
        "shares-0-spending": "1", "shares-1-spending": "1", "shares-2-spending": "1",
        "shares-2-DELETE": "on",
    }  # fmt: skip

    response = save(sign_in(staff.staff()), fields)

    assert response.status_code == 302
    assert dict(SpendingShare.objects.values_list("label", "size")) == {
        "A": 5000,
        "B": 5000,
    }


def test_the_menu_leads_to_the_one_form(sign_in):
    response = sign_in(staff.staff()).get(reverse("admin:support_spending_changelist"))

    assert response.url == reverse(SPENDING, args=[1])


@pytest.mark.parametrize("wrong", [{"currency": "USD"}, {"total_minor": 5}, {"id": 2}])
def test_the_database_takes_no_spending_that_cannot_be(wrong):
    with pytest.raises(IntegrityError):
        Spending.objects.filter(pk=1).update(**wrong)


def test_the_database_takes_no_share_of_nothing():
    with pytest.raises(IntegrityError):
        SpendingShare.objects.create(spending_id=1, label="Nothing", size=0)
