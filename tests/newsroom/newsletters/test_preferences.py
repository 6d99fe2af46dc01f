from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg import sql

from newsroom.core import mail_addresses
from newsroom.newsletters import consent, letters, links, subscribers
from newsroom.newsletters.models import (
    ConsentEvent,
    ConsentText,
    Letter,
    SequenceStep,
    Subscriber,
    Subscription,
    Suppression,
)
from tests import make
from tests.newsroom.newsletters.readers import (
    ADDRESS,
    link,
    only_mail,
    own_page,
    path,
    work,
)

pytestmark = pytest.mark.django_db

State = Subscription.State
Method = ConsentEvent.Method
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def leave_page(person, newsletter):
    return path("leave", links.for_ever(person.pk, newsletter.pk))


def states(person):
    return dict(person.subscriptions.values_list("newsletter_id", "state"))


def choices(*newsletters, **values):
    return {
        "newsletter": [newsletter.pk for newsletter in newsletters],
        "language": "en",
        "format": "full",
        "paused_until": "",
    } | values


def test_the_button_leaves_one_newsletter(client):
    one, other = make.newsletter(), make.newsletter()
    person = make.subscriber(of=[one, other])

    answer = client.post(leave_page(person, one))

    assert answer.status_code == 200
    assert states(person) == {one.pk: State.UNSUBSCRIBED, other.pk: State.CONFIRMED}
    assert ConsentEvent.objects.last().method == Method.LINK


def test_all_can_be_left_at_once(client):
    one, other = make.newsletter(), make.newsletter()
    person = make.subscriber(of=[one, other])

    client.post(leave_page(person, one), {"all": "1"})

    assert set(states(person).values()) == {State.UNSUBSCRIBED}


def test_a_thousand_scanners_unsubscribe_nobody(client):
    letter = make.newsletter()
    person = make.subscriber(of=[letter])
    page = leave_page(person, letter)
    prefetch = {"sec-purpose": "prefetch", "sec-fetch-site": "cross-site"}

    for _ in range(250):
        assert client.get(page).status_code == 200
        assert client.head(page).status_code == 200
        assert client.get(page, headers=prefetch).status_code == 200
        assert client.get(page, ONE_CLICK).status_code == 200

    assert states(person) == {letter.pk: State.CONFIRMED}


@pytest.mark.parametrize("form", ["multipart", "urlencoded"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://mail.example", "sec-fetch-site": "cross-site"},
        {"cookie": "other=1", "user-agent": ""},
    ],
)
def test_a_mail_program_unsubscribes_by_one_post(form, headers):
    letter = make.newsletter()
    person = make.subscriber(of=[letter])
    page = leave_page(person, letter)
    client = Client(enforce_csrf_checks=True)

    if form == "multipart":
        answer = client.post(page, ONE_CLICK, headers=headers)
    else:
        answer = client.post(
            page,
            "List-Unsubscribe=One-Click",
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )

    assert answer.status_code == 200
    assert not answer.cookies
    assert states(person) == {letter.pk: State.UNSUBSCRIBED}
    assert ConsentEvent.objects.last().method == Method.ONE_CLICK


def test_leaving_works_for_ever_and_with_another_secret_key(client, settings):
    letter = make.newsletter()
    person = make.subscriber(of=[letter])
    page = leave_page(person, letter)
    settings.SECRET_KEY = "another-one-another-one-another-one-another-one"

    with time_machine.travel(timezone.now() + timedelta(days=4000)):
        answer = client.post(page)

    assert answer.status_code == 200
    assert states(person) == {letter.pk: State.UNSUBSCRIBED}


def test_who_is_gone_already_is_told_the_same(client):
    letter = make.newsletter()
    person = make.subscriber(of=[letter])
    page = leave_page(person, letter)
    subscribers.erase(person, method=Method.PREFERENCES)

    assert client.get(page).status_code == 200
    assert client.post(page, ONE_CLICK).status_code == 200
    assert client.post(page, ONE_CLICK).status_code == 200


def test_the_pages_of_a_reader_are_kept_nowhere(client):
    letter = make.newsletter()
    person = make.subscriber(of=[letter])
    own = own_page(person)

    answers = [
        client.get(leave_page(person, letter)),
        client.post(leave_page(person, letter)),
        client.get(own),
        client.post(own, choices()),
        client.get(f"{own}data/"),
        client.get(f"{own}erase/"),
        client.post(f"{own}erase/"),
        client.get(own),
    ]

    for answer in answers:
        assert answer["Cache-Control"] == "no-store, private"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")


