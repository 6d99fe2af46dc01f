from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from newsroom.newsletters.models import Issue
from tests import make
from tests.newsroom.newsletters.readers import path

pytestmark = pytest.mark.django_db

ATOM = "{http://www.w3.org/2005/Atom}"


def sent(newsletter, days_ago=1, **values):
    at = timezone.now() - timedelta(days=days_ago)
    return make.issue(
        newsletter=newsletter,
        status=Issue.Status.SENT,
        started_at=at,
        finished_at=at,
        **values,
    )


def words(client, page):
    answer = client.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_of_a_newsletter_lists_what_went_out(client):
    letter = make.newsletter(description="Five stories, ten minutes.")
    sent(letter, 2, subject="The older one")
    sent(letter, 1, subject="The newer one")
    make.issue(newsletter=letter, subject="Not yet out")
    sent(letter, subject="Kept back", in_archive=False)

    page = words(client, letter.get_absolute_url())

    assert "Five stories, ten minutes." in page
    assert page.index("The newer one") < page.index("The older one")
    assert "Not yet out" not in page
    assert "Kept back" not in page
    assert f'value="{letter.pk}"' in page


def test_long_archives_have_pages(client):
    letter = make.newsletter()
    for number in range(35):
        sent(letter, number + 1, subject=f"Issue {number:02}", articles=[])

    first = words(client, letter.get_absolute_url())
    second = words(client, f"{letter.get_absolute_url()}?page=2")

    assert "Issue 00" in first
    assert "Issue 34" not in first
    assert "Issue 34" in second
    assert client.get(f"{letter.get_absolute_url()}?page=x").status_code == 200


def test_an_issue_can_be_read_without_anybodys_links(client):
    issue = sent(make.newsletter(), articles=[make.published_article(headline="Lorry")])

    answer = client.get(issue.get_absolute_url())

    page = answer.content.decode()
    assert "Lorry" in page
    assert "/leave/" not in page
    assert "/me/" not in page
    assert "<style>" not in page.partition('class="issue__mail"')[2]
    assert "style-src-attr 'unsafe-inline'" in answer["Content-Security-Policy"]
    assert "script-src 'self';" in answer["Content-Security-Policy"]


def test_what_went_out_is_shown_as_it_went_out(client):
    article = make.published_article(headline="As it was")
    issue = sent(make.newsletter(), articles=[article])
    issue.compiled = {
        "en-summary": {"subject": "Summary", "html": "<body>summary</body>"},
        "en-full": {
            "subject": "The subject that went out",
            "html": "<html><style>p{}</style><body class=x><p>As it was</p></body>",
        },
    }
    issue.save()

    page = words(client, issue.get_absolute_url())

    assert "The subject that went out" in page
    assert "<p>As it was</p>" in page
    assert "p{}" not in page


@pytest.mark.parametrize(
    "status", [Issue.Status.DRAFT, Issue.Status.SCHEDULED, Issue.Status.CANCELLED]
)
def test_what_is_not_out_is_not_found(client, status):
    issue = make.issue(status=status, send_at=timezone.now() + timedelta(days=1))

    assert client.get(issue.get_absolute_url()).status_code == 404


def test_a_newsletter_without_an_archive_shows_no_issue(client):
    letter = make.newsletter(has_archive=False)
    issue = sent(letter, subject="For subscribers")

    assert client.get(issue.get_absolute_url()).status_code == 404
    assert client.get(path("feed", letter.slug)).status_code == 404
    page = words(client, letter.get_absolute_url())
    assert "For subscribers" not in page
    assert "subscribers only" in page


def test_the_sample_is_the_preview_until_the_first_issue_is_out(client):
    letter = make.newsletter()
    page = path("preview", letter.slug)
    assert client.get(page)["Location"] == letter.get_absolute_url()

    letter.sample = make.issue(newsletter=letter, subject="How it looks")
    letter.save()
    sample = client.get(page)
    assert sample["Location"] == letter.sample.get_absolute_url()
    assert sample["Cache-Control"] == "no-cache"
    assert "How it looks" in words(client, sample["Location"])

    first = sent(letter)
    assert client.get(page)["Location"] == first.get_absolute_url()


def test_an_issue_belongs_to_its_newsletter(client):
    issue = sent(make.newsletter())
    other = make.newsletter()

    assert client.get(path("issue", other.slug, issue.public_id)).status_code == 404


def test_the_feed_has_subject_link_and_summary(client):
    letter = make.newsletter(name="The Friday Letter", slug="friday")
    issue = sent(letter, subject="Lorries & <cranes>", preheader="And a correction")

    answer = client.get(path("feed", "friday"))

    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(answer.content)  # noqa: S314 (written by us)
    assert "The Friday Letter" in feed.findtext(f"{ATOM}title")
    [entry] = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Lorries & <cranes>"
    assert entry.findtext(f"{ATOM}summary") == "And a correction"
    assert entry.find(f"{ATOM}link").get("href").endswith(issue.get_absolute_url())
    assert path("feed", "friday") in words(client, letter.get_absolute_url())


def test_pages_say_what_they_show(client):
    letter = make.newsletter()
    article = make.published_article()
    sample = make.issue(newsletter=letter, articles=[article])
    letter.sample = sample
    letter.save()
    issue = sent(letter)
    mine = f"newsletter:{letter.pk}"

    def names(page):
        return client.get(page).wsgi_request.page_names

    assert "newsletters" in names("/newsletters/")
    assert {"newsletters", mine} <= names(letter.get_absolute_url())
    assert {f"issue:{issue.pk}", mine} <= names(issue.get_absolute_url())
    assert f"article:{article.pk}" in names(sample.get_absolute_url())
    assert mine in names(path("feed", letter.slug))


def test_public_pages_are_the_same_for_every_reader(client):
    letter = make.newsletter()
    issue = sent(letter)

    for page in (
        "/newsletters/",
        letter.get_absolute_url(),
        issue.get_absolute_url(),
        path("feed", letter.slug),
        path("my_link"),
        path("check"),
    ):
        answer = client.get(page)
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert not answer.cookies
        assert answer["ETag"]


def test_the_newsletters_stand_in_the_head_and_the_foot_of_pages(client):
    page = words(client, "/")

    assert page.count('href="/newsletters/"') == 3
