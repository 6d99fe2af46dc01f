from datetime import timedelta

import pytest
from django.utils import timezone

from articles import related
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_the_editors_choice_comes_first_then_most_topics_then_the_section():
    borders, trade = make.topic(), make.topic()
    section = make.section()
    chosen = make.published_article()
    one_topic = make.published_article(topics=[borders])
    two_topics = make.published_article(topics=[borders, trade])
    same_section = make.published_article(section=section)
    make.published_article()
    article = make.published_article(
        section=section, topics=[borders, trade], related=[chosen]
    )

    related.compute(article.pk)

    others = [row.other for row in article.read_more.all()]
    assert others == [chosen, two_topics, one_topic, same_section]


def test_what_is_not_public_is_not_proposed():
    topic = make.topic()
    make.draft(topics=[topic])
    make.scheduled_article(topics=[topic])
    article = make.published_article(topics=[topic])

    related.compute(article.pk)

    assert not article.read_more.exists()


def test_an_old_story_is_not_proposed_for_its_topics_alone():
    topic = make.topic()
    make.published_article(
        topics=[topic], publish_at=timezone.now() - timedelta(days=800)
    )
    article = make.published_article(topics=[topic])

    related.compute(article.pk)

    assert not article.read_more.exists()


def test_computing_twice_changes_nothing():
    section = make.section()
    make.published_article(section=section)
    article = make.published_article(section=section)
    related.compute(article.pk)
    before = list(article.read_more.values_list("pk", flat=True))

    related.compute(article.pk)

    assert list(article.read_more.values_list("pk", flat=True)) == before


def test_an_article_that_is_gone_computes_to_nothing():
    related.compute(0)
