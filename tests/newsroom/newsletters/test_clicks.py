import quopri
import re
from datetime import UTC, date, datetime

import pytest

from newsroom.accounts import roles
from newsroom.newsletters import clicks, compiling, rendering
from newsroom.newsletters.models import ClickTotal, Issue
from tests import make

pytestmark = pytest.mark.django_db

STORY = "https://meridian.example/a/one/"
OTHER = "https://example.net/"


def sent_issue(*, urls=(STORY, OTHER), **newsletter):
    return make.issue(
        newsletter=make.newsletter(**{"counts_clicks": True} | newsletter),
        articles=[],
        compiled={
            "en-full": {"subject": "The week", "urls": list(urls)},
            "en-summary": {"subject": "The week", "urls": list(urls)},
        },
    )


def path(issue, number):
    return f"/mail/go/{issue.public_id}/{number}/"


def test_a_counted_link_leads_through_our_own_site(settings):
    settings.SITE_URL = "https://meridian.example"

    assert clicks.counted("abc", 1, OTHER) == "https://meridian.example/mail/go/abc/1/"


@pytest.mark.parametrize("url", ["mailto:desk@meridian.example", "tel:+44", "#top"])
def test_what_is_no_page_is_not_counted(url):
    assert clicks.counted("abc", 0, url) == url


def test_a_click_leads_on_and_is_counted(client):
    issue = sent_issue()

    response = client.get(path(issue, 1))

    assert response.status_code == 302
    assert response.headers["Location"] == OTHER
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies
    total = ClickTotal.objects.get()
    assert (total.issue, total.link, total.count) == (issue, 1, 1)


def test_the_clicks_of_a_day_are_one_row(client):
    issue = sent_issue()

    for _ in range(3):
        client.get(path(issue, 0))

    assert ClickTotal.objects.get().count == 3


def test_whoever_only_looks_is_led_on_and_not_counted(client):
    issue = sent_issue()

    response = client.head(path(issue, 0))

    assert response.status_code == 302
    assert ClickTotal.objects.count() == 0


def test_a_newsletter_that_counts_nothing_still_leads_on(client):
    issue = sent_issue(counts_clicks=False)

    response = client.get(path(issue, 0))

    assert response.headers["Location"] == STORY
    assert ClickTotal.objects.count() == 0


@pytest.mark.parametrize("number", [2, 99999, 10**30])
def test_a_number_that_was_not_sent_leads_nowhere(client, number):
    issue = sent_issue()

    assert client.get(path(issue, number)).status_code == 404


def test_nobody_chooses_where_a_link_leads(client):
    issue = sent_issue()

    response = client.get(
        path(issue, 0) + "?url=https://evil.example/&0=//evil.example"
    )

    assert response.headers["Location"] == STORY


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example/", "/admin/"])
def test_only_addresses_of_pages_are_led_to(client, url):
    issue = sent_issue(urls=[url])

    assert client.get(path(issue, 0)).status_code == 404


def test_an_issue_that_nobody_got_leads_nowhere(client):
    assert client.get(path(make.issue(articles=[]), 0)).status_code == 404
    assert client.get("/mail/go/unknown/0/").status_code == 404


def test_a_post_is_refused(client):
    assert client.post(path(sent_issue(), 0)).status_code == 405


def test_a_day_begins_by_the_clock_of_the_newsletter():
    issue = sent_issue(time_zone="Asia/Tbilisi")
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)

    clicks.count(issue, 0, at=late)

    assert ClickTotal.objects.get().day == date(2026, 11, 24)


def test_the_totals_name_each_link_the_most_followed_first():
    issue = sent_issue()
    first = datetime(2026, 11, 23, 12, tzinfo=UTC)
    second = datetime(2026, 11, 24, 12, tzinfo=UTC)
    for at in (first, second, second):
        clicks.count(issue, 1, at=at)

    totals = clicks.totals(issue)

    assert [(link.url, link.count) for link in totals] == [(OTHER, 3), (STORY, 0)]
    assert totals[0].days == {date(2026, 11, 23): 1, date(2026, 11, 24): 2}


def test_a_row_of_clicks_holds_nothing_of_a_reader():
    names = {field.name for field in ClickTotal._meta.get_fields()}

    assert names == {"id", "issue", "link", "day", "count"}


def test_the_same_link_has_one_number_in_every_format():
    issue = make.issue(newsletter=make.newsletter(counts_clicks=True))
    links = rendering.Links(
        leave="https://x.example/l", preferences="https://x.example/p"
    )

    full, summary = (
        rendering.render(issue, language="en", format=format, links=links)
        for format in rendering.FORMATS
    )

    assert full.urls == summary.urls
    assert f"/mail/go/{issue.public_id}/" in full.html
    assert f"/mail/go/{issue.public_id}/" in summary.text


def test_only_what_goes_out_is_counted():
    issue = make.issue(newsletter=make.newsletter(counts_clicks=True))
    links = rendering.Links(
        leave="https://x.example/l", preferences="https://x.example/p"
    )

    archived = rendering.render(
        issue, language="en", format="full", links=rendering.NO_LINKS
    )
    tried = rendering.render(
        issue, language="en", format="full", links=links, is_test=True
    )

    assert "/mail/go/" not in archived.html + archived.text
    assert "/mail/go/" not in tried.html + tried.text


def test_staff_see_how_often_links_were_followed(sign_in):
    issue = sent_issue()
    Issue.objects.filter(pk=issue.pk).update(status="sent", audience=1)
    clicks.count(issue, 1)
    staff = sign_in(make.user(roles.NEWSLETTER_STAFF))

    page = staff.get(f"/admin/newsletters/issue/{issue.pk}/change/").content.decode()

    assert "Links that were followed" in page
    assert f'<a href="{OTHER}" rel="noreferrer">' in page


def test_every_counted_link_of_what_goes_out_leads_to_its_page(client):
    issue = make.issue(newsletter=make.newsletter(counts_clicks=True))
    issue.compiled = compiling.compile(issue, {"en-full", "en-summary"})
    issue.save(update_fields=["compiled"])
    body = quopri.decodestring(issue.compiled["en-full"]["message"]).decode()

    links = set(re.findall(rf"/mail/go/{issue.public_id}/\d+/", body))
    led_to = {client.get(link).headers["Location"] for link in links}

    assert links
    assert led_to <= set(issue.compiled["en-full"]["urls"])
    assert ClickTotal.objects.count() == len(links)
