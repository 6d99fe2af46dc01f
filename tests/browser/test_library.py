"""The picture library in a browser: drop, retry, point, choose."""

import base64
import contextlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from articles.models import Article, Image
from newsroom.accounts import roles
from tests import make

LIST = "/admin/articles/image/"
DROP = """
([target, files]) => {
  const carried = new DataTransfer()
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
    carried.items.add(new File([bytes], name, { type: "image/jpeg" }))
  }
  for (const type of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(type, {
      bubbles: true, cancelable: true, dataTransfer: carried,
    })
    document.querySelector(target).dispatchEvent(event)
  }
}
"""


@pytest.fixture
def desk(page: Page, site) -> Page:
    """The window of somebody of the picture desk, on the library."""
    make.user(roles.PICTURE_DESK, username="pictures")
    site.sign_in(page, "pictures")
    page.goto(f"{site.url}{LIST}")
    return page


def rows(page: Page):
    return page.locator(".nr-uploads li")


def choose_file(page: Page, name: str = "quay.jpg", content: bytes | None = None):
    file = {"name": name, "mimeType": "image/jpeg", "buffer": content or make.jpeg()}
    page.set_input_files("#files", [file])


def path_of(image: Image, name: str = "change") -> str:
    return f"{LIST}{image.pk}/{name}/"


def test_several_files_are_dropped_at_once_and_each_is_answered(desk: Page, site):
    known = make.jpeg()
    choose_file(desk, "known.jpg", known)
    expect(rows(desk)).to_have_attribute("data-how", "done")
    files = [
        ("new.jpg", make.jpeg()),
        ("again.jpg", known),
        ("drawing.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"),
    ]

    encoded = [[name, base64.b64encode(data).decode()] for name, data in files]
    desk.evaluate(DROP, [".nr-drop", encoded])

    for name, how, words in [
        ("new.jpg", "done", "Check the credit"),
        ("again.jpg", "same", "Use that one"),
        ("drawing.jpg", "refused", "SVG"),
    ]:
        row = rows(desk).filter(has_text=name).filter(has_not_text="known.jpg").first
        expect(row).to_have_attribute("data-how", how)
        expect(row).to_contain_text(words)
    expect(desk.locator("[data-grid] > .nr-tile")).to_have_count(2)
    assert Image.objects.count() == 2


def test_a_picture_that_is_being_prepared_appears_when_it_is_ready(desk: Page, site):
    choose_file(desk)
    expect(desk.locator("[data-grid]")).to_contain_text("Being prepared")

    site.run_jobs()

    expect(desk.locator("[data-grid] img")).to_be_visible()


def test_a_file_that_met_no_connection_is_sent_again_without_choosing_it(desk: Page):
    desk.route("**/upload/", lambda route: route.abort("connectionreset"))
    choose_file(desk)
    expect(rows(desk)).to_have_attribute("data-how", "failed")
    expect(rows(desk)).to_contain_text("The connection was lost")
    desk.unroute("**/upload/")

    desk.get_by_role("button", name="Try again: quay.jpg").press("Enter")

    expect(rows(desk)).to_have_attribute("data-how", "done")
    assert Image.objects.count() == 1


def test_a_file_can_be_stopped_and_sent_later(desk: Page):
    held = []
    desk.route("**/upload/", lambda route: held.append(route))
    choose_file(desk)

    desk.get_by_role("button", name="Stop: quay.jpg").press("Enter")

    expect(rows(desk)).to_contain_text("Stopped. Nothing was kept.")
    expect(desk.get_by_role("button", name="Try again: quay.jpg")).to_be_focused()
    desk.unroute("**/upload/")
    desk.keyboard.press("Enter")
    expect(rows(desk)).to_have_attribute("data-how", "done")


def test_whoever_was_signed_out_signs_in_elsewhere_and_goes_on(desk: Page, site):
    site.sign_out(desk)
    choose_file(desk)
    expect(rows(desk)).to_contain_text("You are signed out.")
    other = desk.context.new_page()
    site.sign_in(other, "pictures")

    desk.get_by_role("button", name="Try again: quay.jpg").click()

    expect(rows(desk)).to_have_attribute("data-how", "done")


def test_what_became_of_a_file_is_spoken(desk: Page):
    choose_file(desk, "notes.jpg", b"These are only words.")

    expect(desk.locator("[data-said]")).to_contain_text("notes.jpg: ")


def test_a_refused_file_is_put_away_by_keyboard(desk: Page):
    choose_file(desk, "notes.jpg", b"These are only words.")

    desk.get_by_role("button", name="Dismiss: notes.jpg").press("Enter")

    expect(rows(desk)).to_have_count(0)
    expect(desk.locator("#files")).to_be_focused()


def test_without_scripts_the_same_form_sends_several_files(chromium, site, tmp_path):
    make.user(roles.PICTURE_DESK, username="pictures")
    paths = [tmp_path / "one.jpg", tmp_path / "two.jpg"]
    for path in paths:
        path.write_bytes(make.jpeg())
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    site.sign_in(page, "pictures")
    page.goto(f"{site.url}{LIST}")

    page.set_input_files("#files", [str(path) for path in paths])
    page.get_by_role("button", name="Send").click()

    expect(page.locator(".messagelist")).to_contain_text("one.jpg")
    expect(page.locator(".messagelist")).to_contain_text("two.jpg")
    assert Image.objects.count() == 2
    context.close()


