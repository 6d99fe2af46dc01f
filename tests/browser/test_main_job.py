"""An editor publishes an article with a credited picture, and a reader reads it."""

import io
import os
import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image as PillowImage
from playwright.sync_api import Page, expect

from articles import renditions
from articles.models import Article, Image
from newsroom.accounts import roles
from tests import make
from tests.conftest import need

OUR_STORY = {
    "kicker": "Harbours",
    "headline": "The quay that was leased on a Sunday",
    "standfirst": "Forty-nine years, four days and no tender on record.",
    "place": "Riga",
    "paragraphs": [
        "The northern quay handled a third of the city’s grain until last Tuesday.",
        "On Wednesday its gates opened for a firm that nobody at the harbour office "
        "had heard of a month earlier.",
        "The contract names neither a price per tonne nor a day on which the city may "
        "ask for one.",
    ],
    "subhead": "Two employees and a post box",
    "after": ["The firm’s register entry lists a van driver and a post box."],
    "last": "The authority did not answer eleven questions.",
    "pull": "I drive a van. I signed something for a cousin.",
    "caption": "The minister at the opening of the quay.",
    "figure_caption": "The quay from the customs bridge.",
}
SEED = Path(__file__).resolve().parents[3] / "shared" / "seed"


def seed_story() -> dict:
    """The same parts, cut from the real page beside the checkout."""
    files = sorted(SEED.glob("*.txt"))
    if not files:
        pytest.skip("the folder of real pages is not here")
    lines = [line for line in files[0].read_text().split("\n\n") if line.strip()]
    end = next(n for n, line in enumerate(lines) if line.startswith("Sign up for"))
    subhead = next(n for n, line in enumerate(lines[:end]) if len(line) < 40 and n > 3)
    return OUR_STORY | {
        "headline": lines[1],
        "caption": lines[2].partition(". ")[0] + ".",
        "paragraphs": lines[3:subhead],
        "subhead": lines[subhead],
        "after": lines[subhead + 1 : end - 1],
        "last": lines[end - 1],
    }


@pytest.fixture
def newsroom():
    make.user(roles.EDITORS, username="editor", first_name="Edgars")
    make.user(roles.PUBLISHERS, username="publisher")
    make.section(name="World", slug="world")
    make.contributor(name="Marta Ozolina", slug="marta-ozolina")
    related = make.published_article(headline="What the grain register leaves out")
    quay = make.image(headline="Quay", credit_line="Nino Lomidze / The Meridian")
    renditions.make(quay.pk)
    return {"related": related, "quay": quay}


def a_photograph(path: Path, colour: str) -> Path:
    buffer = io.BytesIO()
    picture = PillowImage.new("RGB", (1600, 1067), colour)
    picture.paste("#c9a24b", (200, 200, 900, 800))
    picture.save(buffer, "JPEG", quality=85)
    path.write_bytes(buffer.getvalue())
    return path


@pytest.mark.parametrize("story", [OUR_STORY, seed_story], ids=["ours", "real"])
def test_an_article_goes_from_the_keyboard_to_its_reader(
    page: Page, site, newsroom, story, tmp_path
):
    story = story() if callable(story) else story
    photograph = a_photograph(tmp_path / "minister.jpg", "#27406b")

    # The editor writes all of it, with a picture that nobody has credited yet.
    site.sign_in(page, "editor")
    picture = upload_picture(page, site, photograph)
    write_article(page, site, story, newsroom, picture)
    article = Article.objects.get(headline=story["headline"])
    page.click("summary:has-text('More'), button[name=_submit]")
    if page.locator("button[name=_submit]").is_visible():
        page.click("button[name=_submit]")
    expect(page.locator(".messagelist")).to_contain_text("Submitted for review")

    # The publisher is refused while the credit is missing, and adds it.
    site.sign_out(page)
    site.sign_in(page, "publisher")
    page.goto(f"{site.url}/admin/articles/article/{article.pk}/change/")
    page.click("button[name=_publish]")
    expect(page.locator(".messagelist")).to_contain_text("not published")
    expect(page.locator(".nr-card--missing")).to_contain_text("credit line")
    credit_picture(page, site, picture)
    site.run_jobs()
    page.goto(f"{site.url}/admin/articles/article/{article.pk}/change/")
    page.click("button[name=_publish]")
    expect(page.locator(".messagelist")).to_contain_text("Published")

    # The reader finds every part.
    site.sign_out(page)
    site.run_jobs()
    article.refresh_from_db()
    page.goto(f"{site.url}{article.get_absolute_url()}")
    reader_finds(page, story)
    credit_is_in_the_file(page, tmp_path)


