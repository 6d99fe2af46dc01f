import pytest
from django.core.exceptions import ValidationError

from newsroom.publication.models import Publication
from newsroom.support.mails import thanks
from tests.newsroom.support.people import gift, giver

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "words", ["", "Thank you", "Dear {name}, {amount} for {publication}.", "{", "} {"]
)
def test_words_whose_places_are_filled_are_let_through(words):
    thanks.check(words)


@pytest.mark.parametrize("words", ["{nmae}", "{0}", "{name.address}", "{}", "{ name }"])
def test_a_place_that_nothing_fills_is_named(words):
    with pytest.raises(ValidationError) as refusal:
        thanks.check(f"Dear {words}")

    assert words in refusal.value.message
    assert "{publication}" in refusal.value.message


def test_what_is_filled_in_is_not_filled_in_again():
    Publication.objects.update(name="The {amount}")
    made = gift(giver(name="{publication}"))

    assert thanks.filled("{name} {publication} {amount}", made) == (
        "{publication} The {amount} $25"
    )


def test_whoever_gave_no_name_is_a_reader():
    assert thanks.filled("Dear {name}", gift(giver(name=""))) == "Dear reader"
    assert thanks.filled("Dear {name}", gift(None)) == "Dear reader"


@pytest.mark.parametrize(
    ("frequency", "written"),
    [("once", "$25"), ("monthly", "$25 a month"), ("annual", "$25 a year")],
)
def test_the_amount_says_how_often(frequency, written):
    assert thanks.amount_of(gift(giver(), frequency=frequency)) == written
