import contextlib
import io
import subprocess
import time

import pytest
from PIL import Image, ImageCms

from newsroom.core import pictures
from tests.data import pictures as files


def opened(body):
    return pictures.inspect(io.BytesIO(body))


def code_of(body):
    with pytest.raises(pictures.Refused) as refusal:
        opened(body)
    assert str(refusal.value).endswith((".", "!"))
    return refusal.value.code


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_content_says_what_a_picture_is(format):
    found = opened(files.encoded(format))

    assert (found.format, found.width, found.height) == (format, 320, 200)
    assert found.mime_type == f"image/{format.lower()}"


@pytest.mark.parametrize(
    ("format", "mode"),
    [
        ("JPEG", "CMYK"),
        ("JPEG", "L"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("PNG", "I;16"),
        ("PNG", "1"),
        ("TIFF", "LAB"),
        ("TIFF", "CMYK"),
    ],
)
def test_every_common_way_to_store_colours_is_read(format, mode):
    body = files.encoded(format, files.picture(mode=mode))

    shrunk = pictures.shrink(io.BytesIO(body), (64, 40))

    assert shrunk.mode == "RGB"
    assert shrunk.size == (64, 40)
    ends = shrunk.convert("L").resize((1, 2))
    assert opened(body).mode == mode
    assert ends.getpixel((0, 0)) != ends.getpixel((0, 1))


def test_sixteen_bits_become_eight_and_not_white():
    body = files.encoded("PNG", Image.new("I;16", (64, 40), 0x8000))

    shrunk = pictures.shrink(io.BytesIO(body), (64, 40))

    assert shrunk.getpixel((5, 5)) == (128, 128, 128)


def test_transparency_stays_and_a_full_alpha_channel_goes():
    glass = files.picture(mode="RGBA")
    solid = files.encoded("PNG", glass)
    glass.putalpha(100)

    assert pictures.shrink(io.BytesIO(solid), (64, 40)).mode == "RGB"
    seen = pictures.shrink(io.BytesIO(files.encoded("PNG", glass)), (64, 40))
    assert seen.mode == "RGBA"
    assert seen.getpixel((3, 3))[3] == 100


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_a_picture_that_lies_on_its_side_is_put_upright(format):
    exif = Image.Exif()
    exif[0x0112] = 6  # the right edge is the top
    image = Image.new("RGB", (320, 200), "white")
    image.paste("black", (0, 0, 160, 200))
    body = files.encoded(format, image, exif=exif)

    found = opened(body)
    shrunk = pictures.shrink(io.BytesIO(body), (100, 160))

    assert (found.width, found.height) == (200, 320)
    assert shrunk.size == (100, 160)
    assert shrunk.getpixel((50, 20))[0] < 60
    assert shrunk.getpixel((50, 140))[0] > 200


def test_colours_follow_the_profile_in_the_file():
    swapped = ImageCms.createProfile("LAB")
    profile = ImageCms.ImageCmsProfile(swapped).tobytes()
    grey = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (40, 40), (200, 30, 60))

    plain = files.encoded("PNG", image, icc_profile=grey)
    wrong = files.encoded("PNG", image, icc_profile=profile)
    nonsense = files.encoded("PNG", image, icc_profile=b"nonsense")

    for body in (plain, wrong, nonsense):
        pixel = pictures.shrink(io.BytesIO(body), (40, 40)).getpixel((9, 9))
        assert all(
            abs(is_ - was) <= 2 for is_, was in zip(pixel, (200, 30, 60), strict=True)
        )


def test_a_picture_is_never_enlarged_and_just_covers_what_is_asked():
    body = files.encoded("JPEG", files.picture(2000, 1000))

    assert pictures.shrink(io.BytesIO(body), (640, 640)).size == (1280, 640)
    assert pictures.shrink(io.BytesIO(body), (9000, 10)).size == (2000, 1000)


def test_a_phones_file_of_several_pictures_is_read_as_its_first():
    found = opened(files.with_several_pictures())

    assert (found.format, found.width) == ("JPEG", 320)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("svg", "svg"),
        ("html", "text"),
        ("php", "text"),
        ("script", "unknown"),
        ("zip", "unknown"),
        ("pdf", "pdf"),
        ("fits", "unknown"),
        ("eps", "unknown"),
        ("heic", "heic"),
        ("gif and script", "gif"),
        ("nothing", "empty"),
        ("zeros", "unknown"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(name, code):
    assert code_of(files.DISGUISED[name]) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a PNG of a billion pixels", "huge"),
        ("a PNG 50,000 pixels wide", "huge"),
        ("a PNG of 2^31 pixels", "huge"),
        ("a JPEG of 65,535 pixels", "huge"),
    ],
)
def test_a_bomb_is_refused_by_what_it_claims(name, code):
    assert code_of(files.BOMBS[name]()) == code


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
def test_moving_pictures_are_refused(format):
    assert code_of(files.animated(format)) == "animated"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_file_that_is_cut_off_is_refused(format, share):
    body = files.encoded(format, files.picture(1600, 1000))

    assert code_of(body[: int(len(body) * share)]) == "broken"


def test_a_camera_s_own_file_is_refused_though_it_is_a_tiff():
    body = files.encoded("TIFF", tiffinfo={254: 1})

    assert code_of(body) == "raw"


def test_a_file_that_is_too_long_is_refused_before_it_is_opened(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 1000)

    assert code_of(bytes(1001)) == "long"


def test_a_decoder_that_runs_out_of_time_is_stopped(monkeypatch):
    monkeypatch.setattr(pictures, "SECONDS_TO_INSPECT", 0.001)

    assert code_of(files.encoded("JPEG")) == "slow"


def test_a_decoder_that_dies_is_a_refusal(monkeypatch):
    killed = subprocess.CompletedProcess([], -9, b"", b"")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: killed)

    assert code_of(files.encoded("JPEG")) == "heavy"


@pytest.mark.parametrize("options", [{"lossless": True}, {}, {"xmp": b"<x/>"}])
def test_a_webp_that_needs_too_much_memory_is_refused(options):
    image = Image.new("RGB", (4000, 3001), "red")

    assert code_of(files.encoded("WEBP", image, method=0, **options)) == "heavy"


def test_a_webp_just_small_enough_is_read():
    image = Image.new("RGB", (4000, 3000), "red")

    assert opened(files.encoded("WEBP", image, method=0)).width == 4000


def test_a_caption_that_blows_up_is_refused():
    body = files.BOMBS["a caption of 200 MB"]()

    assert code_of(body) in ("broken", "heavy")


def test_a_bomb_of_plain_pixels_is_within_what_is_borne():
    body = files.BOMBS["a PNG of 190 MB"]()

    assert opened(body).width == 6900


def test_a_picture_is_opened_quickly():
    body = files.encoded("JPEG")
    opened(body)

    start = time.perf_counter()
    for _ in range(3):
        opened(body)
    assert (time.perf_counter() - start) / 3 < 1.0  # 0.1 s on an idle machine


def test_the_file_is_left_at_its_beginning():
    file = io.BytesIO(files.encoded("JPEG"))

    pictures.inspect(file)

    assert file.tell() == 0


def test_every_code_has_its_sentence():
    codes = ["busy", "unusual", "unstored", "unknown"]

    assert all(str(pictures.Refused(code)).endswith(".") for code in codes)


def test_hostile_files_are_read_or_refused_and_nothing_else():
    for name, body in files.hostile(60, seed=7):
        with contextlib.suppress(pictures.Refused):
            assert opened(body).width, name
