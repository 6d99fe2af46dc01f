from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from newsroom.newsletters import links


def test_a_link_for_ever_says_whom_it_is_for():
    token = links.for_ever(7, 3)

    assert links.read_for_ever(token) == links.ForEver(7, 3)
    assert len(token) == 38


def test_a_link_for_ever_outlasts_a_changed_secret_key_and_ten_years(settings):
    token = links.for_ever(7, 3)
    settings.SECRET_KEY = "changed"

    with time_machine.travel(timezone.now() + timedelta(days=3653)):
        assert links.read_for_ever(token).subscriber_id == 7


def test_a_link_for_ever_ends_with_its_key(settings):
    token = links.for_ever(7, 3)
    settings.ADDRESS_KEY = "another-key-another-key-another-key-another"

    with pytest.raises(links.Invalid):
        links.read_for_ever(token)


@pytest.mark.parametrize("place", [0, 10, 20, 30, 37])
def test_a_changed_link_is_refused(place):
    token = list(links.for_ever(7, 3))
    token[place] = "A" if token[place] != "A" else "Q"

    with pytest.raises(links.Invalid):
        links.read_for_ever("".join(token))


@pytest.mark.parametrize(
    "token", ["", "a", "A" * 38, "A" * 5000, "é" * 38, "=" * 38, "\0", "\ud800"]
)
def test_what_is_no_link_is_refused(token):
    with pytest.raises(links.Invalid):
        links.read_for_ever(token)
    with pytest.raises(links.Invalid):
        links.read_for_a_while("confirm", token, links.CONFIRMATION_LASTS)


@given(st.text(max_size=60))
def test_no_text_is_a_link_or_an_error(token):
    with pytest.raises(links.Invalid):
        links.read_for_ever(token)


def test_the_largest_numbers_fit():
    assert links.read_for_ever(links.for_ever(2**63, 2**31)).subscriber_id == 2**63


@pytest.mark.parametrize(
    ("purpose", "lasts"),
    [
        ("confirm", links.CONFIRMATION_LASTS),
        ("preferences", links.PREFERENCES_LAST),
    ],
)
def test_a_link_for_a_while_ends(purpose, lasts):
    token = links.for_a_while(purpose, {"subscriber": 7})

    with time_machine.travel(timezone.now() + lasts - timedelta(minutes=1)):
        assert links.read_for_a_while(purpose, token, lasts) == {"subscriber": 7}
    with (
        time_machine.travel(timezone.now() + lasts + timedelta(minutes=1)),
        pytest.raises(links.Expired),
    ):
        links.read_for_a_while(purpose, token, lasts)


def test_the_quick_way_to_the_token_of_a_page_makes_the_same_token():
    digest = bytes(range(32))

    with time_machine.travel(timezone.now(), tick=False):
        quick = links.preferences(7, digest)
        plain = links.for_a_while("preferences", {"s": 7, "a": "00010203"})

    assert quick == plain
    assert links.read_preferences(quick) == (7, "00010203")


def test_confirmations_last_a_week_and_preferences_a_month():
    assert timedelta(days=7) == links.CONFIRMATION_LASTS
    assert timedelta(days=30) == links.PREFERENCES_LAST


def test_a_link_for_one_purpose_is_none_for_another():
    token = links.for_a_while("confirm", {"subscriber": 7})

    with pytest.raises(links.Invalid):
        links.read_for_a_while("preferences", token, links.PREFERENCES_LAST)


def test_a_link_for_a_while_outlasts_a_changed_key_that_is_kept(settings):
    token = links.for_a_while("confirm", {"subscriber": 7})
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "changed-changed-changed-changed"

    facts = links.read_for_a_while("confirm", token, links.CONFIRMATION_LASTS)

    assert facts == {"subscriber": 7}
