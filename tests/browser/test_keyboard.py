"""Everything can be done from the keyboard, and hit with a finger."""

import io

import pytest
from PIL import Image as PillowImage
from playwright.sync_api import Page, expect

from articles.models import Image
from tests import make
from tests.browser.sessions import cookies_of
from tests.newspaper import make_newspaper, picture

MOST_STOPS = 400
SMALLEST = 24  # pixels, WCAG 2.2, 2.5.8

# Everything that a mouse could use, and that Tab has not come to. A link in the text
# that is being written is text.
UNREACHED = """
() => [...document.querySelectorAll(
  "#content button, #content a[href], #content input, #content select, "
  + "#content textarea, #content summary, #content [contenteditable='true']")]
  .filter((element) => element.type !== "hidden" && !element.disabled
    && element.checkVisibility({ visibilityProperty: true })
    && !(element.matches("a[href]") && element.isContentEditable)
    && !window.reached.has(element))
  .map((element) => element.outerHTML.slice(0, 160))
"""
# Links in running text may be as high as their line (2.5.8, exception “inline”). Else
# a finger that comes down anywhere within the square must hit the target, or its label.
SMALL_TARGETS = """
(smallest) => {
  const isInText = (element) => {
    if (getComputedStyle(element).display !== "inline") return false
    const around = element.parentElement.textContent.trim().length
    return around > element.textContent.trim().length
  }
  const isHit = (element, x, y) => {
    const found = document.elementFromPoint(x, y)
    return element.contains(found)
      || [...element.labels ?? []].some((label) => label.contains(found))
  }
  const isLarge = (element) => {
    const parts = [element, ...element.labels ?? []]
    const boxes = parts.map((part) => part.getBoundingClientRect())
    const least = smallest - 0.01
    if (boxes.some((box) => box.width > least && box.height > least)) return true
    element.scrollIntoView({ block: "center", behavior: "instant" })
    const box = element.getClientRects()[0]
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
    const reach = smallest / 2 - 0.5
    return [[0, reach], [0, -reach], [reach, 0], [-reach, 0]]
      .every(([right, down]) => isHit(element, x + right, y + down))
  }
  return [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [role=button], [role=slider]")]
    .filter((element) => element.type !== "hidden"
      && element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((element) => element.getBoundingClientRect().height > 1)
    .filter((element) => !isInText(element) && !isLarge(element))
    .map((element) => {
      const { width, height } = element.getBoundingClientRect()
      return `${Math.round(width)}×${Math.round(height)} `
        + element.outerHTML.slice(0, 140)
    })
}
"""


@pytest.fixture
def paper():
    return make_newspaper()


@pytest.fixture
def signed_in(page: Page, site) -> Page:
    page.context.add_cookies(cookies_of(make.superuser(), site))
    return page


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(MOST_STOPS):
        if page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not come to {selector}.")


def open_article(page: Page, site, article) -> None:
    page.goto(f"{site.url}/admin/articles/article/{article.pk}/change/")
    page.wait_for_selector(".ProseMirror[contenteditable]")


