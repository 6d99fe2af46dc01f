"""Composing an issue and sending it, in a browser; by keyboard alone where it says."""

import pytest
from playwright.sync_api import Page, expect

from newsroom.accounts import roles
from newsroom.newsletters import composing as composing_module
from newsroom.newsletters.models import Issue
from tests import make
from tests.browser.sessions import cookies_of

NAUGHTY = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>{{ 7 }}"


@pytest.fixture
def composing(page: Page, site):
    make.user(roles.NEWSLETTER_STAFF, username="nora", email="nora@newsroom.example")
    issue = make.issue(
        newsletter=make.newsletter(name="The Friday Letter"),
        articles=[
            make.published_article(headline="Harbour authority signs"),
            make.published_article(headline="Night trains return"),
        ],
    )
    make.published_article(headline="A lighthouse keeper’s last winter")
    site.sign_in(page, "nora")
    page.goto(f"{site.url}/admin/newsletters/issue/{issue.pk}/change/")
    return issue


def mail_in(page: Page):
    return page.frame_locator("iframe[name=mail]")


def test_an_issue_is_composed_and_sent_by_keyboard_alone(page: Page, site, composing):
    keys = page.keyboard
    page.focus("#id_subject")
    keys.press("Control+A")
    keys.type("The quay in four days")

    page.focus("#q")
    keys.type("lighthouse")
    add = page.get_by_role("button", name="Add “A lighthouse keeper’s last winter”")
    expect(add).to_be_visible()
    keys.press("Tab")
    while not add.evaluate("(button) => button === document.activeElement"):
        keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".nr-part")).to_have_count(3)
    up = page.get_by_role("button", name="Move “A lighthouse keeper’s last winter” up")
    up.focus()
    keys.press("Enter")
    keys.press("ArrowUp")
    expect(page.locator(".nr-part b").first).to_have_text(
        "A lighthouse keeper’s last winter"
    )
    expect(mail_in(page).locator("h2").first).to_have_text(
        "A lighthouse keeper’s last winter"
    )
    take_out = page.get_by_role("button", name="Take out “Night trains return”")
    take_out.focus()
    keys.press("Enter")
    page.get_by_role("button", name="Send now…").focus()
    keys.press("Enter")
    page.wait_for_url("**/send/")
    page.get_by_role("button", name="Send to 0 readers").focus()
    keys.press("Enter")
    page.wait_for_url("**/change/")

    composing.refresh_from_db()
    headlines = [item.article.headline for item in composing.items.all()]
    assert headlines == ["A lighthouse keeper’s last winter", "Harbour authority signs"]
    assert composing.subject == "The quay in four days"
    assert composing.status == Issue.Status.SENDING


def test_the_preview_follows_what_is_typed_and_turns_dark_and_to_text(
    page: Page, site, composing
):
    page.locator(".ProseMirror").first.click()
    page.keyboard.type("Good morning.")
    expect(mail_in(page).locator(".intro")).to_contain_text("Good morning.")

    page.get_by_role("button", name="Dark").click()
    expect(mail_in(page).locator(".sheet")).to_have_css(
        "background-color", "rgb(22, 25, 26)"
    )
    page.get_by_role("button", name="Desktop").click()
    expect(page.locator("iframe[name=mail]")).to_have_css("width", "640px")
    page.get_by_role("button", name="Text", exact=True).click()
    expect(mail_in(page).locator("pre")).to_contain_text("Good morning.")

    composing.refresh_from_db()
    assert composing.intro == ""


def test_a_text_that_was_added_has_its_editor_and_is_kept(page: Page, site, composing):
    page.get_by_role("button", name="Add a text").click()
    editor = page.locator(".nr-part .ProseMirror")
    editor.click()
    page.keyboard.type("Write to us.")
    page.get_by_role("button", name="Save draft").click()

    expect(page.locator(".messagelist")).to_contain_text("The issue is saved.")
    assert composing.items.last().text == "<p>Write to us.</p>"


def test_the_check_list_follows_what_is_typed_and_leads_to_the_field(
    page: Page, site, composing
):
    page.fill("#id_subject", "")
    link = page.get_by_role("link", name="Write a subject.")
    expect(link).to_be_visible()

    link.click()

    expect(page.locator("#id_subject")).to_be_focused()


