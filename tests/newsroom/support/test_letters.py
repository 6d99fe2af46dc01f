from datetime import date, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from threading import Barrier, Thread

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.newsletters import verp
from newsroom.newsletters.models import Suppression
from newsroom.publication.models import Publication
from newsroom.support import reminders
from newsroom.support.mails import letters, returned
from newsroom.support.models import (
    Asking,
    Campaign,
    CountryPolicy,
    GiverLetter,
    Reminder,
)
from newsroom.support.people import givers, links
from tests.newsroom.support.people import (
    ADDRESS,
    gift,
    giver,
    html_of,
    link_in,
    only_mail,
    running,
    words_of_pdf,
)

pytestmark = pytest.mark.django_db

Kind = GiverLetter.Kind


class Refusing(EmailBackend):
    def send_messages(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"no such user")})


class Cut(EmailBackend):
    def send_messages(self, messages):
        raise SMTPServerDisconnected(f"gone: {messages[0].to[0]}")


class Dying(EmailBackend):
    def send_messages(self, messages):
        raise KeyboardInterrupt


def backend(settings, kind):
    settings.EMAIL_BACKEND = f"{__name__}.{kind.__name__}"


@pytest.fixture(autouse=True)
def _publication():
    Publication.objects.update(name="The Meridian", contact_email="desk@meridian.test")


def thanks_for(made):
    letters.queue(Kind.THANKS, f"thanks:{made.pk}", contribution=made)


def reminder():
    today = timezone.localdate()
    reminders.ask(
        ADDRESS, today + timedelta(days=7), network="192.0.2.1", language="en"
    )
    return Reminder.objects.get()


def letter_of(kind, person):
    """Any kind of letter, with what it is about."""
    recurring = running(person, card_ends=date(2027, 1, 31), next_at=timezone.now())
    made = gift(
        person, recurring=recurring, frequency="monthly", descriptor="MRDN LETT"
    )
    facts = {}
    if kind == Kind.FAILED:
        made = gift(person, recurring=recurring, state="failed", paid_at=None)
    elif kind == Kind.INSTRUCTIONS:
        made = gift(person, state="pending", paid_at=None, receipt_number=None)
        facts = {"lines": [["Reference", "MRD 7F3K"], ["Account", "LV00 TEST"]]}
    elif kind == Kind.STATEMENT:
        facts = {"year": 2026}
    elif kind == Kind.REFUNDED:
        facts = {"amount_minor": 1000, "currency": "USD"}
    if kind == Kind.REMINDER:
        reminder()
        GiverLetter.objects.update(due_at=timezone.now())
        return
    on_recurring = kind in (Kind.CARD, Kind.CHANGED, Kind.ENDED)
    letters.queue(
        kind,
        f"{kind}:1",
        giver=person,
        recurring=recurring if on_recurring else None,
        contribution=None if on_recurring or kind in _ABOUT_NO_GIFT else made,
        facts=facts,
    )


_ABOUT_NO_GIFT = (Kind.LINK, Kind.STATEMENT)


def test_a_key_makes_one_letter_however_often_it_is_queued():
    made = gift(giver())

    for _time in range(5):
        thanks_for(made)
    letters.deliver_due()
    thanks_for(made)
    letters.deliver_due()

    assert GiverLetter.objects.count() == 1
    assert only_mail().to == [ADDRESS]


