from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from articles.models import Article
from newsroom.core.queries import among, write_once
from tests import make

pytestmark = pytest.mark.django_db


def test_a_query_written_once_answers_for_each_value():
    first, second = make.published_article(), make.published_article()
    by_slug = write_once(
        lambda slug: Article.objects.filter(slug=slug).values_list("pk"), slug=str
    )

    assert by_slug(slug=first.slug) == [(first.pk,)]
    assert by_slug(slug=second.slug) == [(second.pk,)]
    assert by_slug(slug="nothing' OR 'x'='x") == []


def test_a_query_written_once_keeps_the_definition_of_public():
    article = make.scheduled_article()
    public = write_once(
        lambda at: Article.objects.published(at).values_list("pk"), at=datetime
    )

    assert public(at=timezone.now()) == []
    assert public(at=timezone.now() + timedelta(days=2)) == [(article.pk,)]


def test_any_count_of_numbers_is_one_value():
    articles = [make.draft() for _ in range(3)]
    numbers = [article.pk for article in articles]
    chosen = write_once(
        lambda numbers: (
            Article.objects.filter(pk__in=among(numbers))
            .order_by("pk")
            .values_list("pk")
        ),
        numbers=list,
    )

    assert chosen(numbers=numbers) == [(number,) for number in numbers]
    assert chosen(numbers=numbers[:1]) == [(numbers[0],)]
    assert chosen(numbers=[]) == []


def test_a_value_that_the_query_does_not_take_is_refused():
    query = write_once(lambda at: Article.objects.values_list("pk"), at=datetime)

    with pytest.raises(ValueError, match="does not take at"):
        query(at=timezone.now())


def test_a_kind_without_a_stand_in_is_refused():
    with pytest.raises(TypeError, match="float"):
        write_once(lambda share: Article.objects.values_list("pk"), share=float)
