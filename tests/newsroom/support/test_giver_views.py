import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsroom.publication.models import Publication
from newsroom.support.mails import letters
from newsroom.support.models import (
    FreeAmount,
    Giver,
    GiverLetter,
    RecurringContribution,
    Sandbox,
    SandboxSubscription,
)
from newsroom.support.people import giver_page, givers, links
from tests.jobs import run_jobs
from tests.newsroom.support.people import (
    ADDRESS,
    gift,
    giver,
    link_in,
    only_mail,
    running,
    words_of_pdf,
)

pytestmark = pytest.mark.django_db

MY_LINK = "/support/mine/"


@pytest.fixture(autouse=True)
def _demo(settings):
    """The sandbox takes no part anywhere else."""
    settings.DEMO = True


def mine(person, *parts):
    return "/".join(["/support/mine", links.mine(person), *map(str, parts)]) + "/"


def running_gift(person, **values):
    """A recurring gift that the sandbox knows as well."""
    made = running(person, **values)
    SandboxSubscription.objects.create(
        ref=made.provider_ref,
        recurring=made.public_id,
        frequency=made.frequency,
        amount_minor=made.amount_minor,
        currency=made.currency,
        method="card",
        country="LV",
        card_ends=date(2030, 1, 31),
        next_at=timezone.now() + timedelta(days=10),
    )
    return made


def sandbox_of(made):
    return SandboxSubscription.objects.get(ref=made.provider_ref)


def is_down(value):
    Sandbox.objects.update_or_create(pk=1, defaults={"is_down": value})


def test_the_page_shows_what_somebody_gave(client):
    person = giver()
    made = gift(person, receipt_number=4711)
    running_gift(person)
    gift(giver("other@reader.example"), receipt_number=4712)

    page = client.get(mine(person)).content.decode()

    assert ADDRESS in page
    assert "$5 a month" in page
    assert "No. 4711 (PDF)" in page
    assert f"/receipt/{made.public_id}/" in page
    assert "4712" not in page
    assert "other@reader.example" not in page


def test_every_page_is_private(client):
    person = giver()
    made = gift(person)
    recurring = running_gift(person)

    for parts in [
        (),
        ("receipt", made.public_id),
        ("year", 2026, "USD"),
        ("gift", recurring.public_id),
        ("gift", recurring.public_id, "end"),
        ("data",),
        ("erase",),
    ]:
        answer = client.get(mine(person, *parts))
        assert answer.status_code == 200, parts
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert not answer.cookies


def test_looking_changes_nothing(client):
    person = giver()
    made = gift(person)
    recurring = running_gift(person)
    before = (
        list(Giver.objects.values()),
        list(RecurringContribution.objects.values()),
        list(SandboxSubscription.objects.values()),
    )

    for parts in [
        (),
        ("receipt", made.public_id),
        ("gift", recurring.public_id),
        ("gift", recurring.public_id, "end"),
        ("gift", recurring.public_id, "card"),
        ("year", 2026),
        ("erase",),
    ]:
        client.get(mine(person, *parts), {"action": "resume"})

    assert not GiverLetter.objects.exists()
    assert before == (
        list(Giver.objects.values()),
        list(RecurringContribution.objects.values()),
        list(SandboxSubscription.objects.values()),
    )


def test_a_gift_is_ended_in_one_step(client):
    person = giver()
    recurring = running_gift(person)
    page = client.get(mine(person)).content.decode()
    end = re.search(r'href="([^"]+/end/)"', page)[1]

    shown = client.get(end).content.decode()
    main = shown[shown.index("<main") : shown.index("</main>")]
    assert main.count("<button") == 1
    assert "<textarea" not in main
    assert "<select" not in main
    answer = client.post(end, follow=True)

    assert "The gift has ended" in answer.content.decode()
    recurring.refresh_from_db()
    assert recurring.state == "cancelled"
    assert sandbox_of(recurring).state == "cancelled"
    assert givers.running_gifts_of(person).count() == 0


def test_ending_twice_is_no_error(client):
    person = giver()
    recurring = running_gift(person)
    end = mine(person, "gift", recurring.public_id, "end")

    client.post(end)

    assert client.post(end).status_code == 303
    assert "has ended already" in client.get(end).content.decode()


def test_what_the_provider_could_not_do_is_not_said_to_be_done(client):
    person = giver()
    recurring = running_gift(person)
    is_down(True)

    for parts, values in [
        (("end",), {}),
        ((), {"action": "amount", "amount": "7"}),
        ((), {"action": "pause", "until": timezone.localdate() + timedelta(days=30)}),
        (("card",), {}),
    ]:
        answer = client.post(mine(person, "gift", recurring.public_id, *parts), values)
        assert answer.status_code == 409
        assert "Nothing has changed" in answer.content.decode()

    recurring.refresh_from_db()
    assert (recurring.state, recurring.amount_minor) == ("active", 500)


