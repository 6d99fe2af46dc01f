import io
import os
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from articles import iptc, library, orphans, renditions
from articles.models import Image, ImageUse, Licence
from articles.models.image import originals_storage
from newsroom.accounts import roles
from newsroom.core import pictures
from tests import make
from tests.data import pictures as files

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
TODAY = date(2024, 5, 3)


def upload(body=None, name="anything.doc"):
    return SimpleUploadedFile(name, body or make.jpeg(), "application/msword")


def originals():
    return {path for path in Path(settings.ORIGINALS_ROOT).rglob("*") if path.is_file()}


def original_of(image):
    with image.original.open("rb") as file:
        return file.read()


def jobs_for(image):
    jobs = ProcrastinateJob.objects.filter(task_name="articles.tasks.make_renditions")
    return jobs.filter(args={"image_id": image.pk}).count()


def desk():
    return make.user(roles.PICTURE_DESK)


@pytest.fixture
def ended():
    """The names of pages that ended since the test began."""
    with CaptureQueriesContext(connection) as queries:
        yield lambda: "".join(
            query["sql"] for query in queries if "pg_notify" in query["sql"]
        )


# --- Adding ---------------------------------------------------------------------------


def test_a_picture_comes_in_with_what_it_says_of_itself():
    credit = iptc.Credit(
        headline="Platform 3",
        description="Nobody waits.",
        alt_text="An empty platform",
        creator="Nino Lomidze",
        credit_line="The Meridian",
        copyright_notice="© The Meridian",
        licence_url="http://creativecommons.org/licenses/by/4.0/deed.en",
    )
    body = files.encoded("JPEG", **iptc.save_options("jpg", credit))
    by = make.writer()

    image = library.add(upload(body), by=by)

    image.refresh_from_db()
    assert image.headline == "Platform 3"
    assert image.description == "Nobody waits."
    assert image.alt_text == "An empty platform"
    assert image.creator == "Nino Lomidze"
    assert image.credit_line == "The Meridian"
    assert image.copyright_notice == "© The Meridian"
    assert image.licence == Licence.objects.get(code="cc-by-4.0")
    assert image.provenance == Image.Provenance.OWN
    assert (image.width, image.height) == (320, 200)
    assert (image.mime_type, image.byte_size) == ("image/jpeg", len(body))
    assert image.uploaded_by == by
    assert image.history.get().history_user == by
    assert original_of(image) == body
    assert jobs_for(image) == 1


def test_a_picture_that_says_it_is_synthetic_is_marked_as_such():
    credit = iptc.Credit(digital_source_type=iptc.SYNTHETIC)
    body = files.encoded("WEBP", xmp=iptc.written_xmp(credit))

    image = library.add(upload(body), by=None)

    assert image.provenance == Image.Provenance.SYNTHETIC


def test_what_is_given_stands_in_place_of_what_the_file_says():
    credit = iptc.Credit(credit_line="The file's", creator="Nino Lomidze")
    body = files.encoded("JPEG", **iptc.save_options("jpg", credit))

    image = library.add(upload(body), by=None, credit_line="Ours", focal_x=20)

    assert (image.credit_line, image.creator) == ("Ours", "Nino Lomidze")
    assert image.focal_x == 20


