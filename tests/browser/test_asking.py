"""What asks for support, in readers' browsers: what it keeps, and when it is still."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from newsroom.support.appeals.asks import Placement
from newsroom.support.models import AmountChoice, Prompt
from tests import make, make_support
from tests.newsroom.support import appeals

BODY = "<p>A paragraph that takes some lines to read. </p>" * 40
NO_STORAGE = """
Object.defineProperty(window, "localStorage", {
  get() { throw new Error("blocked"); },
});
"""
PRIVATE = 'Object.defineProperty(navigator, "globalPrivacyControl", { value: true });'
NOTE_SHIFTS = """
window.shifted = [];
const READ = ".strip, .masthead, .article__head";
new PerformanceObserver((list) => {
  for (const { node } of list.getEntries().flatMap((entry) => entry.sources ?? [])) {
    const element = node?.nodeType === 1 ? node : node?.parentElement;
    if (element?.closest(READ)) window.shifted.push(element.outerHTML.slice(0, 80));
  }
}).observe({ type: "layout-shift", buffered: true });
"""
# What is told, as it is told; it leaves with the page, too late to be listened to.
NOTE_NOTES = """
navigator.sendBeacon = (url, note) => {
  sessionStorage.told = (sessionStorage.told ?? "") + `${url} ${note}\\n`;
  return true;
};
"""
# The page's clock, some days ahead.
LATER = "(() => { const now = Date.now; Date.now = () => now() + %d * 864e5; })()"


@pytest.fixture
def article():
    """A page on which everything asks."""
    appeals.amounts()
    campaign = appeals.campaign(
        shows_goal=True, goal_minor=100_000, goal_currency="USD", raised_minor=40_000
    )
    words = {
        Placement.STRIP: "<p>Paid for by readers.</p>",
        Placement.BANNER: "<p>The winter is long.</p>",
        Placement.END: appeals.MESSAGE,
        Placement.INSIDE: "<p>Who pays for this?</p>",
    }
    for placement, message in words.items():
        if placement != Placement.INSIDE:
            appeals.prompt(placement, campaign=campaign, wordings=(message,))
    return make.published_article(body=BODY)


@pytest.fixture
def url(site, article):
    return site.url + article.get_absolute_url()


@pytest.fixture
def window(chromium: Browser):
    """Opens windows that share one device; ``script`` runs before each page's own."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )

    def open_window(url, *, script="", days=0):
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.add_init_script(
            NOTE_SHIFTS + NOTE_NOTES + script + (LATER % days if days else "")
        )
        page.goto(url)
        return page

    yield open_window
    context.close()


def kept(page):
    found = page.evaluate("localStorage.pace ?? null")
    return json.loads(found) if found else {}


def told(page):
    """What was posted, note by note, until the page was left."""
    page.goto(
        re.match(r"https?://[^/]+", page.url)[0] + "/newsletters/check-your-mail/"
    )
    return (page.evaluate("sessionStorage.told") or "").splitlines()


def shows(page):
    """The places that a reader can see something in."""
    places = {"strip": ".strip", "banner": ".standing", "end": "section.appeal"}
    return {name for name, what in places.items() if page.locator(what).is_visible()}


ALL = {"strip", "banner", "end"}


def test_not_now_keeps_everything_still_for_the_days_that_were_set(window, url):
    page = window(url)
    assert shows(page) == ALL
    page.click(".strip [data-calm]")
    expect(page.locator(".calm__answer")).to_be_focused()
    assert shows(page) == set()

    for days in (0, 13):
        page = window(url, days=days)
        assert shows(page) == set()
        # Nothing was painted and then taken away.
        assert page.evaluate("window.shifted") == []
    assert shows(window(url, days=14)) == ALL


def test_who_supports_already_is_left_in_peace_longer(window, url):
    page = window(url)
    page.click("section.appeal >> text=I already support")

    assert shows(window(url, days=59)) == set()
    assert shows(window(url, days=60)) == ALL


def test_the_device_keeps_numbers_and_dates_and_no_word(window, url):
    appeals.settle(counts_reading=True, compares_variants=True)
    page = window(url)
    page.locator("section.appeal").scroll_into_view_if_needed()
    page.click(".standing >> text=I already support")

    stored = page.evaluate("JSON.stringify(localStorage)")

    found = json.loads(json.loads(stored)["pace"])
    assert set(json.loads(stored)) == {"pace"}
    assert set(found) <= {"u", "a", "r", "t", "d"}
    assert all(isinstance(value, int | list) for value in found.values())
    # Neither that somebody gave nor what they read can be told from it.
    assert "given" not in stored
    assert page.context.cookies() == []


def test_forget_on_this_device_clears_it(window, url):
    appeals.settle(counts_reading=True)
    page = window(url)
    page.click(".standing >> text=Not now")
    assert kept(page)["u"]

    page.click("text=Forget on this device")

    expect(page.locator("[data-forget]")).to_have_text("Forgotten")
    assert page.evaluate("localStorage.length") == 0
    assert shows(window(url)) == ALL


