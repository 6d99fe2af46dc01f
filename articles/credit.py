"""What readers see beneath a picture: who made it, and by whose leave it is shown."""

import re
from dataclasses import dataclass

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from articles.models import Image, Licence

# A credit that is nothing but a site's name: kremlin.ru
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")
_NAMES_ITS_MAKER = (Image.Provenance.OWN, Image.Provenance.AGENCY)


@dataclass(frozen=True)
class Line:
    """The credit as text, and the licence where it has to be named.

    As HTML it is the text and the licence's name, linked to its terms.
    """

    text: str
    licence_name: str = ""
    licence_url: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.text, self.licence_name]))

    def __html__(self) -> SafeString:
        if not self.licence_url:
            return conditional_escape(str(self))
        link = format_html(
            '<a href="{}" rel="license">{}</a>', self.licence_url, self.licence_name
        )
        return format_html("{}, {}", self.text, link) if self.text else link

    def __bool__(self) -> bool:
        return bool(self.text or self.licence_name)


def line(image: Image) -> Line:
    """The credit of a picture, wherever it is shown.

    ``image`` should have come with its licence (``select_related("licence")``).
    """
    text = _text(image)
    licence = image.licence
    if licence is None or not licence.shown_in_credit:
        return Line(text)
    return Line(text, licence.name, _safe_url(licence))


def _text(image: Image) -> str:
    text = image.credit_line.strip()
    creator = image.creator.strip()
    if not text:
        text = creator
    elif image.provenance in _NAMES_ITS_MAKER and not _holds(text, creator):
        text = f"{creator} / {text}"
    if _HOST.fullmatch(text):
        text = text[0].upper() + text[1:]
    if not text:
        return ""
    if image.provenance == Image.Provenance.HANDOUT:
        note = pgettext("after a credit", "Handout")
        return text if _holds(text, note) else f"{text} / {note}"
    return text


def _holds(text: str, words: str) -> bool:
    return words.casefold() in text.casefold()


def _safe_url(licence: Licence) -> str:
    return licence.url if licence.url.startswith(("https://", "http://")) else ""
