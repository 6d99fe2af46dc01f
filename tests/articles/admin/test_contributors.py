import pytest
from django.urls import reverse

from articles.models import Contributor
from tests import make

pytestmark = pytest.mark.django_db


def fields(**changes):
    return {
        "name": "Anna Brandt",
        "slug": "anna-brandt",
        "job_title": "",
        "place": "",
        "biography": "",
        "portrait": "",
    } | changes


def test_a_new_name_keeps_the_old_address_working(sign_in):
    person = make.contributor(name="Anna Brandt", slug="anna-brandt")
    make.published_article(authors=[person])
    client = sign_in(make.user())

    client.post(
        reverse("admin:articles_contributor_change", args=[person.pk]),
        fields(name="Anna Vale", slug="anna-vale"),
    )

    assert client.get("/by/anna-brandt/")["Location"] == "/by/anna-vale/"
    assert "Anna Vale" in client.get("/by/anna-vale/").text


def test_an_empty_address_is_made_of_the_name(sign_in):
    sign_in(make.user()).post(
        reverse("admin:articles_contributor_add"), fields(name="Нино Ломидзе", slug="")
    )

    assert Contributor.objects.get().slug == "nino-lomidze"


def test_the_portrait_comes_from_the_library(sign_in):
    image = make.image()

    sign_in(make.user()).post(
        reverse("admin:articles_contributor_add"), fields(portrait=image.pk)
    )

    assert Contributor.objects.get().portrait == image


def test_whoever_was_credited_stays(sign_in):
    person = make.contributor(name="Anna Brandt")
    make.published_article(authors=[person])
    url = reverse("admin:articles_contributor_delete", args=[person.pk])

    response = sign_in(make.superuser()).post(url, {"post": "yes"}, follow=True)

    assert "“Anna Brandt” stands in the byline of 1 article" in response.text
    assert Contributor.objects.exists()


def test_the_list_says_how_much_each_has_written(
    sign_in, django_assert_max_num_queries
):
    for _ in range(5):
        make.published_article(authors=[make.contributor()])
    client = sign_in(make.user())

    with django_assert_max_num_queries(12):
        page = client.get(reverse("admin:articles_contributor_changelist")).text

    assert page.count('<td class="field-written">1</td>') == 5


def test_writers_read_the_list_and_change_nothing(sign_in):
    person = make.contributor(name="Anna Brandt")
    client = sign_in(make.writer())
    url = reverse("admin:articles_contributor_change", args=[person.pk])

    assert client.get(url).status_code == 200
    assert client.post(url, fields(name="Somebody else")).status_code == 403
