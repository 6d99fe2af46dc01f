import gzip

import brotli
import psycopg
import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.test import RequestFactory
from django.utils.cache import patch_vary_headers

from newsroom.core import page_store
from newsroom.core.compression import CompressionMiddleware, chosen_encoding

TEXT = "<p>Что случилось</p>" * 100


@page_store.public_page
def page(request):
    page_store.shows(request, "article:7", "furniture")
    return HttpResponse(TEXT)


def get(view=page, method="get", **headers):
    return view(getattr(RequestFactory(), method)("/", headers=headers))


def compressed(view=page, **headers):
    return CompressionMiddleware(view)(RequestFactory().get("/", headers=headers))


def test_a_public_page_may_be_kept_and_must_be_asked_after():
    response = get()

    assert response["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert response["ETag"].startswith('W/"')
    assert response["Vary"] == "Accept-Encoding"


def test_what_a_page_shows_adds_up():
    request = RequestFactory().get("/")

    page_store.shows(request, "front", "article:7")
    page_store.shows(request, "article:8", "article:7")

    assert page_store.shown_by(request) == {"front", "article:7", "article:8"}


def test_a_page_that_a_browser_holds_is_not_sent_again():
    etag = get()["ETag"]

    response = get(if_none_match=f'"other", {etag}')

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag
    assert response["Cache-Control"] == page_store.CACHE_CONTROL
    assert response["Vary"] == "Accept-Encoding"
    assert "Content-Type" not in response


def test_another_page_has_another_validator():
    @page_store.public_page
    def changed(request):
        page_store.shows(request, "article:7")
        return HttpResponse(TEXT + "!")

    response = get(changed, if_none_match=get()["ETag"])

    assert response.status_code == 200
    assert response["ETag"] != get()["ETag"]


def test_a_head_request_gets_the_headers_of_the_page():
    response = get(method="head")

    assert response["ETag"] == get()["ETag"]
    assert get(method="head", if_none_match=response["ETag"]).status_code == 304


def test_a_page_that_does_not_say_what_it_shows_is_refused():
    @page_store.public_page
    def silent(request):
        return HttpResponse(TEXT)

    with pytest.raises(ImproperlyConfigured, match="shows"):
        get(silent)


def test_a_missing_page_and_a_redirect_need_no_names():
    @page_store.public_page
    def moved(request):
        return HttpResponseRedirect("/elsewhere/")

    @page_store.public_page
    def missing(request):
        raise Http404

    assert get(moved).status_code == 302
    with pytest.raises(Http404):
        get(missing)


def set_cookie(request, response):
    response.set_cookie("seen", "1")


def vary_by_cookie(request, response):
    patch_vary_headers(response, ["Cookie"])


def read_the_session(request, response):
    request.session = SessionStore()
    request.session.get("anything")


def print_a_token(request, response):
    response.write(get_token(request))


def print_a_token_again(request, response):
    request.META["CSRF_COOKIE"] = "a" * 32
    response.write(get_token(request))


@pytest.mark.parametrize(
    "make_personal",
    [
        set_cookie,
        vary_by_cookie,
        read_the_session,
        print_a_token,
        print_a_token_again,
    ],
)
def test_a_page_for_one_reader_is_refused_as_public(make_personal):
    @page_store.public_page
    def personal(request):
        page_store.shows(request, "front")
        response = HttpResponse(TEXT)
        make_personal(request, response)
        return response

    with pytest.raises(ImproperlyConfigured, match="public page"):
        get(personal)


def test_an_answer_to_a_form_is_not_stored():
    response = get(method="post")

    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response


@pytest.mark.parametrize("names", [(), ("",), ("front", "")])
def test_an_empty_name_is_refused(names):
    with pytest.raises(ValueError, match="Name"):
        page_store.ended(*names)
    with pytest.raises(ValueError, match="Name"):
        page_store.shows(RequestFactory().get("/"), *names)


@pytest.fixture
def listener(transactional_db):
    settings = connection.get_connection_params()
    with psycopg.connect(
        **{
            name: settings[name]
            for name in ["dbname", "user", "password", "host", "port"]
            if settings.get(name)
        },
        autocommit=True,
    ) as client:
        client.execute(f"LISTEN {page_store.CHANNEL}")
        yield client


def heard(listener):
    # Notices come in order of commit, so nothing can come after this one.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, 'end')", [page_store.CHANNEL])
    names = []
    for notice in listener.notifies(timeout=10):
        if notice.payload == "end":
            break
        names.append(notice.payload)
    return names


def test_ended_names_are_heard_once_each_when_the_change_commits(listener):
    with transaction.atomic():
        page_store.ended("article:7", "front")
        page_store.ended("front", "section:3")
        assert list(listener.notifies(timeout=0.2)) == []

    assert sorted(heard(listener)) == ["article:7", "front", "section:3"]


def test_nothing_is_heard_of_a_change_that_was_taken_back(listener):
    with transaction.atomic():
        page_store.ended("article:7")
        transaction.set_rollback(True)

    assert heard(listener) == []


@pytest.mark.parametrize(("count", "notices"), [(500, 500), (501, 1)])
def test_a_flood_of_names_becomes_everything(listener, count, notices):
    page_store.ended(*[f"article:{number}" for number in range(count)])

    names = heard(listener)

    assert len(names) == notices
    assert (names == ["*"]) is (count > 500)


@pytest.mark.django_db
def test_ended_names_cost_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        page_store.ended(*[f"article:{number}" for number in range(100)])


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0", "identity"),
        ("*", "br"),
        ("*;q=0.1, br;q=0", "gzip"),
        ("*;q=0", "identity"),
        ("identity;q=1, br;q=0.5", "identity"),
        ("br;q=nonsense", "identity"),
        ("GZIP ; Q=0.3", "gzip"),
    ],
)
def test_the_encoding_follows_the_browsers_weights(accepted, encoding):
    assert chosen_encoding(accepted) == encoding