def test_a_part_is_dragged_to_its_place(page: Page, site, composing):
    first, second = (page.locator(".nr-part").nth(number) for number in range(2))

    second.locator(".nr-grip").drag_to(first, target_position={"x": 10, "y": 5})

    expect(page.locator(".nr-part b").first).to_have_text("Night trains return")


def test_words_of_staff_never_run(page: Page, site, composing):
    part = composing.items.first()
    part.headline = NAUGHTY
    part.text = NAUGHTY
    part.save()
    Issue.objects.filter(pk=composing.pk).update(
        subject=NAUGHTY, preheader=NAUGHTY, intro=NAUGHTY, support_message=NAUGHTY
    )

    page.goto(page.url)
    expect(mail_in(page).locator(".foot")).to_be_visible()
    frame = page.frame(name="mail")
    page.goto(f"{site.url}/admin/newsletters/issue/{composing.pk}/preview/")

    assert frame is not None
    assert page.evaluate("window.ran") is None
    assert page.locator("script").count() == 0


def test_the_pages_of_issues_have_nothing_that_axe_finds(site, violations):
    person = make.user(roles.NEWSLETTER_STAFF, email="nora@newsroom.example")
    issue = make.issue(support_message="Help us.", intro="<p>Good morning.</p>")
    sent = make.issue(
        newsletter=issue.newsletter,
        status=Issue.Status.PAUSED,
        started_at=issue.created_at,
        audience=0,
    )
    story = make.published_article()
    here = f"{site.url}/admin/newsletters/issue/"
    cookies = cookies_of(person, site)

    found = {
        path: violations(here + path, cookies=cookies)
        for path in (
            "",
            "add/",
            f"{issue.pk}/change/",
            f"{issue.pk}/test/",
            f"{issue.pk}/send/",
            f"{issue.pk}/schedule/",
            f"{sent.pk}/change/",
            f"{sent.pk}/cancel/",
            f"breaking/{story.pk}/",
        )
    }
    found["newsletter"] = violations(
        f"{site.url}/admin/newsletters/newsletter/{issue.newsletter_id}/change/",
        cookies=cookies,
    )
    # A mail is a part of the page that a mailbox shows it on: no landmarks of its own.
    found["mail"] = [
        wrong
        for wrong in violations(f"{here}{issue.pk}/preview/", cookies=cookies)
        if "region:" not in wrong and "landmark-one-main:" not in wrong
    ]

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def save_meanwhile(issue: Issue) -> None:
    stored = Issue.objects.get(pk=issue.pk)
    values = {name: getattr(stored, name) for name in composing_module.FIELDS}
    composing_module.save(
        stored,
        version=stored.version,
        values=values | {"subject": "Theirs", "preheader": "Theirs too"},
        items=list(stored.items.all()),
    )


def test_two_versions_are_compared_and_chosen_by_keyboard_alone(
    page: Page, site, composing
):
    save_meanwhile(composing)
    page.fill("#id_subject", "Mine")
    page.click("button[name=_save]")
    theirs = page.get_by_role("radio", name="Take theirs Theirs", exact=True)
    mine = page.get_by_role("radio", name="Keep mine Mine", exact=True)
    expect(mine).to_be_checked()

    mine.focus()
    page.keyboard.press("ArrowUp")
    expect(theirs).to_be_checked()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Save the chosen version").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/")
    expect(page.locator("#id_subject")).to_have_value("Mine")

    composing.refresh_from_db()
    assert (composing.subject, composing.preheader) == ("Mine", "Theirs too")


def test_two_versions_side_by_side_are_accessible(site, violations):
    staff = make.user(roles.NEWSLETTER_STAFF)
    issue = make.issue()

    def collide(page):
        save_meanwhile(issue)
        page.fill("#id_subject", "Mine")
        page.click("button[name=_save]")
        page.wait_for_selector(".nr-conflict")

    found = violations(
        f"{site.url}/admin/newsletters/issue/{issue.pk}/change/",
        cookies=cookies_of(staff, site),
        prepare=collide,
    )

    assert found == []
