"""The picture library in the admin: find, add, credit, withdraw, choose."""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image as PillowImage
from procrastinate.contrib.django.models import ProcrastinateJob

from articles.models import Contributor, Image, Licence
from newsroom.accounts import roles
from tests import make

pytestmark = pytest.mark.django_db

LIST = "admin:articles_image_changelist"


@pytest.fixture
def desk(sign_in):
    """Somebody of the picture desk, signed in."""
    return sign_in(make.user(roles.PICTURE_DESK))


@pytest.fixture
def writer(sign_in):
    return sign_in(make.writer())


def page_of(image, name="change"):
    return reverse(f"admin:articles_image_{name}", args=[image.pk])


def form_data(image, **values):
    """What the form of a picture sends."""
    fields = {
        "credit_line": image.credit_line,
        "creator": image.creator,
        "provenance": image.provenance,
        "licence": image.licence_id or "",
        "licence_until": image.licence_until or "",
        "source": image.source,
        "copyright_notice": image.copyright_notice,
        "usage_terms": image.usage_terms,
        "special_instructions": image.special_instructions,
        "headline": image.headline,
        "description": image.description,
        "alt_text": image.alt_text,
        "city": image.city,
        "country": image.country,
        "taken_at": "",
        "focal_x": image.focal_x,
        "focal_y": image.focal_y,
    }
    return fields | values


def upload(client, content, name="quay.jpg", **values):
    return client.post(
        reverse("admin:articles_image_upload"),
        {"original": SimpleUploadedFile(name, content, "image/jpeg")} | values,
    )


def encoded(form, mode="RGB", size=(64, 48), **options):
    buffer = io.BytesIO()
    PillowImage.new(mode, size).save(buffer, form, **options)
    return buffer.getvalue()


def jobs_for(image):
    return ProcrastinateJob.objects.filter(
        task_name="articles.tasks.make_renditions", args={"image_id": image.pk}
    ).count()


# --- The grid -------------------------------------------------------------------------


def test_the_grid_says_what_a_picture_lacks_and_how_often_it_is_used(writer):
    image = make.image(credit_line="", licence=None, headline="Northern quay")
    make.draft(lead_image=image)
    make.contributor(portrait=image)

    page = writer.get(reverse(LIST)).content.decode()

    assert "Northern quay" in page
    assert "No credit line, no licence" in page
    assert "used 2×" in page
    assert "Being prepared" in page


def test_the_grid_shows_the_smallest_copy_that_fills_a_tile(writer):
    make.image(
        sizes={
            "card": {
                "jpg": [
                    [640, 427, "bb/wide.jpg"],
                    [160, 107, "aa/narrow.jpg"],
                    [320, 213, "aa/fitting.jpg"],
                ]
            }
        }
    )

    page = writer.get(reverse(LIST)).content.decode()

    assert 'src="/media/aa/fitting.jpg"' in page
    assert "narrow.jpg" not in page
    assert "wide.jpg" not in page


def test_the_grid_needs_the_same_queries_for_one_picture_as_for_many(writer):
    make.draft(lead_image=make.image())
    writer.get(reverse(LIST))
    with CaptureQueriesContext(connection) as one:
        writer.get(reverse(LIST))
    for _number in range(5):
        make.draft(lead_image=make.image())

    with CaptureQueriesContext(connection) as many:
        writer.get(reverse(LIST))

    assert len(many) == len(one)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"complete", "no credit", "no licence", "no alt", "ending"}),
        ("lacks=credit", {"no credit"}),
        ("lacks=licence", {"no licence"}),
        ("lacks=alt", {"no alt"}),
        ("lacks=any", {"no credit", "no licence", "no alt"}),
        ("state=withdrawn", {"withdrawn"}),
        ("state=ending", {"ending"}),
        (
            "state=every",
            {"complete", "no credit", "no licence", "no alt", "ending", "withdrawn"},
        ),
        ("used=yes", {"complete"}),
        ("used=no", {"no credit", "no licence", "no alt", "ending"}),
        ("provenance=handout", {"no credit"}),
        ("licence=agency", {"ending"}),
        ("q=lighthouse", {"no alt"}),
        ("lacks=nonsense", {"complete", "no credit", "no licence", "no alt", "ending"}),
    ],
)
def test_the_grid_is_narrowed_by_its_filters(writer, query, found):
    make.draft(lead_image=make.image(headline="complete"))
    make.image(headline="no credit", credit_line="", provenance="handout")
    make.image(headline="no licence", licence=None)
    make.image(headline="no alt", alt_text="", city="Lighthouse Bay")
    make.image(
        headline="ending",
        licence=Licence.objects.get(code="agency"),
        licence_until=timezone.now().date() + timedelta(days=13),
    )
    make.image(headline="withdrawn", credit_line="", withdrawn_at=timezone.now())

    response = writer.get(f"{reverse(LIST)}?{query}")

    assert {tile.image.headline for tile in response.context["tiles"]} == found


