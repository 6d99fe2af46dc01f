"""The words beside the box to tick, with the link to the Privacy Policy in them."""

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from newsroom.core.paths import path_to
from newsroom.publication.furniture import Furniture

_LINK = re.compile(r"\[([^\[\]]+)\]")


def as_html(text: str, site: Furniture) -> SafeString:
    """The words in brackets become the link, where the footer lists such a page."""
    url = privacy_url(site)
    pieces = _LINK.split(text)  # words, words in brackets, words …
    return format_html_join(
        "",
        "{}",
        ((_piece(piece, url if n % 2 else ""),) for n, piece in enumerate(pieces)),
    )


def privacy_url(site: Furniture) -> str:
    """The fixed page of the footer whose address begins with ``privacy``."""
    beginning = path_to("publication:page", "privacy").rstrip("/")
    found = (page.url for page in site.pages if page.url.startswith(beginning))
    return next(found, "")


def _piece(words: str, url: str) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', url, words) if url else words
