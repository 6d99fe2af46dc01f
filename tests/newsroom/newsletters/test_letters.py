from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from threading import Barrier, Thread

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils import timezone

from newsroom.core import mail_addresses, owed_mail
from newsroom.newsletters import consent, letter_words, letters, links, subscribers
from newsroom.newsletters.models import (
    Letter,
    SequenceStep,
    Subscriber,
    Suppression,
)
from newsroom.publication.models import Publication
from tests import make
from tests.newsroom.newsletters.readers import ADDRESS, only_mail

pytestmark = pytest.mark.django_db

Kind = Letter.Kind


class Refusing(EmailBackend):
    def send_messages(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})


class Cut(EmailBackend):
    def send_messages(self, messages):
        raise SMTPServerDisconnected("gone")


class Dying(EmailBackend):
    def send_messages(self, messages):
        raise KeyboardInterrupt


class Choosy(EmailBackend):
    """Fails for one reader only."""

    def send_messages(self, messages):
        if messages[0].to == [ADDRESS]:
            raise RuntimeError(f"cannot write to {ADDRESS}")
        return super().send_messages(messages)


def backend(settings, kind):
    settings.EMAIL_BACKEND = f"{__name__}.{kind.__name__}"


def step(newsletter, days=0, **values):
    return SequenceStep.objects.create(
        newsletter=newsletter,
        days_after=days,
        subject=f"Day {days}",
        **{"body": "Thank you."} | values,
    )


def test_a_letter_has_both_parts_and_comes_from_the_newsletter():
    Publication.objects.update(
        name="The Meridian", contact_email="desk@meridian.example"
    )
    letter = make.newsletter(
        name="The Friday Letter", sender_address="friday@meridian.example"
    )
    person = make.subscriber(ADDRESS)

    letters.queue(Kind.CONFIRM, person, {"newsletters": [letter.pk], "text": 1})
    letters.deliver_due()

    message = only_mail()
    assert message.from_email == "The Meridian <friday@meridian.example>"
    assert message.reply_to == ["desk@meridian.example"]
    assert message.message().get_content_type() == "multipart/alternative"
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "{{" not in message.body + message.alternatives[0][0]
    assert "{%" not in message.body + message.alternatives[0][0]


@pytest.mark.parametrize("language", ["en", "ru", "ar"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_letter_can_be_written(kind, language):
    letter = make.newsletter(name="Letters & <more>")
    person = make.subscriber(ADDRESS, of=[letter], language=language)
    facts = {"newsletters": [letter.pk], "text": 1, "step": step(letter).pk}

    made = letters.queue(kind, person, facts, new_address="new@reader.example")
    letters.deliver(made.pk)

    message = only_mail()
    html = message.alternatives[0][0]
    assert f'lang="{language}"' in html
    assert "http://" in message.body
    assert "&amp;" not in message.body + message.subject
    assert "<more>" not in html
    assert message.subject == " ".join(message.subject.split())
    made.refresh_from_db()
    assert made.sent_at


def test_links_lead_to_the_site_whatever_host_was_asked(settings):
    settings.SITE_URL = "https://meridian.example"
    person = make.subscriber(ADDRESS)

    letters.queue(Kind.LINK, person, {})
    letters.deliver_due()

    assert "https://meridian.example/newsletters/me/" in only_mail().body
    assert only_mail().extra_headers["Message-ID"].endswith("@meridian.example>")


def test_a_letter_is_tried_again_with_the_same_message_id(settings):
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})
    settings_backend = settings.EMAIL_BACKEND
    backend(settings, Cut)
    letters.deliver_due()
    made.refresh_from_db()
    assert (made.sent_at, made.attempts) == (None, 1)
    assert made.due_at > timezone.now()

    settings.EMAIL_BACKEND = settings_backend
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        letters.deliver_due()
        letters.deliver_due()

    first = letter_words.message_id(made)
    assert only_mail().extra_headers["Message-ID"] == first
    assert first != letter_words.message_id(
        letters.queue(Kind.LINK, made.subscriber, {})
    )


def test_a_letter_that_never_gets_through_is_given_up(settings):
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})
    backend(settings, Cut)

    for day in range(owed_mail.MOST_ATTEMPTS + 2):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            letters.deliver_due()

    made.refresh_from_db()
    assert made.attempts == owed_mail.MOST_ATTEMPTS
    assert made.given_up_at


def test_a_refused_address_is_not_tried_again_and_not_told(settings, capfd):
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})
    backend(settings, Refusing)

    letters.deliver_due()

    made.refresh_from_db()
    assert made.given_up_at
    assert ADDRESS not in capfd.readouterr().out


