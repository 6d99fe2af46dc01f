from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.newsletters import limits
from newsroom.newsletters.models import Subscriber
from newsroom.publication.models import Publication
from newsroom.support import reminders
from newsroom.support.mails import letters
from newsroom.support.models import (
    Campaign,
    CountryPolicy,
    Giver,
    GiverLetter,
    Prompt,
    PromptVariant,
    Reminder,
)
from newsroom.support.people import links
from tests.newsroom.support.people import ADDRESS, link_in, only_mail

pytestmark = pytest.mark.django_db

LATER = "/support/later/"
IN_PLACE = {"X-In-Place": "1"}


def ask(client, **values):
    headers = values.pop("headers", {})
    return client.post(
        LATER, {"email": ADDRESS, "when": "month"} | values, headers=headers
    )


def waiting():
    return Reminder.objects.get(sent_at=None, stopped_at=None)


@pytest.mark.parametrize(
    ("when", "days"), [("week", 7), ("month", 30), ("quarter", 91), ("half", 182)]
)
def test_a_reminder_is_kept_for_the_day_that_was_chosen(client, when, days):
    answer = ask(client, when=when)

    assert answer.status_code == 200
    reminder = waiting()
    assert reminder.due_on == timezone.localdate() + timedelta(days=days)
    assert mail_addresses.unseal(reminder.address_sealed) == ADDRESS
    assert "We will write to you on" in answer.content.decode()
    assert ADDRESS not in answer.content.decode()