@pytest.mark.parametrize("is_neutral", [False, True])
@pytest.mark.parametrize("language", ["en", "ru", "ka", "ar"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_letter_can_be_written(kind, language, is_neutral):
    letter_of(kind, giver(language=language, is_neutral=is_neutral, name="<b>Anna</b>"))

    letters.deliver_due()

    message = only_mail()
    html = html_of(message)
    is_of_giver = kind != Kind.REMINDER
    assert f'lang="{language if is_of_giver else "en"}"' in html
    assert "<b>Anna</b>" not in html
    assert "&amp;" not in message.body + message.subject
    assert "{" not in message.body.replace("{name}", "{")
    assert "%(" not in message.body + message.subject
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"
    assert message.subject == " ".join(message.subject.split())
    if is_neutral:
        assert message.from_email.startswith("Receipts <")
        assert message.subject == "Your receipt"
        headers = "".join(map(str, message.message().values()))
        assert "Meridian" not in headers + message.body + html
        assert message.reply_to == []
    else:
        assert message.from_email.startswith("The Meridian <")
        assert message.reply_to == ["desk@meridian.test"]


def test_neutral_mails_may_come_from_an_address_of_their_own(settings):
    settings.NEUTRAL_FROM_EMAIL = "post@plain.test"
    thanks_for(gift(giver(is_neutral=True)))

    letters.deliver_due()

    assert only_mail().from_email == "Receipts <post@plain.test>"
    assert only_mail().extra_headers["Message-ID"].endswith("@plain.test>")


def test_a_sender_with_a_name_does_not_name_us_in_a_neutral_mail(settings):
    settings.DEFAULT_FROM_EMAIL = "The Meridian <gifts@post.test>"
    thanks_for(gift(giver(is_neutral=True)))

    letters.deliver_due()

    assert only_mail().from_email == "Receipts <gifts@post.test>"


def test_thanks_bring_the_receipt_and_the_way_to_the_givers_own_page():
    made = gift(giver(), descriptor="MRDN LETTERS")
    thanks_for(made)

    letters.deliver_due()

    message = only_mail()
    [(name, content, mime)] = message.attachments
    assert (name, mime) == (f"receipt-{made.receipt_number}.pdf", "application/pdf")
    assert "25.00 USD" in words_of_pdf(content)
    assert "Your gift of $25 has arrived" in message.body
    assert "On your bank statement: MRDN LETTERS" in message.body
    token = link_in(message, "/support/mine/").split("/")[3]
    assert links.read_mine(token) == made.giver


def test_the_editors_thanks_are_filled_in_once_and_as_text():
    campaign = Campaign.objects.create(
        name="Spring",
        thanks="Dear {name},\n\n{amount} for {publication}! {0.__class__} {unknown}",
        thanks_subject="{name}, thank you",
        thanks_signature="Marta, editor",
    )
    person = giver(name="{amount} <script>alert<b>")
    thanks_for(gift(person, campaign=campaign, frequency="monthly"))

    letters.deliver_due()

    message = only_mail()
    assert "Dear {amount} <script>" in message.body
    assert "$25 a month for The Meridian! {0.__class__} {unknown}" in message.body
    assert "Marta, editor" in message.body
    assert message.subject == "{amount} <script>alert<b>, thank you"
    assert "<script>" not in html_of(message)
    assert "&lt;script&gt;" in html_of(message)


@pytest.mark.parametrize(
    "name",
    [
        "Anna\r\nBcc: everybody@else.test",
        "Anna\nSubject: mine",
        "Anna\x00\u2028\u202eBcc: x",
    ],
)
def test_no_name_makes_a_header(name):
    campaign = Campaign.objects.create(
        name="Spring", thanks="Dear {name}", thanks_subject="Thanks,\n {name}"
    )
    thanks_for(gift(giver(name=name), campaign=campaign))

    letters.deliver_due()

    written = only_mail().message()
    assert written["Bcc"] is None
    assert written.get_all("Subject") == [only_mail().subject]
    assert only_mail().recipients() == [ADDRESS]


@pytest.mark.parametrize(
    "name", ["Win at evil.test", "https://evil.test", "www evil", "a@evil.test"]
)
def test_a_name_that_mail_programs_would_make_a_link_is_not_spoken(name):
    thanks_for(gift(giver(name=name)))

    letters.deliver_due()

    assert "evil" not in only_mail().body
    assert "Thank you, reader." in only_mail().body


def test_nobody_is_thanked_before_the_country_is_known():
    made = gift(giver(), verdict="unknown")
    thanks_for(made)

    letters.deliver_due()

    assert mail.outbox == []
    letter = GiverLetter.objects.get()
    assert letter.due_at > timezone.now()
    assert (letter.attempts, letter.given_up_at) == (0, None)


@pytest.mark.parametrize(
    "values", [{"verdict": "refused"}, {"state": "quarantined"}, {"state": "failed"}]
)
def test_what_is_not_ours_gets_neither_thanks_nor_a_receipt(values):
    made = gift(giver(), **values)
    thanks_for(made)
    letters.queue(Kind.RECEIPT, "receipt:1", contribution=made)

    letters.deliver_due()

    assert mail.outbox == []
    assert not GiverLetter.objects.filter(given_up_at=None).exists()


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.REMINDER])
def test_no_mail_goes_where_the_policy_forbids_it(kind):
    person = giver()
    letter_of(kind, person)
    person.contributions.update(is_silent=True)

    letters.deliver_due()

    assert mail.outbox == []


