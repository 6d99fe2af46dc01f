from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile

from newsroom.core.static import BundledStaticFilesStorage, smaller


def collect(storage):
    """What collectstatic does with our own files."""
    paths = {}
    for finder in get_finders():
        for path, source in finder.list([]):
            if str(source.location) == str(settings.BASE_DIR / "static"):
                storage.save(path, ContentFile(Path(source.path(path)).read_bytes()))
                paths[path] = (storage, path)
    list(storage.post_process(paths))


def stylesheet_of(storage):
    return Path(storage.path(storage.stored_name("css/site.css"))).read_text()


@pytest.fixture
def storage(tmp_path):
    return BundledStaticFilesStorage(location=tmp_path)


def bundle(storage, files):
    for name, text in files.items():
        storage.save(name, ContentFile(text.encode()))
    list(storage.post_process({name: (storage, name) for name in files}))
    return stylesheet_of(storage)


def test_the_sites_stylesheet_is_one_file(storage):
    collect(storage)

    stylesheet = stylesheet_of(storage)

    assert "@import" not in stylesheet
    assert "/*" not in stylesheet
    assert stylesheet.startswith("@layer tokens,")
    for part in ("--accent", ".masthead", ".card", ".article", "@media print"):
        assert part in stylesheet


def test_a_change_in_an_imported_file_gives_the_whole_another_name(tmp_path):
    names = set()
    for number, colour in enumerate(["red", "blue"]):
        storage = BundledStaticFilesStorage(location=tmp_path / str(number))
        files = {
            "css/site.css": '@import "a.css";',
            "css/a.css": f"a{{color:{colour}}}",
        }
        bundle(storage, files)
        names.add(storage.stored_name("css/site.css"))

    assert len(names) == 2


def test_imports_of_imports_are_joined_in_order(storage):
    joined = bundle(
        storage,
        {
            "css/site.css": '@import "a.css";\n@import url("b.css");\n.c { top: 0 }',
            "css/a.css": '@import "d.css"; .a { top: 0; }',
            "css/b.css": ".b { top: 0; }",
            "css/d.css": ".d { top: 0; }",
        },
    )

    assert joined == ".d{top: 0}.a{top: 0}.b{top: 0}.c{top: 0}"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"css/site.css": '@import "gone.css";'}, "not among the static files"),
        ({"css/site.css": '@import "site.css";'}, "imports itself"),
        (
            {
                "css/site.css": '@import "more/a.css";',
                "css/more/a.css": "a{background:url(x.png)}",
            },
            "another folder",
        ),
    ],
)
def test_an_import_that_cannot_be_joined_stops_the_collecting(storage, files, words):
    with pytest.raises(ImproperlyConfigured, match=words):
        bundle(storage, files)


def test_other_peoples_stylesheets_stay_as_they_are(storage):
    text = "/* kept */ .a { top: 0; }"

    assert bundle(storage, {"css/site.css": text}) == text


def test_strings_are_left_alone():
    assert smaller('a::after { content: "/* ; { x" ; }') == (
        'a::after{content: "/* ; { x"}'
    )
