"""The HTML that the newsroom writes: cleaned when stored, taken apart when shown.

Every writer (admin, demo, restore, importers) passes ``clean``; nothing else in the
project marks stored text as safe. The allow-list holds the elements of a newspaper
and three nodes of our own:

``<figure data-image="ID" data-width="column|wide|half"><figcaption>…``
    a picture of the library, never a URL
``<figure data-embed="URL" data-width="…"><figcaption>…``
    something of another site, shown as a facade until the reader clicks
``<aside data-pull="1"><p>…``
    a pull quote; a second paragraph says whose words they are
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import nh3
from django.utils.html import strip_tags

TAGS = {
    "a", "aside", "blockquote", "br", "caption", "em", "figcaption", "figure",
    "h2", "h3", "hr", "li", "ol", "p", "s", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title", "hreflang"},
    "aside": {"data-pull"},
    "figure": {"data-image", "data-embed", "data-width"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
WIDTHS = ("column", "wide", "half")
# A pattern that browsers read as well: the editor cleans what is pasted by it.
TRACKING = (
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|twclid|igshid|mc_[ce]id|_openstat"
    r"|ref_src|ref_url|si|vero_id|wickedid|_hs(enc|mi)"
)

_TRACKING = re.compile(TRACKING, re.IGNORECASE)
_ATTRIBUTES = r'(?:\s+[\w-]+="[^"]*")*'
_OWN_NODE = re.compile(
    rf"<figure(?P<attributes>{_ATTRIBUTES})>(?P<inside>.*?)</figure>", re.DOTALL
)
_INNERMOST_NODE = re.compile(
    rf"<figure(?P<attributes>{_ATTRIBUTES})>"
    r"(?P<inside>(?:(?!<figure[\s>]).)*?)</figure>",
    re.DOTALL,
)
# A character of the private use area: no text that people write has it.
_MARK = "\ue000"
_SET_ASIDE = re.compile(f"{_MARK}([0-9]+){_MARK}")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.DOTALL)
_EMPTY_ENDS = re.compile(r"(?:<p>(?:\s|&nbsp;|<br\s*/?>)*</p>\s*)+\Z")
_WORD = re.compile(r"\w[\w’'-]*")


def clean(dirty: str) -> str:
    """Return ``dirty`` with only what the allow-list lets through.

    Figures that show nothing (no picture, no known embed) and empty paragraphs at the
    end go. Cleaning twice changes nothing.
    """
    kept: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        node = _node(match)
        if isinstance(node, Text):
            return node.html
        kept.append(_canonical(node))
        return f"{_MARK}{len(kept) - 1}{_MARK}"

    cleaned = _clean(dirty.replace(_MARK, ""), TAGS)
    # Figures in figures come out from the inside; what is left of a figure that
    # showed nothing goes, and its words stay.
    cleaned = _INNERMOST_NODE.sub(set_aside, cleaned)
    cleaned = _clean(cleaned, TAGS - {"figure", "figcaption"})
    cleaned = _SET_ASIDE.sub(lambda match: kept[int(match[1])], cleaned)
    return _EMPTY_ENDS.sub("", cleaned).strip()


def without_tracking(url: str) -> str:
    """The address without the parameters that tell who clicked."""
    parts = urlsplit(url)
    if not parts.query:
        return url
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name)
    ]
    if len(kept) == len(parse_qsl(parts.query, keep_blank_values=True)):
        return url
    return urlunsplit(parts._replace(query=urlencode(kept)))


@dataclass(frozen=True)
class Text:
    html: str


@dataclass(frozen=True)
class Figure:
    image_id: int
    width: str
    caption: str


@dataclass(frozen=True)
class Embed:
    url: str
    width: str
    caption: str


def parts(body: str) -> Iterator[Text | Figure | Embed]:
    """Take a cleaned body apart at its figures and embeds, in order."""
    end = 0
    for match in _OWN_NODE.finditer(body):
        if match.start() > end:
            yield Text(body[end : match.start()])
        end = match.end()
        yield _node(match)
    if end < len(body):
        yield Text(body[end:])


def image_ids(body: str) -> list[int]:
    """The pictures of a cleaned body, in order, each once."""
    return list(
        dict.fromkeys(part.image_id for part in parts(body) if isinstance(part, Figure))
    )


def to_text(body: str) -> str:
    """The words of a cleaned body, paragraphs on lines of their own."""
    spaced = re.sub(r"</(p|h2|h3|li|tr|blockquote|figcaption|table)>", "\n", body)
    spaced = re.sub(r"</(td|th)>", " ", spaced)
    return html.unescape(strip_tags(spaced)).strip()


def word_count(body: str) -> int:
    return len(_WORD.findall(to_text(body)))


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    match attribute:
        case "href":
            return without_tracking(value.strip())
        case "data-image":
            return value if re.fullmatch(r"[1-9][0-9]{0,17}", value) else None
        case "data-width":
            return value if value in WIDTHS else None
        case "data-embed":
            return without_tracking(value) if value.startswith("https://") else None
        case "data-pull":
            return "1"
        case "colspan" | "rowspan" | "start":
            return value if re.fullmatch(r"[1-9][0-9]{0,2}", value) else None
        case "scope":
            return value if value in ("row", "col") else None
    return value


def _clean(dirty: str, tags: set[str]) -> str:
    return nh3.clean(
        dirty,
        tags=tags,
        attributes={tag: names for tag, names in ATTRIBUTES.items() if tag in tags},
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )


def _canonical(node: Figure | Embed) -> str:
    """The one form in which a figure is stored."""
    if isinstance(node, Figure):
        what = f'data-image="{node.image_id}"'
    else:
        what = f'data-embed="{html.escape(node.url)}"'
    return (
        f'<figure {what} data-width="{node.width}">'
        f"<figcaption>{node.caption}</figcaption></figure>"
    )


def _node(match: re.Match[str]) -> Text | Figure | Embed:
    attributes = {
        name: html.unescape(value)
        for name, value in _ATTRIBUTE.findall(match["attributes"])
    }
    caption = _CAPTION.search(match["inside"])
    words = caption[1].strip() if caption else ""
    width = attributes.get("data-width", "column")
    if "data-image" in attributes:
        return Figure(int(attributes["data-image"]), width, words)
    if "data-embed" in attributes:
        return Embed(attributes["data-embed"], width, words)
    return Text(f"<p>{words}</p>" if words else "")