@pytest.mark.parametrize(
    ("encoding", "decompress"), [("br", brotli.decompress), ("gzip", gzip.decompress)]
)
def test_a_public_page_is_compressed_under_the_same_validator(encoding, decompress):
    response = compressed(accept_encoding=encoding)

    assert response["Content-Encoding"] == encoding
    assert response["Content-Length"] == str(len(response.content))
    assert len(response.content) < 500
    assert decompress(response.content).decode() == TEXT
    assert response["ETag"] == get()["ETag"]
    assert response["Vary"] == "Accept-Encoding"


def test_a_compressed_page_that_a_browser_holds_is_not_sent_again():
    etag = compressed(accept_encoding="br")["ETag"]

    response = compressed(accept_encoding="br", if_none_match=etag)

    assert response.status_code == 304
    assert response.content == b""


def private(request):
    return HttpResponse(TEXT)


def no_store(request):
    return HttpResponse(TEXT, headers={"Cache-Control": "no-store"})


def with_cookie(request):
    response = HttpResponse(TEXT, headers={"Cache-Control": "public"})
    response.set_cookie("staff", "secret")
    return response


def short(request):
    return HttpResponse("x" * 499, headers={"Cache-Control": "public"})


def picture(request):
    return HttpResponse(
        b"x" * 1000, content_type="image/webp", headers={"Cache-Control": "public"}
    )


def encoded(request):
    return HttpResponse(
        TEXT, headers={"Cache-Control": "public", "Content-Encoding": "zstd"}
    )


@pytest.mark.parametrize(
    "view", [private, no_store, with_cookie, short, picture, encoded]
)
def test_what_is_private_short_or_no_text_is_left_alone(view):
    before = view(RequestFactory().get("/"))

    response = compressed(view, accept_encoding="br, gzip")

    assert response.content == before.content
    assert response.get("Content-Encoding") == before.get("Content-Encoding")
