"""A stored body as the page prints it: pictures, players, quotes and tables unfolded.

The text was cleaned when it was stored (``newsroom.core.html``), so it is printed as
it is; only what our own nodes stand for is written here.
"""

import re
from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from articles import embeds, picture
from articles.models import Article
from articles.picture import Picture
from newsroom.core import html, tables

_PLACES = {"column": picture.COLUMN, "wide": picture.WIDE, "half": picture.HALF}
_CLASSES = {"column": "figure", "wide": "figure wide", "half": "figure half"}

_QUOTATION_MARKS = ("“", "„", "«", "»", "‘", "‚", '"', "「", "『")
_PULL = re.compile(r'<aside data-pull="1">(.*?)</aside>', re.DOTALL)
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


def render(article: Article, images: Mapping[int, Picture]) -> SafeString:
    """The whole body. ``images`` are those of the body, by number."""
    pieces = []
    for part in html.parts(article.body):
        match part:
            case html.Figure():
                pieces.append(_figure(part, images.get(part.image_id)))
            case html.Embed():
                pieces.append(_embed(part))
            case html.Text():
                pieces.append(_PULL.sub(_pull_quote, part.html))
    body = tables.unfold("".join(pieces))
    return mark_safe(_with_dateline(body, article))  # noqa: S308 -- cleaned when stored


def _with_dateline(body: str, article: Article) -> str:
    if not article.dateline_place:
        return body
    dateline = format_html('<span class="dateline">{}</span>', article.dateline_place)
    if body.startswith("<p>"):
        return f"<p>{dateline} — {body[3:]}"
    return f"<p>{dateline}</p>{body}"


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
