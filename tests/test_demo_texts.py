"""The texts of the demo publication are enough, are its own, and hold together."""

import re
import tomllib
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from newsroom import demo
from newsroom.core import html

DATA = Path(demo.__file__).parent / "data"
_SENTENCE_END = re.compile(r"(?<=[.!?…])[”’)\]]*\s+|\n+")
_WORD = re.compile(r"[\w’'-]+")
_PICTURE = re.compile(r'data-image="([^"]+)"')
_LINK = re.compile(r'href="([^"]+)"')


@cache
def articles() -> dict[str, dict]:
    files = sorted((DATA / "articles").glob("*.toml"))
    facts = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return {article["slug"]: article for article in facts}


@cache
def pages() -> dict[str, dict]:
    files = sorted((DATA / "pages").glob("*.toml"))
    facts = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return {page["slug"]: page for page in facts}


def keys(file: str, table: str, key: str) -> set[str]:
    facts = tomllib.loads((DATA / file).read_text(encoding="utf-8"))
    return {entry[key] for entry in facts[table]}


def as_stored(body: str) -> str:
    """Numbers in place of the keys of pictures, as the demo stores them."""
    return _PICTURE.sub('data-image="7"', body)


def words_of(article: dict) -> int:
    return html.word_count(as_stored(article["body"]))


def sentences(article: dict) -> set[str]:
    """Sentences of eight words and more, without their signs."""
    text = html.to_text(article["body"])
    parts = [_WORD.findall(part.lower()) for part in _SENTENCE_END.split(text)]
    return {" ".join(words) for words in parts if len(words) >= 8}


def test_there_is_enough_to_fill_a_newspaper():
    lengths = [words_of(article) for article in articles().values()]

    assert len(lengths) >= 30
    assert sum(lengths) >= 12_000
    assert sum(length > 500 for length in lengths) * 2 >= len(lengths)


def test_no_long_sentence_stands_in_two_articles():
    places = defaultdict(list)
    for slug, article in articles().items():
        for sentence in sentences(article):
            places[sentence].append(slug)

    assert len(places) > 500
    assert {s: slugs for s, slugs in places.items() if len(slugs) > 1} == {}


def test_every_picture_of_a_text_is_in_the_catalogue():
    catalogue = keys("pictures.toml", "picture", "key")

    used = set()
    for article in articles().values():
        used |= set(_PICTURE.findall(article["body"]))
        used |= {article["lead_image"]} if article.get("lead_image") else set()
    portraits = {
        entry["portrait"]
        for entry in tomllib.loads(
            (DATA / "contributors.toml").read_text(encoding="utf-8")
        )["contributor"]
        if entry.get("portrait")
    }

    assert len(used) > 20
    assert (used | portraits) - catalogue == set()


def test_every_inner_link_leads_to_a_text_that_exists():
    allowed = {f"/a/{slug}/" for slug in articles()}
    allowed |= {f"/page/{slug}/" for slug in pages()}
    allowed |= {
        f"/section/{slug}/" for slug in keys("sections.toml", "section", "slug")
    }
    allowed |= {
        f"/by/{slug}/" for slug in keys("contributors.toml", "contributor", "slug")
    }
    allowed |= {"/", "/corrections/"}

    inner = {
        link
        for text in [*articles().values(), *pages().values()]
        for link in _LINK.findall(text["body"])
        if not link.startswith(("https://", "mailto:"))
    }

    assert inner
    assert inner - allowed == set()


def test_every_name_in_an_article_exists():
    sections = keys("sections.toml", "section", "slug")
    contributors = keys("contributors.toml", "contributor", "slug")

    for slug, article in articles().items():
        people = {line["contributor"] for line in article["bylines"]}
        assert article["section"] in sections, slug
        assert people <= contributors, slug
        assert set(article.get("related", [])) <= set(articles()) - {slug}, slug


@pytest.mark.parametrize("slug", sorted(articles()))
def test_cleaning_leaves_a_text_as_it_was_written(slug):
    body = as_stored(articles()[slug]["body"])

    cleaned = html.clean(body)

    assert normal(cleaned) == normal(body)


@pytest.mark.parametrize("slug", sorted(pages()))
def test_cleaning_leaves_a_fixed_page_as_it_was_written(slug):
    body = pages()[slug]["body"]

    assert normal(html.clean(body)) == normal(body)


def normal(body: str) -> str:
    """The same markup in one form: no space between elements, no order, no default."""

    def in_order(match: re.Match[str]) -> str:
        attributes = sorted(re.findall(r'[\w-]+="[^"]*"', match[2]))
        if match[1] == "figure" and not any("data-width" in a for a in attributes):
            attributes.append('data-width="column"')
        return f"<{' '.join([match[1], *sorted(attributes)])}>"

    body = re.sub(r"<(\w+)((?:\s+[\w-]+=\"[^\"]*\")*)\s*/?>", in_order, body)
    return re.sub(r">\s+<", "><", body).replace("&amp;", "&").strip()
