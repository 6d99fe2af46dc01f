"""From the box below an article to leaving again, in a reader's browser."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, expect

from articles import renditions
from newsroom.newsletters import compiling, letter_words, links
from newsroom.newsletters.models import (
    ConsentText,
    Issue,
    Newsletter,
    SequenceStep,
    Subscriber,
    Subscription,
)
from newsroom.publication.models import Page
from tests import make
from tests.newsroom.newsletters.readers import ADDRESS, link

State = Subscription.State


@pytest.fixture
def friday() -> Newsletter:
    Page.objects.create(title="Privacy Policy", slug="privacy", is_published=True)
    letter = make.newsletter(name="The Friday Letter", in_articles=True)
    SequenceStep.objects.create(newsletter=letter, subject="Welcome", body="Hello.")
    at = timezone.now() - timedelta(days=3)
    make.issue(
        newsletter=letter,
        status=Issue.Status.SENT,
        started_at=at,
        finished_at=at,
        subject="What the cranes know",
    )
    return letter


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def reader(request, chromium: Browser):
    """A reader's window with scripts, and one without."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 800}, java_script_enabled=request.param
    )
    window = context.new_page()
    window.set_default_timeout(10_000)
    window.has_scripts = request.param
    yield window
    context.close()


def state() -> str:
    return Subscription.objects.get().state


def test_from_the_box_below_an_article_to_leaving(site, reader, friday):
    article = site.url + make.published_article().get_absolute_url()

    reader.goto(article)
    reader.fill("#email", ADDRESS)
    reader.check("[name=consent]")
    reader.click(".signup button")
    expect(reader.get_by_text("Check your mail").first).to_be_visible()
    assert (reader.url == article) == reader.has_scripts
    site.run_jobs()
    assert state() == State.PENDING

    reader.goto(site.url + link(mail.outbox[0]))
    assert state() == State.PENDING
    reader.click("main button")
    expect(reader.locator("h1")).to_have_text("You are subscribed")
    assert state() == State.CONFIRMED

    site.run_jobs()
    assert mail.outbox[1].subject == "Welcome"
    person = Subscriber.objects.get()
    reader.goto(site.url + path_of(letter_words.preferences_url(person)))
    reader.check("[name=format][value=summary]", force=True)
    reader.click("text=Save")
    expect(reader.get_by_text("Saved.")).to_be_visible()
    person.refresh_from_db()
    assert person.format == Subscriber.Format.SUMMARY

    leave = mail.outbox[1].extra_headers["List-Unsubscribe"].strip("<>")
    reader.goto(site.url + path_of(leave))
    assert state() == State.CONFIRMED
    reader.click("main button >> nth=0")
    expect(reader.locator("h1")).to_have_text("You have left")
    assert state() == State.UNSUBSCRIBED


def test_several_are_chosen_on_the_list(site, reader, friday):
    other = make.newsletter(name="Ledger", position=1)

    reader.goto(f"{site.url}/newsletters/")
    reader.check(f"#letter-{other.pk}")
    reader.fill("#email", ADDRESS)
    reader.check("[name=consent]")
    reader.click("aside button")
    expect(reader.get_by_text("Check your mail").first).to_be_visible()
    site.run_jobs()

    assert "The Friday Letter" in mail.outbox[0].body
    assert "Ledger" in mail.outbox[0].body


def test_a_mistyped_address_is_asked_about(site, reader, friday):
    reader.goto(f"{site.url}{friday.get_absolute_url()}")
    reader.fill("#email", "anna@gmial.com")
    reader.check("[name=consent]")
    reader.click("aside button")
    expect(reader.locator(".doubt")).to_contain_text("anna@gmail.com")
    assert reader.input_value("#email") == "anna@gmial.com"
    assert reader.is_checked("[name=consent]")

    reader.click("text=No, keep mine")
    expect(reader.get_by_text("Check your mail").first).to_be_visible()
    site.run_jobs()

    assert mail.outbox[0].to == ["anna@gmial.com"]