def test_the_quick_filters_count_the_whole_library_in_one_query(writer):
    make.draft(lead_image=make.image())
    make.image(credit_line="")
    make.image(credit_line="", licence=None)
    make.image(withdrawn_at=timezone.now())

    response = writer.get(f"{reverse(LIST)}?lacks=credit")

    chips = {chip.label: chip.count for chip in response.context["chips"]}
    assert chips == {
        "All": 3,
        "No credit": 2,
        "No licence": 1,
        "Unused": 2,
        "Withdrawn": 1,
    }
    current = [chip.label for chip in response.context["chips"] if chip.is_current]
    assert current == ["No credit"]


def test_a_licence_that_ends_within_two_weeks_is_noted_on_tile_and_form(writer):
    image = make.image(licence_until=timezone.now().date() + timedelta(days=14))
    make.image(licence_until=timezone.now().date() + timedelta(days=15))

    grid = writer.get(reverse(LIST)).content.decode()
    form = writer.get(page_of(image)).content.decode()

    assert grid.count("Licence ends on") == 1
    assert "Licence ends on" in form


# --- Adding ---------------------------------------------------------------------------


def test_a_dropped_file_joins_the_library(writer):
    response = upload(writer, make.jpeg())

    image = Image.objects.get()
    assert response.status_code == 201
    assert response.json()["how"] == "done"
    assert response.json()["image"]["url"] == page_of(image)
    assert f"picture-{image.pk}" in response.json()["tile"]
    assert jobs_for(image) == 1


def test_a_file_that_is_there_already_leads_to_that_picture(writer):
    content = make.jpeg()
    upload(writer, content)

    response = upload(writer, content, "again.jpg")

    assert response.json()["how"] == "same"
    assert response.json()["image"]["id"] == Image.objects.get().pk


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.jpg", b"These are only words."),
        ("empty.jpg", b""),
        ("cut.jpg", make.jpeg(400, 300)[:700]),
        ("drawing.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("page.jpg", b"<!doctype html><script>alert(1)</script>"),
        ("program.gif", b"GIF89a\x01\x00\x01\x00"),
        ("wide.png", encoded("PNG", "1", (50_000, 2))),
        ("bomb.png", encoded("PNG", "1", (30_000, 30_000))),
    ],
)
def test_a_file_that_is_no_picture_for_us_is_refused_in_a_sentence(
    writer, name, content
):
    response = upload(writer, content, name)

    assert response.status_code == 422
    assert response.json()["how"] == "refused"
    assert response.json()["words"].endswith(".")
    assert not Image.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("print.jpg", encoded("JPEG", "CMYK")),
        ("scan.png", encoded("PNG", "I;16")),
        ("scan.tif", encoded("TIFF", "I;16")),
        ("glass.png", encoded("PNG", "RGBA")),
        ("named-wrongly.png", encoded("JPEG")),
    ],
)
def test_an_unusual_picture_is_taken(writer, name, content):
    response = upload(writer, content, name)

    assert response.json()["how"] == "done", response.json()


def test_a_turned_picture_is_stored_with_the_extent_that_people_see(writer):
    exif = PillowImage.Exif()
    exif[0x0112] = 6

    upload(writer, encoded("JPEG", size=(80, 40), exif=exif))

    image = Image.objects.get()
    assert (image.width, image.height) == (40, 80)