def test_the_page_shows_what_somebody_has(client):
    mine, other = make.newsletter(name="Mine"), make.newsletter(name="Other")
    closed = make.newsletter(name="Closed and mine", is_open=False)
    make.newsletter(name="Closed and not", is_open=False)
    person = make.subscriber(ADDRESS, of=[mine, closed])

    words = client.get(own_page(person)).content.decode()

    assert ADDRESS in words
    assert f'value="{mine.pk}" checked' in words
    assert f'value="{closed.pk}" checked' in words
    assert f'value="{other.pk}">' in words
    assert "Closed and not" not in words


def test_choices_are_saved(client):
    left, kept, new = make.newsletter(), make.newsletter(), make.newsletter()
    SequenceStep.objects.create(newsletter=new, subject="Welcome", body="Hello")
    person = make.subscriber(of=[left, kept])
    until = timezone.now().date() + timedelta(days=20)
    form = choices(
        kept, new, language="de", format="summary", paused_until=until.isoformat()
    )

    answer = client.post(own_page(person), form)

    assert answer.status_code == 303
    assert "Saved." in client.get(answer["Location"]).content.decode()
    assert states(person) == {
        left.pk: State.UNSUBSCRIBED,
        kept.pk: State.CONFIRMED,
        new.pk: State.CONFIRMED,
    }
    person.refresh_from_db()
    assert (person.language, person.format) == ("de", "summary")
    assert person.paused_until == until
    events = ConsentEvent.objects.order_by("pk").values_list("kind", "method")[2:]
    assert list(events) == [("withdrawn", "preferences"), ("confirmed", "preferences")]
    assert ConsentEvent.objects.last().consent_text == ConsentText.objects.get()
    assert Letter.objects.filter(kind=Letter.Kind.SEQUENCE).count() == 1


def test_a_pause_ends_by_emptying_it(client):
    letter = make.newsletter()
    until = timezone.now().date() + timedelta(days=20)
    person = make.subscriber(of=[letter], paused_until=until)

    client.post(own_page(person), choices(letter))

    person.refresh_from_db()
    assert person.paused_until is None


