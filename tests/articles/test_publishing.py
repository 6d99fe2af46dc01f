from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles import publishing
from articles.models import Article, StateChange
from newsroom.publication.models import Publication, Redirect
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"body": ""}, "Write the text."),
        ({"authors": []}, "Name an author"),
        ({"section": None}, "Choose a section."),
    ],
)
def test_an_unfinished_article_is_not_published(changes, missing):
    article = make.draft(**changes)

    with pytest.raises(publishing.NotReady, match=missing):
        publishing.publish(article, by=None)

    article.refresh_from_db()
    assert article.status == Article.Status.DRAFT


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ({"credit_line": ""}, "no credit line"),
        ({"licence": None}, "no licence"),
        ({"alt_text": ""}, "no alt text"),
    ],
)
@pytest.mark.parametrize("place", ["lead", "body"])
def test_a_picture_without_credit_licence_or_alt_text_stops_publication(
    lacking, words, place
):
    image = make.image(**lacking)
    uses = {"lead_image": image} if place == "lead" else {
        "body": f'<p>Words.</p><figure data-image="{image.pk}"></figure>'
    }  # fmt: skip
    article = make.draft(**uses)

    with pytest.raises(publishing.NotReady, match=words):
        publishing.publish(article, by=make.publisher())


def test_a_senior_editor_may_publish_without_a_credit_and_the_reason_is_logged():
    article = make.draft(lead_image=make.image(credit_line=""))

    publishing.publish(
        article, by=make.publisher(), override_reason="The agency confirms by noon."
    )

    line = StateChange.objects.get(article=article, action="publish")
    assert line.note == "The agency confirms by noon."
    article.refresh_from_db()
    assert article.is_public


def test_a_reason_overrides_nothing_but_credits():
    article = make.draft(body="", lead_image=make.image(credit_line=""))

    with pytest.raises(publishing.NotReady, match="Write the text"):
        publishing.publish(article, by=make.publisher(), override_reason="In a hurry.")


def test_a_withdrawn_picture_stops_publication():
    article = make.draft(lead_image=make.image(withdrawn_at=timezone.now()))

    with pytest.raises(publishing.NotReady, match="may no longer be shown"):
        publishing.publish(article, by=None)


@pytest.mark.parametrize("maker", [make.writer, make.user])
def test_only_publishers_publish(maker):
    article = make.draft()

    with pytest.raises(publishing.NotAllowed):
        publishing.publish(article, by=maker())


def test_a_writer_submits_her_own_draft_and_then_edits_it_no_more():
    writer = make.writer()
    article = make.draft(created_by=writer)

    publishing.submit(article, by=writer)

    article.refresh_from_db()
    assert article.status == Article.Status.IN_REVIEW
    assert not publishing.may_edit(article, writer)


def test_a_writer_does_not_touch_a_colleagues_draft():
    article = make.draft(created_by=make.writer())

    with pytest.raises(publishing.NotAllowed):
        make.save(article, by=make.writer(), headline="Mine now")


def test_saving_over_a_newer_revision_is_refused():
    article = make.draft(headline="First")
    opened_on = article.latest_revision_id
    make.save(article, headline="Theirs")
    article.refresh_from_db()
    mine = article.latest_revision.content | {"headline": "Mine"}

    with pytest.raises(publishing.Conflict):
        publishing.save(article, mine, by=None, based_on_id=opened_on)

    article.refresh_from_db()
    assert article.headline == "Theirs"


def test_saving_without_a_base_revision_is_refused():
    article = make.draft()

    with pytest.raises(publishing.Conflict):
        publishing.save(
            article, article.latest_revision.content, by=None, based_on_id=None
        )


def test_publishing_another_revision_than_the_one_seen_is_refused():
    article = make.draft()
    seen = article.latest_revision_id
    make.save(article, headline="Changed meanwhile")

    with pytest.raises(publishing.Conflict):
        publishing.publish(article, by=None, expected_revision_id=seen)


def test_a_scheduled_article_becomes_public_by_time_alone():
    goes_out = timezone.now() + timedelta(hours=3)
    article = make.draft()

    publishing.schedule(article, by=None, at=goes_out)

    published = Article.objects.published
    assert article not in published()
    assert article in published(at=goes_out)


def test_a_time_in_the_past_cannot_be_scheduled():
    article = make.draft()

    with pytest.raises(publishing.NotPossible, match="past"):
        publishing.schedule(article, by=None, at=timezone.now() - timedelta(minutes=1))


def test_a_scheduled_article_goes_out_without_later_changes_until_scheduled_again():
    article = make.scheduled_article(headline="As agreed")
    goes_out = article.publish_at

    make.save(article, headline="Second thoughts")

    article.refresh_from_db()
    assert article.headline == "As agreed"
    publishing.schedule(article, by=None, at=goes_out)
    article.refresh_from_db()
    assert article.headline == "Second thoughts"
    assert not article.has_unpublished_changes