@pytest.mark.parametrize("when", ["", "date", "month"])
def test_a_date_can_be_chosen(client, when):
    day = timezone.localdate() + timedelta(days=100)

    ask(client, when=when, date=day.isoformat())

    assert waiting().due_on == day


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"email": ""}, "Write your email address"),
        ({"email": "nobody"}, "This is not an email address"),
        ({"when": "date"}, "Choose a day."),
        ({"when": "date", "date": "2020-01-01"}, "within the coming year"),
        ({"when": "date", "date": "2999-01-01"}, "within the coming year"),
        ({"when": "date", "date": "soon"}, "Write a date"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(client, values, words):
    answer = ask(client, **values)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    if values.get("email", ADDRESS):
        assert f'value="{values.get("email", ADDRESS)}"' in page
    assert not Reminder.objects.exists()


def test_the_form_stands_alone_for_who_has_no_scripts(client):
    answer = client.get(LATER)

    page = answer.content.decode()
    assert 'name="email"' in page
    assert 'name="when"' in page
    assert not answer.cookies


def test_it_is_answered_in_its_place_for_a_script(client):
    done = ask(client, headers=IN_PLACE).content.decode()
    again = ask(client, email="nobody", headers=IN_PLACE).content.decode()

    assert done.lstrip().startswith("<div")
    assert "<html" not in done + again
    assert 'role="status"' in done
    assert "<form" in again


def test_a_second_wish_moves_the_first(client):
    ask(client, when="quarter")

    ask(client, when="week", email=f" {ADDRESS.upper()} ")

    due_on = timezone.localdate() + timedelta(days=7)
    assert waiting().due_on == due_on
    letter = GiverLetter.objects.get()
    assert letter.due_at.date() == due_on


def test_the_mail_comes_once_with_ways_to_give_and_to_stop(client):
    Publication.objects.update(name="The Meridian")
    ask(client, when="week")
    letters.deliver_due()
    assert mail.outbox == []

    for days in (8, 9, 400):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            letters.deliver_due()

    message = only_mail()
    assert message.to == [ADDRESS]
    assert "The Meridian" in message.subject
    assert "/support/\n" in message.body
    assert client.get(link_in(message, "/support/later/")).status_code == 200


def test_the_mail_comes_in_the_morning_of_the_publications_day(client):
    Publication.objects.update(time_zone="Asia/Tbilisi")

    ask(client)

    due_at = GiverLetter.objects.get().due_at
    assert due_at.astimezone(ZoneInfo("Asia/Tbilisi")).hour == 9


def test_stopping_erases_the_address_and_the_mail(client):
    ask(client)
    page = f"{LATER}{links.reminder(waiting())}/"

    shown = client.get(page)
    assert "Do not remind me" in shown.content.decode()
    assert waiting().address_sealed

    stopped = client.post(page)
    again = client.post(page)

    reminder = Reminder.objects.get()
    assert stopped.status_code == again.status_code == 200
    assert bytes(reminder.address_sealed) == b""
    assert reminder.address_digest is None
    assert reminder.stopped_at
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        letters.deliver_due()
    assert mail.outbox == []


def test_the_link_in_the_mail_says_that_the_address_is_gone(client):
    ask(client)
    page = f"{LATER}{links.reminder(waiting())}/"
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        letters.deliver_due()

    answer = client.get(page)

    assert "your address was deleted" in answer.content.decode()
    assert client.post(page).status_code == 200


@pytest.mark.parametrize("change", ["", "x", "AAAA"])
def test_a_link_that_is_not_ours_leads_nowhere(client, change):
    ask(client)
    token = links.reminder(waiting())

    answer = client.post(f"{LATER}{token[:-4]}{change}/")

    assert answer.status_code == 404
    assert waiting().address_sealed


def test_private_pages_are_kept_by_nobody(client):
    ask(client)
    token = links.reminder(waiting())

    for answer in (client.get(f"{LATER}{token}/"), ask(client)):
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert not answer.cookies


def test_it_is_added_to_nothing_else(client):
    ask(client)

    assert not Giver.objects.exists()
    assert not Subscriber.objects.exists()


def test_who_can_be_harmed_is_not_reminded(client):
    CountryPolicy.objects.create(country="XX", name="Elsewhere", languages=["ru"])

    answer = ask(client, language="ru")

    assert not Reminder.objects.exists()
    assert "We have kept nothing" in answer.content.decode()


def test_a_policy_that_allows_asking_and_mail_allows_reminders(client):
    CountryPolicy.objects.create(
        country="XX",
        name="Elsewhere",
        languages=["ru"],
        never_ask=False,
        sends_mail=True,
    )

    ask(client, language="ru")

    assert waiting().language == "ru"


def test_it_is_noted_under_which_campaigns_message_it_was_asked_for(client):
    campaign = Campaign.objects.create(name="Spring")
    prompt = Prompt.objects.create(campaign=campaign, placement="end")
    variant = PromptVariant.objects.create(prompt=prompt, message="<p>Please.</p>")

    ask(client, v=variant.pk)

    assert waiting().campaign == campaign


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_another_sites_form_is_refused(client, headers):
    answer = ask(client, headers=headers)

    assert answer.status_code == 403
    assert not Reminder.objects.exists()


def test_a_program_that_fills_in_everything_is_answered_and_ignored(client):
    answer = ask(client, your_site="https://spam.example")

    assert answer.status_code == 200
    assert "We will write to you on" in answer.content.decode()
    assert not Reminder.objects.exists()


def test_a_mistyped_address_is_asked_about(client):
    answer = ask(client, email="anna@gmial.com")

    assert "anna@gmail.com" in answer.content.decode()
    assert not Reminder.objects.exists()

    ask(client, email="anna@gmial.com", use="typed")
    assert mail_addresses.unseal(waiting().address_sealed) == "anna@gmial.com"


def test_a_network_that_asks_too_often_is_put_off_and_then_ignored(client, monkeypatch):
    monkeypatch.setattr(reminders, "PER_NETWORK_AND_HOUR", 1)
    monkeypatch.setattr(limits, "DAYS_AHEAD", 1)

    with time_machine.travel("2026-11-23T22:30:00+00:00"):
        answers = [ask(client, email=f"r{number}@x.example") for number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    pages = {answer.content for answer in answers}
    assert len(pages) == 1
    assert Reminder.objects.count() == 2