@pytest.mark.parametrize(
    "script", [NO_STORAGE, PRIVATE], ids=["storage-throws", "privacy-control"]
)
def test_who_keeps_nothing_sees_the_plain_messages_and_is_not_counted(
    window, url, script
):
    appeals.settle(counts_reading=True, compares_variants=True)
    page = window(url, script=script)

    # The bar could not be sent away for good, so it does not come.
    assert shows(page) == {"strip", "end"}
    page.click(".strip [data-calm]")
    assert shows(page) == {"end"}

    assert told(page) == []
    if script == PRIVATE:
        assert kept(page) == {}


def test_the_privacy_control_also_clears_what_was_kept_before(window, url):
    page = window(url)
    page.click(".standing >> text=Not now")
    assert kept(page)

    page = window(url, script=PRIVATE)

    assert kept(page) == {}
    assert shows(page) == {"strip", "end"}


def test_without_scripts_strip_and_message_ask_and_lead_on(site, chromium, article):
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 800}
    )
    page = context.new_page()
    page.goto(site.url + article.get_absolute_url())
    variant = article_variant()

    expect(page.locator(".strip a")).to_be_visible()
    expect(page.locator(".standing")).to_be_hidden()
    expect(page.locator("text=Not now").first).to_be_hidden()
    page.locator(".segments label", has_text="Annual").click()
    expect(page.locator("form[data-for=monthly]")).to_be_hidden()
    page.locator("form[data-for=annual] .amount", has_text="$25").click()
    page.click("form[data-for=annual] button")

    assert parse_qs(urlsplit(page.url).query) == {
        "frequency": ["annual"],
        "amount": ["2500"],
        "currency": ["USD"],
        "v": [str(variant)],
    }
    context.close()


@pytest.mark.parametrize("has_scripts", [True, False])
def test_another_currency_brings_its_own_amounts_along(
    site, settings, chromium, article, has_scripts
):
    settings.BANK_HOLDER, settings.BANK_IBAN = "The Meridian", "LV80BANK0000435195001"
    make_support.amounts("EUR")
    make_support.amounts("JPY")
    for frequency in ("once", "monthly", "annual"):
        AmountChoice.objects.create(
            frequency=frequency, currency="JPY", amount_minor=36_000
        )
    appeals.method("Bank transfer")
    context = chromium.new_context(
        java_script_enabled=has_scripts, viewport={"width": 360, "height": 800}
    )
    page = context.new_page()
    page.goto(site.url + article.get_absolute_url())
    end = page.locator("section.appeal")

    end.locator(".segments label", has_text="JPY").click()
    end.locator(".segments label", has_text="Annual").click()

    expect(end.locator("form[data-for]:visible")).to_have_count(1)
    expect(end.locator("form[data-for]:visible legend")).to_have_text(
        "Amount in JPY, each year"
    )
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    end.locator(".amount:visible", has_text="¥36,000").click()
    end.locator("form[data-for]:visible button").click()
    page.wait_for_url("**/support/?**")
    query = parse_qs(urlsplit(page.url).query)
    assert query["frequency"] == ["annual"]
    assert query["currency"] == ["JPY"]
    assert query["amount"] == ["36000"]
    expect(page.locator('[name="amount_annual_JPY"]:checked')).to_have_value("36000")
    context.close()


def test_a_newsletter_is_signed_up_for_where_a_message_offers_it(
    site, chromium, article
):
    letter = make.newsletter(name="The Friday Letter")
    Prompt.objects.filter(placement=Placement.END).update(newsletter=letter)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + article.get_absolute_url())
    end = page.locator("section.appeal")

    end.locator("summary", has_text="Or get The Friday Letter by mail").click()
    end.locator(".later[open] [name=email]").fill("reader@reader.example")
    end.locator(".later[open] [name=consent]").check()
    end.locator(".later[open] button").click()

    expect(page.locator("h1")).to_have_text("Check your mail")
    context.close()


def article_variant():
    [ask] = [one for one in appeals.state().asks if one.placement == Placement.END]
    return ask.wordings[0].pk


def test_an_amount_of_their_own_goes_along_in_minor_units(window, url):
    page = window(url)
    page.fill("form[data-for=monthly] [name=other]", "7,50")
    assert not page.is_checked("form[data-for=monthly] [name=amount] >> nth=1")
    page.press("form[data-for=monthly] [name=other]", "Enter")
    page.wait_for_url("**/support/?**")

    assert parse_qs(urlsplit(page.url).query) == {
        "frequency": ["monthly"],
        "amount": ["750"],
        "currency": ["USD"],
        "v": [str(article_variant())],
    }


def test_nothing_is_told_unless_variants_are_compared(window, url):
    page = window(url)
    page.click(".strip [data-calm]")

    assert told(page) == []


