"""Money given back, from the gift in the sandbox to the giver's own page."""

import pytest
from django.core import mail
from playwright.sync_api import expect

from newsroom.support.books import refunds
from newsroom.support.models import Contribution, SandboxRefund
from newsroom.support.payments import sandbox_events
from newsroom.support.people import links
from tests import make_support
from tests.browser.sessions import cookies_of
from tests.newsroom.support.staff import staff

State = Contribution.State

pytestmark = pytest.mark.urls("tests.newsroom.support.demo_urls")


@pytest.fixture(autouse=True)
def _demo(settings, site):
    settings.DEMO = True
    settings.SITE_URL = site.url
    make_support.amounts("USD")
    make_support.method()
    make_support.country("RU", name="Russia")


def given(site, page, *, country: str = "LV") -> Contribution:
    """A gift of $25, paid in the sandbox with a card of that country."""
    page.goto(f"{site.url}/support/?frequency=once")
    page.select_option("#country", "other")
    page.fill("#email", "anna@reader.example")
    page.click("text=Continue")
    page.wait_for_url("**/demo/pay/**")
    page.check("[name=card][value=good]")
    page.select_option("#country", country)
    page.click("button:has-text('Pay')")
    page.wait_for_url("**/support/thanks/**")
    site.run_jobs()
    return Contribution.objects.get()


def open_as_staff(site, page, gift: Contribution) -> None:
    page.context.add_cookies(cookies_of(staff(), site))
    page.goto(f"{site.url}/admin/support/contribution/{gift.pk}/change/")


def give_back(page, amount: str = "", reason: str = "") -> None:
    page.click("text=Give back…")
    if amount:
        page.fill("[name=amount]", amount)
    page.fill("[name=reason]", reason)
    page.click("button:has-text('Continue')")
    expect(page.locator("#content")).to_contain_text("This cannot be undone.")
    page.click("#content button:has-text('Give back')")


def moved(page) -> list[list[str]]:
    """What the gift's page says has moved: what, and how much."""
    rows = page.locator("section[aria-labelledby=h-entries] tbody tr").all()
    return [
        [cell.inner_text().split("\n")[0] for cell in row.locator("th, td").all()][-2:]
        for row in rows
    ]


def test_a_whole_gift_is_given_back(site, page):
    gift = given(site, page)
    open_as_staff(site, page, gift)
    orders = page.locator("section[aria-labelledby=h-orders] li")

    give_back(page, reason="Given twice")
    expect(orders).to_contain_text("Given twice")
    expect(orders.locator(".nr-state")).to_have_text("Waiting")
    expect(page.locator("h1 + .nr-meta .nr-state")).to_have_text("Paid")

    refunds.carry_out_due()
    page.reload()
    expect(orders.locator(".nr-state")).to_have_text("At the provider")
    expect(page.locator("h1 + .nr-meta .nr-state")).to_have_text("Paid")

    site.run_jobs()
    page.reload()
    expect(orders.locator(".nr-state")).to_have_text("Done")
    expect(page.locator("h1 + .nr-meta .nr-state")).to_have_text("Given back")
    expect(page.locator("text=Give back…")).to_have_count(0)
    assert moved(page) == [
        ["Gift", "$25"],
        ["Fee", "−$1.02"],
        ["Refund", "−$25"],
        ["What is left with us", "−$1.02"],
    ]
    assert SandboxRefund.objects.get().amount_minor == 2500
    page.goto(f"{site.url}/support/mine/{links.mine(gift.giver)}/")
    expect(page.locator(".mine__given")).to_contain_text("$25 given back")


def test_a_part_of_a_gift_is_given_back_and_then_the_rest(site, page):
    gift = given(site, page)
    open_as_staff(site, page, gift)
    orders = page.locator("section[aria-labelledby=h-orders] li .nr-state")

    give_back(page, "10")
    site.run_jobs()
    page.reload()

    expect(orders).to_have_text(["Done"])
    expect(page.locator("h1 + .nr-meta")).to_contain_text("Paid $10 of it given back")
    assert moved(page)[-2:] == [
        ["Refund", "−$10"],
        ["What is left with us", "$13.98"],
    ]

    page.click("text=Give back…")
    page.fill("[name=amount]", "15.01")
    page.click("button:has-text('Continue')")
    expect(page.locator("#content")).to_contain_text("up to $15")
    page.click("text=Cancel")
    give_back(page)
    site.run_jobs()
    page.reload()

    expect(orders).to_have_text(["Done", "Done"])
    expect(page.locator("h1 + .nr-meta .nr-state")).to_have_text("Given back")
    assert moved(page)[-1] == ["What is left with us", "−$1.02"]
    amounts = SandboxRefund.objects.order_by("pk").values_list(
        "amount_minor", flat=True
    )
    assert list(amounts) == [1000, 1500]


def test_a_provider_that_does_not_answer_is_asked_again(site, page):
    gift = given(site, page)
    open_as_staff(site, page, gift)
    row = sandbox_events.row()
    row.is_down = True
    row.save()

    give_back(page)
    refunds.carry_out_due()
    page.reload()
    order = page.locator("section[aria-labelledby=h-orders] li")
    expect(order.locator(".nr-state")).to_have_text("Waiting")
    assert not SandboxRefund.objects.exists()

    row.is_down = False
    row.save()
    gift.refund_orders.update(due_at=gift.created_at)
    refunds.carry_out_due()
    site.run_jobs()
    page.reload()

    expect(order.locator(".nr-state")).to_have_text("Done")
    assert SandboxRefund.objects.count() == 1


def test_staff_see_a_quarantined_gift_and_its_way_back(site, page):
    gift = given(site, page, country="RU")

    open_as_staff(site, page, gift)

    order = page.locator("section[aria-labelledby=h-orders] li")
    expect(order).to_contain_text("the site itself · Country policy")
    expect(order.locator(".nr-state")).to_have_text("Done")
    assert moved(page)[-1] == ["What is left with us", "−$1.02"]
    assert "Russia" not in page.inner_text("body")
    assert mail.outbox == []
