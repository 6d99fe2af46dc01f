import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.newsletters import consent, letters, sign_up, subscribers
from newsroom.newsletters.models import (
    ConsentEvent,
    ConsentText,
    Letter,
    ReaderRequest,
    Subscriber,
    Subscription,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source
from newsroom.publication.models import Page
from tests import make
from tests.jobs import run_jobs
from tests.newsroom.newsletters.readers import (
    ADDRESS,
    SIGN_UP,
    link,
    only_mail,
    path,
    sign_up_form,
    work,
)

pytestmark = pytest.mark.django_db

State = Subscription.State


def digest():
    return mail_addresses.digest(ADDRESS)


def state_of(newsletter):
    subscription = Subscription.objects.filter(newsletter=newsletter).first()
    return subscription and subscription.state


def kinds_of_events():
    return list(ConsentEvent.objects.order_by("pk").values_list("kind", flat=True))


def test_a_reader_signs_up_and_confirms(client):
    letter = make.newsletter(name="The Friday Letter")

    answer = client.post(SIGN_UP, sign_up_form(letter))
    work()
    confirming = client.post(link(only_mail()))

    assert answer.status_code == 302
    assert answer["Location"] == path("check")
    assert "The Friday Letter" in only_mail().body
    assert confirming.status_code == 200
    assert state_of(letter) == State.CONFIRMED
    assert kinds_of_events() == ["requested", "confirmed"]
    event = ConsentEvent.objects.last()
    assert event.method == ConsentEvent.Method.LINK
    assert event.consent_text == ConsentText.objects.get()
    assert bytes(event.address_digest) == digest()


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_what_a_form_asked_for(client):
    letter = make.newsletter()

    client.post(SIGN_UP, sign_up_form(letter))
    run_jobs()

    assert only_mail().to == [ADDRESS]
    assert not ReaderRequest.objects.exists()


def test_what_a_failed_job_left_is_taken_up_later(client):
    letter = make.newsletter()
    client.post(SIGN_UP, sign_up_form(letter))
    broken = ReaderRequest.objects.create(
        kind=ReaderRequest.Kind.LINK, address_sealed=b"x", due_at=timezone.now()
    )

    sign_up.take_up_left_over()
    assert ReaderRequest.objects.count() == 2
    sign_up.take_up_left_over(timezone.now() + timedelta(minutes=3))
    letters.deliver_due()

    assert only_mail().to == [ADDRESS]
    assert list(ReaderRequest.objects.all()) == [broken]
    sign_up.take_up_left_over(timezone.now() + timedelta(days=8))
    assert not ReaderRequest.objects.exists()


def test_several_newsletters_are_confirmed_with_one_mail(client):
    one, other = make.newsletter(), make.newsletter()

    client.post(SIGN_UP, sign_up_form(one, other))
    work()
    client.post(link(only_mail()))

    assert state_of(one) == state_of(other) == State.CONFIRMED


def test_opening_the_link_to_confirm_changes_nothing(client):
    letter = make.newsletter()
    client.post(SIGN_UP, sign_up_form(letter))
    work()
    page = link(only_mail())

    for _number in range(100):
        assert client.get(page).status_code == 200
        assert client.head(page).status_code == 200

    assert state_of(letter) == State.PENDING
    assert kinds_of_events() == ["requested"]


def suppressed(reason):
    def make_it(newsletter):
        subscribers.suppress(digest(), reason, method=consent.Method.STAFF)

    return make_it


def unknown(newsletter):
    pass


def known(newsletter):
    make.subscriber(ADDRESS, of=[newsletter])


def left(newsletter):
    person = make.subscriber(ADDRESS, of=[newsletter])
    subscribers.leave(person, None, method=consent.Method.LINK)


WHO = [
    unknown,
    known,
    left,
    suppressed(Suppression.Reason.MANUAL),
    suppressed(Suppression.Reason.COMPLAINT),
]


def test_every_address_gets_the_same_answer_by_the_same_work(client):
    answers, queries = set(), set()
    for number, become in enumerate(WHO):
        letter = make.newsletter(slug=f"same-{number}")
        Subscriber.objects.all().delete()
        Suppression.objects.all().delete()
        become(letter)
        client.post(SIGN_UP, sign_up_form(letter, address="first@reader.example"))

        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = client.post(SIGN_UP, sign_up_form(letter))

        answers.add((answer.status_code, answer["Location"], answer.content))
        queries.add(tuple(re.sub(r"'[^']*'|\d+", "?", q["sql"]) for q in captured))

    assert len(answers) == 1
    assert len(queries) == 1


@pytest.mark.parametrize(
    ("become", "kind"),
    [
        (unknown, Letter.Kind.CONFIRM),
        (known, Letter.Kind.KNOWN),
        (left, Letter.Kind.CONFIRM),
        (suppressed(Suppression.Reason.COMPLAINT), Letter.Kind.CONFIRM),
        (suppressed(Suppression.Reason.ERASURE), Letter.Kind.CONFIRM),
        (suppressed(Suppression.Reason.MANUAL), None),
    ],
)
def test_the_mail_depends_on_who_it_is(client, become, kind):
    letter = make.newsletter()
    become(letter)

    client.post(SIGN_UP, sign_up_form(letter))
    work()

    found = Letter.objects.exclude(sent_at=None).first()
    assert (found and found.kind) == kind
    assert len(mail.outbox) == (kind is not None)


def test_somebody_subscribed_is_told_so_and_led_to_their_page(client):
    letter = make.newsletter()
    make.subscriber(ADDRESS, of=[letter])

    client.post(SIGN_UP, sign_up_form(letter))
    work()

    assert "already" in only_mail().subject
    assert client.get(link(only_mail())).status_code == 200


def test_who_left_comes_back_by_a_fresh_opt_in(client):
    letter = make.newsletter()
    left(letter)

    client.post(SIGN_UP, sign_up_form(letter))
    work()
    assert state_of(letter) == State.UNSUBSCRIBED
    client.post(link(only_mail()))

    assert state_of(letter) == State.CONFIRMED


def test_an_old_link_does_not_bring_back_who_left_since(client):
    letter = make.newsletter()
    client.post(SIGN_UP, sign_up_form(letter))
    work()
    page = link(only_mail())
    client.post(page)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        subscribers.leave(
            Subscriber.objects.get(), None, method=consent.Method.COMPLAINT
        )

        answer = client.post(page)

    assert answer.status_code == 410
    assert state_of(letter) == State.UNSUBSCRIBED


def test_a_confirmation_lasts_seven_days_and_can_be_asked_for_again(client):
    letter = make.newsletter()
    client.post(SIGN_UP, sign_up_form(letter))
    work()
    page = link(mail.outbox.pop())

    with time_machine.travel(timezone.now() + timedelta(days=7, hours=1)):
        opened = client.get(page)
        pressed = client.post(page)
        assert (opened.status_code, pressed.status_code) == (410, 410)
        assert not mail.outbox

        client.post(page, {"again": "1"})
        work()
        client.post(link(only_mail()))

    assert state_of(letter) == State.CONFIRMED


def test_a_link_that_is_not_ours_is_not_found(client):
    assert client.get(path("confirm", "made-up:abc")).status_code == 404
    assert client.post(path("leave", "madeup")).status_code == 404
    assert client.get(path("preferences", "a:b:c")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "nobody"}, "This is not an email address"),
        ({"email": ""}, "Write your email address"),
        ({"consent": ""}, "Tick the box"),
        ({"newsletter": []}, "Choose at least one newsletter"),
        ({"newsletter": ["999999"]}, "can no longer be chosen"),
        ({"newsletter": ["x"]}, "can no longer be chosen"),
        ({"email": "a@b.example\nBcc: c@d.example"}, "This is not an email address"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_noted(client, changes, words):
    form = sign_up_form(make.newsletter()) | changes

    answers = [
        client.post(SIGN_UP, form),
        client.post(SIGN_UP, form, headers={"x-in-place": "1"}),
    ]

    for answer in answers:
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
    assert not ReaderRequest.objects.exists()


def test_addresses_are_normalised(client):
    letter = make.newsletter()

    client.post(SIGN_UP, sign_up_form(letter, address=" Jürgen.ASCII@BÜCHER.example "))
    client.post(SIGN_UP, sign_up_form(letter, address="Anna@BÜCHER.example"))
    work()

    [person] = Subscriber.objects.all()
    assert person.address == "anna@xn--bcher-kva.example"


def test_a_mistyped_domain_is_asked_about_and_not_refused(client):
    letter = make.newsletter()
    form = sign_up_form(letter, address="anna@gmial.con")

    asked = client.post(SIGN_UP, form)
    assert asked.status_code == 200
    assert "anna@gmail.com" in asked.content.decode()
    assert not ReaderRequest.objects.exists()

    client.post(SIGN_UP, form | {"use": "typed"})
    client.post(SIGN_UP, form | {"use": "suggested"})
    work()

    addresses = {person.address for person in Subscriber.objects.all()}
    assert addresses == {"anna@gmial.con", "anna@gmail.com"}


def test_a_script_gets_the_answer_without_the_page_around_it(client):
    letter = make.newsletter()

    answer = client.post(SIGN_UP, sign_up_form(letter), headers={"x-in-place": "1"})

    assert answer.status_code == 200
    assert "Check your mail" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_program_that_fills_in_everything_is_answered_and_ignored(client):
    form = sign_up_form(make.newsletter(), your_site="https://spam.example")

    answer = client.post(SIGN_UP, form)

    assert answer["Location"] == path("check")
    assert not ReaderRequest.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 302),
        ({"origin": "http://testserver", "sec-fetch-site": "same-origin"}, 302),
        ({}, 302),
    ],
)
def test_only_what_another_site_sent_is_refused(headers, status):
    form = sign_up_form(make.newsletter())

    answer = Client(enforce_csrf_checks=True).post(SIGN_UP, form, headers=headers)

    assert answer.status_code == status
    assert not answer.cookies
    assert ReaderRequest.objects.exists() == (status == 302)


