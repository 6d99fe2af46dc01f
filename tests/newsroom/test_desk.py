from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from articles import publishing, readiness
from articles.models import Article
from newsroom import desk
from newsroom.accounts import roles
from newsroom.publication.models import Publication
from tests import make

pytestmark = pytest.mark.django_db


def open_desk(client):
    return client.get(reverse("admin:index"))


def titles(response, name):
    return [story.article.headline for story in response.context[name].stories]


def submitted(**values):
    article = make.draft(**values)
    publishing.submit(article, by=None)
    return article


def test_writers_see_their_own_drafts_and_nobody_elses(sign_in):
    writer = make.writer()
    make.draft(created_by=writer, headline="Mine")
    make.draft(created_by=make.writer(), headline="Another's")

    response = open_desk(sign_in(writer))

    assert titles(response, "mine") == ["Mine"]
    assert "Another&#x27;s" not in response.text


def test_what_is_submitted_waits_for_those_who_review(sign_in):
    submitted(created_by=make.writer(), headline="Please read")

    response = open_desk(sign_in(make.user(roles.EDITORS)))

    assert titles(response, "waiting") == ["Please read"]


def test_writers_are_asked_for_no_review(sign_in):
    submitted(created_by=make.writer(), headline="Please read")

    response = open_desk(sign_in(make.writer()))

    assert "Waiting for your review" not in response.text
    assert "Please read" not in response.text


def test_a_story_whose_time_has_passed_is_late(sign_in):
    due = timezone.now() - timedelta(hours=1, minutes=40)
    submitted(headline="Overdue", publish_at=due)

    response = open_desk(sign_in(make.publisher()))

    assert titles(response, "late") == ["Overdue"]
    assert "1 h 40 min late" in response.text


def test_each_story_stands_once_in_the_most_urgent_list(sign_in):
    publisher = make.publisher()
    submitted(
        created_by=publisher,
        headline="Mine, submitted and late",
        publish_at=timezone.now() - timedelta(hours=1),
    )
    changed = make.published_article(
        created_by=publisher, headline="Published, changed"
    )
    make.save(changed, headline="Newer words")

    response = open_desk(sign_in(publisher))

    assert response.text.count("Mine, submitted and late</a>") == 1
    assert titles(response, "late") == ["Mine, submitted and late"]
    assert titles(response, "changed") == ["Published, changed"]
    assert titles(response, "published") == []


def test_scheduled_stories_stand_in_the_order_of_their_times(sign_in):
    now = timezone.now()
    make.scheduled_article(headline="Later", publish_at=now + timedelta(days=2))
    make.scheduled_article(headline="Sooner", publish_at=now + timedelta(hours=2))

    response = open_desk(sign_in(make.writer()))

    assert titles(response, "scheduled") == ["Sooner", "Later"]


def test_times_are_the_newsrooms_with_utc_beside_them(sign_in):
    Publication.objects.update(time_zone="Asia/Tbilisi")
    at = datetime(2031, 1, 14, 21, 30, tzinfo=UTC)
    make.scheduled_article(publish_at=at)

    response = open_desk(sign_in(make.writer()))

    assert ">01:30</time>" in response.text
    assert "21:30 UTC" in response.text
    assert "15 Jan 2031" in response.text
    assert "Tbilisi, newsroom time" in response.text


def test_today_begins_at_midnight_of_the_newsroom(rf):
    just_after = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    make.published_article(
        headline="Before midnight in Riga",
        publish_at=datetime(2026, 11, 23, 21, 30, tzinfo=UTC),
    )
    make.published_article(
        headline="After midnight in Riga",
        publish_at=datetime(2026, 11, 23, 22, 30, tzinfo=UTC),
    )
    request = rf.get("/admin/")
    request.user = make.writer()

    with timezone.override("Europe/Riga"):
        found = desk.for_person(request, at=just_after)

    names = [story.article.headline for story in found["published"].stories]
    assert names == ["After midnight in Riga"]


def test_a_picture_without_a_credit_is_shown_with_what_it_lacks(sign_in):
    image = make.image(
        headline="Quay",
        credit_line="",
        licence=None,
        sizes={"card": {"jpg": [[320, 213, "ab/small.jpg"], [640, 427, "ab/big.jpg"]]}},
    )
    make.draft(lead_image=image)

    response = open_desk(sign_in(make.user(roles.PICTURE_DESK)))

    assert "No credit line, licence" in response.text
    assert "in 1 article" in response.text
    assert "ab/small.jpg" in response.text
    assert "ab/big.jpg" not in response.text


def test_withdrawn_pictures_need_no_credit_any_more(sign_in):
    make.image(headline="Gone", credit_line="", withdrawn_at=timezone.now())

    response = open_desk(sign_in(make.user(roles.PICTURE_DESK)))

    assert "Every picture has its credit." in response.text