def test_a_request_without_a_file_is_answered_in_words(writer):
    response = writer.post(reverse("admin:articles_image_upload"))

    assert response.status_code == 400
    assert response.json()["words"]


def test_whoever_may_not_add_pictures_is_told_so(sign_in):
    client = sign_in(make.user(roles.SUPPORT_STAFF))

    response = upload(client, make.jpeg())

    assert response.status_code == 403
    assert response.json()["how"] == "refused"
    assert not Image.objects.exists()


def test_without_scripts_the_form_adds_many_files_with_the_same_credit(writer):
    files = [SimpleUploadedFile(f"{n}.jpg", make.jpeg()) for n in range(3)]
    files.append(SimpleUploadedFile("notes.txt", b"These are only words."))

    response = writer.post(
        reverse("admin:articles_image_add"),
        {"original": files, "credit_line": "Tomas Reyes / The Meridian"},
        follow=True,
    )

    assert response.redirect_chain[-1][0] == reverse(LIST)
    said = [str(message) for message in response.context["messages"]]
    assert [words.partition(":")[0] for words in said] == [
        "“0.jpg”",
        "“1.jpg”",
        "“2.jpg”",
        "“notes.txt”",
    ]
    credits = list(Image.objects.values_list("credit_line", flat=True))
    assert credits == ["Tomas Reyes / The Meridian"] * 3


def test_one_file_from_the_form_leads_to_the_form_of_its_picture(writer):
    response = writer.post(
        reverse("admin:articles_image_add"),
        {
            "original": SimpleUploadedFile("quay.jpg", make.jpeg()),
            "headline": "Northern quay",
            "alt_text": "Cranes at a quay",
            "licence": Licence.objects.get(code="own-work").pk,
        },
    )

    image = Image.objects.get()
    assert response["Location"] == page_of(image)
    assert image.headline == "Northern quay"
    assert image.licence.code == "own-work"


def test_a_form_without_a_usable_file_keeps_what_was_typed(writer):
    response = writer.post(
        reverse("admin:articles_image_add"),
        {
            "original": SimpleUploadedFile("notes.jpg", b"Only words."),
            "credit_line": "Tomas Reyes / The Meridian",
        },
    )

    page = response.content.decode()
    assert response.status_code == 200
    assert "notes.jpg" in page
    assert 'value="Tomas Reyes / The Meridian"' in page


# --- The form -------------------------------------------------------------------------


def test_saving_the_form_writes_the_credit_makes_copies_anew_and_ends_pages(writer):
    image = make.image()

    with CaptureQueriesContext(connection) as queries:
        response = writer.post(
            page_of(image), form_data(image, credit_line="kremlin.ru", focal_x=20)
        )

    image.refresh_from_db()
    assert response.status_code == 302
    assert (image.credit_line, image.focal_x) == ("kremlin.ru", 20)
    assert jobs_for(image) == 1
    notes = [query["sql"] for query in queries if "pg_notify" in query["sql"]]
    assert any(f"image:{image.pk}" in note for note in notes)


def test_saving_the_form_unchanged_makes_nothing_anew(writer):
    image = make.image()

    writer.post(page_of(image), form_data(image))

    assert jobs_for(image) == 0


def test_saving_the_form_leaves_alone_what_a_job_wrote_meanwhile(writer):
    image = make.image()
    data = form_data(image, credit_line="kremlin.ru")
    sizes = {"card": {"jpg": [[320, 213, "aa/new.jpg"]]}}
    with_sizes = {"sizes": sizes}
    Image.objects.filter(pk=image.pk).update(**with_sizes)

    writer.post(page_of(image), data)

    image.refresh_from_db()
    assert image.sizes == sizes


@pytest.mark.parametrize("field", ["credit_line", "licence", "alt_text"])
def test_what_readers_need_cannot_be_cleared_while_they_see_the_picture(writer, field):
    image = make.image()
    article = make.published_article(lead_image=image)

    response = writer.post(
        page_of(image), form_data(image, **{field: "", "creator": "Typed just now"})
    )

    page = response.content.decode()
    assert response.status_code == 200
    assert f"Readers see this picture in “{article}”" in page
    assert 'value="Typed just now"' in page
    before = getattr(image, field)
    image.refresh_from_db()
    assert getattr(image, field) == before


