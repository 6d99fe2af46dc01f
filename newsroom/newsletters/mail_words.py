"""Rich text for mails: cleaned HTML with absolute links, and the same as plain text."""

import html as escapes
import re
import textwrap
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import urljoin

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles import embeds, picture
from articles.picture import Picture
from newsroom.core import html

WIDTH = 72

Counted = Callable[[str], str]

_BLOCK = re.compile(r"<(p|h2|h3|ul|ol|blockquote|table|figure|aside|hr)\b")
_PULL = re.compile(r'<aside data-pull="1">(.*?)</aside>', re.DOTALL)
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)
_HREF = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)(")')
_LINES = re.compile(r"\n\s*\n")


def rich(words: str) -> str:
    """What staff wrote, cleaned; words without any paragraph get theirs."""
    cleaned = html.clean(words)
    if not cleaned or _BLOCK.search(cleaned):
        return cleaned
    return "".join(
        f"<p>{paragraph.strip().replace(chr(10), '<br>')}</p>"
        for paragraph in _LINES.split(cleaned.replace("\r\n", "\n"))
        if paragraph.strip()
    )


def for_mail(
    cleaned: str, counted: Counted, images: Mapping[int, Picture] | None = None
) -> SafeString:
    """Cleaned HTML as a mail shows it: our own nodes unfolded, links absolute."""
    pieces = []
    for part in html.parts(cleaned):
        match part:
            case html.Figure():
                pieces.append(_figure(part, (images or {}).get(part.image_id)))
            case html.Embed():
                pieces.append(_embed(part))
            case html.Text():
                pieces.append(_PULL.sub(_pull_quote, part.html))
    words = "".join(pieces).replace("<table>", '<table class="data" width="100%">')
    return mark_safe(_HREF.sub(lambda match: _link(match, counted), words))  # noqa: S308 -- cleaned above or when stored


def as_text(cleaned: str, images: Mapping[int, Picture] | None = None) -> str:
    """Cleaned HTML as plain text, its links in angle brackets."""
    pieces = []
    for part in html.parts(cleaned):
        match part:
            case html.Figure():
                image = (images or {}).get(part.image_id)
                if image is not None and image.is_showable:
                    pieces.append(_figure_text(part, image))
            case html.Embed():
                embed = embeds.find(part.url)
                pieces.append(f"{_see_it_on(embed)}\n<{embed.link}>")
            case html.Text():
                pieces.append(_to_text(_PULL.sub(_pull_quote, part.html)))
    return "\n\n".join(filter(None, pieces))


def wrapped(words: str, *, first: str = "", then: str = "") -> str:
    """Lines of a mail's width; addresses stay whole."""
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            initial_indent=first if number == 0 else then,
            subsequent_indent=then,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for number, line in enumerate(words.splitlines())
    )


def absolute(url: str) -> str:
    """Addresses of our own site in full; in a mail there is nothing before them."""
    return urljoin(f"{settings.SITE_URL}/", url)


def credit_text(image: Picture) -> str:
    return html.to_text(picture.credit_of(image))


def _link(match: re.Match[str], counted: Counted) -> str:
    url = absolute(escapes.unescape(match[2]))
    if not url.startswith(("mailto:", "tel:")):
        url = counted(url)
    return f"{match[1]}{escapes.escape(url)}{match[3]}"


def _figure(figure: html.Figure, image: Picture | None) -> str:
    if image is None or not image.is_showable:
        return ""
    width, _height, path = min(
        image.files("full")["jpg"], key=lambda file: abs(file[0] - 1280)
    )
    # The caption was cleaned with the body; the picture's own is plain text.
    caption = mark_safe(figure.caption) if figure.caption else image.description  # noqa: S308
    return format_html(
        '<table role="presentation" class="figure" width="100%" cellpadding="0"'
        ' cellspacing="0"><tr><td><img src="{}" width="{}" alt="{}"></td></tr>'
        '<tr><td class="caption">{} {}</td></tr></table>',
        picture_url(path),
        min(width, 552),
        image.alt_text,
        caption,
        picture.credit_of(image),
    )