def test_the_amount_can_be_changed(client):
    person = giver()
    recurring = running_gift(person)
    FreeAmount.objects.create(
        frequency="monthly", currency="USD", least_minor=200, most_minor=50000
    )

    answer = client.post(
        mine(person, "gift", recurring.public_id),
        {"action": "amount", "amount": "7,50"},
        follow=True,
    )

    assert "The amount has been changed" in answer.content.decode()
    recurring.refresh_from_db()
    assert recurring.amount_minor == 750
    assert sandbox_of(recurring).amount_minor == 750
    letters.deliver_due()
    assert "$7.50 a month" in only_mail().body


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Write an amount."),
        ("lots", "Write an amount in figures"),
        ("1", "The least is $2."),
        ("501", "The most is $500."),
        ("-5", "Write an amount in figures"),
        ("5.001", "2 digits after the point"),
    ],
)
def test_an_amount_that_cannot_be_says_why(client, typed, words):
    person = giver()
    recurring = running_gift(person)
    FreeAmount.objects.create(
        frequency="monthly", currency="USD", least_minor=200, most_minor=50000
    )

    answer = client.post(
        mine(person, "gift", recurring.public_id), {"action": "amount", "amount": typed}
    )

    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert f'value="{typed}"' in page
    recurring.refresh_from_db()
    assert recurring.amount_minor == 500


def test_a_gift_can_be_paused_and_go_on(client):
    person = giver()
    recurring = running_gift(person)
    page = mine(person, "gift", recurring.public_id)
    until = giver_page.pauses(recurring, timezone.localdate())[1][0]

    client.post(page, {"action": "pause", "until": until.isoformat()})
    recurring.refresh_from_db()
    assert (recurring.state, recurring.paused_until) == ("paused", until)
    assert "Paused until" in client.get(mine(person)).content.decode()

    client.post(page, {"action": "resume"})
    recurring.refresh_from_db()
    assert (recurring.state, recurring.paused_until) == ("active", None)


@pytest.mark.parametrize(
    ("frequency", "next_at", "ends"),
    [
        (
            "monthly",
            datetime(2026, 12, 31, 9, tzinfo=UTC),
            ["2027-01-31", "2027-02-28"],
        ),
        ("monthly", datetime(2026, 11, 1, 9, tzinfo=UTC), ["2026-12-24", "2027-01-24"]),
        ("monthly", None, ["2026-12-24", "2027-01-24"]),
        ("annual", datetime(2027, 6, 1, 9, tzinfo=UTC), ["2028-06-01"]),
    ],
)
def test_a_pause_leaves_out_whole_payments(frequency, next_at, ends):
    recurring = running_gift(giver(), frequency=frequency, next_at=next_at)

    offered = giver_page.pauses(recurring, date(2026, 11, 24))

    assert [day.isoformat() for day, _ in offered][:2] == ends


def test_a_year_can_be_left_out_of_an_annual_gift(client):
    person = giver()
    recurring = running_gift(
        person, frequency="annual", next_at=timezone.now() + timedelta(days=300)
    )
    until = giver_page.pauses(recurring, timezone.localdate())[0][0]

    client.post(
        mine(person, "gift", recurring.public_id),
        {"action": "pause", "until": until.isoformat()},
    )

    recurring.refresh_from_db()
    assert (recurring.state, recurring.paused_until) == ("paused", until)


def test_what_no_button_says_changes_nothing(client):
    person = giver()
    recurring = running_gift(person, state="paused")

    client.post(mine(person, "gift", recurring.public_id), {"action": "other"})

    recurring.refresh_from_db()
    assert recurring.state == "paused"


@pytest.mark.parametrize("until", ["", "2020-01-01", "2999-01-01", "never"])
def test_a_pause_ends_within_a_year(client, until):
    person = giver()
    recurring = running_gift(person)

    answer = client.post(
        mine(person, "gift", recurring.public_id), {"action": "pause", "until": until}
    )

    assert answer.status_code == 422
    recurring.refresh_from_db()
    assert recurring.state == "active"


def test_the_provider_changes_the_card_and_does_not_learn_the_link(client):
    person = giver()
    recurring = running_gift(person)

    answer = client.post(mine(person, "gift", recurring.public_id, "card"))

    page = answer.content.decode()
    assert f"/demo/pay/card/{recurring.provider_ref}/" in page
    assert 'rel="noreferrer"' in page
    assert sandbox_of(recurring).back_url.endswith("/support/mine/back/")
    assert client.get("/support/mine/back/").status_code == 200