def test_the_focal_point_is_set_by_click_by_keys_and_by_numbers(desk: Page, site):
    choose_file(desk, content=make.jpeg(900, 600))
    expect(rows(desk)).to_have_attribute("data-how", "done")
    site.run_jobs()
    image = Image.objects.get()
    desk.goto(f"{site.url}{path_of(image)}")
    drawing = desk.locator("[data-focal]")
    mark = desk.get_by_role("slider", name="Focal point")
    square = desk.locator("[data-crop='1']")
    first_cut = square.get_attribute("viewBox")

    box = drawing.bounding_box()
    drawing.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.4})
    clicked = (desk.input_value("#id_focal_x"), desk.input_value("#id_focal_y"))
    expect(mark).to_be_focused()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Shift+ArrowDown")
    spoken = mark.get_attribute("aria-valuetext")
    second_cut = square.get_attribute("viewBox")
    desk.locator("summary", has_text="Focal point in figures").click()
    desk.fill("#id_focal_y", "80")
    moved = mark.get_attribute("aria-valuetext")
    desk.click("[name=_save]")

    expect(desk.locator(".messagelist")).to_be_visible()
    image.refresh_from_db()
    assert clicked == ("25", "40")
    assert spoken == "26 per cent from the left, 50 from the top"
    assert first_cut != second_cut
    assert moved == "26 per cent from the left, 80 from the top"
    assert (image.focal_x, image.focal_y) == (26, 80)


def test_a_picture_is_added_and_used_from_the_choosing_window(page: Page, site):
    make.writer(username="writer")
    site.sign_in(page, "writer")
    page.goto(f"{site.url}/admin/articles/article/add/")
    with page.expect_popup() as opened:
        page.click("#lookup_id_lead_image")
    window = opened.value

    choose_file(window)
    # The window may close before the click has come back.
    with contextlib.suppress(Error):
        window.get_by_role("button", name=re.compile("^Use it")).click()

    image = Image.objects.get()
    expect(page.locator("#id_lead_image")).to_have_value(str(image.pk))
    assert not Article.objects.exists()


def test_a_picture_is_looked_at_credited_and_used_in_one_go(page: Page, site):
    make.writer(username="writer")
    image = make.image(headline="Northern quay", credit_line="")
    site.sign_in(page, "writer")
    page.goto(f"{site.url}/admin/articles/article/add/")
    with page.expect_popup() as opened:
        page.click("#lookup_id_lead_image")
    window = opened.value

    window.get_by_role("link", name="Look at “Northern quay” first").click()
    window.fill("[name=credit_line]", "Nino Lomidze / The Meridian")
    window.get_by_role("button", name="Save and use it").click()

    expect(page.locator("#id_lead_image")).to_have_value(str(image.pk))
    image.refresh_from_db()
    assert image.credit_line == "Nino Lomidze / The Meridian"


@pytest.fixture
def library():
    """Pictures in every condition that a tile and a form can show."""
    used = make.image(headline="Used", width=600, height=400)
    make.published_article(lead_image=used)
    make.image(headline="Bare", credit_line="", licence=None, alt_text="")
    return used


@pytest.mark.parametrize("which", range(5))
def test_axe_finds_nothing_and_nothing_sticks_out(
    page: Page, site, library, violations, which
):
    make.user(roles.PICTURE_DESK, username="pictures")
    site.sign_in(page, "pictures")
    site.run_jobs()
    path = [
        LIST,
        f"{LIST}?_popup=1",
        f"{LIST}add/",
        path_of(library),
        path_of(library, "withdraw"),
    ][which]

    found = violations(f"{site.url}{path}", cookies=page.context.cookies())

    assert found == []
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{site.url}{path}")
        shown = page.evaluate("document.documentElement.scrollWidth")
        assert shown == width


def test_every_target_of_the_grid_is_large_enough_for_a_finger(desk: Page, site):
    make.image(headline="Northern quay")
    desk.set_viewport_size({"width": 360, "height": 800})
    desk.goto(f"{site.url}{LIST}?_popup=1")

    small = desk.evaluate(
        """() => [...document.querySelectorAll("#content a, #content button")]
          .filter((element) => element.checkVisibility())
          .filter((element) => !element.closest("p, .nr-meta"))
          .map((found) => [found.textContent.trim(), found.getBoundingClientRect()])
          .filter(([, box]) => box.height < 24 || box.width < 24)
          .map(([text, box]) => `${text}: ${box.width} × ${box.height}`)"""
    )

    assert small == []


def test_the_original_is_downloaded_as_it_came(desk: Page, site, tmp_path: Path):
    content = make.jpeg()
    choose_file(desk, content=content)
    expect(rows(desk)).to_have_attribute("data-how", "done")
    desk.goto(f"{site.url}{path_of(Image.objects.get())}")

    with desk.expect_download() as download:
        desk.get_by_role("link", name="Download the original").click()

    download.value.save_as(tmp_path / "original.jpg")
    assert (tmp_path / "original.jpg").read_bytes() == content