def test_one_letter_that_fails_does_not_hold_up_the_others(settings, capfd):
    letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})
    letters.queue(Kind.LINK, make.subscriber("other@reader.example"), {})
    backend(settings, Choosy)

    letters.deliver_due()

    assert only_mail().to == ["other@reader.example"]
    assert "reader.example" not in capfd.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_letter_once():
    people = [make.subscriber() for _ in range(30)]
    for person in people:
        letters.queue(Kind.LINK, person, {})
    together = Barrier(4)

    def deliver():
        together.wait()
        letters.deliver_due()
        connection.close()

    workers = [Thread(target=deliver) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    readers = [message.to[0] for message in mail.outbox]
    assert sorted(readers) == sorted(person.address for person in people)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_while_sending_loses_nothing(settings):
    made = letters.queue(Kind.LINK, make.subscriber(ADDRESS), {})

    usual = settings.EMAIL_BACKEND
    backend(settings, Dying)
    with pytest.raises(KeyboardInterrupt):
        letters.deliver_due()
    made.refresh_from_db()
    assert (made.sent_at, made.attempts) == (None, 0)

    settings.EMAIL_BACKEND = usual
    letters.deliver_due()
    assert only_mail().extra_headers["Message-ID"] == letter_words.message_id(made)


def test_letters_go_a_week_after_they_were_sent():
    letters.queue(Kind.LINK, make.subscriber(), {})
    waiting = letters.queue(
        Kind.LINK, make.subscriber(), {}, timezone.now() + timedelta(days=20)
    )
    letters.deliver_due()

    letters.delete_old(timezone.now() + timedelta(days=6))
    assert Letter.objects.count() == 2
    letters.delete_old(timezone.now() + timedelta(days=8))

    assert list(Letter.objects.all()) == [waiting]


def test_a_welcome_sequence_comes_at_its_days():
    letter = make.newsletter()
    step(letter), step(letter, 3), step(letter, 5, is_active=False)
    person = make.subscriber(ADDRESS, of=[letter])

    letters.queue_sequence(person, [letter])
    letters.queue_sequence(person, [letter])
    letters.deliver_due()
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        letters.deliver_due()

    assert [message.subject for message in mail.outbox] == ["Day 0", "Day 3"]
    headers = mail.outbox[0].extra_headers
    leave = links.for_ever(person.pk, letter.pk)
    assert headers["List-Unsubscribe"].endswith(f"/newsletters/leave/{leave}/>")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert leave in mail.outbox[0].body


def test_words_of_staff_are_printed_as_they_are():
    letter = make.newsletter()
    step(letter, body="{{ publication.pk }} {% now 'Y' %} <b>x</b>")
    person = make.subscriber(of=[letter])

    letters.queue_sequence(person, [letter])
    letters.deliver_due()

    message = only_mail()
    assert "{{ publication.pk }} {% now 'Y' %} <b>x</b>" in message.body
    assert "{{ publication.pk }} {% now" in message.alternatives[0][0]
    assert "&lt;b&gt;x" in message.alternatives[0][0]


def leave_it(person, letter):
    subscribers.leave(person, [letter], method=consent.Method.LINK)


def switch_it_off(person, letter):
    SequenceStep.objects.update(is_active=False)


def suppress_it(person, letter):
    Suppression.objects.create(
        address_digest=bytes(person.address_digest), reason=Suppression.Reason.BOUNCE
    )


@pytest.mark.parametrize("change", [leave_it, switch_it_off, suppress_it])
def test_a_sequence_ends_with_what_it_was_about(change):
    letter = make.newsletter()
    step(letter)
    person = make.subscriber(of=[letter])
    letters.queue_sequence(person, [letter])

    change(person, letter)
    letters.deliver_due()

    assert not mail.outbox
    assert Letter.objects.get().given_up_at


def test_a_pause_puts_the_sequence_off():
    letter = make.newsletter()
    step(letter)
    until = timezone.now().date() + timedelta(days=4)
    person = make.subscriber(of=[letter], paused_until=until)
    letters.queue_sequence(person, [letter])

    letters.deliver_due()

    assert not mail.outbox
    assert Letter.objects.get().due_at.date() == until


def test_a_manual_suppression_stops_every_letter():
    person = make.subscriber(ADDRESS)
    letters.queue(Kind.LINK, person, {})
    Suppression.objects.create(
        address_digest=mail_addresses.digest(ADDRESS),
        reason=Suppression.Reason.MANUAL,
    )

    letters.deliver_due()

    assert not mail.outbox


def test_a_letter_is_owed_if_and_only_if_its_transaction_commits():
    person = make.subscriber()

    with transaction.atomic():
        letters.queue(Kind.LINK, person, {})
        transaction.set_rollback(True)

    assert not Letter.objects.exists()
    assert Subscriber.objects.filter(pk=person.pk).exists()