def test_what_readers_need_cannot_be_cleared_of_a_portrait(writer):
    image = make.image()
    make.contributor(portrait=image)

    response = writer.post(page_of(image), form_data(image, credit_line=""))

    assert response.status_code == 200
    image.refresh_from_db()
    assert image.credit_line


def test_the_credit_of_a_picture_in_a_draft_may_be_cleared(writer):
    image = make.image()
    make.draft(lead_image=image)

    writer.post(page_of(image), form_data(image, credit_line=""))

    image.refresh_from_db()
    assert image.credit_line == ""


def test_a_colleagues_change_is_not_overwritten_unseen(writer):
    image = make.image()
    opened = image.history.first().history_id
    data = form_data(image, creator="Mine", opened_version=opened)
    image.credit_line = "Theirs / Agency"
    image.save()

    refused = writer.post(page_of(image), data)
    newest = image.history.first().history_id
    accepted = writer.post(page_of(image), data | {"opened_version": newest})

    page = refused.content.decode()
    assert "Theirs / Agency" in page
    assert 'value="Mine"' in page
    assert accepted.status_code == 302


def test_the_focal_point_lies_inside_the_picture(writer):
    image = make.image()

    response = writer.post(page_of(image), form_data(image, focal_x=101))

    assert response.status_code == 200
    image.refresh_from_db()
    assert image.focal_x == 50


def test_the_form_lists_where_the_picture_is_used(writer):
    image = make.image()
    public = make.published_article(lead_image=image, headline="Seen by readers")
    make.draft(
        headline="Only a draft", body=f'<figure data-image="{image.pk}"></figure>'
    )
    make.contributor(portrait=image, name="Leila Haddad")

    response = writer.get(page_of(image))

    uses = {use.name: use.state for use in response.context["uses"]}
    assert uses == {
        "Seen by readers": "published",
        "Only a draft": "draft",
        "Leila Haddad": "published",
    }
    article_page = reverse("admin:articles_article_change", args=[public.pk])
    assert article_page in response.content.decode()


def test_the_history_of_a_picture_can_be_read(desk):
    image = make.image()

    response = desk.get(page_of(image, "history"))

    assert response.status_code == 200


# --- Originals ------------------------------------------------------------------------


def test_the_original_is_handed_to_staff_as_a_download(writer):
    image = make.image(headline="Northern quay")

    response = writer.get(page_of(image, "original"))

    with image.original.open() as file:
        assert response.getvalue() == file.read()
    assert response["Content-Disposition"] == 'attachment; filename="northern-quay.jpg"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_the_original_is_handed_to_nobody_else(client):
    image = make.image()

    response = client.get(page_of(image, "original"))

    assert response.status_code == 302
    assert "login" in response["Location"]


def test_an_original_that_is_gone_is_a_missing_page(writer):
    image = make.image()
    image.original.storage.delete(image.original.name)

    response = writer.get(page_of(image, "original"))

    assert response.status_code == 404


# --- Choosing -------------------------------------------------------------------------


def test_the_choosing_window_offers_no_withdrawn_picture(writer):
    shown = make.image()
    gone = make.image(withdrawn_at=timezone.now())

    page = writer.get(f"{reverse(LIST)}?_popup=1").content.decode()

    assert f'data-popup-opener="{shown.pk}"' in page
    assert f'data-popup-opener="{gone.pk}"' not in page
    asked = writer.get(f"{reverse(LIST)}?_popup=1&state=every").content.decode()
    assert f'data-popup-opener="{gone.pk}"' not in asked


def test_saving_from_the_choosing_window_chooses_the_picture(writer):
    image = make.image()

    response = writer.post(
        f"{page_of(image)}?_popup=1&_use=1",
        form_data(image, _popup="1", credit_line="kremlin.ru"),
    )

    page = response.content.decode()
    assert "popup_response.js" in page
    assert f"&quot;value&quot;: &quot;{image.pk}&quot;" in page