def test_the_wording_that_was_shown_is_the_one_that_is_noted(client):
    letter = make.newsletter()
    shown = ConsentText.objects.get()
    form = sign_up_form(letter)
    ConsentText.objects.create(version=2, language="en", text="Newer words.")

    client.post(SIGN_UP, form)
    work()

    assert ConsentEvent.objects.get().consent_text == shown


def test_nothing_that_was_typed_stands_in_a_mail(client):
    letter = make.newsletter()
    typed = "Buy-Pills"
    form = sign_up_form(
        letter, address=f"{typed}@reader.example", name=typed, source=typed
    )
    form["source"] = Source.SITE

    client.post(SIGN_UP, form)
    work()

    message = only_mail()
    assert typed.lower() not in message.body.lower()
    assert typed.lower() not in message.subject.lower()
    [(html, _kind)] = message.alternatives
    assert typed.lower() not in html.lower()


def test_what_nobody_confirmed_goes_after_thirty_days(client):
    letter = make.newsletter()
    kept = make.subscriber("kept@reader.example", of=[letter])
    client.post(SIGN_UP, sign_up_form(letter))
    work()
    Letter.objects.all().delete()

    subscribers.purge(timezone.now() + timedelta(days=29))
    assert Subscriber.objects.count() == 2
    subscribers.purge(timezone.now() + timedelta(days=31))

    assert list(Subscriber.objects.all()) == [kept]
    assert kinds_of_events()[-1] == "requested"


