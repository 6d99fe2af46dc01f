"""What a reader's browser does with our pages, and what it never does."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import make
from tests.browser.sessions import cookies_of
from tests.newspaper import PAGE_TYPES, Newspaper, make_newspaper

# What the page looked like when its body began, which is before the first paint.
NOTE_THEME = """
new MutationObserver((_, observer) => {
  if (!document.body) return
  window.themeAtFirst = document.documentElement.dataset.theme
  observer.disconnect()
}).observe(document, { childList: true, subtree: true })
"""
NOTE_SHIFTS = """
window.shifted = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value
}).observe({ type: "layout-shift", buffered: true })
"""
NOTE_VIOLATIONS = """
window.violations = []
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`))
"""
# Scrolls by itself: a table's region, and what stands in it.
OVERFLOWING = """
() => {
  const scrollers = ".table, .table *, .visually-hidden, .visually-hidden *"
  const wide = document.documentElement.clientWidth
  return [...document.querySelectorAll("h1, h2, h3, main a, main p")]
    .filter((element) => !element.matches(scrollers) && element.checkVisibility())
    .filter((element) => element.scrollWidth > element.clientWidth + 1
      && getComputedStyle(element).display !== "inline"
      || element.getBoundingClientRect().right > wide + 1
      || element.getBoundingClientRect().left < -1)
    .map((element) => element.outerHTML.slice(0, 120))
}
"""


@pytest.fixture
def paper() -> Newspaper:
    return make_newspaper()


@pytest.fixture
def window(chromium: Browser):
    """``window(…)`` opens a window as a reader of this kind has it."""

    @contextmanager
    def window(*, width: int = 1280, **options) -> Iterator[Page]:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, **options
        )
        try:
            yield context.new_page()
        finally:
            context.close()

    return window


def test_a_chosen_theme_is_there_before_the_first_paint(window, site, paper):
    with window(color_scheme="light") as page:
        page.add_init_script(NOTE_THEME)
        page.goto(f"{site.url}{paper.addresses['article']}")
        assert page.evaluate("() => window.themeAtFirst ?? null") is None

        page.locator(".theme label", has_text="Dark").click()
        dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        page.goto(f"{site.url}/")

        assert page.evaluate("() => window.themeAtFirst") == "dark"
        background = "() => getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(background) == dark
        expect(page.locator("#theme-dark")).to_be_checked()


def test_the_link_that_is_copied_stays_for_ever(window, site, paper):
    with window(permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(f"{site.url}{paper.addresses['article']}")

        page.get_by_role("button", name="Copy link").click()

        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("() => navigator.clipboard.readText()")
        assert urlsplit(copied).path == paper.article.get_permanent_url()


@pytest.mark.parametrize("zone", ["America/Caracas", "Asia/Tokyo"])
def test_times_stand_in_the_readers_zone(window, site, paper, zone):
    at = paper.article.publish_at.astimezone(ZoneInfo(zone))

    with window(timezone_id=zone, locale="en-GB") as page:
        page.goto(f"{site.url}{paper.addresses['article']}")

        shown = page.locator(".dates time").first
        expect(shown).to_have_text(f"{at.day} {at:%B %Y, %H:%M}")


def test_an_embed_loads_nothing_before_the_click(window, site, paper):
    with window() as page:
        asked = others_asked_for(page, site)
        page.goto(f"{site.url}{paper.addresses['article']}", wait_until="networkidle")
        page.keyboard.press("End")
        assert asked == []
        assert page.locator("iframe").count() == 0

        page.locator("[data-player]").first.click()

        player = page.locator("iframe").first
        expect(player).to_be_focused()
        host = urlsplit(player.get_attribute("src")).hostname
        assert host == "www.youtube-nocookie.com"
        page.wait_for_timeout(200)
        assert {urlsplit(url).hostname for url in asked} == {host}


def test_no_page_asks_another_host_or_sets_a_cookie(window, site, paper):
    with window() as page:
        asked = others_asked_for(page, site)
        for path in paper.all.values():
            page.goto(f"{site.url}{path}", wait_until="networkidle")

        assert asked == []
        assert page.context.cookies() == []


def test_every_page_can_be_read_without_scripts(window, site, paper):
    with window(java_script_enabled=False) as page:
        for name, path in paper.all.items():
            page.goto(f"{site.url}{path}")
            expect(page.locator("main")).to_be_visible()
            expect(page.locator("h1")).to_have_count(1)
            assert page.locator("main").inner_text().strip(), name

        page.goto(f"{site.url}{paper.addresses['article']}")
        expect(page.get_by_role("button", name="Copy link")).to_have_count(0)
        expect(page.locator(".embed a").first).to_have_attribute(
            "href", "https://www.youtube.com/watch?v=aqz-KE-bpKQ"
        )
        page.locator("details.menu summary").click()
        expect(page.get_by_role("navigation", name="All sections")).to_be_visible()


def test_no_page_is_wider_than_a_small_telephone(window, site, paper):
    pages = paper.all | {
        article.headline: article.get_absolute_url() for article in paper.articles
    }
    found = {}

    with window(width=360) as page:
        for name, path in pages.items():
            page.goto(f"{site.url}{path}", wait_until="load")
            width = page.evaluate("() => document.documentElement.scrollWidth")
            wrong = page.evaluate(OVERFLOWING)
            if width > 360 or wrong:
                found[name] = [width, *wrong]

    assert found == {}


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_jumps_while_an_article_loads(window, site, paper, width):
    with window(width=width) as page:
        page.add_init_script(NOTE_SHIFTS)
        page.goto(f"{site.url}{paper.addresses['article']}", wait_until="load")
        for _ in range(12):
            page.mouse.wheel(0, 700)
            page.wait_for_timeout(40)
        page.wait_for_timeout(200)

        assert page.evaluate("() => window.shifted") < 0.02


def test_no_public_page_breaks_our_content_security_policy(window, site, paper):
    assert set(paper.all) == set(PAGE_TYPES)
    with window() as page:
        refused = Refusals(page)
        for name, path in paper.all.items():
            response = page.goto(f"{site.url}{path}", wait_until="load")
            assert "script-src 'self'" in response.headers["content-security-policy"]
            refused.note(name)

        assert refused.found == {}


def test_no_page_of_the_staff_breaks_our_content_security_policy(window, site, paper):
    pages = {
        "sign-in": "/admin/login/",
        "desk": "/admin/",
        "articles": "/admin/articles/article/",
        "article": f"/admin/articles/article/{paper.article.pk}/change/",
        "section": f"/admin/articles/section/{paper.section.pk}/change/",
        "library": "/admin/articles/image/",
        "picture": f"/admin/articles/image/{paper.image.pk}/change/",
        "publication": "/admin/publication/publication/1/change/",
        "page": f"/admin/publication/page/{paper.page.pk}/change/",
    }
    with window() as page:
        refused = Refusals(page)
        for name, path in pages.items():
            if name == "desk":
                page.context.add_cookies(cookies_of(make.superuser(), site))
            response = page.goto(f"{site.url}{path}", wait_until="networkidle")
            assert response.status == 200, name
            refused.note(name)

        assert refused.found == {}


class Refusals:
    """Collects what the browser refused because of our policy, by page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: dict[str, list[str]] = {}
        self.lines: list[str] = []
        page.add_init_script(NOTE_VIOLATIONS)
        page.on("console", lambda line: self.lines.append(line.text))

    def note(self, name: str) -> None:
        refused = self.page.evaluate("() => window.violations")
        refused += [line for line in self.lines if "Content Security Policy" in line]
        self.lines.clear()
        if refused:
            self.found[name] = refused


def others_asked_for(page: Page, site) -> list[str]:
    """The addresses of other hosts that the page asks for; none is let through."""
    asked: list[str] = []

    def note(route) -> None:
        url = route.request.url
        if url.startswith((site.url, "data:", "blob:")):
            route.continue_()
            return
        asked.append(url)
        route.abort()

    page.context.route("**/*", note)
    return asked
