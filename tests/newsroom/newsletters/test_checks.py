from datetime import timedelta

import pytest
from django.utils import timezone

from articles import publishing, renditions
from articles.models import Image
from newsroom.newsletters import checks
from newsroom.newsletters.models import IssueItem
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_real_sender(settings):
    settings.DEFAULT_FROM_EMAIL = "The Meridian <letters@meridian.example>"


def found(issue):
    return {(problem.field, problem.blocks) for problem in checks.of(issue)}


def words(issue):
    return " ".join(problem.words for problem in checks.of(issue))


def test_nothing_is_wrong_with_an_issue_that_is_ready():
    assert checks.of(make.issue()) == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"subject": "  "}, ("subject", True)),
        ({"subject": "x" * 90}, ("subject", False)),
        ({"subject": "THE QUAY IS SOLD"}, ("subject", False)),
        ({"subject": "Sold!! Now"}, ("subject", False)),
        ({"preheader": ""}, ("preheader", False)),
        ({"articles": []}, ("items", True)),
        ({"support_message": "Help us."}, ("support_url", False)),
        ({"intro": "<p><a href='https://nowhere'>x</a></p>"}, ("items", True)),
        ({"intro": "<p><a href='/page/none/'>x</a></p>"}, ("items", True)),
        ({"intro": "<p><a href='/no/such/thing'>x</a></p>"}, ("items", True)),
    ],
)
def test_what_is_wrong_is_named_with_its_field(values, problem):
    assert problem in found(make.issue(**values))


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/a?b=c#d",
        "https://пример.рф/",
        "mailto:desk@example.org",
        "/",
        "/corrections/",
    ],
)
def test_links_that_can_be_right_are_let_through(link):
    issue = make.issue(intro=f"<p>See <a href='{link}'>this</a>.</p>")

    assert checks.of(issue) == []


def test_a_link_to_an_article_that_moved_is_let_through():
    story = make.published_article()
    link = story.get_absolute_url()

    issue = make.issue(intro=f"<p>See <a href='{link}'>this</a>.</p>")

    assert checks.of(issue) == []


def test_a_withdrawn_story_is_named_and_stops_nothing_but_an_empty_issue():
    gone = make.published_article(headline="The lease")
    publishing.withdraw(gone, by=None, notice="It was wrong.")

    with_another = make.issue(articles=[gone, make.published_article()])
    alone = make.issue(articles=[gone])

    assert "“The lease” is not public" in words(with_another)
    assert not any(problem.blocks for problem in checks.of(with_another))
    assert ("items", True) in found(alone)


def test_a_story_that_will_be_public_by_then_is_no_problem():
    tomorrow = make.scheduled_article()

    issue = make.issue(articles=[tomorrow], send_at=timezone.now() + timedelta(days=2))

    assert checks.of(issue) == []


@pytest.mark.parametrize("lacks", ["alt_text", "credit_line"])
def test_a_picture_without_alt_text_or_credit_stops_the_issue(lacks):
    image = make.image()
    renditions.make(image.pk, ("jpg",))
    story = make.published_article(lead_image=image)
    Image.objects.filter(pk=image.pk).update(**{lacks: ""})
    issue = make.issue(articles=[story])

    with_picture = found(issue)
    issue.items.update(has_picture=False)

    assert ("items", True) in with_picture
    assert checks.of(issue) == []


def test_pictures_of_a_full_text_are_looked_at_too():
    image = make.image()
    body = f'<p>Words.</p><figure data-image="{image.pk}"></figure>'
    issue = make.issue(articles=[make.published_article(body=body)])
    Image.objects.filter(pk=image.pk).update(alt_text="")

    short = checks.of(issue)
    issue.items.update(length=IssueItem.Length.FULL)

    assert short == []
    assert "has no alt text" in words(issue)


def test_a_mail_that_would_be_cut_off_stops():
    story = make.published_article(body="<p>" + "A word of many. " * 8000 + "</p>")
    issue = make.issue(articles=[story])
    issue.items.update(length=IssueItem.Length.FULL)

    assert "kB" in words(issue)


def test_no_money_is_asked_beside_a_sensitive_story():
    story = make.published_article(is_sensitive=True)
    asks = {"support_message": "Help us.", "support_url": "https://example.org/give"}

    alone = make.issue(articles=[story], template="story", **asks)
    among = make.issue(articles=[story, make.published_article()], **asks)

    assert ("support_message", True) in found(alone)
    assert ("support_message", False) in found(among)


def test_a_sender_without_address_stops(settings):
    settings.DEFAULT_FROM_EMAIL = ""

    assert ("newsletter", True) in found(make.issue())


def test_what_stops_comes_first():
    problems = checks.of(make.issue(subject="", preheader=""))

    assert [problem.blocks for problem in problems] == [True, False]


def test_parts_that_are_not_saved_yet_can_be_checked():
    issue = make.issue(articles=[])
    item = IssueItem(issue=issue, kind="text", text="<p>Good morning.</p>")

    assert checks.of(issue, items=[item]) == []
