import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.urls import path

from newsroom import urls, views
from newsroom.publication import furniture
from tests import make


@pytest.mark.django_db
def test_a_lost_reader_finds_sections_and_the_newest_stories(client):
    article = make.published_article()

    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert article.section.get_absolute_url() in page
    assert article.get_absolute_url() in page


@pytest.mark.django_db
def test_a_lost_page_is_cheap(client, django_assert_max_num_queries):
    for _ in range(10):
        make.published_article()
    client.get("/nowhere/")

    with django_assert_max_num_queries(3):  # furniture, newest, redirect
        client.get("/nowhere/")


@pytest.mark.django_db
def test_a_lost_page_shows_although_the_database_is_out_of_reach():
    furniture.load()

    with connection.execute_wrapper(unreachable):
        response = views.not_found(RequestFactory().get("/nowhere/"), Exception())

    assert response.status_code == 404


@pytest.mark.django_db
def test_an_error_shows_the_site_as_it_was_seen_last(client, django_assert_num_queries):
    section = make.section()
    client.get("/")

    with django_assert_num_queries(0):
        response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert response["Cache-Control"] == "no-store"
    assert section.get_absolute_url() in response.content.decode()


def test_an_error_needs_nothing_at_all(monkeypatch):
    monkeypatch.setattr(furniture, "_last_seen", None)

    response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


def test_an_error_in_the_error_page_still_answers(settings):
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [], "APP_DIRS": False}]

    response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def unreachable(execute, sql, params, many, context):
    raise OperationalError("gone")


def lose_the_database(request):
    """As when the server is restarted in the middle of a request."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


urlpatterns = [path("lose/", lose_the_database), *urls.urlpatterns]
handler500 = "newsroom.views.server_error"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_readers_are_told_when_to_come_again(
    client, settings
):
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False

    response = client.get("/lose/")

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    connection.close()
