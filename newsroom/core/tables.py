"""Tables of a cleaned text, made fit for a narrow screen and for a screen reader."""

import itertools
import re
from collections.abc import Iterator

from django.utils.html import format_html
from django.utils.translation import gettext as _

_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
_TABLE_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_TABLE_HEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[dh])((?: [a-z]+=\"[^\"]*\")*)>(.*?)</t[dh]>", re.DOTALL)
_NUMBER = re.compile(r"(?:<p>)?[-+−–~≈]?\s*[€$£¥₽]?\s*\d[\d.,\s]*\s*[%‰]?(?:</p>)?")


def unfold(words: str) -> str:
    """Put each table into a region that scrolls by itself, its figures in line.

    Heads of columns and rows are marked as such. The text must have been cleaned.
    """
    if "<table" not in words:
        return words
    numbers = itertools.count(1)
    return _TABLE.sub(lambda match: _table(match[1], next(numbers)), words)


def _table(inside: str, number: int) -> str:
    caption = _TABLE_CAPTION.search(inside)
    name = (
        f'aria-labelledby="table-{number}"'
        if caption
        else format_html('aria-label="{}"', _("Table"))
    )
    inside = _TABLE_CAPTION.sub(rf'<caption id="table-{number}">\1</caption>', inside)
    inside = _TABLE_HEAD.sub(
        lambda match: match[0].replace("<th>", '<th scope="col">'), inside
    )
    inside = inside.replace("<tr><th>", '<tr><th scope="row">')
    figures = _columns_of_figures(inside)
    if figures:
        inside = _ROW.sub(lambda match: _row(match[1], figures), inside)
    return (
        f'<div class="table wide" role="region" tabindex="0" {name}>'
        f"<table>{inside}</table></div>"
    )


def _columns_of_figures(inside: str) -> set[int]:
    """Which columns hold numbers only; none where cells are joined."""
    if "span=" in inside:
        return set()
    body = _TABLE_HEAD.sub("", inside)
    rows = [_CELL.findall(row) for row in _ROW.findall(body)]
    rows = [row for row in rows if row]
    if not rows:
        return set()
    return {
        column
        for column in range(min(len(row) for row in rows))
        if all(_is_figure(*row[column]) for row in rows)
    }


def _is_figure(tag: str, attributes: str, words: str) -> bool:
    return tag == "td" and _NUMBER.fullmatch(words.strip()) is not None


def _row(cells: str, figures: set[int]) -> str:
    numbered = itertools.count()
    return (
        "<tr>"
        + _CELL.sub(lambda match: _cell(match, numbered, figures), cells)
        + ("</tr>")
    )


def _cell(match: re.Match[str], numbered: Iterator[int], figures: set[int]) -> str:
    if next(numbered) not in figures:
        return match[0]
    return f'<{match[1]}{match[2]} class="number">{match[3]}</{match[1]}>'