def test_a_file_on_the_disk_comes_in_too_and_stays_where_it_is(tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(make.jpeg())

    image = library.add(path, by=None)

    assert original_of(image) == path.read_bytes()


def test_a_large_upload_comes_in_from_where_the_server_put_it():
    body = make.jpeg()
    large = TemporaryUploadedFile("a.jpg", "image/jpeg", len(body), None)
    large.write(body)
    large.flush()

    image = library.add(large, by=None)
    large.close()

    assert original_of(image) == body


def test_the_original_is_not_where_readers_files_are():
    image = library.add(upload(), by=None)

    path = Path(image.original.path)
    assert not path.is_relative_to(settings.MEDIA_ROOT)
    assert path.name == image.storage_key
    assert not default_storage.exists(image.original.name)


def test_the_same_file_again_is_told_and_not_kept_twice():
    body = make.jpeg()
    first = library.add(upload(body), by=None)
    before = originals()

    with pytest.raises(library.AlreadyThere) as known:
        library.add(upload(body, "other.jpg"), by=None)

    assert known.value.image == first
    assert originals() == before


def test_the_same_file_twice_at_the_same_moment_is_kept_once(monkeypatch):
    body = make.jpeg()
    first = library.add(upload(body), by=None)
    before = originals()
    refuse = library._refuse_known
    looked = []

    def look_too_early(sha256):
        if looked:
            refuse(sha256)
        looked.append(sha256)

    monkeypatch.setattr(library, "_refuse_known", look_too_early)
    with pytest.raises(library.AlreadyThere) as known:
        library.add(upload(body), by=None)

    assert known.value.image == first
    assert originals() == before


@pytest.mark.parametrize("name", ["svg", "html", "php", "heic", "nothing"])
def test_what_is_refused_leaves_nothing_behind(name):
    before = originals()

    with pytest.raises(pictures.Refused):
        library.add(upload(files.DISGUISED[name] or b" ", "photo.jpg"), by=None)

    assert originals() == before
    assert not Image.objects.exists()


def test_a_row_that_cannot_be_written_leaves_no_file_behind():
    before = originals()

    with pytest.raises(IntegrityError):
        library.add(upload(), by=None, focal_x=101)

    assert originals() == before
    assert not Image.objects.exists()


def test_a_full_disk_is_told_in_words_and_leaves_nothing_behind(monkeypatch):
    before = originals()
    save = originals_storage().__class__._save

    def half(storage, name, content):
        save(storage, name, ContentFile(b"half"))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(originals_storage().__class__, "_save", half)
    with pytest.raises(pictures.Refused, match="could not be stored"):
        library.add(upload(), by=None)

    assert originals() == before


def test_support_staff_add_no_pictures():
    with pytest.raises(library.NotAllowed):
        library.add(upload(), by=make.user(roles.SUPPORT_STAFF))


# --- Withdrawing ----------------------------------------------------------------------


def with_copies(**values):
    image = make.image(**values)
    renditions.make(image.pk, formats=("jpg",))
    image.refresh_from_db()
    return image


def paths_of(image):
    return [
        path
        for formats in image.sizes.values()
        for copies in formats.values()
        for _width, _height, path in copies
    ]


def test_a_withdrawn_picture_leaves_no_copy_and_ends_its_pages(
    ended, django_capture_on_commit_callbacks
):
    image = with_copies()
    paths = paths_of(image)
    assert paths
    by = desk()

    with django_capture_on_commit_callbacks(execute=True):
        library.withdraw(image, by=by, reason="The family asks for it.")

    image.refresh_from_db()
    assert image.is_withdrawn
    assert image.sizes == {}
    assert not image.renditions.exists()
    assert not any(default_storage.exists(path) for path in paths)
    assert original_of(image)
    assert f"image:{image.pk}" in ended()
    entry = image.history.first()
    assert entry.history_user == by
    assert entry.history_change_reason == "The family asks for it."


def test_the_files_stay_if_the_withdrawal_does_not_happen():
    image = with_copies()

    with transaction.atomic():
        library.withdraw(image, by=None)
        transaction.set_rollback(True)

    stored = Image.objects.get(pk=image.pk)
    assert all(default_storage.exists(path) for path in paths_of(stored))
    assert not stored.is_withdrawn


def test_withdrawing_twice_is_withdrawing_once():
    image = with_copies()
    library.withdraw(image, by=None, reason="First")
    first = Image.objects.get(pk=image.pk).withdrawn_at

    library.withdraw(image, by=None, reason="Second")

    assert Image.objects.get(pk=image.pk).withdrawn_at == first


def test_a_writer_withdraws_nothing():
    image = make.image()

    with pytest.raises(library.NotAllowed, match="picture desk"):
        library.withdraw(image, by=make.writer())
    with pytest.raises(library.NotAllowed):
        library.restore(image, by=make.writer())
    with pytest.raises(library.NotAllowed):
        library.delete(image, by=make.writer())

    image.refresh_from_db()
    assert not image.is_withdrawn


def test_a_picture_put_back_gets_its_copies_again(ended):
    image = with_copies()
    library.withdraw(image, by=None)
    before = jobs_for(image)

    library.restore(image, by=desk())

    image.refresh_from_db()
    assert not image.is_withdrawn
    assert jobs_for(image) == before + 1
    assert f"image:{image.pk}" in ended()


def test_a_picture_whose_licence_has_ended_is_not_put_back():
    image = make.image(licence_until=date(2020, 1, 1))
    library.withdraw(image, by=None)

    with pytest.raises(library.NotPossible, match="1 January 2020"):
        library.restore(image, by=None)


def test_a_licence_that_has_ended_withdraws_the_picture():
    ended = make.image(licence_until=TODAY - timedelta(days=1))
    last_day = make.image(licence_until=TODAY)
    unlimited = make.image()

    assert library.withdraw_ended(TODAY) == 1
    assert library.withdraw_ended(TODAY) == 0

    assert Image.objects.get(pk=ended.pk).is_withdrawn
    assert set(Image.objects.showable()) == {last_day, unlimited}


def test_one_picture_that_cannot_be_withdrawn_stops_none_of_the_others(
    monkeypatch,
):
    poison = make.image(licence_until=TODAY - timedelta(days=2))
    others = [make.image(licence_until=TODAY - timedelta(days=1)) for _ in range(3)]
    withdraw = library.withdraw

    def fail(image, **options):
        if image == poison:
            raise RuntimeError
        withdraw(image, **options)

    monkeypatch.setattr(library, "withdraw", fail)

    assert library.withdraw_ended(TODAY) == len(others)


def test_a_licence_that_ends_within_two_weeks_is_told_of():
    later = make.image(licence_until=TODAY + timedelta(days=14))
    sooner = make.image(licence_until=TODAY)
    make.image(licence_until=TODAY + timedelta(days=15))
    make.image()

    assert list(library.ending_soon(today=TODAY)) == [sooner, later]


# --- Using ----------------------------------------------------------------------------


def test_a_picture_that_nothing_uses_is_deleted_with_its_files(
    ended, django_capture_on_commit_callbacks
):
    image = with_copies()
    paths, original = paths_of(image), Path(image.original.path)

    with django_capture_on_commit_callbacks(execute=True):
        library.delete(image, by=desk())

    assert not Image.objects.filter(pk=image.pk).exists()
    assert not original.exists()
    assert not any(default_storage.exists(path) for path in paths)
    assert f"image:{image.pk}" in ended()


def test_a_picture_that_a_draft_or_a_portrait_uses_is_not_deleted():
    in_draft, in_portrait = make.image(), make.image()
    make.draft(lead_image=in_draft)
    make.contributor(portrait=in_portrait)

    for image in (in_draft, in_portrait):
        with pytest.raises(library.NotPossible, match="is used"):
            library.delete(image, by=None)

    assert Image.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "empty"), [("credit_line", ""), ("alt_text", ""), ("licence", None)]
)
def test_a_picture_that_readers_see_keeps_its_credit(field, empty):
    image = make.image()
    make.published_article(lead_image=image)

    setattr(image, field, empty)

    assert library.missing_if_public(image) == [field]
    assert not library.may_clear_credit(image)


