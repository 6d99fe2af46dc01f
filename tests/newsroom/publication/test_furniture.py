import base64
import hashlib
import re

import pytest

from newsroom.publication import furniture
from newsroom.publication.models import Page, Publication
from tests import make

pytestmark = pytest.mark.django_db


def test_the_furniture_takes_one_query(django_assert_num_queries):
    for number in range(3):
        make.section(position=number)
        Page.objects.create(
            title=f"Page {number}", slug=f"page-{number}", is_published=True
        )
    furniture.load()

    with django_assert_num_queries(1):
        site = furniture.load()

    assert [link.name for link in site.pages] == ["Page 0", "Page 1", "Page 2"]
    assert len(site.sections) == 3


def test_only_what_belongs_there_is_in_navigation_and_footer():
    make.section(name="Shown", in_navigation=True)
    make.section(name="Hidden", in_navigation=False)
    Page.objects.create(title="Draft", slug="draft", is_published=False)
    Page.objects.create(
        title="Unlisted", slug="unlisted", is_published=True, in_footer=False
    )

    site = furniture.load()

    assert [link.name for link in site.sections] == ["Shown"]
    assert site.pages == ()


def test_every_page_shows_the_legal_notice(client):
    Publication.objects.update(legal_notice="Some state calls us undesirable.")

    for path in ("/", "/corrections/", "/nowhere/"):
        assert "Some state calls us undesirable." in client.get(path).content.decode()


def test_the_accent_colour_is_a_style_that_the_policy_allows(client):
    Publication.objects.update(accent_colour="#7a1f3d")

    response = client.get("/")

    style = re.search(r"<style>(.*?)</style>", response.content.decode())[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert style == ":root{--accent:#7a1f3d}"
    assert f"'sha256-{digest}'" in response["Content-Security-Policy"]


def test_a_colour_that_is_none_is_left_out(client):
    Publication.objects.update(accent_colour="red;}</")

    assert "<style>" not in client.get("/").content.decode()


def test_links_to_elsewhere_are_encrypted_ones(client):
    Publication.objects.update(
        social_links=[
            {"name": "Good", "url": "https://social.example/@us"},
            {"name": "Bad", "url": "javascript:alert(1)"},
        ]
    )

    page = client.get("/").content.decode()

    assert 'href="https://social.example/@us"' in page
    assert "javascript:" not in page


def test_the_site_speaks_the_publications_language(client):
    Publication.objects.update(default_language="ar")

    page = client.get("/corrections/").content.decode()

    assert '<html lang="ar" dir="rtl">' in page
    assert '<header class="masthead">' in page


def test_a_changed_name_shows_at_once(client):
    client.get("/")
    Publication.objects.update(name="The Parallel")

    assert "The Parallel" in client.get("/").content.decode()
