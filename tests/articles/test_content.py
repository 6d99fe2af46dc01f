from datetime import timedelta

import pytest
from django.utils import timezone

from articles import content, publishing
from articles.models import Article, ImageUse
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def rows_of(article):
    """Everything that readers see of an article, as its rows hold it."""
    article = Article.objects.get(pk=article.pk)
    return content.read(article) | {"status": article.status}


def every_field_changed():
    """Another value for each field of content."""
    now = timezone.now().replace(microsecond=0)
    changed = {name: f"other-{name.replace('_', '-')}" for name in content.TEXTS}
    return changed | {
        "body": "<p>Another text.</p>",
        "genre": "analysis",
        "language": "ru",
        "canonical_url": "https://other.example/",
        "publish_at": content.write_time(now + timedelta(days=9)),
        "embargoed_until": content.write_time(now + timedelta(days=1)),
        "unpublish_at": content.write_time(now + timedelta(days=30)),
        "updated_at": content.write_time(now),
        "is_sensitive": True,
        "translation_group": "3e2a7b1c-4f5d-4c7e-9a8b-0c1d2e3f4a5b",
        "section": content.reference(make.section()),
        "lead_image": content.reference(make.image()),
        "topics": [content.reference(make.topic())],
        "bylines": [
            {"contributor": content.reference(make.contributor()), "role": "editor"}
        ],
        "related": [content.reference(make.published_article())],
    }


def test_every_field_of_content_is_changed_by_the_test_below():
    assert set(every_field_changed()) == set(content.empty())


def test_saving_every_field_of_a_public_article_changes_nothing_readers_see(client):
    article = make.published_article(lead_image=make.image(), topics=[make.topic()])
    changed = every_field_changed()
    page_before = client.get(article.get_absolute_url()).content
    rows_before = rows_of(article)

    make.save(article, **changed)

    assert rows_of(article) == rows_before
    assert client.get(article.get_absolute_url()).content == page_before
    article.refresh_from_db()
    assert article.has_unpublished_changes


def test_what_is_applied_is_what_is_read():
    article = make.draft()
    changed = every_field_changed()

    make.save(article, **changed)

    article.refresh_from_db()
    assert content.read(article) == changed


def test_a_draft_that_was_never_public_shows_its_newest_text_at_once():
    article = make.draft(headline="First thought")

    make.save(article, headline="Second thought")

    article.refresh_from_db()
    assert article.headline == "Second thought"
    assert article.revisions.count() == 2


def test_what_a_revision_points_to_and_is_gone_is_named_and_left_out():
    topic = make.topic(name="Harbours")
    article = make.draft(topics=[topic])
    topic.delete()

    lost = content.apply(article, article.latest_revision)

    assert lost == ["Harbours"]
    assert not article.topics.exists()


def test_a_body_is_cleaned_wherever_it_comes_from():
    article = make.draft(body="<p onclick='x()'>Words<script>alert(1)</script></p>")

    assert article.body == "<p>Words</p>"


def test_uses_of_pictures_tell_live_from_draft():
    shown, planned = make.image(), make.image()
    article = make.published_article(lead_image=shown)

    make.save(
        article,
        lead_image=None,
        body=f'<p>Words.</p><figure data-image="{planned.pk}"></figure>',
    )

    assert set(article.image_uses.values_list("image", "place", "is_live")) == {
        (shown.pk, ImageUse.Place.LEAD, True),
        (planned.pk, ImageUse.Place.BODY, False),
    }


def test_content_names_the_rows_it_points_to():
    section = make.section(name="World")
    article = make.draft(section=section)

    found = content.read(article)

    assert found["section"] == {"id": section.pk, "name": "World"}


def test_the_order_of_bylines_is_kept():
    first, second = make.contributor(), make.contributor()
    article = make.draft(authors=[second, first])

    names = [line.contributor for line in article.bylines.all()]

    assert names == [second, first]


def test_a_revision_knows_which_one_it_was_based_on():
    article = make.draft()
    first = article.latest_revision

    second = make.save(article, headline="Later")

    assert second.based_on == first
    assert publishing.locked(article).latest_revision == second
