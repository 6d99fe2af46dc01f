import tomllib
from itertools import combinations
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from newsroom.demo import drawing
from newsroom.demo.drawing import lettering

DEMO = Path(drawing.__file__).parents[1]
FAST = (
    "portrait-marta-ozolina",
    "portrait-edmund-okafor",
    "telephone-cables",
    "school-corridor",
    "chart-lorries",
    "hospital-windows",
)


@pytest.fixture(scope="module")
def catalogue() -> list[dict[str, object]]:
    text = (DEMO / "data" / "pictures.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["picture"]


@pytest.fixture(scope="module")
def drawn() -> dict[str, Image.Image]:
    return {key: drawing.draw(key) for key in FAST}


def test_every_picture_of_the_catalogue_can_be_drawn_and_no_other(catalogue):
    keys = [facts["key"] for facts in catalogue]

    assert sorted(keys) == sorted(drawing.KEYS)
    assert len(set(keys)) == len(keys)


def test_every_picture_has_a_credit_a_caption_and_an_alt_text(catalogue):
    for facts in catalogue:
        assert facts["credit_line"], facts["key"]
        assert facts["headline"], facts["key"]
        assert facts["description"].endswith("."), facts["key"]
        assert 20 < len(facts["alt_text"]) < 160, facts["key"]
        assert "no real person" in facts["special_instructions"], facts["key"]


def test_the_focal_point_lies_inside_the_picture(catalogue):
    for facts in catalogue:
        assert 0 <= facts["focal_x"] <= 100, facts["key"]
        assert 0 <= facts["focal_y"] <= 100, facts["key"]


def test_handouts_name_a_body_and_no_photographer(catalogue):
    handouts = [facts for facts in catalogue if facts["provenance"] == "handout"]

    assert {facts["key"] for facts in handouts} == {
        "minister-lectern",
        "long-table-talks",
    }
    assert all(facts["creator"] == "" for facts in handouts)
    assert all(facts["credit_line"].endswith("/ Handout") for facts in handouts)


def test_a_creator_with_a_page_is_a_contributor(catalogue):
    text = (DEMO / "data" / "contributors.toml").read_text(encoding="utf-8")
    names = {c["slug"]: c["name"] for c in tomllib.loads(text)["contributor"]}

    for facts in catalogue:
        if facts["creator_slug"]:
            assert names[facts["creator_slug"]] == facts["creator"], facts["key"]


def test_pictures_have_the_promised_sizes(drawn):
    sizes = {key: image.size for key, image in drawn.items()}

    assert sizes["portrait-marta-ozolina"] == (1200, 1200)
    assert sizes["telephone-cables"] == (1280, 1920)
    assert sizes["school-corridor"] == (1920, 1280)
    assert {image.mode for image in drawn.values()} == {"RGB"}


@pytest.mark.parametrize("key", ["portrait-marta-ozolina", "telephone-cables"])
def test_the_same_key_gives_the_same_picture(key, drawn):
    again = drawing.draw(key)

    assert again.tobytes() == drawn[key].tobytes()


def test_no_two_pictures_look_alike(drawn):
    small = {key: image.resize((24, 24)) for key, image in drawn.items()}

    for one, other in combinations(FAST, 2):
        difference = ImageStat.Stat(ImageChops.difference(small[one], small[other]))
        assert sum(difference.mean) / 3 > 15, (one, other)


def test_the_fonts_come_with_their_licence_and_are_small():
    fonts = Path(drawing.__file__).parent / "fonts"
    licence = (fonts / "OFL.txt").read_text(encoding="utf-8")

    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    for name in ("Manrope-Regular.ttf", "Manrope-Bold.ttf"):
        assert name in licence
        assert (fonts / name).stat().st_size < 500_000


def test_cyrillic_letters_have_shapes_of_their_own():
    zhe = lettering.font(40).getmask("Ж")
    missing = lettering.font(40).getmask("\uffff")

    assert bytes(zhe) != bytes(missing)
