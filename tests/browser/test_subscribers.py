"""The staff's pages about readers: axe finds nothing, and the scripts do their part."""

import pytest

from newsroom.accounts import roles
from newsroom.newsletters import imports, subscribers
from newsroom.newsletters.models import ConsentEvent, Subscription
from tests import make
from tests.browser.sessions import cookies_of

FILE = b"Email;Name\r\none@example.org;One\r\ntwo@example.org;Two\r\nbad;Bad\r\n"


@pytest.fixture
def staff():
    return make.user(roles.NEWSLETTER_STAFF)


@pytest.fixture
def reader():
    letters = [make.newsletter(name="The Friday Letter"), make.newsletter()]
    reader = make.subscriber("reader@example.org", of=letters)
    subscribers.leave(reader, letters[1:], method=ConsentEvent.Method.ONE_CLICK)
    return reader


@pytest.fixture
def taken(reader):
    return imports.take_in([FILE], file_name="old-list.csv")


@pytest.mark.parametrize(
    "path",
    [
        "subscriber/",
        "subscriber/{reader}/change/",
        "subscriber/{reader}/erase/",
        "subscriber/add/",
        "subscriber/export/",
        "segment/add/",
        "subscriberimport/add/",
        "subscriberimport/{taken}/change/",
        "consentevent/",
        "bounceevent/",
        "suppression/add/",
    ],
)
def test_the_pages_about_readers_are_accessible(
    site, violations, staff, reader, taken, path
):
    path = path.format(reader=reader.pk, taken=taken.pk)

    found = violations(
        f"{site.url}/admin/newsletters/{path}", cookies=cookies_of(staff, site)
    )

    assert found == []


@pytest.mark.parametrize(
    ("path", "field"), [("subscriber", "q"), ("issue", "searchbar")]
)
def test_the_slash_key_reaches_the_search_of_the_page(site, page, staff, path, field):
    page.context.add_cookies(cookies_of(staff, site))
    page.goto(f"{site.url}/admin/newsletters/{path}/")

    page.keyboard.press("/")

    assert page.evaluate("document.activeElement.id") == field


def test_a_segment_is_counted_while_it_is_built(site, page, staff, reader):
    page.context.add_cookies(cookies_of(staff, site))

    page.goto(f"{site.url}/admin/newsletters/segment/add/")
    page.check("label:has-text('The Friday Letter') >> nth=0")

    page.wait_for_selector("output:has-text('1 reader meets these conditions now.')")
    page.check("label:has-text('Russian') >> nth=0")
    page.wait_for_selector("output:has-text('0 readers meet these conditions now.')")


def test_a_file_is_mapped_tried_and_taken_in(site, page, staff, reader, taken):
    page.context.add_cookies(cookies_of(staff, site))

    page.goto(f"{site.url}/admin/newsletters/subscriberimport/{taken.pk}/change/")
    page.check("label:has-text('The Friday Letter')")
    page.select_option("[name=basis]", "consent")
    page.fill("[name=basis_note]", "The form on our old site")
    page.click("text=Try it without changing anything")
    page.wait_for_selector("output[data-progress]")
    site.run_jobs()
    page.wait_for_selector("text=Rows that stay out")  # the page loads itself anew
    page.click("text=Take them in")
    page.wait_for_selector("text=It is being taken in")
    site.run_jobs()

    page.wait_for_selector("text=The file is deleted")
    assert Subscription.objects.confirmed().count() == 3


def test_a_reader_is_found_by_the_keyboard_alone(site, page, staff, reader):
    page.context.add_cookies(cookies_of(staff, site))

    page.goto(f"{site.url}/admin/newsletters/subscriber/")
    page.focus("#q")
    page.keyboard.type("reader@example.org")
    page.keyboard.press("Enter")

    page.wait_for_url("**/change/")
    assert "example" not in page.url
    assert page.inner_text("h1") == "reader@example.org"