def test_what_is_wrong_is_said_in_place(site, page, friday):
    page.goto(f"{site.url}{friday.get_absolute_url()}")
    page.fill("#email", "anna@reader")  # the browser lets it pass
    page.check("[name=consent]")
    page.click("aside button")

    expect(page.locator("#email-error")).to_contain_text("not an email address")
    expect(page.locator("#email")).to_be_focused()
    assert page.url == f"{site.url}{friday.get_absolute_url()}"


def test_who_has_scripts_but_no_network_loses_nothing_typed(site, page, friday):
    page.goto(f"{site.url}{friday.get_absolute_url()}")
    page.route("**/sign-up/", abort_fetches)
    page.fill("#email", ADDRESS)
    page.check("[name=consent]")
    page.click("aside button")

    # The browser sends the form itself, as it would without scripts.
    page.wait_for_url("**/check-your-mail/")


def abort_fetches(route) -> None:
    if route.request.resource_type == "fetch":
        route.abort()
    else:
        route.continue_()


def test_the_public_pages_are_accessible(site, violations, friday):
    issue = friday.issues.get()
    pages = [
        "/newsletters/",
        friday.get_absolute_url(),
        issue.get_absolute_url(),
        make.published_article().get_absolute_url(),
        "/newsletters/check-your-mail/",
        "/newsletters/my-link/",
    ]

    found = {page: violations(f"{site.url}{page}") for page in pages}

    assert {page: wrong for page, wrong in found.items() if wrong} == {}


def test_a_past_issue_is_accessible_in_light_and_dark(site, violations, friday):
    image = make.image(alt_text="A bridge", credit_line="kremlin.ru")
    renditions.make(image.pk, ("jpg",))
    story = make.published_article(
        lead_image=image,
        standfirst="Ten lorries",
        body="<h2>At night</h2><p>Words</p><blockquote><p>“So”</p></blockquote>"
        '<aside data-pull="1"><p>“Quoted”</p><p>Somebody</p></aside>'
        '<table><tbody><tr><th scope="row">a</th><td>1</td></tr></tbody></table>',
    )
    issue = make.issue(
        newsletter=friday,
        articles=[story],
        intro="<p>Good morning</p>",
        support_message="Nobody pays but you.",
        support_url=f"{site.url}/",
    )
    issue.items.update(length="full")
    issue.items.create(position=2, kind="heading", headline="Also")
    issue.items.create(position=3, article=make.published_article())
    issue.items.create(position=4, kind="text", text="<p>A note</p>")
    issue.compiled = compiling.compile(issue, {"en-full"})
    issue.status = Issue.Status.SENT
    issue.started_at = issue.finished_at = timezone.now()
    issue.save()

    assert violations(f"{site.url}{issue.get_absolute_url()}") == []


def test_the_readers_own_pages_are_accessible(site, violations, friday):
    person = make.subscriber(ADDRESS, of=[friday])
    own = path_of(letter_words.preferences_url(person))
    facts = {"s": person.pk, "newsletters": [friday.pk], "at": 9e9}
    facts["text"] = ConsentText.objects.get().pk
    pages = [
        own,
        f"{own}?done=saved",
        f"{own}erase/",
        path_of(letter_words.leave_url(person, friday)),
        f"/newsletters/confirm/{links.for_a_while('confirm', facts)}/",
    ]

    found = {page: violations(f"{site.url}{page}") for page in pages}

    assert {page: wrong for page, wrong in found.items() if wrong} == {}


def test_a_form_that_asks_back_is_accessible(site, violations, friday):
    def mistype(page):
        page.fill("#email", "anna@gmial.com")
        page.check("[name=consent]")
        page.click("aside button")
        page.wait_for_selector(".doubt")

    found = violations(f"{site.url}{friday.get_absolute_url()}", prepare=mistype)

    assert found == []


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]
