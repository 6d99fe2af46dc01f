"""An issue as a mail: subject, HTML and text, all written from the same parts.

What staff typed is put into finished templates as values and never read as one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from newsroom.core import times
from newsroom.newsletters import clicks, mail_words, palette, parts
from newsroom.newsletters.models import Issue, IssueItem
from newsroom.publication import furniture
from newsroom.publication.furniture import Furniture

FORMATS = ("full", "summary")

_EMPTY_LINES = re.compile(r"\n{3,}")
_RULES = re.compile(r"(<head>)(<style>.*?</style>)(.*?)(?=</head>)", re.DOTALL)

# What mail programs drop from <head> stands on the elements as well; the rules for
# dark screens and phones cannot.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Links:
    """What leads to somebody's own pages. Empty in a copy that anybody may have."""

    leave: str
    preferences: str


NO_LINKS = Links(leave="", preferences="")


@dataclass(frozen=True)
class Rendered:
    subject: str
    preheader: str
    html: str
    text: str
    # Where its links lead, each once, without the personal ones.
    urls: list[str]


class _Addresses:
    """The links of one mail, numbered: the same link has one number in each format."""

    def __init__(self, issue: Issue, *, counts: bool) -> None:
        self._issue = issue
        self._counts = counts
        self.urls: list[str] = []

    def counted(self, url: str) -> str:
        """The link as it stands in the mail."""
        if url not in self.urls:
            self.urls.append(url)
        if not self._counts or not url.startswith(("https://", "http://")):
            return url
        return clicks.counted(self._issue.public_id, self.urls.index(url), url)


def render(
    issue: Issue,
    *,
    language: str,
    format: str,
    links: Links,
    items: Sequence[IssueItem] | None = None,
    is_test: bool = False,
    at: datetime | None = None,
) -> Rendered:
    """The mail in a reader's language and format.

    ``items`` stand in for the stored ones, where something is shown before it is saved.
    The links of a test are not counted: they must lead on before anything went out.
    """
    at = at or timezone.now()
    if items is None:
        items = list(issue.items.all())
    site = furniture.load()
    counts = issue.newsletter.counts_clicks and bool(links.leave) and not is_test
    with furniture.speaking(language):
        addresses = _Addresses(issue, counts=counts)
        shown = _parts(issue, items, addresses, at, as_summaries=False)
        if format == "summary":
            shown = _parts(issue, items, addresses, at, as_summaries=True)
        context = _frame(issue, site, language, at) | shown | {"links": links}
        folder = f"newsletters/mail/{issue.template}"
        html = render_to_string(f"{folder}.html", context)
        text = render_to_string(f"{folder}.txt", context)
    return Rendered(
        subject=_one_line(issue.subject),
        preheader=_one_line(issue.preheader),
        html=_inlined(html),
        text=_tidied(text),
        urls=addresses.urls,
    )


def _parts(
    issue: Issue,
    items: Sequence[IssueItem],
    addresses: _Addresses,
    at: datetime,
    *,
    as_summaries: bool,
) -> dict[str, Any]:
    intro = mail_words.rich(issue.intro)
    return {
        "intro": mail_words.for_mail(intro, addresses.counted),
        "intro_text": mail_words.as_text(intro),
        "parts": parts.of(
            items,
            issue,
            as_summaries=as_summaries,
            counted=addresses.counted,
            at=at,
        ),
        "support_message": issue.support_message.strip(),
        "support_url": addresses.counted(issue.support_url)
        if issue.support_url
        else "",
    }


def _frame(
    issue: Issue, site: Furniture, language: str, at: datetime
) -> dict[str, Any]:
    newsletter = issue.newsletter
    day = (issue.started_at or issue.send_at or at).astimezone(newsletter.zone).date()
    has_archive = newsletter.has_archive and issue.in_archive
    archive = settings.SITE_URL + issue.get_absolute_url()
    return {
        "issue": issue,
        "newsletter": newsletter,
        "publication": site,
        "site_url": settings.SITE_URL,
        "newsletter_url": settings.SITE_URL + newsletter.get_absolute_url(),
        "archive_url": archive if has_archive else "",
        "day": times.in_words(day),
        "palette": palette.of(site.accent_colour),
        "dark_paper": palette.DARK_PAPER,
        "language": newsletter.language,
        "direction": furniture.direction(newsletter.language),
        "frame_attributes": furniture.language_attributes(
            language, newsletter.language
        ),
    }


def _inlined(html: str) -> str:
    """The styles on the elements; the rules left go behind what says the charset."""
    return _RULES.sub(r"\1\3\2", _INLINER.inline(html), count=1)


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _tidied(text: str) -> str:
    """No spaces at the ends of lines, and never more than one empty line."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _EMPTY_LINES.sub("\n\n", lines).strip() + "\n"
