"""The support page: what is offered, what is checked, what is begun."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from newsroom.core import mail_addresses
from newsroom.newsletters.models import ReaderRequest
from newsroom.support import countries, payments
from newsroom.support.checkout import giving, offer
from newsroom.support.models import (
    Asking,
    Contribution,
    Giver,
    PaymentMethod,
    Press,
    RecurringContribution,
    SandboxCheckout,
)
from newsroom.support.payments import sandbox_events
from tests import make, make_support
from tests.newsroom.support.gifts import ADDRESS, filled_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.newsroom.support.demo_urls"),
]

State = Contribution.State
PAGE = "/support/"


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True


@pytest.fixture
def offered():
    make_support.amounts("USD")
    return make_support.method(explanation="The bank may ask for a code.")


def test_the_page_is_one_for_all(client, offered):
    response = client.get(PAGE)

    assert response.status_code == 200
    assert response["ETag"]
    assert not response.cookies
    assert "Cookie" not in response["Vary"]
    assert {"asking", "furniture"} <= response.wsgi_request.page_names


def test_the_page_explains_each_way_to_pay_and_the_statement(client, offered):
    make_support.campaign(statement_descriptor="TMF RIGA")

    page = client.get(PAGE).content.decode()

    assert "The bank may ask for a code." in page
    assert "TMF RIGA" in page
    assert "We never see a card number." in page


def test_without_a_way_to_pay_the_page_says_so(client):
    make_support.amounts()

    page = client.get(PAGE).content.decode()

    assert "We cannot take gifts at the moment." in page
    assert "data-give" not in page


def test_a_link_fills_in_frequency_amount_and_currency(client, offered):
    make_support.amounts("EUR")
    query = "?frequency=annual&amount=12000&currency=EUR"

    page = client.get(PAGE + query).content.decode()

    assert is_checked(page, "frequency", "annual")
    assert is_checked(page, "currency", "EUR")
    assert is_checked(page, "amount_annual_EUR", "12000")


@pytest.mark.parametrize(
    ("query", "typed"), [("amount=777", "7.77"), ("other=12,50", "12,50")]
)
def test_a_link_fills_in_an_amount_that_no_tile_has(client, offered, query, typed):
    page = client.get(f"{PAGE}?frequency=once&currency=USD&{query}").content.decode()

    assert value_of(page, "other_once_USD") == typed


@pytest.mark.parametrize(
    "query", ["frequency=daily", "amount=-5", "amount=²", "currency=XXX", "v=99", "v=x"]
)
def test_what_is_not_offered_is_passed_over(client, offered, query):
    assert client.get(f"{PAGE}?{query}").status_code == 200


def test_a_gift_once_leads_to_the_checkout(client, offered):
    response = client.post(PAGE, filled_in(cover="on", name="Anna", message="Go on."))

    gift = Contribution.objects.get()
    checkout = SandboxCheckout.objects.get()
    assert response.status_code == 303
    assert response["Location"].endswith(f"/demo/pay/{checkout.ref}/")
    assert (gift.state, gift.frequency, gift.amount_minor) == (
        State.PENDING,
        "once",
        2500,
    )
    assert (gift.provider, gift.method, gift.recurring) == ("sandbox", "card", None)
    assert gift.is_anonymous
    assert gift.checkout_ref == checkout.ref
    assert gift.giver.address == ADDRESS
    assert gift.giver.name == "Anna"
    assert mail_addresses.unseal(gift.message_sealed) == "Go on."
    assert not ReaderRequest.objects.exists()


def test_a_monthly_gift_has_terms_of_its_own(client, offered):
    client.post(PAGE, filled_in(frequency="monthly", amount_monthly_USD="500"))

    recurring = RecurringContribution.objects.get()
    assert recurring.state == RecurringContribution.State.PENDING
    assert (recurring.frequency, recurring.amount_minor) == ("monthly", 500)
    assert recurring.contributions.get().amount_minor == 500


def test_the_fee_is_counted_here_whatever_the_page_showed(client, offered):
    PaymentMethod.objects.update(fee_percent="2.9", fee_fixed={"USD": 30})

    client.post(PAGE, filled_in(cover="on"))

    gift = Contribution.objects.get()
    assert gift.amount_minor == 2606
    assert gift.covered_minor == 106
    assert gift.amount_minor - (gift.amount_minor * 29 // 1000 + 30) >= 2500


def test_a_written_amount_comes_before_a_tile(client, offered):
    client.post(PAGE, filled_in(amount_once_USD="2500", other_once_USD="$ 1 234,5"))

    assert Contribution.objects.get().amount_minor == 123450


def test_the_newsletter_is_sent_to_who_ticks_its_box_alone(client, offered):
    make.newsletter(name="Ledger")

    client.post(PAGE, filled_in(newsletter="on"))

    assert ReaderRequest.objects.get().facts["source"] == "support"


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"email": ""}, "email", "Write your email address."),
        ({"email": "anna@reader"}, "email", "not an email address"),
        ({"frequency": ""}, "frequency", "Say how often."),
        ({"frequency": "daily"}, "frequency", "daily is not one"),
        ({"currency": "XXX"}, "currency", "Such a gift is not offered."),
        ({"amount_once_USD": ""}, "amount", "Choose an amount, or write one."),
        ({"amount_once_USD": "2501"}, "amount", "Choose an amount, or write one."),
        ({"other_once_USD": "much"}, "amount", "Write an amount in figures"),
        ({"other_once_USD": "1"}, "amount", "Give $2 or more."),
        ({"other_once_USD": "10001"}, "amount", "Give $10,000 at most."),
        ({"other_once_USD": "5.123"}, "amount", "USD has 2 digits after the point."),
        ({"method": ""}, "method", "Choose how to pay."),
        ({"method": "sandbox:none"}, "method", "no longer there"),
        ({"message": "x" * 501}, "message", "at most 500 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_above_the_form(
    client, offered, changes, place, words
):
    response = client.post(PAGE, filled_in(name="Anna", **changes))

    page = unescape(response.content.decode())
    assert response.status_code == 422
    assert f'id="{place}-error"' in page
    assert page.count(words) == 2
    assert f'href="#{place}"' in page
    assert re.search(rf'id="{place}"', page)
    assert re.search(rf'aria-describedby="[^"]*{place}-error', page)
    assert value_of(page, "name") == "Anna"
    assert not Contribution.objects.exists()


def test_everything_typed_is_kept(client, offered, settings):
    make.newsletter()
    settings.NEUTRAL_FROM_EMAIL = "post@plain.example"
    typed = filled_in(
        email="anna@reader",
        frequency="annual",
        other_annual_USD="77,70",
        name="Anna <b>",
        message="Go & on",
        cover="on",
        named="on",
        neutral="on",
        newsletter="on",
    )

    page = client.post(PAGE, typed).content.decode()

    assert is_checked(page, "frequency", "annual")
    assert value_of(page, "other_annual_USD") == "77,70"
    assert value_of(page, "email") == "anna@reader"
    assert value_of(page, "name") == "Anna <b>"
    assert "Go &amp; on</textarea>" in page
    for box in ("cover", "named", "neutral", "newsletter"):
        assert is_checked(page, box, "on")


def test_a_method_must_fit_the_gift(client, offered):
    make_support.method(code="debit", name="Direct debit", currencies=["EUR"])

    response = client.post(PAGE, filled_in(method="sandbox:debit"))

    assert response.status_code == 422
    assert "does not take such gifts" in response.content.decode()


def test_a_mistyped_address_is_asked_about(client, offered):
    response = client.post(PAGE, filled_in(email="anna@gmial.com"))

    assert response.status_code == 200
    assert "anna@gmail.com" in response.content.decode()
    assert not Contribution.objects.exists()


def test_the_suggested_address_is_taken_by_one_press(client, offered):
    client.post(PAGE, filled_in(email="anna@gmial.com", use="suggested"))

    assert Giver.objects.get().address == "anna@gmail.com"


def test_who_gives_stands_in_no_log_job_or_address(client, offered, capfd):
    said = {"name": "Anna Achmatova", "message": "For the lighthouse"}

    location = client.post(PAGE, filled_in(**said))["Location"]
    client.get(location.removeprefix("http://127.0.0.1:8000"))
    client.post(PAGE, filled_in(country="RU", email="anna@", **said))

    jobs = str(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    output = "".join(capfd.readouterr())
    for secret in (ADDRESS, "Achmatova", "lighthouse"):
        assert secret not in output + jobs + location


def test_what_was_said_of_the_address_holds_through_a_warning(client, offered):
    make_support.country("BY", never_accept=False)
    said = {"email": "anna@gmial.com", "country": "BY"}

    kept = client.post(PAGE, filled_in(use="typed", **said)).content.decode()
    changed = client.post(PAGE, filled_in(use="suggested", **said)).content.decode()

    assert value_of(kept, "use") == "typed"
    assert value_of(kept, "email") == "anna@gmial.com"
    assert value_of(changed, "email") == "anna@gmail.com"


def test_the_browser_may_follow_to_the_providers_checkout(client, offered, settings):
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_x", "whsec_x"
    before = client.get(PAGE)["Content-Security-Policy"]
    make_support.method(provider="stripe", code="card", name="Card")

    after = client.get(PAGE)["Content-Security-Policy"]

    assert "form-action 'self';" in before
    assert "form-action 'self' https://checkout.stripe.com;" in after


def test_two_presses_begin_one_gift(client, offered):
    first = client.post(PAGE, filled_in())
    second = client.post(PAGE, filled_in())

    assert first["Location"] == second["Location"]
    assert Contribution.objects.count() == 1
    assert SandboxCheckout.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_presses_at_once_begin_one_gift(offered):
    def press(_number: int) -> str:
        try:
            return Client().post(PAGE, filled_in())["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as presses:
        places = list(presses.map(press, range(10)))

    assert len(set(places)) == 1
    assert Contribution.objects.count() == 1
    assert SandboxCheckout.objects.count() == 1
    assert Giver.objects.count() == 1


def test_another_wish_begins_another_gift(client, offered):
    client.post(PAGE, filled_in())
    client.post(PAGE, filled_in(amount_once_USD="1000"))

    assert Contribution.objects.count() == 2


def test_the_same_wish_tomorrow_begins_another_gift(client, offered):
    client.post(PAGE, filled_in())
    Press.objects.update(pressed_at=timezone.now() - giving.SAME_WISH)

    client.post(PAGE, filled_in())

    assert Contribution.objects.count() == 2


def test_pressed_again_after_paying_the_same_page_leads_to_the_thanks(client, offered):
    client.post(PAGE, filled_in(key="a" * 32))
    gift = Contribution.objects.get()
    Contribution.objects.update(state=State.SUCCEEDED)

    response = client.post(PAGE, filled_in(key="a" * 32))

    thanks = reverse("support:thanks", args=[gift.public_id])
    assert response["Location"].endswith(thanks)
    assert Contribution.objects.count() == 1


def test_without_a_key_a_second_gift_is_possible_and_seen(client, offered):
    client.post(PAGE, filled_in())
    Contribution.objects.update(state=State.SUCCEEDED)

    response = client.post(PAGE, filled_in())

    assert "/demo/pay/" in response["Location"]
    assert Contribution.objects.count() == 2


def test_what_is_begun_anew_closes_the_earlier_checkout(client, offered):
    client.post(PAGE, filled_in())
    gift = Contribution.objects.get()

    client.post(PAGE, filled_in(instead=gift.public_id, amount_once_USD="1000"))

    states = SandboxCheckout.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["closed", "open"]


def test_presses_are_forgotten_after_an_hour(client, offered):
    client.post(PAGE, filled_in())

    giving.forget_presses(timezone.now() + timedelta(hours=2))

    assert not Press.objects.exists()


def test_a_provider_that_does_not_answer_costs_nothing_typed(client, offered):
    set_down(True)

    response = client.post(PAGE, filled_in(name="Anna"))

    page = response.content.decode()
    assert response.status_code == 503
    assert "does not answer at the moment" in page
    assert value_of(page, "name") == "Anna"
    assert value_of(page, "email") == ADDRESS


def test_tried_again_it_is_the_same_gift(client, offered):
    set_down(True)
    client.post(PAGE, filled_in())
    set_down(False)

    response = client.post(PAGE, filled_in())

    assert response.status_code == 303
    assert Contribution.objects.count() == 1


def test_a_strangers_form_does_not_tell_who_gave_before(client, offered):
    known = make_support.giver(ADDRESS, name="Anna Kalnina", is_neutral=True)
    make_support.paid(giver=known)
    client.post(PAGE, filled_in(name="Somebody"))
    begun = Contribution.objects.get(state=State.PENDING)

    page = client.get(reverse("support:again", args=[begun.public_id]))

    words = page.content.decode()
    assert value_of(words, "email") == ADDRESS
    assert "Kalnina" not in words
    assert "Somebody" not in words


def test_too_many_from_one_network_are_refused(client, offered, monkeypatch):
    monkeypatch.setattr("newsroom.support.checkout.attempts.MOST_IN_AN_HOUR", 2)

    answers = [
        client.post(PAGE, filled_in(email=f"anna{number}@example.org")).status_code
        for number in range(3)
    ]

    assert answers == [303, 303, 429]


def test_a_form_of_another_site_is_refused(client, offered):
    response = client.post(
        PAGE, filled_in(), headers={"Origin": "https://elsewhere.example"}
    )

    assert response.status_code == 403
    assert not Contribution.objects.exists()


def test_a_program_that_fills_in_everything_begins_nothing(client, offered):
    client.post(PAGE, filled_in(your_site="https://spam.example"))

    assert not Contribution.objects.exists()


def test_the_gift_remembers_the_wording_that_led_to_it(client, offered):
    prompt = make_support.prompt(campaign=make_support.campaign(priority=1))
    make_support.campaign(priority=50)
    variant = prompt.variants.get()

    client.post(PAGE, filled_in(v=str(variant.pk)))

    gift = Contribution.objects.get()
    assert (gift.variant, gift.campaign) == (variant, prompt.campaign)


def test_a_campaigns_own_amounts_stand_in_place_of_the_general(client, offered):
    campaign = make_support.campaign()
    campaign.amounts.create(
        frequency="once", currency="USD", amount_minor=4200, is_default=True
    )

    found = offer.load(campaign, default_currency="USD")

    assert found.group("once", "USD").amounts == (4200,)
    assert found.group("monthly", "USD").amounts == (200, 500, 1000)


def test_the_default_currency_stands_first(client, offered):
    make_support.amounts("EUR")
    Asking.objects.update(default_currency="USD")

    found = offer.load(None, default_currency="USD")

    assert found.currencies == ["USD", "EUR"]


# Countries


def test_from_a_country_that_is_never_accepted_nothing_is_begun(client, offered):
    policy = make_support.country("RU", name="Russia", warning="Read us instead.")

    response = client.post(PAGE, filled_in(country="RU", name="Anna"))

    page = response.content.decode()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert policy.warning in page
    assert not Contribution.objects.exists()
    assert not Giver.objects.exists()
    assert not Press.objects.exists()


def test_who_chose_the_wrong_country_goes_back_with_everything(client, offered):
    make_support.country("RU", name="Russia")
    page = client.post(PAGE, filled_in(country="RU", name="Anna")).content.decode()

    again = client.post(PAGE, hidden_fields(page) | {"edit": "on"}).content.decode()

    assert value_of(again, "name") == "Anna"
    assert value_of(again, "email") == ADDRESS
    assert not Contribution.objects.exists()


def test_where_they_live_must_be_said_where_it_matters(client, offered):
    make_support.country("RU")

    response = client.post(PAGE, filled_in(country=""))

    assert response.status_code == 422
    assert "Say where you live" in response.content.decode()


def test_who_lives_elsewhere_gives(client, offered):
    make_support.country("RU")

    assert client.post(PAGE, filled_in(country="other")).status_code == 303


def test_where_giving_is_dangerous_they_are_warned_first(client, offered):
    make_support.country(
        "BY", name="Belarus", never_accept=False, warning="Mind the law there."
    )

    warned = client.post(PAGE, filled_in(country="BY"))
    assert warned.status_code == 200
    assert warned.content.decode().count("Mind the law there.") == 2
    assert not Contribution.objects.exists()

    assert client.post(PAGE, filled_in(country="BY", knows="on")).status_code == 303


def test_warnings_are_read_before_anything_is_filled_in(client, offered):
    make_support.country("RU", name="Russia", warning="Prison.")
    make_support.country("GE", name="Georgia", warns=False, never_accept=False)

    page = client.get(PAGE).content.decode()

    assert "Prison." in page
    assert "Georgia" not in page


def test_the_header_of_a_network_in_front_refuses_too(client, offered, settings):
    settings.COUNTRY_HEADER = "CF-IPCountry"
    make_support.country("RU")

    response = client.post(
        PAGE, filled_in(country="other"), headers={"CF-IPCountry": "RU"}
    )

    assert "Please do not give from there" in response.content.decode()
    assert not Contribution.objects.exists()


def test_a_header_that_is_not_set_for_it_is_not_read(client, offered):
    make_support.country("RU")

    response = client.post(
        PAGE, filled_in(country="other"), headers={"CF-IPCountry": "RU"}
    )

    assert response.status_code == 303


def test_no_row_of_a_gift_holds_a_country(client, offered):
    make_support.country("BY", never_accept=False)

    client.post(PAGE, filled_in(country="BY", knows="on"))

    gift = Contribution.objects.values().get()
    assert "BY" not in gift.values()


def test_the_policy_decides_on_the_cards_country():
    make_support.country("RU", languages=["ru"])
    make_support.country("BY", never_accept=False, sends_mail=True, never_ask=False)

    Verdict = Contribution.Verdict
    assert countries.verdict("ru") == Verdict.REFUSED
    assert countries.verdict("BY") == Verdict.ACCEPTED
    assert countries.verdict("DE") == Verdict.ACCEPTED
    assert countries.verdict("") == Verdict.ACCEPTED
    assert not countries.may_mail("RU")
    assert countries.may_mail("BY")
    assert countries.may_mail("DE")
    assert not countries.asks_in("ru")
    assert countries.asks_in("en")
    assert countries.warning_for("ru").country == "RU"
    assert countries.warning_for("en") is None


# Coming back


def test_back_from_the_checkout_everything_is_filled_in(client, offered, settings):
    settings.NEUTRAL_FROM_EMAIL = "post@plain.example"
    client.post(
        PAGE,
        filled_in(
            frequency="monthly",
            other_monthly_USD="7.70",
            name="Anna",
            message="Go on.",
            neutral="on",
            named="on",
        ),
    )
    gift = Contribution.objects.get()

    response = client.get(reverse("support:again", args=[gift.public_id]))

    page = response.content.decode()
    assert "Nothing was paid." in page
    assert is_checked(page, "frequency", "monthly")
    assert value_of(page, "other_monthly_USD") == "7.70"
    assert value_of(page, "email") == ADDRESS
    assert value_of(page, "name") == "Anna"
    assert value_of(page, "instead") == gift.public_id
    assert "Go on.</textarea>" in page
    assert is_checked(page, "neutral", "on")
    assert is_checked(page, "named", "on")
    assert response["Cache-Control"] == "no-store, private"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"


def test_a_day_later_the_link_tells_nothing_more(client):
    gift = make_support.contribution()
    before = timezone.now() - timedelta(hours=25)
    Contribution.objects.update(created_at=before)

    response = client.get(reverse("support:again", args=[gift.public_id]))

    assert response["Location"] == PAGE


def test_back_from_a_gift_that_was_paid_leads_to_the_thanks(client):
    gift = make_support.paid()

    response = client.get(reverse("support:again", args=[gift.public_id]))

    assert response["Location"] == reverse("support:thanks", args=[gift.public_id])


# Thanks


def thanks_of(client, gift) -> str:
    response = client.get(reverse("support:thanks", args=[gift.public_id]))
    assert response["Cache-Control"] == "no-store, private"
    return response.content.decode()


def test_the_editor_thanks_in_the_campaigns_words(client):
    campaign = make_support.campaign(
        thanks="Dear {name},\n\nyour {amount} keeps us going.",
        thanks_signature="Vera, editor",
    )
    giver = make_support.giver(name="Anna")
    gift = make_support.paid(campaign=campaign, giver=giver, descriptor="TMF RIGA")

    page = thanks_of(client, gift)

    assert "Dear Anna" in page
    assert "your $25 keeps us going." in page
    assert "Vera, editor" in page
    assert "TMF RIGA" in page


def test_nobody_is_thanked_before_the_cards_country_is_known(client):
    gift = make_support.contribution(state=State.SUCCEEDED)

    page = thanks_of(client, gift)

    assert "Thank you" not in page
    assert "has still to confirm it" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": State.PENDING}, "has still to confirm it"),
        ({"state": State.FAILED}, "has still to confirm it"),
        ({"state": State.QUARANTINED, "verdict": "refused"}, "We cannot accept"),
        ({"state": State.REFUNDED, "verdict": "refused"}, "We cannot accept"),
        ({"state": State.REFUNDED, "verdict": "accepted"}, "was given back"),
        ({"state": State.DISPUTED, "verdict": "accepted"}, "was given back"),
    ],
)
def test_the_page_after_paying_says_how_the_gift_stands(client, values, words):
    assert words in thanks_of(client, make_support.contribution(**values))


def test_what_stays_unpaid_is_said_to_be_so_after_an_hour(client):
    gift = make_support.contribution(state=State.FAILED)
    Contribution.objects.update(created_at=timezone.now() - timedelta(hours=2))

    assert "Nothing was paid" in thanks_of(client, gift)


def test_a_transfer_is_explained_until_it_arrives(client, settings):
    settings.BANK_HOLDER = "The Meridian Foundation"
    settings.BANK_IBAN = "DE89370400440532013000"
    gift = make_support.contribution(
        provider="bank_transfer", checkout_ref="RF18539007547034"
    )

    page = thanks_of(client, gift)

    assert "The Meridian Foundation" in page
    assert "RF18 5390 0754 7034" in page


def test_an_unknown_gift_is_not_found(client):
    assert client.get(reverse("support:thanks", args=["nothing"])).status_code == 404
    assert client.get(reverse("support:again", args=["nothing"])).status_code == 404


# Providers


def test_the_sandbox_is_refused_outside_the_demo(client, settings, offered):
    settings.DEMO = False

    with pytest.raises(payments.Unknown):
        payments.named("sandbox")
    assert "sandbox" not in payments.active()
    assert "We cannot take gifts" in client.get(PAGE).content.decode()


def test_an_unknown_provider_is_refused():
    with pytest.raises(payments.Unknown):
        payments.named("os")


def set_down(is_down: bool) -> None:
    row = sandbox_events.row()
    row.is_down = is_down
    row.save()


def field(page: str, name: str, value: str | None = None) -> str:
    """The tag of an input of the form, with its value if several have the name."""
    page = page.partition(" data-give")[2].partition("</form>")[0]
    tags = re.findall(rf'<input[^>]*\bname="{name}"[^>]*>', page)
    if value is not None:
        tags = [tag for tag in tags if f'value="{value}"' in tag]
    [tag] = tags
    return tag


def is_checked(page: str, name: str, value: str) -> bool:
    return " checked" in field(page, name, value)


def value_of(page: str, name: str) -> str:
    return unescape(re.search(r'\bvalue="([^"]*)"', field(page, name))[1])


def hidden_fields(page: str) -> dict[str, str]:
    tags = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in tags}
