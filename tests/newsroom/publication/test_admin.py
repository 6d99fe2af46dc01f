import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as PillowImage

from newsroom.publication.models import Page, Publication, Redirect
from tests import make

pytestmark = pytest.mark.django_db

CHANGE = "/admin/publication/publication/1/change/"


def publication_fields(**changes):
    return {
        "name": "The Meridian",
        "tagline": "",
        "description": "",
        "accent_colour": "#0b6e4f",
        "places": "",
        "contact_email": "",
        "time_zone": "Europe/Riga",
        "default_language": "en",
        "social_links": "",
        "copyright_notice": "",
        "legal_notice": "",
    } | changes


def page_fields(**changes):
    return {
        "title": "About us",
        "slug": "about",
        "standfirst": "",
        "body": "<p>Who we are.</p>",
        "is_published": "on",
        "in_footer": "on",
    } | changes


def png(size):
    buffer = io.BytesIO()
    PillowImage.new("RGBA", size, (200, 0, 0, 100)).save(buffer, "PNG")
    return buffer.getvalue()


def test_the_list_is_the_form_of_the_one_publication(sign_in):
    client = sign_in(make.superuser())

    response = client.get(reverse("admin:publication_publication_changelist"))

    assert response["Location"] == CHANGE
    assert client.get("/admin/publication/publication/add/").status_code == 403
    assert client.get("/admin/publication/publication/1/delete/").status_code == 403


def test_links_are_written_one_a_line(sign_in):
    client = sign_in(make.superuser())
    lines = "Mastodon https://social.example/@us\n\nOur channel https://tele.example/us"

    client.post(CHANGE, publication_fields(social_links=lines))

    assert Publication.current().social_links == [
        {"name": "Mastodon", "url": "https://social.example/@us"},
        {"name": "Our channel", "url": "https://tele.example/us"},
    ]
    assert "Our channel https://tele.example/us" in client.get(CHANGE).text


@pytest.mark.parametrize(
    "line",
    [
        "Mastodon",
        "https://social.example/@us",
        "Mastodon javascript:alert(1)",
        "Mastodon http://social.example/",
    ],
)
def test_a_line_that_is_no_link_is_named_and_kept(sign_in, line):
    response = sign_in(make.superuser()).post(
        CHANGE, publication_fields(social_links=line, tagline="Typed words")
    )

    assert f"“{line}” is not a name, a space and an address" in response.text
    assert "Typed words" in response.text
    assert Publication.current().tagline == ""


def test_a_logo_is_stored_as_a_small_png_without_its_metadata(sign_in):
    upload = SimpleUploadedFile("logo.png", png((900, 600)))

    sign_in(make.superuser()).post(CHANGE, publication_fields(logo=upload))

    logo = Publication.current().logo
    with PillowImage.open(Path(logo.path)) as stored:
        assert stored.format == "PNG"
        assert stored.size == (512, 341)
        assert stored.mode == "RGBA"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            "SVG is a document",
        ),
        (b"<html><script>1</script></html>", "not a picture"),
        (png((80, 80))[:90], "damaged"),
    ],
)
def test_a_logo_that_is_no_picture_is_refused_in_words(sign_in, content, words):
    upload = SimpleUploadedFile("logo.png", content, content_type="image/png")

    response = sign_in(make.superuser()).post(
        CHANGE, publication_fields(logo=upload, tagline="Typed words")
    )

    assert words in response.text
    assert "Typed words" in response.text
    assert not Publication.current().logo