def picture_url(path: str) -> str:
    return absolute(default_storage.url(path))


def _figure_text(figure: html.Figure, image: Picture) -> str:
    caption = html.to_text(figure.caption) if figure.caption else image.description
    words = " ".join(filter(None, [caption or image.alt_text, credit_text(image)]))
    return wrapped(f"[{_('Picture')}: {words}]")


def _see_it_on(embed: embeds.Embed) -> str:
    return _("See it on %(site)s") % {"site": embed.provider}


def _embed(node: html.Embed) -> str:
    embed = embeds.find(node.url)
    caption = f"<br>{node.caption}" if node.caption else ""
    return format_html(
        '<p class="embed"><a href="{}">{}</a>{}</p>',
        embed.link,
        _see_it_on(embed),
        mark_safe(caption),  # noqa: S308 -- cleaned with the body
    )


def _pull_quote(match: re.Match[str]) -> str:
    paragraphs = _PARAGRAPH.findall(match[1])
    source = f'<p class="source">{paragraphs.pop()}</p>' if len(paragraphs) > 1 else ""
    words = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<blockquote class="pull">{words}{source}</blockquote>'


def _to_text(cleaned: str) -> str:
    writer = _TextWriter()
    writer.feed(cleaned)
    writer.close()
    writer.end_block()
    return writer.text()


class _TextWriter(HTMLParser):
    """Writes blocks of plain text; the HTML has been cleaned, so it is well formed."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[tuple[str, str]] = []
        self._words = ""
        self._href = ""
        self._quotes = 0
        self._lists: list[int | None] = []
        self._marker = ""
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        match tag:
            case "a":
                self._href = absolute(dict(attrs).get("href") or "")
            case "br":
                self._words += "\n"
            case "blockquote":
                self.end_block()
                self._quotes += 1
            case "ul" | "ol":
                self.end_block()
                start = int(dict(attrs).get("start") or 1)
                self._lists.append(start if tag == "ol" else None)
            case "li":
                self.end_block()
                self._marker = self._next_marker()
            case "td" | "th":
                self._words += " | " if self._cells else ""
                self._cells += 1
            case "hr":
                self.end_block()
                self._blocks.append(("hr", "* * *"))

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "a":
                if self._href and not self._words.endswith(self._href):
                    self._words += f" <{self._href}>"
                self._href = ""
            case "p" | "h2" | "h3" | "li" | "caption":
                # In a cell of a table the row is the block.
                if not self._cells:
                    self.end_block("li" if self._lists else tag)
            case "tr":
                self._cells = 0
                self.end_block(tag)
            case "blockquote":
                self.end_block()
                self._quotes -= 1
            case "ul" | "ol":
                self.end_block()
                self._lists.pop()

    def handle_data(self, data: str) -> None:
        self._words += re.sub(r"\s+", " ", data)

    def text(self) -> str:
        """The blocks, an empty line between them; none between rows of one list."""
        pieces: list[str] = []
        for (above, _words), (tag, words) in pairwise([("", ""), *self._blocks]):
            is_row = tag == above and tag in ("li", "tr")
            pieces.append(("\n" if is_row else "\n\n") + words)
        return "".join(pieces).strip("\n")

    def end_block(self, tag: str = "") -> None:
        words = "\n".join(line.strip() for line in self._words.split("\n")).strip()
        self._words = ""
        if not words:
            return
        before = "> " * self._quotes + "  " * max(0, len(self._lists) - 1)
        then = before + " " * len(self._marker)
        self._blocks.append(
            (tag, wrapped(words, first=before + self._marker, then=then))
        )
        self._marker = ""

    def _next_marker(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        number = self._lists[-1]
        self._lists[-1] = number + 1
        return f"{number}. "