def test_a_receipt_can_be_fetched(client):
    person = giver()
    made = gift(person, receipt_number=4711)

    answer = client.get(mine(person, "receipt", made.public_id))

    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="receipt-4711.pdf"'
    assert "25.00 USD" in words_of_pdf(answer.content)


def test_a_yearly_statement_can_be_fetched_and_mailed_once_a_day(client):
    person = giver()
    gift(person)

    sheet = client.get(mine(person, "year", 2026, "USD"))
    mailed = client.post(mine(person, "year", 2026), follow=True)
    client.post(mine(person, "year", 2026))
    letters.deliver_due()

    assert "25.00 USD" in words_of_pdf(sheet.content)
    assert "on its way to your mailbox" in mailed.content.decode()
    assert [name for name, *_rest in only_mail().attachments] == [
        "statement-2026-USD.pdf"
    ]


@pytest.mark.parametrize(
    "parts", [("year", 2025, "USD"), ("year", 2026, "EUR"), ("receipt", "nothing")]
)
def test_there_is_no_sheet_of_what_was_not_given(client, parts):
    person = giver()
    gift(person)

    assert client.get(mine(person, *parts)).status_code == 404


def test_nobody_reaches_anothers_gifts(client):
    person, other = giver(), giver("other@reader.example")
    made, recurring = gift(other), running_gift(other)

    for parts in [
        ("receipt", made.public_id),
        ("gift", recurring.public_id),
        ("gift", recurring.public_id, "end"),
        ("gift", recurring.public_id, "card"),
    ]:
        assert client.get(mine(person, *parts)).status_code in (404, 405)
        assert client.post(mine(person, *parts)).status_code in (404, 405)

    recurring.refresh_from_db()
    assert recurring.state == "active"


def test_how_we_write_can_be_chosen(client):
    person = giver()

    client.post(mine(person), {"name": "Nino", "language": "ka", "is_neutral": "1"})

    person.refresh_from_db()
    assert (person.name, person.language) == ("Nino", "ka")
    assert person.is_neutral

    client.post(mine(person), {"name": "", "language": "ka"})

    person.refresh_from_db()
    assert person.name == ""
    assert not person.is_neutral


@pytest.mark.parametrize(
    "values", [{"name": "A" * 81, "language": "en"}, {"name": "A", "language": "xx"}]
)
def test_what_cannot_be_saved_is_said(client, values):
    person = giver()

    answer = client.post(mine(person), values)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert f'value="{values["name"]}"' in page
    person.refresh_from_db()
    assert person.name == "Anna Example"


def test_a_name_is_shown_as_text(client):
    person = giver(name="<script>alert(1)</script>")

    page = client.get(mine(person)).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_all_that_we_hold_can_be_downloaded(client):
    person = giver()
    gift(person)

    answer = client.get(mine(person, "data"))

    assert json.loads(answer.content)["email"] == ADDRESS
    assert "attachment" in answer["Content-Disposition"]


def test_erasing_ends_what_runs_first(client):
    person = giver()
    gift(person)
    recurring = running_gift(person)
    erase = mine(person, "erase")

    shown = client.get(erase).content.decode()
    assert "A gift of yours still runs" in shown
    answer = client.post(erase)

    assert "You have been erased" in answer.content.decode()
    recurring.refresh_from_db()
    person.refresh_from_db()
    assert recurring.state == "cancelled"
    assert sandbox_of(recurring).state == "cancelled"
    assert person.address == ""
    assert client.get(erase).status_code == 404
    letters.deliver_due()
    assert mail.outbox == []


def test_nothing_is_erased_while_a_gift_cannot_be_ended(client):
    person = giver()
    running_gift(person)
    is_down(True)

    answer = client.post(mine(person, "erase"))

    assert answer.status_code == 409
    person.refresh_from_db()
    assert person.address == ADDRESS


def test_a_link_holds_for_a_month_and_then_offers_a_new_one(client):
    person = giver()
    page = mine(person)

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        old = client.get(page)
        first, second = client.post(page), client.post(page)
        letters.deliver_due()
        assert old.status_code == 410
        assert "Mail me a new link" in old.content.decode()
        assert first.status_code == second.status_code == 200
        assert client.get(link_in(only_mail(), MY_LINK)).status_code == 200


def test_an_old_link_neither_shows_nor_changes_anything(client):
    person = giver()
    recurring = running_gift(person)
    end = mine(person, "gift", recurring.public_id, "end")

    with time_machine.travel(timezone.now() + timedelta(days=31)):
        answer = client.post(end)

    assert ADDRESS not in answer.content.decode()
    recurring.refresh_from_db()
    assert recurring.state == "active"


def test_after_a_year_an_old_link_tells_nothing(client):
    page = mine(giver())

    with time_machine.travel(timezone.now() + timedelta(days=366)):
        assert client.post(page).status_code == 404

    assert not GiverLetter.objects.exists()