@pytest.mark.parametrize(
    ("embargoed_until", "unpublish_at", "is_public"),
    [(None, None, True), (1, None, False), (-1, None, True), (None, 1, True)],
)
def test_embargo_and_end_decide_what_is_public(
    embargoed_until, unpublish_at, is_public
):
    now = timezone.now()

    def hours(number):
        return None if number is None else now + timedelta(hours=number)

    article = make.published_article(
        embargoed_until=hours(embargoed_until), unpublish_at=hours(unpublish_at)
    )

    assert (article in Article.objects.published()) == is_public
    assert article.is_public == is_public


def test_an_article_vanishes_when_its_time_is_over():
    article = make.published_article(unpublish_at=timezone.now() + timedelta(hours=1))

    later = timezone.now() + timedelta(hours=2)

    assert article not in Article.objects.published(at=later)
    assert not article.is_public_at(later)


def test_an_end_before_the_beginning_is_said_in_words():
    article = make.draft(unpublish_at=timezone.now() + timedelta(hours=1))

    with pytest.raises(publishing.NotReady, match="taken down before"):
        publishing.schedule(article, by=None, at=timezone.now() + timedelta(hours=2))


def test_what_readers_see_is_not_hidden_by_scheduling_it():
    article = make.published_article()

    with pytest.raises(publishing.NotPossible, match="Readers see it already"):
        publishing.schedule(article, by=None, at=timezone.now() + timedelta(hours=2))

    assert article in Article.objects.published()


def test_the_address_has_the_date_of_the_newsrooms_zone():
    Publication.objects.update(time_zone="Asia/Tokyo")
    article = make.draft(headline="Late in London")

    publishing.publish(article, by=None, at=datetime(2026, 3, 1, 20, tzinfo=UTC))

    article.refresh_from_db()
    assert article.get_absolute_url() == "/2026/03/02/late-in-london/"


def test_slugs_are_made_of_any_script():
    assert publishing.make_slug("Мост через Амур") == "most-cherez-amur"
    assert publishing.make_slug("北京的冬天")
    assert len(publishing.make_slug("word " * 60)) <= publishing.SLUG_LENGTH


def test_two_articles_of_one_day_and_headline_have_two_addresses():
    first = make.published_article(headline="Twice")
    second = make.published_article(headline="Twice")

    assert first.get_absolute_url() != second.get_absolute_url()
    assert second.slug == "twice-2"


def test_publishing_again_keeps_date_first_time_and_address():
    article = make.published_article(publish_at=timezone.now() - timedelta(days=3))
    before = (article.url_date, article.first_published_at, article.publish_at)

    make.save(article, headline="Better words")
    publishing.publish(article, by=None)

    article.refresh_from_db()
    after = (article.url_date, article.first_published_at, article.publish_at)
    assert after == before
    assert article.headline == "Better words"


def test_a_changed_slug_leaves_a_redirect_and_chains_are_collapsed():
    article = make.published_article(slug="one")
    first = article.get_absolute_url()
    for slug in ("two", "three"):
        make.save(article, slug=slug)
        publishing.publish(article, by=None)
    article.refresh_from_db()
    newest = article.get_absolute_url()

    leads_to = dict(Redirect.objects.values_list("old_path", "new_path"))

    assert leads_to == {first: newest, first.replace("one", "two"): newest}


def test_going_back_to_an_old_slug_makes_no_loop():
    article = make.published_article(slug="one")
    for slug in ("two", "one"):
        make.save(article, slug=slug)
        publishing.publish(article, by=None)
    article.refresh_from_db()

    assert article.get_absolute_url().endswith("/one/")
    [redirect] = Redirect.objects.all()
    assert redirect.new_path == article.get_absolute_url()


def test_a_withdrawn_article_is_public_no_more_and_may_come_back():
    article = make.published_article()
    first_time = article.first_published_at

    publishing.withdraw(article, by=make.publisher(), notice="We are checking.")

    article.refresh_from_db()
    assert article.status == Article.Status.WITHDRAWN
    assert article not in Article.objects.published()
    publishing.publish(article, by=None)
    article.refresh_from_db()
    assert article.is_public
    assert article.first_published_at == first_time


def test_withdrawing_from_the_schedule_gives_a_draft():
    article = make.scheduled_article()

    publishing.withdraw(article, by=None)

    article.refresh_from_db()
    assert article.status == Article.Status.DRAFT
    assert article.url_date is None
    make.save(article, headline="Rewritten")
    article.refresh_from_db()
    assert article.headline == "Rewritten"


def test_only_what_is_public_is_corrected():
    with pytest.raises(publishing.NotPossible):
        publishing.correct(make.draft(), by=None, kind="correction", text="Wrong.")


def test_a_correction_is_logged_and_kept():
    article = make.published_article()

    publishing.correct(article, by=None, kind="correction", text="It was Tuesday.")

    assert article.corrections.get().text == "It was Tuesday."
    assert article.state_changes.filter(action="correct").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "published", "publish_at": None},
        {"status": "published", "url_date": None},
        {"status": "published", "slug": ""},
        {"status": "published", "section": None},
        {"unpublish_at": datetime(2000, 1, 1, tzinfo=UTC)},
    ],
)
def test_the_database_refuses_an_impossible_article(changes):
    article = make.published_article()

    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.filter(pk=article.pk).update(**changes)