def test_what_became_of_messages_is_told_once_and_without_a_mark(window, url):
    appeals.settle(compares_variants=True)
    strip, bar, end = (one.wordings[0].pk for one in appeals.state().asks)
    page = window(url)
    page.locator("section.appeal").scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    page.click("section.appeal button:visible >> text=Continue")
    page.wait_for_url("**/support/?**")

    [note] = told(page)
    assert note.startswith("/n/ ")
    assert sorted(note.removeprefix("/n/ ").split(".")) == sorted(
        [f"s{strip}", f"s{bar}", f"s{end}", f"g{end}"]
    )


def test_a_device_stays_with_its_variant(window, url):
    campaign = appeals.campaign(priority=99)
    wordings = ("<p>First</p>", "<p>Second</p>", "<p>Third</p>")
    prompt = appeals.prompt(Placement.END, campaign=campaign, wordings=wordings)
    appeals.settle(compares_variants=True)
    variants = {str(one.pk): one.message[3:-4] for one in prompt.variants.all()}

    seen = set()
    for days in (0, 1, 40):
        page = window(url, days=days)
        chosen = page.locator(".appeal [name=v]").first
        seen.add((page.inner_text(".appeal__letter:visible"), chosen.input_value()))
        assert not chosen.is_disabled()

    [(words, variant)] = seen
    assert variants[variant] == words


def test_who_is_not_compared_does_not_count_for_a_variant(window, url):
    campaign = appeals.campaign(priority=99)
    wordings = ("<p>First</p>", "<p>Second</p>")
    appeals.prompt(Placement.END, campaign=campaign, wordings=wordings)
    appeals.settle(compares_variants=True)

    page = window(url, script=PRIVATE)

    assert page.inner_text(".appeal__letter:visible") == "First"
    assert page.locator(".appeal [name=v]").first.is_disabled()


def test_articles_are_counted_where_readers_were_told(window, url):
    text = "<p>You read {read} of our articles.</p><p>Thank you.</p>"
    campaign = appeals.campaign(priority=99)
    appeals.prompt(Placement.END, campaign=campaign, wordings=(text,))
    assert "r" not in kept(window(url))

    appeals.settle(counts_reading=True)

    assert "You read" not in window(url).inner_text("section.appeal:visible")
    assert "You read 2 of our" in window(url).inner_text("section.appeal:visible")
    # After thirty days it begins anew.
    page = window(url, days=30)
    assert kept(page)["r"][0] == 1


def test_a_message_in_the_text_shows_below_what_is_being_read(window, site):
    appeals.prompt(Placement.INSIDE, after_paragraph=20, wordings=("<p>Who pays?</p>",))
    appeals.prompt(Placement.BANNER)
    article = make.published_article(body=BODY)

    page = window(site.url + article.get_absolute_url())

    expect(page.locator(".appeal--inside")).to_be_visible()
    # One of the two is enough for a page.
    expect(page.locator(".standing")).to_be_hidden()
    assert page.evaluate("window.shifted") == []


def test_nothing_moves_while_the_page_comes(window, url):
    appeals.prompt(
        Placement.STRIP,
        campaign=appeals.campaign(priority=99),
        rule={"least_width": 2000},
    )

    page = window(url)
    page.wait_for_timeout(300)

    assert page.locator(".strip:visible").count() == 1
    assert page.evaluate("window.shifted") == []


def test_who_went_away_finds_the_support_page_as_it_is(window, site, url):
    appeals.prompt(Placement.PAGE, wordings=("<p>Where your gift goes.</p>",))
    page = window(url)
    page.click(".strip [data-calm]")

    page = window(f"{site.url}/support/")

    expect(page.get_by_text("Where your gift goes.")).to_be_visible()
    assert shows(page) == set()


def test_it_is_all_within_reach_of_the_keyboard(window, url):
    page = window(url)
    page.focus(".standing a")
    page.keyboard.press("Tab")
    expect(page.locator(".standing [data-calm='0']")).to_be_focused()
    page.keyboard.press("Enter")

    assert shows(page) == set()


def test_everything_that_asks_is_accessible(site, violations, url):
    found = violations(url)

    assert found == []


def test_the_answer_and_the_form_for_later_are_accessible(site, violations, url):
    def prepare(page):
        page.click("section.appeal summary")
        page.click(".standing >> text=Not now")
        page.click("text=Forget on this device")

    assert violations(url, prepare=prepare) == []


@pytest.mark.parametrize("selector", [".calm button", ".strip [data-calm]", ".forget"])
def test_targets_can_be_hit(window, url, selector):
    appeals.settle(counts_reading=True)
    page = window(url)
    page.set_viewport_size({"width": 360, "height": 800})

    for button in page.locator(selector).all():
        box = button.bounding_box()
        if box:
            assert box["height"] >= 24
            assert box["width"] >= 24