def test_the_card_tells_the_editor_what_the_figure_shows(writer):
    image = make.image(
        alt_text="",
        description="Cranes at night",
        headline="Northern quay",
        sizes={"card": {"jpg": [[320, 213, "aa/thumb.jpg"]]}},
    )

    card = writer.get(page_of(image, "card")).json()

    assert card["id"] == image.pk
    assert card["title"] == "Northern quay"
    assert card["thumb"] == "/media/aa/thumb.jpg"
    assert (card["width"], card["height"]) == (60, 40)
    assert card["caption"] == "Cranes at night"
    assert image.credit_line in card["credit"]
    assert card["missing"] == ["alt text"]


# --- Withdrawing and deleting ---------------------------------------------------------


def test_withdrawing_asks_first_and_names_what_readers_lose(desk):
    image = make.image()
    make.published_article(lead_image=image, headline="Seen by readers")

    page = desk.get(page_of(image, "withdraw")).content.decode()

    image.refresh_from_db()
    assert "Seen by readers" in page
    assert not image.is_withdrawn


def test_a_withdrawn_picture_can_be_put_back(desk):
    image = make.image()

    desk.post(page_of(image, "withdraw"), {"reason": "The agency asked for it."})
    image.refresh_from_db()
    withdrawn_at = image.withdrawn_at
    desk.post(page_of(image, "restore"))

    image.refresh_from_db()
    assert withdrawn_at is not None
    assert image.withdrawn_at is None


def test_withdrawing_wants_a_reason(desk):
    image = make.image()

    response = desk.post(page_of(image, "withdraw"), {"reason": "  "})

    image.refresh_from_db()
    assert "Say why, in a few words." in response.content.decode()
    assert not image.is_withdrawn


def test_an_unused_picture_can_be_deleted(desk):
    image = make.image()

    asked = desk.get(page_of(image, "delete"))
    desk.post(page_of(image, "delete"), {"post": "yes"})

    assert asked.status_code == 200
    assert not Image.objects.exists()


def test_a_used_picture_stays_and_the_words_say_where(desk):
    image = make.image()
    make.draft(lead_image=image, headline="Three judges")

    response = desk.post(page_of(image, "delete"), {"post": "yes"}, follow=True)

    assert Image.objects.filter(pk=image.pk).exists()
    assert "“Three judges”. Take it out there first." in response.content.decode()


@pytest.mark.parametrize("name", ["withdraw", "restore", "delete"])
def test_a_writer_may_neither_withdraw_nor_restore_nor_delete(writer, name):
    image = make.image()

    asked = writer.get(page_of(image, name))
    done = writer.post(page_of(image, name), {"reason": "Mine.", "post": "yes"})

    assert asked.status_code == done.status_code == 403
    image.refresh_from_db()
    assert not image.is_withdrawn


def test_whoever_may_only_look_gets_no_fields_and_changes_nothing(sign_in):
    client = sign_in(make.user(roles.NEWSLETTER_STAFF))
    image = make.image(headline="Northern quay")

    seen = client.get(page_of(image))
    changed = client.post(page_of(image), form_data(image, credit_line="Mine"))

    assert seen.status_code == 200
    assert 'name="credit_line"' not in seen.content.decode()
    assert changed.status_code == 403
    assert Contributor.objects.count() == 0


def test_a_title_is_shown_as_words_whatever_it_holds(writer):
    naughty = "<script>alert(1)</script>\"'{{ 7 }}"
    image = make.image(headline=naughty, credit_line=naughty, alt_text=naughty)
    make.draft(lead_image=image, headline=naughty)

    for url in (reverse(LIST), f"{reverse(LIST)}?_popup=1", page_of(image)):
        page = writer.get(url).content.decode()
        assert "<script>alert(1)" not in page


def test_an_original_of_an_unknown_kind_is_never_named_as_a_page(writer):
    image = make.image(mime_type="text/html")
    image.original.save("original", ContentFile(b"<script>alert(1)</script>"))

    response = writer.get(page_of(image, "original"))

    response.close()
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
