import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from articles import publishing, renditions
from articles.models import Article, Image
from newsroom.newsletters import compiling
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


def gone_out(newsletter, articles, variants=("en-full",), **values):
    """Sent as ``sending`` leaves it: with what went out in ``compiled``."""
    issue = sent(newsletter, articles=articles, **values)
    issue.compiled = compiling.compile(issue, set(variants))
    issue.save()
    return issue


def pictured(**values):
    image = make.image(**values)
    renditions.make(image.pk, ("jpg",))
    return image


def headings(page):
    main = page.partition("<main")[2].partition("</main>")[0]
    return [int(level) for level in re.findall(r"<h([1-6])", main)]


def test_an_issue_can_be_read_without_anybodys_links(client):
    issue = gone_out(make.newsletter(), [make.published_article(headline="Lorry")])

    page = words(client, issue.get_absolute_url())

    assert "Lorry" in page
    assert "/leave/" not in page
    assert "/me/" not in page


@pytest.mark.parametrize("is_compiled", [True, False])
def test_an_issue_is_a_page_of_the_site_under_its_usual_policy(client, is_compiled):
    story = make.published_article(body="<h2>Below</h2><p>Words</p>")
    make_it = gone_out if is_compiled else sent
    issue = make_it(make.newsletter(), articles=[story])
    issue.items.update(length="full")

    answer = client.get(issue.get_absolute_url())

    page = answer.content.decode()
    usual = client.get("/newsletters/")["Content-Security-Policy"]
    assert answer["Content-Security-Policy"] == usual
    assert "'unsafe-inline'" not in usual
    assert " style=" not in page
    assert "<table" not in page


def test_what_went_out_is_shown_as_it_went_out(client):
    article = make.published_article(
        headline="As it was", standfirst="Ten lorries", body="<p>Old words</p>"
    )
    issue = make.issue(newsletter=make.newsletter(), articles=[article])
    issue.items.update(length="full")
    issue = finished(issue)
    Article.objects.update(
        headline="As it is", standfirst="Nine lorries", body="<p>New words</p>"
    )
    Issue.objects.update(subject="Another subject")

    page = words(client, issue.get_absolute_url())

    for kept in ("As it was", "Ten lorries", "Old words", "The week"):
        assert kept in page
    for new in ("As it is", "Nine lorries", "New words", "Another subject"):
        assert new not in page


def finished(issue):
    issue.compiled = compiling.compile(issue, {"en-full"})
    issue.status = Issue.Status.SENT
    issue.started_at = issue.finished_at = timezone.now()
    issue.save()
    return issue


@pytest.mark.parametrize("keeps_data", [True, False])
def test_an_article_that_was_withdrawn_is_no_longer_shown(client, keeps_data):
    gone = make.published_article(headline="Gone", body="<p>Its words</p>")
    stays = make.published_article(headline="Stays")
    issue = make.issue(newsletter=make.newsletter(), articles=[gone, stays])
    issue.items.update(length="full")
    issue = finished(issue)
    if not keeps_data:
        del issue.compiled["en-full"]["page"]
        issue.save()
    assert "Its words" in words(client, issue.get_absolute_url())

    publishing.withdraw(gone, by=make.publisher(), notice="Withdrawn.")

    page = words(client, issue.get_absolute_url())
    assert "Gone" not in page
    assert "Its words" not in page
    assert "no longer public" in page
    assert "Stays" in page


def test_pictures_stand_there_with_alt_text_and_credit_until_they_are_withdrawn(client):
    image = pictured(alt_text="A bridge", credit_line="kremlin.ru")
    inside = pictured(alt_text="A lorry", credit_line="Mira Vale")
    body = f'<p>Words</p><figure data-image="{inside.pk}" data-width="column">'
    story = make.published_article(
        lead_image=image, body=f"{body}<figcaption></figcaption></figure>"
    )
    issue = make.issue(newsletter=make.newsletter(), articles=[story])
    issue.items.update(length="full")
    issue = finished(issue)

    answer = client.get(issue.get_absolute_url())
    page = answer.content.decode()
    Image.objects.update(withdrawn_at=timezone.now())
    later = words(client, issue.get_absolute_url())

    for one, credit in ((image, "Kremlin.ru"), (inside, "Mira Vale")):
        assert f'alt="{one.alt_text}"' in page
        assert credit in page
        assert f"image:{one.pk}" in answer.wsgi_request.page_names
        assert f'alt="{one.alt_text}"' not in later


def test_headings_follow_one_another(client):
    story = make.published_article(body="<h2>Part</h2><p>x</p><h3>Smaller</h3><p>y</p>")
    other = make.published_article(body="<h2>Part</h2><p>x</p>")
    issue = make.issue(newsletter=make.newsletter(), articles=[story])
    add = issue.items.create
    add(position=2, kind="text", text="<h2>A text</h2><p>z</p>")
    add(position=3, kind="heading", headline="Also")
    add(position=4, article=other)
    add(position=5, kind="text", headline="Note", text="<h2>Of a text</h2><p>z</p>")
    issue.items.update(length="full")

    page = words(client, finished(issue).get_absolute_url())

    assert headings(page) == [1, 2, 3, 4, 2, 2, 3, 4, 3, 4]


def test_a_mail_that_was_kept_without_its_data_is_read_from_the_mail(client):
    story = make.published_article(
        headline="Lorries & <cranes>",
        standfirst="Ten of them",
        kicker="Ports",
        body="<h2>At night</h2><p>Long <em>words</em></p>",
    )
    brief = make.published_article(headline="In brief", body="<p>Never sent</p>")
    issue = make.issue(
        newsletter=make.newsletter(), articles=[story], intro="<p>Good morning</p>"
    )
    issue.items.update(length="full")
    issue.items.create(position=2, kind="heading", headline="Also this week")
    issue.items.create(position=3, article=brief)
    issue.items.create(position=4, kind="text", headline="Note", text="<p>A text</p>")
    issue.support_message = "Nobody pays but you."
    issue = finished(issue)
    with_data = words(client, issue.get_absolute_url())
    del issue.compiled["en-full"]["page"]
    issue.save()
    Article.objects.update(headline="Changed", body="<p>Changed</p>")

    page = words(client, issue.get_absolute_url())

    for shown in (
        "Good morning",
        "Lorries &amp; &lt;cranes&gt;",
        "Ten of them",
        "Ports",
        "<h3>At night</h3><p>Long <em>words</em></p>",
        "Also this week",
        "In brief",
        "A text",
        "Nobody pays but you.",
    ):
        assert shown in with_data
        assert shown in page
    assert headings(page) == headings(with_data)
    assert "Changed" not in page
    assert " style=" not in page


def test_another_language_is_marked_on_the_page(client):
    letter = make.newsletter(language="ru")
    issue = gone_out(letter, [make.published_article(language="en")], ["ru-full"])

    page = words(client, issue.get_absolute_url())

    assert '<html lang="ru"' in page
    assert re.search(r'<section class="issue__story[^"]*" lang="en">', page)


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