def test_a_silent_gift_owes_no_letter_at_all():
    thanks_for(gift(giver(), is_silent=True))

    assert not GiverLetter.objects.exists()


def test_an_earlier_silent_gift_does_not_silence_a_later_one():
    person = giver()
    gift(person, is_silent=True)
    gift(person)

    letters.queue(Kind.LINK, "link:1", giver=person)
    letters.deliver_due()

    assert only_mail().to == [ADDRESS]


def test_staff_can_forbid_an_address():
    person = giver()
    digest = mail_addresses.digest(ADDRESS)
    Suppression.objects.create(address_digest=digest, reason="manual")
    thanks_for(gift(person))

    letters.deliver_due()

    assert mail.outbox == []


def test_a_bounced_newsletter_does_not_cost_somebody_their_receipt():
    person = giver()
    digest = mail_addresses.digest(ADDRESS)
    Suppression.objects.create(address_digest=digest, reason="bounce")
    thanks_for(gift(person))

    letters.deliver_due()

    assert only_mail().to == [ADDRESS]


def test_a_failed_payment_that_was_made_since_is_not_told():
    person = giver()
    recurring = running(person)
    made = gift(person, recurring=recurring, state="failed", paid_at=None)
    letters.queue(Kind.FAILED, "failed:1", contribution=made, recurring=recurring)
    made.state = "succeeded"
    made.save()

    letters.deliver_due()

    assert mail.outbox == []


def test_a_letter_is_tried_again_with_the_same_message_id(settings):
    thanks_for(gift(giver()))
    working = settings.EMAIL_BACKEND
    backend(settings, Cut)
    letters.deliver_due()
    letter = GiverLetter.objects.get()
    assert (letter.sent_at, letter.attempts) == (None, 1)
    assert letter.due_at > timezone.now()

    settings.EMAIL_BACKEND = working
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        letters.deliver_due()
        letters.deliver_due()

    letter.refresh_from_db()
    assert letter.sent_at
    named = only_mail().extra_headers["Message-ID"]
    assert verp.read_as(returned.WHAT, named) == letter.pk


def test_a_letter_that_never_gets_through_is_given_up(settings):
    thanks_for(gift(giver()))
    backend(settings, Cut)

    at = timezone.now()
    for _time in range(12):
        at += timedelta(days=1)
        with time_machine.travel(at):
            letters.deliver_due()

    letter = GiverLetter.objects.get()
    assert letter.given_up_at
    assert letter.attempts == 10


def test_a_refused_address_is_given_up_at_once_and_logged_nowhere(
    settings, capfd, caplog
):
    caplog.set_level("DEBUG")
    thanks_for(gift(giver()))
    backend(settings, Refusing)

    letters.deliver_due()

    assert GiverLetter.objects.get().given_up_at
    printed = capfd.readouterr()
    assert ADDRESS not in printed.out + printed.err + caplog.text


