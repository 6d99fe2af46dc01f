"""Gifts, givers, statements and events in the admin: what staff see and can do."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsroom.accounts import roles
from newsroom.core import mail_addresses
from newsroom.support import attention, webhooks
from newsroom.support.admin import base
from newsroom.support.books import recurring
from newsroom.support.models import (
    BankLine,
    Difference,
    ExchangeRate,
    Giver,
    GiverLetter,
    GiverLook,
    RefundOrder,
    Reminder,
    WebhookEvent,
)
from newsroom.support.payments.interface import NotPossible, Unreachable
from tests import make, make_support
from tests.newsroom.support import appeals, people
from tests.newsroom.support.staff import ADDRESS, MESSAGE, NAME, PAYER, staff

pytestmark = pytest.mark.django_db

GIFTS = "/admin/support/contribution/"
RECURRING = "/admin/support/recurringcontribution/"
GIVERS = "/admin/support/giver/"
LINES = "/admin/support/bankline/"
EVENTS = "/admin/support/webhookevent/"


def gift_of(address=ADDRESS, **values):
    return people.gift(people.giver(address, name=NAME), **values)


def found(answer):
    return {row.pk for row in answer.context["cl"].result_list}


def event(number=1, **values):
    defaults = {
        "provider": "stripe",
        "event_id": f"evt_{number}",
        "kind": "charge.refunded",
        "happened_at": timezone.now(),
        "state": "stuck",
        "attempts": 16,
        "trouble": "CannotApply: no such payment",
    }
    return WebhookEvent.objects.create(**defaults | values)


def bank_line(**values):
    number = BankLine.objects.count()
    defaults = {
        "ref": f"line-{number}",
        "booked_on": date(2026, 11, 20),
        "amount_minor": 2500,
        "currency": "USD",
        "payer_sealed": mail_addresses.seal(PAYER),
        "purpose_sealed": mail_addresses.seal("For the harbour"),
    }
    return BankLine.objects.create(**defaults | values)


# --- Gifts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state__exact=quarantined", {"quarantined"}),
        ("frequency__exact=monthly", {"monthly"}),
        ("currency=JPY", {"yen"}),
        ("campaign={campaign}", {"campaign"}),
        ("needs=refund", {"refund"}),
        ("needs=country", {"country"}),
        ("period={month}", {"old"}),
    ],
)
def test_filters_narrow_the_list_of_gifts(sign_in, query, expected):
    appeals.amounts()
    appeals.campaign()
    campaign = appeals.campaign(name="Spring")
    gifts = {
        "plain": people.gift(),
        "quarantined": people.gift(state="quarantined"),
        "monthly": people.gift(frequency="monthly"),
        "yen": people.gift(currency="JPY"),
        "campaign": people.gift(campaign=campaign),
        "refund": people.gift(),
        "country": people.gift(verdict="unknown"),
        "old": people.gift(),
    }
    RefundOrder.objects.create(
        contribution=gifts["refund"],
        amount_minor=1,
        due_at=timezone.now(),
        state="failed",
    )
    month = (timezone.now() - timedelta(days=100)).replace(day=15)
    type(gifts["old"]).objects.filter(pk=gifts["old"].pk).update(created_at=month)
    appeals.AmountChoice.objects.create(
        currency="JPY", frequency="once", amount_minor=500
    )

    query = query.format(campaign=campaign.pk, month=f"{month:%Y-%m}")
    answer = sign_in(staff()).get(f"{GIFTS}?{query}")

    assert found(answer) == {gifts[name].pk for name in expected}


def test_the_list_needs_the_same_queries_for_one_gift_as_for_many(
    sign_in, django_assert_max_num_queries
):
    client = sign_in(staff())
    variant = appeals.prompt().variants.get()
    people.gift(variant=variant, campaign=variant.prompt.campaign)
    with CaptureQueriesContext(connection) as for_one:
        client.get(GIFTS)
    for _ in range(6):
        people.gift(variant=variant, campaign=variant.prompt.campaign)

    with django_assert_max_num_queries(len(for_one)):
        client.get(GIFTS)


def test_the_list_counts_no_further_than_anybody_pages(sign_in, monkeypatch):
    monkeypatch.setattr(base, "MOST_LISTED", 2)
    for _ in range(5):
        people.gift()
    client = sign_in(staff())

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(GIFTS)

    assert answer.context["cl"].result_count == 3
    asked = [
        query["sql"]
        for query in queries
        if "support_contribution" in query["sql"] and "COUNT(" in query["sql"]
    ]
    assert asked == []


def test_the_page_of_a_gift_tells_what_moved_and_names_nobody(sign_in):
    gift = gift_of(message_sealed=mail_addresses.seal(MESSAGE))
    people.moved(gift, "fee", -103)
    people.moved(gift, "refund", -500)

    page = sign_in(staff()).get(f"{GIFTS}{gift.pk}/change/").content.decode()

    for words in ("$25", "−$1.03", "−$5", "$18.97", f"Giver {gift.giver_id}"):
        assert words in page
    for words in (NAME, ADDRESS, MESSAGE):
        assert words not in page
    assert not GiverLook.objects.exists()


def test_a_quarantined_gift_says_so_plainly(sign_in):
    gift = people.gift(state="quarantined", verdict="refused", is_silent=True)
    client = sign_in(staff())

    assert (
        "This gift is quarantined"
        in client.get(f"{GIFTS}{gift.pk}/change/").content.decode()
    )
    assert "A gift is quarantined" in client.get(GIFTS).content.decode()


def test_a_refund_is_typed_seen_once_more_and_ordered_once(sign_in):
    gift = gift_of()
    user = staff()
    client = sign_in(user)
    url = f"{GIFTS}{gift.pk}/refund/"

    asked = client.post(url, {"amount": "7.50", "reason": "Asked for"})
    assert "Give back $7.50" in asked.content.decode()
    assert not RefundOrder.objects.exists()

    client.post(url, {"amount": "7.50", "reason": "Asked for", "sure": "yes"})

    order = RefundOrder.objects.get()
    assert (order.amount_minor, order.ordered_by, order.reason) == (
        750,
        user,
        "Asked for",
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": "25.01"}, "up to $25"),
        ({"amount": "0"}, "above 0"),
        ({"amount": "much"}, "Write an amount in figures"),
        ({"amount": "5", "reason": "anna@reader.example"}, "No address here"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_in_words(sign_in, typed, words):
    gift = gift_of()

    answer = sign_in(staff()).post(f"{GIFTS}{gift.pk}/refund/", typed | {"sure": "yes"})

    assert words in answer.content.decode()
    assert not RefundOrder.objects.exists()


def test_looking_at_gifts_is_not_giving_them_back(sign_in):
    gift = gift_of()
    user = make.writer()
    user.user_permissions.add(
        *make.Group.objects.get(name=roles.SUPPORT_STAFF).permissions.filter(
            codename="view_contribution"
        )
    )

    answer = sign_in(user).post(
        f"{GIFTS}{gift.pk}/refund/", {"amount": "1", "sure": "yes"}
    )

    assert answer.status_code == 403
    assert not RefundOrder.objects.exists()


# --- Recurring gifts ------------------------------------------------------------------


def test_a_recurring_gift_is_ended_after_a_question(sign_in, monkeypatch):
    gift, user = people.running(), staff()
    done = []
    monkeypatch.setattr(recurring, "cancel", lambda one, *, by: done.append((one, by)))
    client = sign_in(user)

    assert "End it now" in client.get(f"{RECURRING}{gift.pk}/cancel/").content.decode()
    assert done == []
    client.post(f"{RECURRING}{gift.pk}/cancel/")

    assert done == [(gift, user)]


def test_a_pause_needs_a_day_that_lies_ahead(sign_in, monkeypatch):
    gift = people.running()
    done = []
    monkeypatch.setattr(
        recurring, "pause", lambda one, until, *, by: done.append(until)
    )
    client = sign_in(staff())
    ahead = timezone.localdate() + timedelta(days=30)

    refused = client.post(f"{RECURRING}{gift.pk}/pause/", {"until": "2020-01-01"})
    client.post(f"{RECURRING}{gift.pk}/pause/", {"until": ahead.isoformat()})

    assert "Choose a day that lies ahead" in refused.content.decode()
    assert done == [ahead]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotPossible("It has ended."), "It has ended."),
        (Unreachable("secret"), "The provider did not answer"),
    ],
)
def test_what_the_provider_does_not_do_is_said(sign_in, monkeypatch, error, words):
    gift = people.running()

    def refuse(one, *, by):
        raise error

    monkeypatch.setattr(recurring, "cancel", refuse)

    answer = sign_in(staff()).post(f"{RECURRING}{gift.pk}/cancel/", follow=True)

    assert words in answer.content.decode()
    assert "secret" not in answer.content.decode()


# --- Givers ---------------------------------------------------------------------------


def test_a_giver_is_found_by_a_whole_address_that_stands_in_no_url(sign_in):
    giver = people.giver(ADDRESS)

    answer = sign_in(staff()).post(
        f"{GIVERS}search/", {"address": f" {ADDRESS.upper()} "}
    )

    assert answer.url == f"{GIVERS}{giver.pk}/change/"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("nobody@reader.example", "Nobody with this address has given"),
        ("reader.example", "This is not an email address"),
        ("", "This is not an email address"),
    ],
)
def test_other_addresses_find_nobody_and_are_not_repeated(sign_in, typed, words):
    people.giver(ADDRESS)

    answer = sign_in(staff()).post(f"{GIVERS}search/", {"address": typed}, follow=True)

    assert words in answer.content.decode()
    assert "nobody@reader" not in answer.content.decode()


def test_every_view_of_a_giver_is_noted(sign_in):
    gift = gift_of(message_sealed=mail_addresses.seal(MESSAGE))
    user = staff()
    client = sign_in(user)

    page = client.get(f"{GIVERS}{gift.giver_id}/change/").content.decode()
    data = client.post(f"{GIVERS}{gift.giver_id}/data/")

    assert ADDRESS in page
    assert NAME in page
    assert MESSAGE in page
    assert json.loads(data.content)["email"] == ADDRESS
    looks = GiverLook.objects.order_by("pk").values_list("user", "giver_id", "what")
    assert list(looks) == [
        (user.pk, gift.giver_id, "page"),
        (user.pk, gift.giver_id, "export of their data"),
    ]


def test_the_list_of_givers_unseals_nothing(sign_in):
    gift_of()

    page = sign_in(staff()).get(GIVERS).content.decode()

    assert ADDRESS not in page
    assert NAME not in page


def test_a_giver_is_erased_after_a_question(sign_in):
    gift = gift_of()
    client = sign_in(staff())
    url = f"{GIVERS}{gift.giver_id}/erase/"

    client.get(url)
    assert Giver.objects.get().address == ADDRESS
    client.post(url)

    assert Giver.objects.get().address == ""
    assert GiverLook.objects.get().what == "erased"


def test_a_giver_whose_gift_renews_is_not_erased(sign_in):
    giver = people.giver(ADDRESS)
    people.running(giver)

    answer = sign_in(staff()).post(f"{GIVERS}{giver.pk}/erase/", follow=True)

    assert "A recurring gift runs" in answer.content.decode()
    assert Giver.objects.get().address == ADDRESS


def test_reminders_are_counts_by_month_alone(sign_in):
    Reminder.objects.create(
        due_on="2026-12-05",
        address_sealed=mail_addresses.seal(ADDRESS),
        address_digest=mail_addresses.digest(ADDRESS),
    )
    Reminder.objects.create(due_on="2026-12-09", sent_at=timezone.now())

    page = sign_in(staff()).get("/admin/support/reminder/")

    [december] = page.context["months"]
    assert (december["waiting"], december["sent"], december["stopped"]) == (1, 1, 0)
    assert ADDRESS not in page.content.decode()


# --- Events, differences, statements --------------------------------------------------


def test_stuck_events_are_tried_again_one_by_one_or_all(sign_in):
    one, other = event(1), event(2)
    applied = event(3, state="applied")
    client = sign_in(staff())

    assert "2 events cannot be applied" in client.get(EVENTS).content.decode()
    client.post(f"{EVENTS}{one.pk}/again/")
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, one.attempts, other.state) == ("stored", 0, "stuck")
    client.post(f"{EVENTS}again/")

    other.refresh_from_db()
    applied.refresh_from_db()
    assert (other.state, applied.state) == ("stored", "applied")
    assert webhooks.State.STUCK not in WebhookEvent.objects.values_list(
        "state", flat=True
    )


def test_a_difference_is_settled_after_a_question(sign_in):
    row = Difference.objects.create(
        provider="stripe", ref="pi_1", what="amount", ours="$5", theirs="$6"
    )
    client = sign_in(staff())
    url = f"/admin/support/difference/{row.pk}/settle/"

    assert "Ours: $5. Theirs: $6." in client.get(url).content.decode()
    client.post(url)

    row.refresh_from_db()
    assert row.settled_at is not None


def test_a_statement_is_taken_in_and_the_rest_waits_for_somebody(sign_in):
    file = SimpleUploadedFile(
        "bank.csv",
        b"Date;Amount;Currency;Name;Purpose\r\n"
        b"2026-11-20;25,00;EUR;Anna Canaryname;For the harbour\r\n",
    )
    client = sign_in(staff())

    answer = client.post(f"{LINES}take-in/", {"file": file, "currency": "EUR"})

    line = BankLine.objects.get()
    assert answer.url == f"{LINES}?is=open"
    assert (line.amount_minor, line.currency) == (2500, "EUR")
    page = client.get(answer.url).content.decode()
    assert "New lines: 1, of them matched: 0" in page
    assert "Canaryname" not in page


@pytest.mark.parametrize("content", [b"\x00\x01", b"<html></html>", b"a,b\n1,2\n"])
def test_what_is_no_statement_is_refused_and_changes_nothing(sign_in, content):
    answer = sign_in(staff()).post(
        f"{LINES}take-in/",
        {"file": SimpleUploadedFile("x.csv", content), "currency": "EUR"},
    )

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not BankLine.objects.exists()


def test_a_line_is_matched_by_hand_and_opening_it_is_noted(sign_in):
    gift = people.gift(
        state="pending",
        provider="bank_transfer",
        checkout_ref="HB-1234",
        payment_ref="",
        paid_at=None,
    )
    line = bank_line()
    client = sign_in(staff())

    page = client.get(f"{LINES}{line.pk}/change/").content.decode()
    assert PAYER in page
    assert gift.public_id in page
    assert GiverLook.objects.get().what == f"line {line.pk} of a bank statement"
    missing = client.post(f"{LINES}{line.pk}/match/", {"gift": "none"}, follow=True)
    assert "There is no gift with this number" in missing.content.decode()

    client.post(f"{LINES}{line.pk}/match/", {"gift": gift.public_id})

    line.refresh_from_db()
    gift.refresh_from_db()
    assert line.contribution == gift
    assert gift.state == "succeeded"


def test_a_reference_may_be_typed_in_fours(sign_in):
    gift = people.gift(
        state="pending",
        provider="bank_transfer",
        checkout_ref="RF18539007547034",
        payment_ref="",
        paid_at=None,
    )
    line = bank_line()

    sign_in(staff()).post(
        f"{LINES}{line.pk}/match/", {"gift": "rf18 5390 0754 7034"}, follow=True
    )

    line.refresh_from_db()
    assert line.contribution == gift


def test_a_line_says_why_nothing_was_matched_by_itself(sign_in):
    line = bank_line()
    client = sign_in(staff())
    words = "does not say from which country"
    assert words not in client.get(f"{LINES}{line.pk}/change/").content.decode()

    make_support.country("RU")

    assert words in client.get(f"{LINES}{line.pk}/change/").content.decode()


@pytest.mark.parametrize(("query", "whose"), [("no", "open"), ("yes", "settled")])
def test_differences_are_found_by_whether_they_are_settled(sign_in, query, whose):
    rows = {
        "open": Difference.objects.create(provider="stripe", ref="1", what="missing"),
        "settled": Difference.objects.create(
            provider="stripe", ref="2", what="missing", settled_at=timezone.now()
        ),
    }

    answer = sign_in(staff()).get(f"/admin/support/difference/?settled={query}")

    assert found(answer) == {rows[whose].pk}


def test_a_gift_that_was_given_back_in_part_says_how_much(sign_in):
    gift = gift_of(amount_minor=2500)
    people.moved(gift, "refund", -1000)

    page = sign_in(staff()).get(f"{GIFTS}{gift.pk}/change/").content.decode()

    assert "$10 of it given back" in page


def test_a_line_is_set_aside_and_taken_back(sign_in):
    line = bank_line()
    client = sign_in(staff())

    client.post(f"{LINES}{line.pk}/aside/", {"is_set_aside": "yes"})
    line.refresh_from_db()
    assert line.is_set_aside

    client.post(f"{LINES}{line.pk}/aside/", {"is_set_aside": "no"})
    line.refresh_from_db()
    assert not line.is_set_aside


# --- Totals, exports, letters, the desk -----------------------------------------------


def test_totals_show_each_currency_and_one_sum_only_with_a_rate(sign_in):
    now = timezone.now()
    people.gift(paid_at=now)
    people.gift(paid_at=now, currency="EUR", amount_minor=1000)
    ExchangeRate.objects.create(
        day="2026-11-20", currency="EUR", into="USD", rate="1.1", source="ECB"
    )
    client = sign_in(staff())

    plain = client.get(f"{GIFTS}totals/").content.decode()
    together = client.get(f"{GIFTS}totals/?rate=2026-11-20|USD").content.decode()

    assert "USD: $25 given, $25 left" in plain
    assert "EUR: €10 given, €10 left" in plain
    assert "All together" not in plain
    assert "All together: $36 left, by the rates of 20 November 2026" in together
    assert "1 EUR = 1.1 USD (ECB)" in together
    assert plain.count("<title id=") >= 4
    assert plain.count("The same as a table") >= 4


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("first=2026-11&last=2026-10", "lies before the first one"),
        ("first=2001-01&last=2026-10", "Five years at most"),
        ("first=November", "Write a year and a month"),
        ("campaign=x", "Select a valid choice"),
    ],
)
def test_a_period_that_cannot_be_is_said(sign_in, query, words):
    answer = sign_in(staff()).get(f"{GIFTS}totals/?{query}")

    assert words in answer.content.decode()


def test_the_totals_file_has_a_line_for_each_sum(sign_in):
    at = datetime(2026, 11, 3, 12, tzinfo=UTC)
    campaign = appeals.campaign(name="=Winter")
    gift = people.gift(paid_at=at, campaign=campaign)
    people.moved(gift, "fee", -103, at=at)

    answer = sign_in(staff()).get(f"{GIFTS}totals.csv?first=2026-11&last=2026-11")

    _head, line = b"".join(answer).decode().splitlines()
    assert line == "2026-11,USD,once,'=Winter,,1,25.00,-1.03,0.00,23.97"


def test_only_who_may_takes_givers_along(sign_in):
    gift_of()
    user = staff()
    client = sign_in(user)
    named = client.post(f"{GIFTS}export/", {"kind": "csv", "with_givers": "on"})
    assert ADDRESS in b"".join(named).decode()
    assert GiverLook.objects.get().what == "export of gifts with givers"

    group = user.groups.get()
    group.permissions.remove(group.permissions.get(codename="export_giver"))
    plain = client.post(f"{GIFTS}export/", {"kind": "csv", "with_givers": "on"})

    assert ADDRESS not in b"".join(plain).decode()
    assert GiverLook.objects.order_by("-pk")[0].what == "export of gifts"


def test_a_line_that_turned_up_is_traced_to_its_export(sign_in):
    people.gift()
    client = sign_in(staff(username="mara"))
    file = b"".join(client.post(f"{GIFTS}export/", {"kind": "csv"})).decode()
    cells = file.splitlines()[2].split(",")

    page = client.post(f"{GIFTS}trace/", {"gift": cells[0], "ref": cells[-1]})

    assert "taken by mara" in page.content.decode()


def test_letters_that_do_not_leave_are_listed_and_owed_anew(sign_in):
    gift = gift_of()
    letter = GiverLetter.objects.create(
        kind="thanks",
        giver=gift.giver,
        contribution=gift,
        key="thanks:9",
        due_at=timezone.now(),
        attempts=10,
        given_up_at=timezone.now(),
    )
    client = sign_in(staff())

    page = client.get(f"{GIFTS}letters/").content.decode()
    client.post(f"{GIFTS}letters/again/")

    assert "tried 10 times" in page
    assert ADDRESS not in page
    letter.refresh_from_db()
    assert (letter.attempts, letter.given_up_at) == (0, None)


def test_the_desk_is_told_what_needs_somebody(django_assert_max_num_queries):
    event()
    gift = people.gift(state="quarantined")
    RefundOrder.objects.create(
        contribution=gift, amount_minor=1, due_at=timezone.now(), state="failed"
    )
    Difference.objects.create(provider="stripe", ref="pi_1", what="missing")
    bank_line()
    GiverLetter.objects.create(
        kind="thanks", key="k", due_at=timezone.now(), given_up_at=timezone.now()
    )
    user = staff()

    with django_assert_max_num_queries(9):
        matters = attention.attention(user)

    assert [(matter.count, matter.stops) for matter in matters] == [
        (1, True),
        (1, True),
        (1, True),
        (1, True),
        (1, False),
        (1, False),
    ]
    assert matters[1].words == "1 gift is quarantined"
    assert attention.attention(make.publisher()) == []


def test_the_desks_links_lead_to_just_those_rows(sign_in):
    stuck = event()
    event(2, state="applied")
    line = bank_line()
    bank_line(is_set_aside=True)
    open_one = Difference.objects.create(provider="stripe", ref="1", what="missing")
    Difference.objects.create(
        provider="stripe", ref="2", what="missing", settled_at=timezone.now()
    )
    user = staff()
    client = sign_in(user)

    shown = [found(client.get(matter.url)) for matter in attention.attention(user)]

    assert shown == [{stuck.pk}, {open_one.pk}, {line.pk}]
