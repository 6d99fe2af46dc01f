import pytest
from django.urls import reverse

from articles.models import Article, Topic
from newsroom.accounts import roles
from newsroom.publication.models import Publication
from tests import make

pytestmark = pytest.mark.django_db

ADD = "/admin/articles/article/add/"


def change_url(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def typed(article=None, **changes):
    """What the browser sends for the article's form, with changes."""
    content = article.latest_revision.content if article else make.article_content()
    values = {name: value for name, value in content.items() if isinstance(value, str)}
    section = content["section"]
    values |= {
        "section": section["id"] if section else "",
        "lead_image": (content["lead_image"] or {}).get("id", ""),
        "topics": [topic["id"] for topic in content["topics"]],
        "related": [other["id"] for other in content["related"]],
        "bylines": [line["contributor"]["id"] for line in content["bylines"]],
        "bylines-role": [line["role"] for line in content["bylines"]],
        "base_revision": article.latest_revision_id if article else "",
    }
    return values | {"_save": "1"} | changes


def test_an_editor_writes_an_article_and_finds_it_saved(sign_in):
    editor = make.user()
    client = sign_in(editor)

    answer = client.post(ADD, typed(headline="A new bridge"))

    article = Article.objects.get(headline="A new bridge")
    assert answer.url == change_url(article)
    assert article.created_by == editor
    assert article.status == Article.Status.DRAFT
    assert article.revisions.get().created_by == editor


def test_without_a_headline_nothing_typed_is_lost(sign_in):
    client = sign_in(make.user())

    page = client.post(ADD, typed(headline="", body="<p>All my words.</p>"))

    words = page.content.decode()
    assert "Write a headline, even a rough one." in words
    assert "All my words." in words
    assert not Article.objects.exists()


def test_the_form_opens_the_newest_revision_of_a_public_article(sign_in):
    article = make.published_article(headline="As readers see it")
    make.save(article, headline="As it will be")
    client = sign_in(make.publisher())

    page = client.get(change_url(article)).content.decode()

    assert "As it will be" in page
    assert "Unpublished changes" in page


def test_saving_without_a_change_appends_no_revision(sign_in):
    article = make.draft()
    client = sign_in(make.publisher())

    client.post(change_url(article), typed(article))

    assert article.revisions.count() == 1


def test_saving_a_public_article_leaves_it_as_readers_see_it(sign_in):
    article = make.published_article(headline="Old words")
    client = sign_in(make.publisher())

    answer = client.post(
        change_url(article), typed(article, headline="New words"), follow=True
    )

    article.refresh_from_db()
    assert article.headline == "Old words"
    assert "Readers see the version of" in answer.content.decode()


def test_publishing_shows_what_is_missing_with_links_to_the_fields(sign_in):
    article = make.draft(section=None, authors=[])
    client = sign_in(make.publisher())

    answer = client.post(change_url(article), typed(article, _publish="1"), follow=True)

    words = answer.content.decode()
    assert 'data-goto="section"' in words
    assert 'data-goto="bylines"' in words
    assert not Article.objects.published().exists()


def test_publishing_saves_what_was_typed_first(sign_in):
    article = make.draft()
    client = sign_in(make.publisher())

    client.post(
        change_url(article), typed(article, headline="Final words", _publish="1")
    )

    article.refresh_from_db()
    assert article.is_public
    assert article.headline == "Final words"


def test_scheduling_without_a_time_asks_for_one(sign_in):
    article = make.draft()
    client = sign_in(make.publisher())

    answer = client.post(
        change_url(article), typed(article, _schedule="1"), follow=True
    )

    assert "Write the time into" in answer.content.decode()


def test_a_time_is_typed_in_the_newsrooms_zone(sign_in):
    Publication.objects.update(time_zone="Asia/Tokyo")
    article = make.draft()
    client = sign_in(make.publisher())

    client.post(
        change_url(article),
        typed(article, publish_at="2040-05-01T09:30", _schedule="1"),
    )

    article.refresh_from_db()
    assert article.is_scheduled
    assert article.publish_at.isoformat() == "2040-05-01T00:30:00+00:00"


def test_saving_a_scheduled_article_says_that_it_goes_out_without_the_changes(sign_in):
    article = make.scheduled_article(headline="As agreed")
    client = sign_in(make.publisher())

    answer = client.post(
        change_url(article), typed(article, headline="Second thoughts"), follow=True
    )

    words = answer.content.decode()
    assert "without these changes" in words
    assert "Put the changes into the schedule" in words


def test_two_people_see_both_versions_and_nothing_is_overwritten(sign_in):
    article = make.draft(headline="First", standfirst="Base")
    mine = typed(article, headline="Mine")
    make.save(article, headline="Theirs", standfirst="Their standfirst")
    client = sign_in(make.publisher())

    answer = client.post(change_url(article), mine)

    words = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in words
    assert "Mine" in words
    assert "both changed it" in words
    article.refresh_from_db()
    assert article.headline == "Theirs"


def test_a_conflict_is_settled_part_by_part(sign_in):
    article = make.draft(headline="First", standfirst="Base")
    mine = typed(article, headline="Mine", standfirst="Base")
    newest = make.save(article, headline="Theirs", standfirst="Their standfirst")
    client = sign_in(make.publisher())

    client.post(
        change_url(article),
        mine
        | {
            "base_revision": newest.pk,
            "_choice_headline": "mine",
            "_choice_standfirst": "theirs",
        },
    )

    article.refresh_from_db()
    assert (article.headline, article.standfirst) == ("Mine", "Their standfirst")


def test_the_preview_is_the_public_page_and_changes_nothing(sign_in):
    article = make.published_article(headline="Public words")
    client = sign_in(make.publisher())

    page = client.post(
        reverse("admin:articles_article_preview", args=[article.pk]),
        typed(article, headline="Planned words"),
    )

    assert "Planned words" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    article.refresh_from_db()
    assert article.headline == "Public words"
    assert article.revisions.count() == 1


def test_a_new_article_can_be_previewed_before_it_is_saved(sign_in):
    client = sign_in(make.user())

    page = client.post(
        reverse("admin:articles_article_preview_new"), typed(headline="Not yet saved")
    )

    assert "Not yet saved" in page.content.decode()
    assert not Article.objects.exists()


def test_a_preview_that_cannot_be_made_says_why(sign_in):
    client = sign_in(make.user())

    page = client.post(
        reverse("admin:articles_article_preview_new"), typed(headline="")
    )

    assert "Write a headline" in page.content.decode()


def test_who_may_not_write_in_an_article_reads_its_preview(sign_in):
    article = make.draft(created_by=make.writer())
    client = sign_in(make.writer())

    answer = client.get(change_url(article))

    assert answer.url == reverse("admin:articles_article_preview", args=[article.pk])
    assert client.get(answer.url).status_code == 200


def test_a_writer_cannot_post_into_a_colleagues_draft(sign_in):
    article = make.draft(created_by=make.writer(), headline="Hers")
    client = sign_in(make.writer())

    answer = client.post(change_url(article), typed(article, headline="Mine"))

    assert answer.status_code == 403
    article.refresh_from_db()
    assert article.headline == "Hers"


def test_a_writer_who_presses_publish_is_told_who_may(sign_in):
    writer = make.writer()
    article = make.draft(created_by=writer)
    client = sign_in(writer)

    answer = client.post(change_url(article), typed(article, _publish="1"), follow=True)

    assert "Only publishers publish" in answer.content.decode()
    assert not Article.objects.published().exists()


def test_a_new_topic_is_made_once_whatever_its_case(sign_in):
    client = sign_in(make.user())

    client.post(ADD, typed(topics=["new:Harbours", "new:Harbours"]))
    client.post(ADD, typed(topics=["new:harbours"]))

    assert Topic.objects.get().name == "Harbours"


def test_a_gone_contributor_is_named_and_the_text_kept(sign_in):
    gone = make.contributor()
    number = gone.pk
    gone.delete()
    client = sign_in(make.user())

    page = client.post(ADD, typed(bylines=[number], **{"bylines-role": ["author"]}))

    assert "is gone" in page.content.decode()


def test_withdrawing_asks_first_and_names_what_follows(sign_in):
    article = make.published_article()
    client = sign_in(make.publisher())
    ask = reverse("admin:articles_article_withdraw", args=[article.pk])

    page = client.get(ask)
    client.post(ask, {"notice": "We are checking."})

    assert "vanishes from the front page" in page.content.decode()
    article.refresh_from_db()
    assert article.status == Article.Status.WITHDRAWN
    assert article.withdrawal_notice == "We are checking."


def test_an_empty_correction_is_refused_in_words(sign_in):
    article = make.published_article()
    client = sign_in(make.publisher())
    ask = reverse("admin:articles_article_correct", args=[article.pk])

    page = client.post(ask, {"kind": "correction", "text": ""})
    client.post(ask, {"kind": "correction", "text": "It was Tuesday."})

    assert "Write what was wrong" in page.content.decode()
    assert article.corrections.get().text == "It was Tuesday."


@pytest.mark.parametrize("verb", ["withdraw", "correct"])
def test_only_publishers_are_asked(sign_in, verb):
    article = make.published_article()
    client = sign_in(make.user())

    answer = client.get(reverse(f"admin:articles_article_{verb}", args=[article.pk]))

    assert answer.status_code == 403


def test_what_readers_have_seen_cannot_be_deleted(sign_in):
    article = make.published_article()
    client = sign_in(make.superuser())

    answer = client.post(
        reverse("admin:articles_article_delete", args=[article.pk]), {"post": "yes"}
    )

    assert answer.status_code == 403
    assert Article.objects.filter(pk=article.pk).exists()


def test_publishing_several_reports_on_each(sign_in):
    ready, unready = make.draft(headline="Ready"), make.draft(section=None)
    client = sign_in(make.publisher())

    answer = client.post(
        "/admin/articles/article/",
        {"action": "publish_selected", "_selected_action": [ready.pk, unready.pk]},
        follow=True,
    )

    words = answer.content.decode()
    assert "Ready is public." in words
    assert "Choose a section." in words


def test_the_list_needs_the_same_queries_for_one_article_as_for_many(
    sign_in, django_assert_max_num_queries
):
    for _ in range(6):
        make.published_article()
    client = sign_in(make.publisher())
    client.get("/admin/articles/article/")

    with django_assert_max_num_queries(16):
        client.get("/admin/articles/article/")


@pytest.mark.parametrize("role", [roles.NEWSLETTER_STAFF, roles.SUPPORT_STAFF])
def test_other_staff_write_no_articles(sign_in, role):
    client = sign_in(make.user(role))

    assert client.get(ADD).status_code == 403
