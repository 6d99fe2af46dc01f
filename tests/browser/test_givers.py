"""A giver's own page, from the link in a mail to the end of a gift."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, expect

from newsroom.support.mails import letters
from newsroom.support.models import (
    GiverLetter,
    RecurringContribution,
    Reminder,
    SandboxSubscription,
)
from newsroom.support.people import links
from tests.newsroom.support.people import ADDRESS, gift, giver, link_in, running


@pytest.fixture(autouse=True)
def _demo(settings):
    settings.DEMO = True


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def reader(request, chromium: Browser):
    """A reader's window with scripts, and one without."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 800}, java_script_enabled=request.param
    )
    window = context.new_page()
    window.set_default_timeout(10_000)
    yield window
    context.close()


def monthly() -> RecurringContribution:
    person = giver()
    made = running(
        person, next_at=timezone.now() + timedelta(days=10), card_ends=date(2030, 1, 31)
    )
    gift(person, recurring=made, frequency="monthly", amount_minor=500)
    gift(person, amount_minor=2500)
    SandboxSubscription.objects.create(
        ref=made.provider_ref,
        recurring=made.public_id,
        frequency="monthly",
        amount_minor=500,
        currency="USD",
        method="card",
        country="LV",
        card_ends=date(2030, 1, 31),
        next_at=made.next_at,
    )
    return made


def test_from_a_lost_link_to_the_end_of_a_gift(site, reader):
    recurring = monthly()
    reader.goto(f"{site.url}/support/mine/")
    reader.fill("[name=email]", ADDRESS)
    reader.click("main form button")
    expect(reader.locator("h1")).to_have_text("Check your mail")
    site.run_jobs()

    reader.goto(f"{site.url}{link_in(mail.outbox[0], '/support/mine/')}")
    expect(reader.locator("h1")).to_have_text("Your gifts")
    reader.click("text=End it")
    expect(reader.locator("h1")).to_have_text("End this gift?")
    reader.click("main button")

    expect(reader.locator(".done")).to_contain_text("The gift has ended")
    recurring.refresh_from_db()
    assert recurring.state == "cancelled"


def test_amount_and_pause_by_keyboard(site, reader):
    recurring = monthly()
    reader.goto(f"{site.url}/support/mine/{links.mine(recurring.giver)}/")
    reader.locator("text=Change or pause").focus()
    reader.keyboard.press("Enter")

    reader.locator("[name=amount]").focus()
    reader.keyboard.type("7.50")
    reader.keyboard.press("Enter")
    expect(reader.locator(".done")).to_contain_text("The amount has been changed")
    expect(reader.locator(".mine__terms")).to_have_text("$7.50 a month")

    reader.click("text=Change or pause")
    reader.locator("[name=until]").focus()
    reader.keyboard.press("Tab")
    reader.keyboard.press("Enter")
    expect(reader.locator(".done")).to_have_text("The gift is paused.")
    recurring.refresh_from_db()
    assert (recurring.state, recurring.amount_minor) == ("paused", 750)


def test_from_remind_me_later_to_stopping(site, reader):
    reader.goto(f"{site.url}/support/later/")
    reader.check("main [value=week]")
    reader.fill("main [name=email]", ADDRESS)
    reader.click("main form button:not([name])")
    expect(reader.locator("main [role=status]")).to_contain_text("We will write to you")
    GiverLetter.objects.update(due_at=timezone.now())
    letters.deliver_due()

    reader.goto(f"{site.url}{link_in(mail.outbox[0], '/support/later/')}")

    expect(reader.locator("main")).to_contain_text("your address was deleted")
    assert bytes(Reminder.objects.get().address_sealed) == b""


def test_nothing_is_wrong_with_the_pages(site, violations):
    recurring = monthly()
    own = f"{site.url}/support/mine/{links.mine(recurring.giver)}/"
    one = f"{own}gift/{recurring.public_id}/"
    reminder = Reminder.objects.create(
        due_on=timezone.localdate(), address_sealed=b"x", address_digest=b"y" * 32
    )
    stop = f"{site.url}/support/later/{links.reminder(reminder)}/"

    found = [
        wrong
        for url in [
            own,
            f"{own}?done=ended",
            one,
            f"{one}end/",
            f"{own}erase/",
            f"{site.url}/support/mine/",
            f"{site.url}/support/mine/sent/",
            f"{site.url}/support/later/",
            stop,
        ]
        for wrong in violations(url)
    ]

    assert found == []


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_wider_than_the_window(site, page, width):
    recurring = monthly()
    own = f"{site.url}/support/mine/{links.mine(recurring.giver)}/"
    page.set_viewport_size({"width": width, "height": 900})

    for url in (own, f"{own}gift/{recurring.public_id}/", f"{own}erase/"):
        page.goto(url)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, url
