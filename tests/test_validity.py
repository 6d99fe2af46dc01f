"""Every public page, and the stylesheet, pass the Nu HTML checker."""

import json
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from newsroom.core.static import BundledStaticFilesStorage
from tests.conftest import REQUIRE_ALL, need
from tests.newspaper import make_newspaper

CHECKER = Path(settings.BASE_DIR) / ".data/vnu/node_modules/vnu-jar/build/dist/vnu.jar"

# What the checker does not know yet, and why it is right all the same.
UNKNOWN_TO_CHECKER = {
    "CSS: “container”: Property “container” doesn't exist.": "CSS Containment 3, 5.5",
    "CSS: Unrecognized at-rule “@container”": "CSS Containment 3, 5.1",
}


@pytest.fixture
def check():
    """``check(folder, …)`` gives the checker's errors about a file or a folder."""
    java = need("java")
    if not CHECKER.exists():
        words = "the Nu HTML checker is not installed: .ci/run fetches it"
        if REQUIRE_ALL:
            pytest.fail(words)
        pytest.skip(words)

    def check(path: Path, *options: str) -> list[str]:
        command = [java, "-jar", CHECKER, "--format", "json", "--exit-zero-always"]
        done = subprocess.run(
            [*command, *options, path],
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
        )
        messages = json.loads(done.stderr)["messages"]
        return [
            f"{Path(entry['url']).name}:{entry.get('lastLine')} {entry['message']}"
            for entry in messages
            if entry["type"] in ("error", "non-document-error")
            and entry["message"] not in UNKNOWN_TO_CHECKER
        ]

    return check


@pytest.mark.django_db
def test_every_type_of_public_page_is_valid_html(client, check, tmp_path):
    paper = make_newspaper()
    pages = paper.all | {
        article.slug: article.get_absolute_url() for article in paper.articles
    }
    for name, path in pages.items():
        answer = client.get(path)
        (tmp_path / f"{name}.html").write_bytes(answer.content)

    errors = check(tmp_path)

    assert errors == []


def test_the_stylesheet_is_valid_css(check, tmp_path):
    source = Path(settings.BASE_DIR) / "static"
    bundle = BundledStaticFilesStorage(location=tmp_path)
    names = [f"css/{file.name}" for file in (source / "css").glob("*.css")]
    for name in names:
        bundle.save(name, ContentFile((source / name).read_bytes()))

    list(bundle.post_process({name: (bundle, name) for name in names}))
    stylesheet = Path(bundle.path(bundle.stored_name("css/site.css")))

    assert "@import" not in stylesheet.read_text()
    assert check(stylesheet, "--css") == []