def test_a_closed_newsletter_cannot_be_signed_up_for(client):
    letter = make.newsletter(is_open=False)

    answer = client.post(SIGN_UP, sign_up_form(letter))

    assert answer.status_code == 422
    assert "takes no new subscribers" in (
        client.get(letter.get_absolute_url()).content.decode()
    )


def test_the_box_stands_below_articles(client):
    make.newsletter(name="Not this one", position=0)
    make.newsletter(name="The Friday Letter", position=1, in_articles=True)
    make.newsletter(name="Nor this one", position=2, in_articles=True)
    Page.objects.create(title="Privacy", slug="privacy-policy", is_published=True)

    page = client.get(make.published_article().get_absolute_url())

    words = page.content.decode()
    assert "The Friday Letter" in words
    assert "this one" not in words
    assert '<a href="/page/privacy-policy/">Privacy Policy</a>' in words
    assert "newsletters" in page.wsgi_request.page_names


def test_a_page_without_a_newsletter_has_no_box(client):
    page = client.get(make.published_article().get_absolute_url())

    assert 'id="sign-up"' not in page.content.decode()
    assert "newsletters" in page.wsgi_request.page_names


def test_the_list_offers_all_that_are_open(client):
    one, other = make.newsletter(name="One"), make.newsletter(name="Other")
    make.newsletter(name="Closed one", is_open=False)

    page = client.get("/newsletters/").content.decode()

    assert f'value="{one.pk}"' in page
    assert f'value="{other.pk}"' in page
    assert "Closed one" not in page


def test_without_newsletters_the_list_says_so(client):
    assert "There is no newsletter yet" in client.get("/newsletters/").content.decode()


FORMS_TYPED = "whistle.blower@secret.example"


@pytest.mark.django_db(transaction=True)
def test_no_form_leaves_the_address_in_logs_or_jobs(client, capfd, caplog):
    from procrastinate.contrib.django.models import ProcrastinateJob

    letter = make.newsletter()
    caplog.set_level("DEBUG")

    client.post(SIGN_UP, sign_up_form(letter, address=FORMS_TYPED))
    client.post(SIGN_UP, sign_up_form(letter, address=FORMS_TYPED, newsletter=[]))
    run_jobs()
    client.post(link(mail.outbox[0]))
    client.post(path("my_link"), {"email": FORMS_TYPED})
    run_jobs()
    own = link(mail.outbox[1])
    client.post(own, {"new_address": f"new.{FORMS_TYPED}"})
    client.post(own, {"new_address": "whistle.blower"})
    run_jobs()
    client.post(link(mail.outbox[2]))
    client.get(f"{own}data/")
    client.post(f"{own}erase/")

    jobs = json.dumps(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    printed = capfd.readouterr()
    everything = jobs + printed.out + printed.err + caplog.text
    assert len(mail.outbox) == 3
    assert "letter_id" in jobs
    assert "secret.example" not in everything
    assert "whistle" not in everything
    for message in mail.outbox:
        token = link(message).split("/")[3]
        assert token not in everything


def test_the_box_stands_on_a_full_front_page(client):
    make.newsletter(name="The Friday Letter", in_articles=True)
    sections = [make.section(in_navigation=True, position=n) for n in range(3)]
    for number in range(30):
        make.published_article(section=sections[number % 3])

    page = client.get("/").content.decode()

    assert "The Friday Letter" in page
    assert "signup--band" in page