@pytest.mark.parametrize("change", ["", "x", "%20", "AAAA"])
def test_a_changed_link_leads_nowhere(client, change):
    token = links.mine(giver())

    assert client.get(f"/support/mine/{token[:-4]}{change}/").status_code == 404


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_sites_form_changes_nothing(client, headers):
    person = giver()
    recurring = running_gift(person)

    for url in (
        mine(person, "gift", recurring.public_id, "end"),
        mine(person, "erase"),
        mine(person),
        MY_LINK,
    ):
        answer = client.post(url, {"email": ADDRESS}, headers=headers)
        assert answer.status_code == 403

    recurring.refresh_from_db()
    assert recurring.state == "active"
    assert not GiverLetter.objects.exists()


def test_every_address_gets_the_same_answer_by_the_same_work(client):
    gift(giver())
    client.post(MY_LINK, {"email": "first@reader.example"})

    answers, counts = [], []
    for address in (ADDRESS, "stranger@reader.example"):
        with CaptureQueriesContext(connection) as queries:
            answers.append(client.post(MY_LINK, {"email": address}))
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    letters.deliver_due()
    assert only_mail().to == [ADDRESS]
    kept = GiverLetter.objects.values_list("address_sealed", flat=True)
    assert [bytes(sealed) for sealed in kept] == [b"", b"", b""]


def test_a_link_comes_once_a_day(client):
    gift(giver())

    for _time in range(3):
        client.post(MY_LINK, {"email": ADDRESS})
    letters.deliver_due()
    assert len(mail.outbox) == 1

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        client.post(MY_LINK, {"email": ADDRESS})
        letters.deliver_due()
    assert len(mail.outbox) == 2


def test_what_a_visitor_types_does_not_get_into_the_mail(client):
    gift(giver())

    client.post(MY_LINK, {"email": ADDRESS, "name": "WIN NOW", "subject": "WIN NOW"})
    letters.deliver_due()

    assert "WIN" not in only_mail().body + only_mail().subject


def test_a_mistyped_address_is_asked_about(client):
    answer = client.post(MY_LINK, {"email": "anna@gmial.com"})

    assert "anna@gmail.com" in answer.content.decode()
    assert not GiverLetter.objects.exists()


@pytest.mark.parametrize("values", [{"email": "nobody"}, {"email": ""}])
def test_what_is_no_address_is_said_to_be_none(client, values):
    assert client.post(MY_LINK, values).status_code == 422


def test_a_program_that_fills_in_everything_asks_for_nothing(client):
    client.post(MY_LINK, {"email": ADDRESS, "your_site": "x"})

    assert not GiverLetter.objects.exists()


def test_a_gift_of_a_provider_that_is_gone_can_still_be_looked_at(client, settings):
    person = giver()
    recurring = running_gift(person)
    settings.DEMO = False

    page = client.get(mine(person)).content.decode()
    answer = client.post(mine(person, "gift", recurring.public_id, "end"))

    assert "$5 a month" in page
    assert answer.status_code == 409


def test_the_dates_of_gifts_are_the_publications(client):
    Publication.objects.update(time_zone="Asia/Tbilisi")
    person = giver()
    gift(person, paid_at=datetime(2026, 3, 13, 22, tzinfo=UTC))  # past midnight there

    assert "14 Mar 2026" in client.get(mine(person)).content.decode()


FORMS_TYPED = "whistle.blower@secret.example"


@pytest.mark.django_db(transaction=True)
def test_no_form_leaves_an_address_or_a_link_in_logs_or_jobs(client, capfd, caplog):
    from procrastinate.contrib.django.models import ProcrastinateJob

    caplog.set_level("DEBUG")
    person = giver(FORMS_TYPED, name="Zdzisława")
    made = gift(person)
    recurring = running_gift(person)

    client.post(MY_LINK, {"email": FORMS_TYPED})
    client.post("/support/later/", {"email": FORMS_TYPED, "when": "month"})
    client.post("/support/later/", {"email": FORMS_TYPED, "when": "never"})
    letters.queue(GiverLetter.Kind.THANKS, f"thanks:{made.pk}", contribution=made)
    run_jobs()
    client.get(mine(person, "receipt", made.public_id))
    client.post(mine(person), {"name": "Zdzisława", "language": "xx"})
    client.post(mine(person, "gift", recurring.public_id, "end"))
    client.post(mine(person, "erase"))
    run_jobs()

    jobs = json.dumps(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    printed = capfd.readouterr()
    everything = jobs + printed.out + printed.err + caplog.text
    assert len(mail.outbox) >= 2
    assert "letter_key" in jobs
    for word in ("secret.example", "whistle", "Zdzis"):
        assert word not in everything
    for message in mail.outbox:
        assert link_in(message, MY_LINK).split("/")[3] not in everything
