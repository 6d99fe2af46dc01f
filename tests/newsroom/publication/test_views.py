import pytest

from newsroom.core import page_store
from newsroom.publication.models import Page

pytestmark = pytest.mark.django_db


def test_a_fixed_page_shows_its_text(client):
    page = Page.objects.create(
        title="About us",
        slug="about",
        standfirst="Who pays for it.",
        body="<p>We were <em>seven</em>.</p>"
        "<table><tbody><tr><td>1</td></tr></tbody></table>",
        is_published=True,
    )

    response = client.get(page.get_absolute_url())

    words = response.content.decode()
    assert "<h1>About us</h1>" in words
    assert "Who pays for it." in words
    assert "<p>We were <em>seven</em>.</p>" in words
    assert '<div class="table wide" role="region"' in words
    assert page_store.shown_by(response.wsgi_request) == {
        f"page:{page.pk}",
        "asking",
        "furniture",
    }


def test_an_unpublished_page_is_not_found(client):
    page = Page.objects.create(title="Later", slug="later", body="<p>Canary</p>")

    response = client.get(page.get_absolute_url())

    assert response.status_code == 404
    assert "Canary" not in response.content.decode()