def upload_picture(page: Page, site, file: Path) -> Image:
    page.goto(f"{site.url}/admin/articles/image/")
    page.set_input_files("input[type=file]", str(file))
    page.wait_for_selector("text=Check the credit")
    site.run_jobs()
    return Image.objects.order_by("-pk")[0]


def write_article(page: Page, site, story, newsroom, picture: Image) -> None:
    page.goto(f"{site.url}/admin/articles/article/add/")
    page.fill("[name=kicker]", story["kicker"])
    page.fill("[name=headline]", story["headline"])
    page.fill("[name=standfirst]", story["standfirst"])
    editor = page.locator(".ProseMirror[contenteditable]").first
    editor.click()
    for paragraph in story["paragraphs"]:
        page.keyboard.insert_text(paragraph)
        page.keyboard.press("Enter")
    page.keyboard.type("## ")
    page.keyboard.insert_text(story["subhead"])
    page.keyboard.press("Enter")
    for paragraph in [*story["after"], story["last"]]:
        page.keyboard.insert_text(paragraph)
        if paragraph != story["last"]:
            page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Pull quote").click()
    page.keyboard.insert_text(story["pull"])
    choose_in_popup(
        page,
        lambda: page.get_by_role("button", name="Picture from the library").click(),
        newsroom["quay"],
    )
    page.locator(".nr-fig figcaption").click()
    page.keyboard.insert_text(story["figure_caption"])
    choose_in_popup(page, lambda: page.click("#lookup_id_lead_image"), picture)
    page.fill("[name=lead_caption]", story["caption"])
    choose(page, "bylines", "Marta")
    choose(page, "topics", "Brand new topic")
    choose(page, "related", "grain register")
    page.select_option("[name=section]", label="World")
    page.fill("[name=dateline_place]", story["place"])
    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist")).to_contain_text("Saved")


def choose(page: Page, name: str, term: str) -> None:
    """Find a row by typing, take the first one found by Enter."""
    page.locator(f"#id_{name}_add").press_sequentially(term, delay=5)
    option = page.locator(f"#id_{name}_found [role=option]").first
    expect(option).to_be_visible()
    page.locator(f"#id_{name}_add").press("Enter")
    expect(page.locator(f"[data-name={name}] .nr-item")).to_have_count(1)


def choose_in_popup(page: Page, open_popup, image: Image) -> None:
    with page.expect_popup() as popup:
        open_popup()
    popup.value.click(f"[data-popup-opener='{image.pk}']")
    page.bring_to_front()


def credit_picture(page: Page, site, picture: Image) -> None:
    page.goto(f"{site.url}/admin/articles/image/{picture.pk}/change/")
    page.fill("[name=credit_line]", "kremlin.ru")
    page.select_option("[name=provenance]", "handout")
    page.select_option("[name=licence]", label="Handout, editorial use")
    page.fill("[name=alt_text]", "A man at a lectern before a blue wall")
    page.click("[name=_save]")
    expect(page.locator(".messagelist")).to_be_visible()


def reader_finds(page: Page, story) -> None:
    main = page.locator("main")
    shown = plain(main.text_content())
    expect(page.locator("h1")).to_have_text(story["headline"])
    for words in [
        story["kicker"],
        story["standfirst"],
        story["caption"],
        "Kremlin.ru / Handout",
        "Marta Ozolina",
        *story["paragraphs"],
        *story["after"],
        story["last"],
        story["pull"],
        story["figure_caption"],
        "Nino Lomidze / The Meridian",
        "Brand new topic",
        "What the grain register leaves out",
    ]:
        assert plain(words) in shown
    assert plain(page.locator("main h2").first.inner_text()) == plain(story["subhead"])
    expect(main.locator("time").first).to_be_visible()


def plain(words: str) -> str:
    """Without the marks that are set while typing."""
    straight = str.maketrans("“”‘’", "\"\"''")
    return " ".join(words.translate(straight).split())


def credit_is_in_the_file(page: Page, folder: Path) -> None:
    """Download the lead picture as JPEG and read its IPTC fields with ExifTool."""
    source = page.locator("main figure img").first.get_attribute("src")
    data = page.request.get(
        source if "://" in source else page.url.split("/2")[0] + source
    )
    file = folder / "downloaded.jpg"
    file.write_bytes(data.body())
    exiftool = need("exiftool")
    printed = subprocess.run(
        [exiftool, "-IPTC:Credit", "-XMP-photoshop:Credit", "-GPS:all", str(file)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    ).stdout
    assert len(re.findall("kremlin.ru", printed, re.IGNORECASE)) == 2
    assert "GPS" not in printed