@pytest.mark.parametrize(
    "changes",
    [
        {"paused_until": "9999-01-01"},
        {"paused_until": "tomorrow"},
        {"language": "tlh"},
        {"format": "telegram"},
        {"newsletter": ["99999"]},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(client, changes):
    letter = make.newsletter()
    person = make.subscriber(of=[letter])

    answer = client.post(own_page(person), choices(letter) | changes)

    assert answer.status_code == 422
    assert states(person) == {letter.pk: State.CONFIRMED}


def test_what_another_site_sends_is_refused(client):
    letter = make.newsletter()
    own = own_page(make.subscriber(of=[letter]))
    foreign = {"sec-fetch-site": "cross-site"}

    for page in (own, f"{own}erase/"):
        assert client.post(page, choices(), headers=foreign).status_code == 403

    assert Subscription.objects.get().state == State.CONFIRMED


def test_the_link_lasts_thirty_days_and_a_new_one_can_be_asked_for(client):
    person = make.subscriber(of=[make.newsletter()])
    own = own_page(person)

    with time_machine.travel(timezone.now() + timedelta(days=29)):
        assert client.get(own).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert client.get(own).status_code == 410
        assert client.post(own, choices()).status_code == 410
        client.post(own, {"again": "1"})
        letters.deliver_due()
        assert client.get(link(only_mail())).status_code == 200

    assert set(states(person).values()) == {State.CONFIRMED}


def test_a_lost_link_is_mailed_to_who_has_one(client):
    make.subscriber(ADDRESS, of=[make.newsletter()])

    answers = {
        (answer.status_code, answer["Location"], answer.content)
        for answer in (
            client.post(path("my_link"), {"email": address})
            for address in (ADDRESS, "stranger@reader.example")
        )
    }
    work()

    assert len(answers) == 1
    assert only_mail().to == [ADDRESS]
    assert client.get(link(only_mail())).status_code == 200


def test_a_new_address_is_confirmed_where_it_is(client):
    letter = make.newsletter()
    person = make.subscriber(ADDRESS, of=[letter])
    own = own_page(person)

    client.post(own, {"new_address": "New@Reader.example"})
    letters.deliver_due()
    page = link(only_mail())
    opened = client.get(page)
    person.refresh_from_db()
    assert person.address == ADDRESS
    moved = client.post(page)

    person.refresh_from_db()
    assert opened.status_code == moved.status_code == 200
    assert only_mail().to == ["new@reader.example"]
    assert person.address == "new@reader.example"
    assert client.get(own).status_code == 410, "the old address's link has ended"
    assert client.post(page).status_code == 410


def test_moving_to_an_address_that_is_subscribed_makes_one_of_both(client):
    one, other = make.newsletter(), make.newsletter()
    person = make.subscriber(ADDRESS, of=[one])
    known = make.subscriber("known@reader.example", of=[other])

    client.post(own_page(person), {"new_address": "known@reader.example"})
    letters.deliver_due()
    client.post(link(only_mail()))

    assert list(Subscriber.objects.all()) == [known]
    assert states(known) == {one.pk: State.CONFIRMED, other.pk: State.CONFIRMED}


def test_a_new_address_that_once_bounced_gets_mail_again(client):
    person = make.subscriber(ADDRESS, of=[make.newsletter()])
    Suppression.objects.create(
        address_digest=mail_addresses.digest("new@reader.example"),
        reason=Suppression.Reason.BOUNCE,
    )

    client.post(own_page(person), {"new_address": "new@reader.example"})
    letters.deliver_due()
    client.post(link(only_mail()))

    assert not Suppression.objects.exists()


@pytest.mark.parametrize("address", ["nobody", "", ADDRESS, ADDRESS.upper()])
def test_a_new_address_has_to_be_one_and_new(client, address):
    own = own_page(make.subscriber(ADDRESS))

    answer = client.post(own, {"new_address": address})

    assert answer.status_code == 422
    assert not Letter.objects.filter(kind=Letter.Kind.MOVE).exists()


def test_nobody_is_flooded_with_moves(client):
    own = own_page(make.subscriber(ADDRESS))

    for _ in range(10):
        client.post(own, {"new_address": "victim@reader.example"})
    letters.deliver_due()

    assert len(mail.outbox) == 1


def test_the_data_come_as_a_file(client):
    letter = make.newsletter(name="The Friday Letter")
    person = make.subscriber(ADDRESS, of=[letter])

    answer = client.get(f"{own_page(person)}data/")

    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    data = answer.json()
    assert data["address"] == ADDRESS
    assert data["subscriptions"][0]["newsletter"] == "The Friday Letter"
    assert data["consent"][0]["what"] == "confirmed"
    assert data["letters_of_late"][0]["kind"] == "link"


def test_erasing_takes_a_second_button_and_leaves_only_the_hash(client):
    letter = make.newsletter()
    person = make.subscriber(ADDRESS, of=[letter])
    own = own_page(person)
    client.post(own, {"new_address": "new@reader.example"})

    client.get(f"{own}erase/")
    client.head(f"{own}erase/")
    assert Subscriber.objects.exists()
    answer = client.post(f"{own}erase/")

    assert answer.status_code == 200
    assert not Subscriber.objects.exists()
    assert not Letter.objects.exists()
    assert Suppression.objects.get().reason == Suppression.Reason.ERASURE
    assert ConsentEvent.objects.last().kind == ConsentEvent.Kind.ERASED
    assert client.get(own).status_code == 410
    assert rows_with(ADDRESS) == []
    assert rows_with(mail_addresses.digest(ADDRESS)) == [
        "newsletters_consentevent",
        "newsletters_suppression",
    ]


def rows_with(wanted):
    """The tables in which something holds these characters or bytes."""
    as_hex = wanted.hex() if isinstance(wanted, bytes) else wanted
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            query = sql.SQL(
                "SELECT count(*) FROM {} AS t WHERE position(%s in t::text) > 0"
            )
            cursor.execute(query.format(sql.Identifier(table)), [as_hex])
            if cursor.fetchone()[0]:
                found.append(table)
    return sorted(found)


def test_a_fresh_sign_up_after_leaving_shows_on_the_page(client):
    letter = make.newsletter()
    person = make.subscriber(ADDRESS, of=[letter])
    subscribers.leave(person, None, method=consent.Method.LINK)

    words = client.get(own_page(person)).content.decode()

    assert f'value="{letter.pk}">' in words