def test_a_picture_of_a_scheduled_article_keeps_its_credit():
    image = make.image()
    make.scheduled_article(lead_image=image)

    assert library.is_in_public_use(image)


def test_a_picture_of_a_draft_or_a_withdrawn_one_may_lose_its_credit():
    in_draft, withdrawn = make.image(), make.image()
    make.draft(lead_image=in_draft)
    make.published_article(lead_image=withdrawn)
    library.withdraw(withdrawn, by=None)

    for image in (in_draft, withdrawn):
        image.credit_line = ""
        assert library.missing_if_public(image) == []
        assert library.may_clear_credit(image)


def test_a_change_that_empties_nothing_is_free():
    image = make.image(alt_text="")
    make.published_article()
    ImageUse.objects.create(
        article=make.published_article(), image=image, place="body", is_live=True
    )
    image.credit_line = "Another one"

    assert library.missing_if_public(image) == []


def test_a_changed_licence_is_written_into_the_copies_of_its_pictures(ended):
    licence = Licence.objects.get(code="cc0")
    image, other = make.image(licence=licence), make.image()
    withdrawn = make.image(licence=licence)
    library.withdraw(withdrawn, by=None)

    library.remake_all_of(licence)

    assert [jobs_for(one) for one in (image, other, withdrawn)] == [1, 0, 0]
    assert f"licence:{licence.pk}" in ended()


# --- Sweeping -------------------------------------------------------------------------


def old_file(storage, name):
    storage.save(name, ContentFile(b"left behind"))
    long_ago = time.time() - 2 * 60 * 60
    os.utime(storage.path(name), (long_ago, long_ago))
    return name


def test_files_that_no_picture_has_are_swept_away(capsys):
    image = with_copies()
    for path in [*paths_of(image), image.original.name]:
        storage = default_storage if "." in path else originals_storage()
        long_ago = time.time() - 2 * 60 * 60
        os.utime(storage.path(path), (long_ago, long_ago))
    copy = old_file(default_storage, f"zz/{'z' * 32}.jpg")
    original = old_file(originals_storage(), f"zz/{'z' * 32}")
    logo = old_file(default_storage, "logo/abcdefgh.png")
    young = default_storage.save(f"yy/{'y' * 32}.jpg", ContentFile(b"just written"))

    call_command("sweep_media", "--dry-run")
    assert {name for _storage, name in orphans.find()} >= {copy, original}
    call_command("sweep_media")

    assert not default_storage.exists(copy)
    assert not originals_storage().exists(original)
    assert default_storage.exists(logo)
    assert default_storage.exists(young)
    assert all(default_storage.exists(path) for path in paths_of(image))
    assert original_of(image)
    told = capsys.readouterr().out
    assert copy in told
    assert "Would delete" in told
    assert "Deleted" in told
    default_storage.delete(logo)
    default_storage.delete(young)


def test_hostile_uploads_leave_only_whole_pictures():
    for name, body in files.hostile(25, seed=11):
        before = originals()
        try:
            image = library.add(upload(body or b" ", name), by=None)
        except (pictures.Refused, library.AlreadyThere):
            assert originals() == before, name
        else:
            assert original_of(image) == body, name
            assert len(originals()) == len(before) + 1


def test_a_file_read_before_is_read_from_its_beginning():
    file = upload()
    file.read()

    image = library.add(file, by=None)

    file.seek(0)
    assert original_of(image) == file.read()
    assert io.BytesIO(file.read()).getvalue() == b""