def test_one_letter_that_cannot_be_written_does_not_hold_up_the_others(caplog):
    letters.queue(Kind.STATEMENT, "statement:1", giver=giver(), facts={})
    thanks_for(gift(giver()))

    letters.deliver_due()

    assert "has arrived" in only_mail().body
    broken = GiverLetter.objects.get(kind=Kind.STATEMENT)
    assert (broken.attempts, broken.sent_at) == (1, None)


def test_an_erased_giver_gets_nothing():
    person = giver()
    thanks_for(gift(person))
    givers.erase(person)

    letters.deliver_due()

    assert mail.outbox == []
    assert not GiverLetter.objects.exists()


def test_the_address_of_a_reminder_goes_with_its_mail():
    asked = reminder()

    with time_machine.travel(timezone.now() + timedelta(days=8)):
        letters.deliver_due()
        letters.deliver_due()

    asked.refresh_from_db()
    assert only_mail().to == [ADDRESS]
    assert bytes(asked.address_sealed) == b""
    assert asked.address_digest is None
    assert asked.sent_at


def test_the_address_of_a_reminder_stays_until_the_mail_is_gone(settings):
    asked = reminder()
    backend(settings, Cut)

    with time_machine.travel(timezone.now() + timedelta(days=8)):
        letters.deliver_due()

    asked.refresh_from_db()
    assert asked.address_sealed
    assert asked.sent_at is None


def test_a_policy_made_since_stops_a_reminder():
    asked = reminder()
    CountryPolicy.objects.create(country="XX", name="Elsewhere", languages=["en"])

    with time_machine.travel(timezone.now() + timedelta(days=8)):
        letters.deliver_due()

    asked.refresh_from_db()
    assert mail.outbox == []
    assert bytes(asked.address_sealed) == b""
    assert asked.stopped_at


def test_letters_are_forgotten_a_week_after_they_were_sent():
    thanks_for(gift(giver()))
    letters.deliver_due()

    assert letters.delete_old(timezone.now() + timedelta(days=6)) == 0
    assert letters.delete_old(timezone.now() + timedelta(days=8)) == 1


def test_a_statement_has_a_sheet_for_each_currency():
    person = giver()
    gift(person)
    gift(person, currency="EUR")
    letters.queue(Kind.STATEMENT, "statement:1", giver=person, facts={"year": 2026})

    letters.deliver_due()

    names = [name for name, _content, _mime in only_mail().attachments]
    assert names == ["statement-2026-EUR.pdf", "statement-2026-USD.pdf"]


def test_the_neutral_sender_cannot_break_a_header():
    Asking.objects.update(neutral_sender="Post\nBcc: x@y.test", neutral_subject="A\nB")
    thanks_for(gift(giver(is_neutral=True)))

    letters.deliver_due()

    assert only_mail().message()["Bcc"] is None
    assert only_mail().subject == "A B"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_letter_once():
    thanks_for(gift(giver()))
    barrier = Barrier(2)

    def work():
        barrier.wait()
        try:
            letters.deliver_due()
        finally:
            connection.close()

    workers = [Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert only_mail().to == [ADDRESS]


@pytest.mark.django_db(transaction=True)
def test_a_letter_whose_worker_dies_is_due_as_before(settings):
    thanks_for(gift(giver()))
    working = settings.EMAIL_BACKEND
    backend(settings, Dying)
    with pytest.raises(KeyboardInterrupt):
        letters.deliver_due()

    settings.EMAIL_BACKEND = working
    letters.deliver_due()

    assert only_mail().to == [ADDRESS]


@pytest.mark.django_db(transaction=True)
def test_two_that_queue_the_same_at_once_make_one_letter():
    made = gift(giver())
    barrier = Barrier(4)

    def work():
        barrier.wait()
        try:
            thanks_for(made)
        finally:
            connection.close()

    workers = [Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert GiverLetter.objects.count() == 1