def test_saving_without_a_new_file_keeps_the_logo(sign_in):
    client = sign_in(make.superuser())
    upload = SimpleUploadedFile("logo.png", png((90, 60)))
    client.post(CHANGE, publication_fields(logo=upload))
    before = Publication.current().logo.name

    client.post(CHANGE, publication_fields(name="The Parallel"))

    assert Publication.current().name == "The Parallel"
    assert Publication.current().logo.name == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"accent_colour": "green"}, "Write the colour as #"),
        ({"time_zone": "Europe/Atlantis"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_is_refused(sign_in, changes, words):
    response = sign_in(make.superuser()).post(CHANGE, publication_fields(**changes))

    assert words in response.text


def test_publishers_read_the_publication_and_change_nothing(sign_in):
    client = sign_in(make.publisher())

    assert client.get(CHANGE).status_code == 200
    assert client.post(CHANGE, publication_fields(name="Mine")).status_code == 403


def test_a_pages_body_is_cleaned_when_it_is_saved(sign_in):
    body = (
        '<h2>Who</h2><p onclick="x()">We<script>alert(1)</script> '
        '<a href="javascript:x()">are</a>.</p>'
        "<table><tbody><tr><td>Riga</td></tr></tbody></table><p></p>"
    )

    sign_in(make.publisher()).post(
        reverse("admin:publication_page_add"), page_fields(body=body)
    )

    stored = Page.objects.get().body
    assert stored == (
        "<h2>Who</h2><p>We <a>are</a>.</p>"
        "<table><tbody><tr><td>Riga</td></tr></tbody></table>"
    )


def test_a_moved_page_leaves_a_redirect(sign_in):
    page = Page.objects.create(title="About us", slug="about", is_published=True)
    client = sign_in(make.publisher())

    client.post(
        reverse("admin:publication_page_change", args=[page.pk]),
        page_fields(slug="who-we-are"),
    )

    assert client.get("/page/about/")["Location"] == "/page/who-we-are/"


def test_only_a_change_of_the_text_dates_a_page_anew(sign_in):
    page = Page.objects.create(
        title="About us", slug="about", body="<p>Who we are.</p>"
    )
    client = sign_in(make.publisher())
    url = reverse("admin:publication_page_change", args=[page.pk])

    client.post(url, page_fields(in_footer=""))
    page.refresh_from_db()
    undated = page.updated_at
    client.post(url, page_fields(body="<p>Who we are now.</p>"))
    page.refresh_from_db()

    assert undated is None
    assert page.updated_at is not None


def test_pages_are_put_in_order_by_buttons(sign_in):
    first = Page.objects.create(title="A", slug="a", position=0)
    second = Page.objects.create(title="B", slug="b", position=1)

    sign_in(make.publisher()).post(
        reverse("admin:publication_page_move", args=[second.pk, "up"])
    )

    assert list(Page.objects.all()) == [second, first]


def add_redirect(client, old, new):
    return client.post(
        reverse("admin:publication_redirect_add"), {"old_path": old, "new_path": new}
    )


def test_a_redirect_leads_on(sign_in):
    client = sign_in(make.publisher())

    add_redirect(client, "/old-place/", "/corrections/")

    response = client.get("/old-place/")
    assert response.status_code == 301
    assert response["Location"] == "/corrections/"


def test_a_whole_address_of_this_site_is_taken_for_its_path(sign_in, settings):
    add_redirect(
        sign_in(make.publisher()), f"{settings.SITE_URL}/old/", "/corrections/"
    )

    assert Redirect.objects.get().old_path == "/old/"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("old/", "/corrections/", "Begin with one slash"),
        ("//old/", "/corrections/", "Redirects stay on this site"),
        ("/old/", "https://elsewhere.example/", "Redirects stay on this site"),
        ("/an old/", "/corrections/", "An address has no spaces"),
        ("/old/", "/nothing-here", "No page has the address “/nothing-here”"),
        ("/corrections/", "/corrections/", "A path cannot lead to itself"),
    ],
)
def test_what_is_no_path_is_refused_with_what_to_do(sign_in, old, new, words):
    response = add_redirect(sign_in(make.publisher()), old, new)

    assert words in response.text
    assert not Redirect.objects.exists()


def test_a_circle_is_refused(sign_in):
    Redirect.objects.create(old_path="/corrections/", new_path="/old/")

    response = add_redirect(sign_in(make.publisher()), "/old/", "/corrections/")

    assert "they would go round in a circle" in response.text
    assert Redirect.objects.count() == 1


def test_a_chain_becomes_one_step_from_both_ends(sign_in):
    client = sign_in(make.publisher())
    Redirect.objects.create(old_path="/first/", new_path="/section/second/")
    Redirect.objects.create(old_path="/section/third/", new_path="/corrections/")

    add_redirect(client, "/section/second/", "/section/third/")

    assert set(Redirect.objects.values_list("old_path", "new_path")) == {
        ("/first/", "/corrections/"),
        ("/section/second/", "/corrections/"),
        ("/section/third/", "/corrections/"),
    }


def test_the_old_path_of_a_redirect_stays(sign_in):
    row = Redirect.objects.create(old_path="/old/", new_path="/corrections/")

    sign_in(make.publisher()).post(
        reverse("admin:publication_redirect_change", args=[row.pk]),
        {"old_path": "/other/", "new_path": "/archive/"},
    )

    row.refresh_from_db()
    assert row.old_path == "/old/"


def test_a_deleted_redirect_leads_nowhere(sign_in):
    row = Redirect.objects.create(old_path="/old/", new_path="/corrections/")
    client = sign_in(make.publisher())

    client.post(
        reverse("admin:publication_redirect_delete", args=[row.pk]), {"post": "yes"}
    )

    assert client.get("/old/").status_code == 404
