"""A stored body as the page prints it: pictures, players, quotes and tables unfolded.

The text was cleaned when it was stored (``newsroom.core.html``), so it is printed as
it is; only what our own nodes stand for is written here.
"""

import itertools
import re
from collections.abc import Iterator, Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles import embeds, picture
from articles.models import Article
from articles.picture import Picture
from newsroom.core import html

_PLACES = {"column": picture.COLUMN, "wide": picture.WIDE, "half": picture.HALF}
_CLASSES = {"column": "figure", "wide": "figure wide", "half": "figure half"}

_QUOTATION_MARKS = ("“", "„", "«", "»", "‘", "‚", '"', "「", "『")
_PULL = re.compile(r'<aside data-pull="1">(.*?)</aside>', re.DOTALL)
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
_TABLE_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.DOTALL)
_TABLE_HEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(t[dh])((?: [a-z]+=\"[^\"]*\")*)>(.*?)</t[dh]>", re.DOTALL)
_NUMBER = re.compile(r"(?:<p>)?[-+−–~≈]?\s*[€$£¥₽]?\s*\d[\d.,\s]*\s*[%‰]?(?:</p>)?")


def render(article: Article, images: Mapping[int, Picture]) -> SafeString:
    """The whole body. ``images`` are those of the body, by number."""
    table_numbers = itertools.count(1)
    pieces = []
    for part in html.parts(article.body):
        match part:
            case html.Figure():
                pieces.append(_figure(part, images.get(part.image_id)))
            case html.Embed():
                pieces.append(_embed(part))
            case html.Text():
                pieces.append(_text(part.html, table_numbers))
    return mark_safe(_with_dateline("".join(pieces), article))  # noqa: S308


def _with_dateline(body: str, article: Article) -> str:
    if not article.dateline_place:
        return body
    dateline = format_html('<span class="dateline">{}</span>', article.dateline_place)
    if body.startswith("<p>"):
        return f"<p>{dateline} — {body[3:]}"
    return f"<p>{dateline}</p>{body}"


def _text(words: str, table_numbers: Iterator[int]) -> str:
    if "<aside" in words:
        words = _PULL.sub(_pull_quote, words)
    if "<table" in words:
        words = _TABLE.sub(lambda match: _table(match[1], next(table_numbers)), words)
    return words


def _pull_quote(match: re.Match[str]) -> str:
    paragraphs = _PARAGRAPH.findall(match[1])
    source = f"<footer>{paragraphs.pop()}</footer>" if len(paragraphs) > 1 else ""
    words = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    # An opening quotation mark hangs into the margin.
    classes = "pull pull--quoted" if words[3:4] in _QUOTATION_MARKS else "pull"
    return f'<blockquote class="{classes}">{words}{source}</blockquote>'


def _figure(figure: html.Figure, image: Picture | None) -> str:
    if image is None:
        return ""
    classes = _CLASSES.get(figure.width, "figure")
    if image.is_withdrawn:
        return format_html('<figure class="{}">{}</figure>', classes, blank())
    if not image.is_showable:
        return ""
    # The caption was cleaned with the body; the picture's own is plain text.
    caption = mark_safe(figure.caption) if figure.caption else image.description  # noqa: S308
    return format_html(
        '<figure class="{}">{}<figcaption>{} {}</figcaption></figure>',
        classes,
        picture.element(image, _PLACES.get(figure.width, picture.COLUMN)),
        caption,
        picture.credit_of(image),
    )


def blank() -> SafeString:
    """The place of a picture that was withdrawn."""
    return format_html(
        '<div class="blank"><p>{}</p></div>', _("This picture has been withdrawn.")
    )


def _embed(node: html.Embed) -> str:
    embed = embeds.find(node.url)
    wide = " wide" if node.width == "wide" else ""
    caption = f"<figcaption>{node.caption}</figcaption>" if node.caption else ""
    if not embed.player_url:
        return format_html(
            '<figure class="embed"><a class="embed__link" href="{}">'
            "<strong>{}</strong><small>{}</small></a>{}</figure>",
            embed.link,
            _("See it on %(site)s") % {"site": embed.provider},
            embed.link,
            mark_safe(caption),  # noqa: S308 -- cleaned with the body
        )
    words = (
        _("Listen on %(provider)s") if embed.is_audio else _("Watch on %(provider)s")
    )
    return format_html(
        '<figure class="embed{}{}"><a class="embed__facade" href="{}" data-player="{}" '
        'data-title="{}"><span class="embed__sign" aria-hidden="true"></span>'
        "<strong>{}</strong><small>{}</small></a>{}</figure>",
        " embed--audio" if embed.is_audio else "",
        wide,
        embed.link,
        embed.player_url,
        _("Player of %(provider)s") % {"provider": embed.provider},
        words % {"provider": embed.provider},
        _(
            "Loads from %(host)s, which will then see your IP address. "
            "Nothing has been loaded yet."
        )
        % {"host": embed.host},
        mark_safe(caption),  # noqa: S308 -- cleaned with the body
    )


def _table(inside: str, number: int) -> str:
    """A table in a region that scrolls by itself, its figures set as figures."""
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
        if all(_NUMBER.fullmatch(row[column][2].strip()) for row in rows)
    }


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
