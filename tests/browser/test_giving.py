"""From the support page to the thanks, and the ways on which it goes otherwise."""

import pytest
from django.core import mail
from playwright.sync_api import Browser, expect

from newsroom.support.models import (
    Contribution,
    PaymentMethod,
    RecurringContribution,
    SandboxPayment,
)
from newsroom.support.payments import sandbox_events
from tests import make, make_support

ADDRESS = "anna@reader.example"
State = Contribution.State

pytestmark = pytest.mark.urls("tests.newsroom.support.demo_urls")


@pytest.fixture(autouse=True)
def _demo(settings, site):
    """The sandbox, three ways to pay, and a country from which nothing is taken."""
    settings.DEMO = True
    settings.SITE_URL = site.url
    make.newsletter(name="The Friday Letter")
    make_support.amounts("USD")
    make_support.amounts("EUR")
    make_support.method(
        explanation="Your bank may ask you to confirm.",
        fee_percent="2.9",
        fee_fixed={"USD": 30},
    )
    make_support.method(code="debit", name="Direct debit", currencies=["EUR"])
    make_support.method(code="cheque", name="Cheque", frequencies=["once"])
    make_support.country("RU", name="Russia", warning="Reading us helps more.")
    make_support.campaign(
        statement_descriptor="TMF RIGA", thanks="Dear {name}, thank you."
    )


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def giver(request, chromium: Browser):
    """A giver's window with scripts, and one without."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 800}, java_script_enabled=request.param
    )
    window = context.new_page()
    window.set_default_timeout(10_000)
    window.has_scripts = request.param
    yield window
    context.close()


def fill_in(window, site, frequency: str, *, country: str = "other") -> None:
    window.goto(f"{site.url}/support/")
    window.check(f"[name=frequency][value={frequency}]", force=True)
    window.select_option("#country", country)
    window.fill("#email", ADDRESS)


def go_on(window) -> None:
    window.click("text=Continue")
    window.wait_for_url("**/demo/pay/**")


def pay(window, *, card: str = "good", country: str = "LV") -> None:
    window.check(f"[name=card][value={card}]")
    window.select_option("#country", country)
    window.click("button:has-text('Pay')")


@pytest.mark.parametrize("frequency", ["once", "monthly", "annual"])
def test_a_gift_is_given_and_thanked_for(site, giver, frequency):
    fill_in(giver, site, frequency)
    giver.click(".give__more summary")
    giver.fill("#name", "Anna")
    go_on(giver)
    expect(giver.get_by_text("TMF RIGA")).to_be_visible()
    pay(giver)
    giver.wait_for_url("**/support/thanks/**")
    expect(giver.locator("h1")).to_have_text("Your payment is on its way to us")

    site.run_jobs()

    if not giver.has_scripts:
        giver.click("text=Look again")
    expect(giver.locator("h1")).to_have_text("Thank you")
    expect(giver.get_by_text("Dear Anna, thank you.")).to_be_visible()
    gift = Contribution.objects.get()
    assert (gift.state, gift.frequency) == (State.SUCCEEDED, frequency)
    assert RecurringContribution.objects.count() == (frequency != "once")
    assert [message.to for message in mail.outbox] == [[ADDRESS]]


def test_the_bank_asks_for_a_code_first(site, giver):
    fill_in(giver, site, "once")
    go_on(giver)
    pay(giver, card="checked")
    expect(giver.locator("h1")).to_have_text("Your bank asks: is it you?")
    giver.click("text=Yes, pay")
    giver.wait_for_url("**/support/thanks/**")

    site.run_jobs()

    assert Contribution.objects.get().state == State.SUCCEEDED


def test_after_a_declined_card_another_one_pays(site, giver):
    fill_in(giver, site, "once")
    go_on(giver)
    pay(giver, card="declined")
    expect(giver.get_by_role("alert")).to_contain_text("The card was declined.")
    site.run_jobs()
    assert Contribution.objects.get().state == State.FAILED

    pay(giver)
    giver.wait_for_url("**/support/thanks/**")
    expect(giver.locator("h1")).to_have_text("Your payment is on its way to us")
    site.run_jobs()

    assert Contribution.objects.get().state == State.SUCCEEDED


def test_whoever_leaves_the_checkout_finds_everything_filled_in(site, giver):
    fill_in(giver, site, "monthly")
    giver.check("[name=currency][value=EUR]", force=True)
    giver.fill("#other_monthly_EUR", "7,70")
    giver.check("[name=cover]")
    giver.click(".give__more summary")
    giver.fill("#name", "Anna")
    giver.fill("#message", "Go on.")
    go_on(giver)
    giver.click("text=Leave without paying")

    expect(giver.get_by_text("Nothing was paid.")).to_be_visible()
    assert giver.is_checked("[name=frequency][value=monthly]")
    assert giver.is_checked("[name=currency][value=EUR]")
    assert giver.input_value("#other_monthly_EUR") == "7.70"
    assert giver.input_value("#email") == ADDRESS
    assert giver.input_value("#name") == "Anna"
    assert giver.input_value("#message") == "Go on."
    assert giver.is_checked("[name=cover]")

    # Where they live was not kept: it is asked again.
    giver.select_option("#country", "other")
    go_on(giver)
    pay(giver)
    giver.wait_for_url("**/support/thanks/**")
    site.run_jobs()
    paid = Contribution.objects.get(state=State.SUCCEEDED)
    assert (paid.currency, paid.frequency) == ("EUR", "monthly")
    assert SandboxPayment.objects.count() == 1


def test_from_a_country_that_is_never_accepted_nothing_begins(site, giver):
    fill_in(giver, site, "once", country="RU")
    giver.click("text=Continue")

    expect(giver.locator("h1")).to_have_text("Please do not give from there")
    expect(giver.locator(".notice")).to_contain_text("Reading us helps more.")
    assert not Contribution.objects.exists()

    giver.click("text=I chose the wrong country")
    assert giver.input_value("#email") == ADDRESS
    assert giver.input_value("#country") == ""


def test_a_card_from_such_a_country_is_quarantined_and_given_back(site, giver):
    fill_in(giver, site, "once")
    go_on(giver)
    pay(giver, country="RU")
    giver.wait_for_url("**/support/thanks/**")

    site.run_jobs()

    giver.reload()
    expect(giver.locator("h1")).to_have_text("We cannot accept this gift")
    gift = Contribution.objects.get()
    assert gift.verdict == "refused"
    assert gift.refund_orders.count() == 1
    assert mail.outbox == []


def test_only_what_fits_shows(site, giver):
    giver.goto(f"{site.url}/support/")

    assert visible(giver, ".sums legend") == ["Amount in USD, each month"]
    assert visible(giver, ".ways label") == ["Card"]

    giver.check("[name=frequency][value=once]", force=True)
    giver.check("[name=currency][value=EUR]", force=True)
    assert visible(giver, ".sums legend") == ["Amount in EUR, once"]
    assert visible(giver, ".ways label") == ["Card", "Direct debit", "Cheque"]


def test_a_way_to_pay_that_no_longer_fits_gives_way(site, page):
    page.goto(f"{site.url}/support/?frequency=once")
    page.check("[value='sandbox:cheque']", force=True)

    page.check("[name=frequency][value=monthly]", force=True)

    assert page.is_checked("[value='sandbox:card']")


def test_the_page_shows_the_sum_that_is_taken(site, page):
    page.goto(f"{site.url}/support/?frequency=once")
    expect(page.locator("[data-sum]")).to_have_text("You give $25 once.")

    page.check("[name=cover]")
    expect(page.locator("[data-sum]")).to_have_text("You give $26.06 once.")
    expect(page.locator("[data-more]")).to_have_text("$26.06 instead of $25.")

    page.fill("#other_once_USD", "1 000")
    expect(page.locator("[data-sum]")).to_have_text("You give $1,030.18 once.")
    assert not page.is_checked("[name=amount_once_USD][value='2500']")

    page.select_option("#country", "other")
    page.fill("#email", ADDRESS)
    go_on(page)
    assert Contribution.objects.get().amount_minor == 103018


def test_amounts_in_the_page_and_here_agree_to_the_last_unit(site, page):
    PaymentMethod.objects.update(fee_percent="1.999", fee_fixed={"USD": 7})
    page.goto(f"{site.url}/support/?frequency=once")
    page.check("[name=cover]")
    page.fill("#other_once_USD", "98.01")

    shown = page.locator("[data-sum]").text_content()
    page.select_option("#country", "other")
    page.fill("#email", ADDRESS)
    go_on(page)

    gift = Contribution.objects.get()
    assert shown == f"You give ${gift.amount_minor / 100:.2f} once."


def test_what_is_wrong_is_listed_and_led_to(site, giver):
    fill_in(giver, site, "once", country="")
    giver.fill("#other_once_USD", "much")
    giver.fill("#email", "anna@reader")
    giver.click("text=Continue")

    expect(giver.locator("#wrong")).to_be_focused()
    expect(giver.locator("#wrong li")).to_have_count(3)
    expect(giver.locator("#amount-error")).to_be_visible()
    expect(giver.locator("#country-error")).to_be_visible()
    giver.click("#wrong >> text=not an email address")
    assert giver.url.endswith("#email")
    assert giver.input_value("#other_once_USD") == "much"


def test_a_provider_out_of_reach_costs_nothing_typed(site, giver):
    row = sandbox_events.row()
    row.is_down = True
    row.save()
    fill_in(giver, site, "once")
    giver.click("text=Continue")
    expect(giver.locator("#wrong")).to_contain_text("does not answer")
    assert giver.input_value("#email") == ADDRESS

    row.is_down = False
    row.save()
    go_on(giver)

    assert Contribution.objects.count() == 1


def test_going_back_after_paying_does_not_pay_again(site, page):
    fill_in(page, site, "once")
    go_on(page)
    pay(page)
    page.wait_for_url("**/support/thanks/**")
    site.run_jobs()

    page.go_back()
    page.wait_for_url(f"{site.url}/**")
    if not page.url.endswith("/support/"):
        page.go_back()
    page.wait_for_url("**/support/")
    page.fill("#email", ADDRESS)
    page.click("text=Continue")
    page.wait_for_load_state()

    assert SandboxPayment.objects.count() == 1
    assert Contribution.objects.filter(state=State.SUCCEEDED).count() == 1


def test_the_whole_form_is_done_by_keyboard(site, page):
    page.goto(f"{site.url}/support/")
    page.focus("[name=frequency][value=monthly]")
    page.keyboard.press("ArrowLeft")
    assert page.is_checked("[name=frequency][value=once]")
    page.focus("#email")
    page.keyboard.type(ADDRESS)
    page.select_option("#country", "other")
    page.keyboard.press("Enter")

    page.wait_for_url("**/demo/pay/**")
    page.keyboard.press("Tab")
    page.focus("button:has-text('Pay')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/support/thanks/**")


def test_the_page_and_its_answers_are_accessible(site, violations):
    def go_wrong(page):
        page.fill("#other_monthly_USD", "much")
        page.click("text=Continue")
        page.wait_for_selector("#wrong")

    def choose_russia(page):
        page.select_option("#country", "RU")
        page.click("text=Continue")
        page.wait_for_selector(".notice")

    def unfold(page):
        page.locator("main details").evaluate_all(
            "all => all.forEach(d => d.open = true)"
        )

    url = f"{site.url}/support/"
    found = {
        "page": violations(url, prepare=unfold),
        "wrong": violations(url, prepare=go_wrong),
        "instead": violations(url, prepare=choose_russia),
    }

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_pages_after_and_the_sandboxs_own_are_accessible(site, page, violations):
    fill_in(page, site, "monthly")
    go_on(page)
    checkout = page.url
    pay(page, card="declined")
    pay(page, card="checked")
    bank = page.url
    found = {"checkout": violations(checkout), "bank": violations(bank)}
    page.click("text=Yes, pay")
    page.wait_for_url("**/support/thanks/**")
    thanks = page.url
    found["waiting"] = violations(thanks)
    site.run_jobs()
    found["thanks"] = violations(thanks)
    found["books"] = violations(f"{site.url}/demo/pay/")

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def visible(window, selector: str) -> list[str]:
    return [
        place.inner_text()
        for place in window.locator(selector).all()
        if place.is_visible()
    ]