def test_licences_that_end_soon_are_named(sign_in):
    day = timezone.now().date()
    make.image(headline="Ends soon", licence_until=day + timedelta(days=5))
    make.image(headline="Ends later", licence_until=day + timedelta(days=50))

    response = open_desk(sign_in(make.publisher()))

    assert "Ends soon" in response.text
    assert "Ends later" not in response.text


def test_troubles_of_the_site_are_for_publishers(sign_in):
    cache.clear()

    for_publisher = open_desk(sign_in(make.publisher())).text
    for_writer = open_desk(sign_in(make.writer())).text

    assert "No worker has run yet" in for_publisher
    assert "No worker has run yet" not in for_writer


def test_empty_lists_say_so(sign_in):
    response = open_desk(sign_in(make.publisher()))

    for words in [
        "Nothing waits for you. Stories that others submit appear here.",
        "You have no drafts.",
        "Nothing is scheduled.",
        "Nothing published since midnight.",
        "Every picture has its credit.",
    ]:
        assert words in response.text


def test_those_who_may_not_see_articles_see_no_lists(sign_in):
    person = make.user(roles.WRITERS)
    person.groups.clear()
    make.draft(created_by=person, headline="Hidden")

    response = open_desk(sign_in(person))

    assert response.status_code == 200
    assert "Hidden" not in response.text
    assert "My drafts" not in response.text


def test_a_long_list_leads_to_the_whole_one(sign_in):
    for _ in range(desk.MOST_ROWS + 1):
        submitted()

    response = open_desk(sign_in(make.publisher()))

    assert response.context["waiting"].count == f"{desk.MOST_ROWS}+"
    assert "?status__exact=in-review" in response.text


def fill(number, person):
    for _ in range(number):
        image = make.image(credit_line="")
        make.draft(created_by=person, lead_image=image)
        submitted(lead_image=image, publish_at=timezone.now() - timedelta(hours=1))
        submitted(lead_image=make.image(alt_text=""))
        make.scheduled_article(lead_image=make.image())
        make.save(make.published_article(lead_image=make.image()), headline="New")
        make.published_article()


def test_the_desk_asks_as_often_for_many_stories_as_for_few(sign_in):
    person = make.publisher()
    client = sign_in(person)
    fill(1, person)
    open_desk(client)
    with CaptureQueriesContext(connection) as few:
        open_desk(client)

    fill(5, person)  # 36 stories
    with CaptureQueriesContext(connection) as many:
        open_desk(client)

    assert len(many) == len(few)
    assert len(many) <= 30


@pytest.mark.parametrize(
    "case",
    [
        "ready",
        "no body",
        "no section",
        "nobody named",
        "byline instead",
        "taken over",
        "ends in the past",
        "lead lacks a credit",
        "body lacks a licence",
        "same picture twice",
        "withdrawn picture",
        "licence ended",
        "everything",
    ],
)
def test_the_count_of_what_is_missing_is_that_of_publishing(case):
    lacking = make.image(credit_line="", alt_text="")
    figure = '<p>Text.</p><figure data-image="{}"><figcaption></figcaption></figure>'
    values = {
        "ready": {},
        "no body": {"body": ""},
        "no section": {"section": None},
        "nobody named": {"authors": []},
        "byline instead": {"authors": [], "byline_override": "Our correspondent"},
        "taken over": {"authors": [], "source": "Another paper"},
        "ends in the past": {"unpublish_at": timezone.now() - timedelta(hours=1)},
        "lead lacks a credit": {"lead_image": lacking},
        "body lacks a licence": {
            "body": figure.format(make.image(licence=None).pk),
        },
        "same picture twice": {
            "lead_image": lacking,
            "body": figure.format(lacking.pk),
        },
        "withdrawn picture": {"lead_image": make.image(withdrawn_at=timezone.now())},
        "licence ended": {
            "lead_image": make.image(
                licence_until=timezone.now().date() - timedelta(days=3)
            )
        },
        "everything": {
            "body": figure.format(lacking.pk),
            "section": None,
            "authors": [],
            "lead_image": make.image(licence=None),
        },
    }[case]
    article = make.draft(**values)

    (loaded,) = desk._for_rows(Article.objects.filter(pk=article.pk))
    desk._load_details([loaded])

    expected = readiness.missing(article.latest_revision.content)
    assert desk.count_missing(loaded) == len(expected)
    assert (case in {"ready", "byline instead", "taken over"}) == (not expected)


def test_a_scheduled_story_is_counted_by_what_will_go_out(sign_in):
    image = make.image()
    article = make.scheduled_article(lead_image=image)
    make.save(article, lead_image=None)
    type(image).objects.filter(pk=image.pk).update(credit_line="")

    response = open_desk(sign_in(make.publisher()))

    (story,) = response.context["scheduled"].stories
    assert story.missing == 1
    assert "Unpublished changes" in response.text


def test_drafts_never_reach_those_without_a_role_for_articles(sign_in):
    make.draft(headline="Canary")
    person = make.user(roles.SUPPORT_STAFF)

    response = open_desk(sign_in(person))

    assert "Canary" not in response.text