def save(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist")).to_contain_text("Saved")


def content_of(article) -> dict:
    article.refresh_from_db()
    return article.latest_revision.content


def test_a_byline_is_moved_up(signed_in: Page, site):
    first, second = make.contributor(name="Ann"), make.contributor(name="Bea")
    article = make.draft(authors=[first, second])
    open_article(signed_in, site, article)

    row = "[data-name=bylines] .nr-item:nth-child(2)"
    tab_to(signed_in, f"{row} [data-move=up]")
    signed_in.keyboard.press("Enter")

    spoken = signed_in.get_by_role("status").filter(has_text="Now 1 of 2")
    expect(spoken).to_have_count(1)
    save(signed_in)
    names = [line["contributor"]["name"] for line in content_of(article)["bylines"]]
    assert names == ["Bea", "Ann"]


def test_a_topic_is_removed_and_the_focus_stays_near(signed_in: Page, site):
    topics = [make.topic(name="Ports"), make.topic(name="Grain")]
    article = make.draft(topics=topics)
    open_article(signed_in, site, article)

    tab_to(signed_in, "[data-name=topics] .nr-item:first-child [data-remove]")
    signed_in.keyboard.press("Enter")

    is_near = "() => !!document.activeElement.closest('[data-name=topics]')"
    assert signed_in.evaluate(is_near)
    save(signed_in)
    assert [topic["name"] for topic in content_of(article)["topics"]] == ["Grain"]


def test_a_figure_in_the_text_is_moved_down(signed_in: Page, site):
    image = picture()
    figure = f'<figure data-image="{image.pk}" data-width="column">'
    article = make.draft(
        body=f"<p>One.</p>{figure}<figcaption>Cranes</figcaption></figure><p>Two.</p>"
    )
    open_article(signed_in, site, article)
    signed_in.wait_for_selector(".nr-fig")

    tab_to(signed_in, ".nr-fig [aria-label='Move down']")
    signed_in.keyboard.press("Enter")

    save(signed_in)
    body = content_of(article)["body"]
    assert body.index("One.") < body.index("Two.") < body.index("<figure")


def test_the_focal_point_is_chosen_with_the_arrows(signed_in: Page, site):
    image = picture()
    signed_in.goto(f"{site.url}/admin/articles/image/{image.pk}/change/")

    tab_to(signed_in, "[data-focal] [role=slider]")
    for key in ["ArrowRight", "ArrowRight", "Shift+ArrowUp", "ArrowDown"]:
        signed_in.keyboard.press(key)
    mark = signed_in.locator("[data-focal] [role=slider]")
    expect(mark).to_have_attribute(
        "aria-valuetext", "52 per cent from the left, 41 from the top"
    )
    tab_to(signed_in, "[name=_save]")
    signed_in.keyboard.press("Enter")

    expect(signed_in.locator(".messagelist")).to_be_visible()
    image.refresh_from_db()
    assert (image.focal_x, image.focal_y) == (52, 41)


def test_a_picture_is_uploaded_by_the_button(signed_in: Page, site):
    signed_in.goto(f"{site.url}/admin/articles/image/")
    buffer = io.BytesIO()
    PillowImage.new("RGB", (900, 600), "#345").save(buffer, "JPEG")

    tab_to(signed_in, "#files")
    with signed_in.expect_file_chooser() as chooser:
        signed_in.keyboard.press("Space")
    chooser.value.set_files(
        {"name": "quay.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
    )

    rows = signed_in.locator(".nr-uploads li")
    expect(rows).to_have_attribute("data-how", "done")
    assert Image.objects.count() == 1


def test_every_action_of_the_writing_page_is_reached(signed_in: Page, site, paper):
    open_article(signed_in, site, paper.article)
    signed_in.evaluate("() => { window.reached = new WeakSet() }")

    step = """() => {
      const now = document.activeElement
      // A field of a date has several stops of its own.
      const wasThere = window.reached.has(now) && now !== window.last
      window.last = now
      window.reached.add(now)
      // One of a group of radios stands for all of them.
      if (now.type === "radio") document.getElementsByName(now.name)
        .forEach((radio) => window.reached.add(radio))
      return { isClosed: now.matches("details:not([open]) > summary"),
               isRound: wasThere && now !== document.body,
               isText: now.matches("[contenteditable=true]") }
    }"""
    for _ in range(MOST_STOPS):
        signed_in.keyboard.press("Tab")
        found = signed_in.evaluate(step)
        if found["isClosed"]:
            signed_in.keyboard.press("Enter")
        if found["isRound"] and not found["isText"]:
            break

    assert signed_in.evaluate(UNREACHED) == []


def test_targets_of_the_staff_are_large_enough(signed_in: Page, site, paper):
    pages = {
        "article": f"/admin/articles/article/{paper.article.pk}/change/",
        "library": "/admin/articles/image/",
    }

    assert small_targets(signed_in, site, pages) == {}


def test_targets_of_the_readers_are_large_enough(page: Page, site, paper):
    pages = {name: paper.addresses[name] for name in ("article", "front")}

    assert small_targets(page, site, pages) == {}


def small_targets(page: Page, site, pages: dict[str, str]) -> dict[str, list[str]]:
    found = {}
    for name, path in pages.items():
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{site.url}{path}", wait_until="load")
            if name == "article" and path.startswith("/admin/"):
                page.wait_for_selector(".ProseMirror[contenteditable]")
            if small := page.evaluate(SMALL_TARGETS, SMALLEST):
                found[f"{name} at {width}"] = small
    return found
