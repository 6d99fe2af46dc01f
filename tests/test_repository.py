"""What lies in the repository: nothing of one machine, a lock, modules of one page."""

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 400  # lines
BINARY = {".ttf", ".png", ".jpg", ".jpeg", ".webp", ".avif", ".ico", ".gz"}
# Written so that this file does not hold what it looks for.
REGISTRIES = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "proxy.golang" + ".org",
]
HOME_FOLDERS = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/[\w.-]+")


@cache
def tracked() -> list[Path]:
    """What git keeps, or would keep."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(
            command, cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("this is not a git checkout")
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
        for path in tracked()
        if path.suffix not in BINARY
    ]


def test_no_file_names_a_folder_of_somebodys_machine():
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        for match in HOME_FOLDERS.finditer(text)
    ]

    assert found == []
    assert [name for name, text in texts() if str(ROOT) in text] == []


def test_no_file_names_the_host_of_a_package_registry():
    found = [
        f"{name}: {host}"
        for name, text in texts()
        for host in REGISTRIES
        if host in text
    ]

    assert found == []


def test_the_lock_holds_a_hash_for_every_library():
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", lock, flags=re.M))

    libraries = [entry for entry in entries if entry.strip()]

    assert len(libraries) > 50
    assert [entry for entry in libraries if "--hash=sha256:" not in entry] == []
    assert [entry for entry in libraries if "==" not in entry.partition("\n")[0]] == []


def test_every_module_can_be_read_in_one_sitting():
    long = {
        name: text.count("\n")
        for name, text in texts()
        if name.endswith(".py")
        and "/migrations/" not in name
        and text.count("\n") >= LONGEST_MODULE
        and not name.startswith("tests/")
    }

    assert long == {}


def test_the_changelog_tells_of_this_version():
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text())

    headings = re.findall(r"(?m)^## (\S+)", (ROOT / "CHANGELOG.md").read_text())

    assert headings[0] == facts["project"]["version"]


def test_every_variable_of_the_settings_is_described():
    settings = (ROOT / "newsroom" / "settings.py").read_text()
    names = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_0-9]+)"', settings))

    described = (ROOT / "docs" / "operating.md").read_text()

    assert len(names) > 15
    assert {name for name in names if f"`{name}`" not in described} == set()


@pytest.mark.parametrize("name", ["README.md", "docs/developing.md", "docs/editors.md",
                                  "docs/newsletters.md", "docs/operating.md",
                                  "docs/security.md"])  # fmt: skip
def test_links_between_our_documents_lead_somewhere(name):
    file = ROOT / name

    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", file.read_text())

    assert [link for link in links if not (file.parent / link).exists()] == []
