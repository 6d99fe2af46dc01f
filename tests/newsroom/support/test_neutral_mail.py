"""Neutral mails are promised only where there is an address for them."""

from datetime import timedelta

import pytest
from django.core import checks
from django.utils import timezone

from newsroom import self_check
from newsroom.publication.models import Publication
from newsroom.self_check import State
from newsroom.support import reminders, system_checks
from newsroom.support.mails import letters, neutrality
from newsroom.support.models import GiverLetter
from newsroom.support.people import links
from tests.newsroom.support.people import ADDRESS, giver, only_mail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ours(settings):
    settings.SITE_URL = "https://www.meridian.example"
    settings.DEFAULT_FROM_EMAIL = "The Meridian <desk@mail.meridian.test>"
    settings.STRIPE_SECRET_KEY = "sk_test_only"


def warned():
    found = system_checks.neutral_mail(None)
    assert all(isinstance(one, checks.Warning) for one in found)
    return [one.id for one in found]


def told():
    return self_check.support.neutral_mails(timezone.now())


@pytest.mark.parametrize(
    ("address", "warning", "state"),
    [
        ("", ["support.W001"], State.WARN),
        ("post@plain.example", [], State.GOOD),
        ("Post <post@plain.example>", [], State.GOOD),
        ("post@www.meridian.example", ["support.W002"], State.WARN),
        ("post@meridian.example", ["support.W002"], State.WARN),
        ("post@post.meridian.example", ["support.W002"], State.WARN),
        ("post@MERIDIAN.test", ["support.W002"], State.WARN),
        ("post@letters.mail.meridian.test", ["support.W002"], State.WARN),
        ("post@notmeridian.example", [], State.GOOD),
    ],
)
def test_the_start_and_the_self_check_say_whether_they_are_neutral(
    settings, address, warning, state
):
    settings.NEUTRAL_FROM_EMAIL = address

    assert neutrality.is_offered() is bool(address)
    assert warned() == warning
    assert told().state == state


def test_who_takes_no_gifts_is_not_warned(settings):
    settings.STRIPE_SECRET_KEY = settings.BANK_HOLDER = ""

    assert warned() == []


def test_givers_who_asked_while_there_was_an_address_are_counted(settings):
    settings.NEUTRAL_FROM_EMAIL = ""
    giver(is_neutral=True)
    giver("maria@reader.example", is_neutral=True)

    result = told()

    assert result.state == State.BAD
    assert result.figure.startswith("2 givers asked")


@pytest.mark.parametrize("is_neutral", [False, True])
def test_a_reminder_names_us_only_to_who_did_not_ask_for_neutral_mails(
    settings, is_neutral
):
    settings.NEUTRAL_FROM_EMAIL = "post@plain.example"
    Publication.objects.update(name="The Meridian")
    giver(is_neutral=is_neutral)
    reminders.ask(
        ADDRESS,
        timezone.localdate() + timedelta(days=7),
        network="192.0.2.1",
        language="en",
    )
    GiverLetter.objects.update(due_at=timezone.now())

    letters.deliver_due()

    message = only_mail()
    assert ("post@plain.example" in message.from_email) is is_neutral
    assert ("Meridian" in message.from_email + message.subject) is not is_neutral


@pytest.mark.parametrize(
    ("address", "has_it", "offers"),
    [
        ("post@plain.example", False, True),
        ("", False, False),
        # Who asked for them can still give them up.
        ("", True, True),
    ],
)
def test_a_givers_page_offers_them_where_there_is_an_address(
    client, settings, address, has_it, offers
):
    settings.NEUTRAL_FROM_EMAIL = address

    answer = client.get(f"/support/mine/{links.mine(giver(is_neutral=has_it))}/")

    assert answer.context["offers_neutral"] is offers
