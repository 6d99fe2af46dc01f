"""What an issue says, as data: kept when it goes out, and shown on the site from then.

The words of stories are kept as they were stored, with our own nodes in them. Pictures
are named by their numbers: one that is withdrawn later vanishes here as well.
"""

import re
from datetime import datetime
from typing import Any

from django.utils import timezone

from articles.models import Article
from newsroom.core import html
from newsroom.newsletters import mail_words, parts
from newsroom.newsletters.models import Issue
from newsroom.newsletters.parts import Part
from newsroom.publication import furniture

Facts = dict[str, Any]

_KEPT = (
    "kind",
    "headline",
    "kicker",
    "language",
    "byline",
    "day",
    "summary",
    "is_full",
    "article",
    "image",
    "dateline",
    "words",
)

# The cells of our own templates, by which an older copy is taken apart again.
_CELL = re.compile(
    r'<td class="(intro words|heading|story words|story|inset|foot)"[^>]*>'
)
_CLASSED = r'<(\w+) class="(?:{})[^"]*"[^>]*>(.*?)</\1>'
_BREAK = re.compile(r"<br\s*/?>\n?")
_WORDS = re.compile(r'<div class="words"[^>]*>(.*)</div>', re.DOTALL)
_FIGURE = re.compile(r'<table [^>]*class="(?:figure|shot)".*?</table>', re.DOTALL)
_STORY_LINK = re.compile(r'href="[^"]*/a/([\w-]+)/"')
_GONE = -1  # no article has this number


def facts_of(issue: Issue, *, at: datetime | None = None) -> Facts:
    """The issue as it would go out now."""
    with furniture.speaking(issue.newsletter.language):
        shown = parts.of(
            list(issue.items.all()),
            issue,
            as_summaries=False,
            counted=str,
            at=at or timezone.now(),
        )
    return {
        "intro": mail_words.rich(issue.intro),
        "support_message": issue.support_message.strip(),
        "support_url": issue.support_url,
        "parts": [_facts_of_part(part) for part in shown],
    }


def read_from_mail(issue: Issue, mail: str) -> Facts:
    """The same of an issue whose mail alone was kept; its pictures are left out."""
    cells = _CELL.split(mail)
    facts: Facts = {"intro": "", "parts": []}
    numbers = dict(
        Article.objects.filter(issue_items__issue=issue).values_list("public_id", "pk")
    )
    for kind, cell in zip(cells[1::2], cells[2::2], strict=True):
        if kind == "intro words":
            facts["intro"] = html.clean(_FIGURE.sub("", cell))
        elif kind == "heading":
            part = Part("heading", headline=_plain(cell))
            facts["parts"].append(_facts_of_part(part))
        elif kind == "story words":
            words = html.clean(_FIGURE.sub("", cell))
            facts["parts"].append(_facts_of_part(Part("text", words=words)))
        elif kind == "story" and (link := _STORY_LINK.search(cell)):
            number = numbers.get(link[1], _GONE)
            facts["parts"].append(_facts_of_part(_story_in(cell, number)))
    return facts | {
        "support_message": issue.support_message.strip(),
        "support_url": issue.support_url,
    }


def _facts_of_part(part: Part) -> Facts:
    caption = part.shot.caption if part.shot else ""
    return {name: getattr(part, name) for name in _KEPT} | {"caption": caption}


def _story_in(cell: str, article: int) -> Part:
    body = _WORDS.search(cell)
    byline, _dot, day = _text(cell, "byline").rpartition("·")
    return Part(
        "story",
        headline=_text(cell, "headline"),
        kicker=_text(cell, "kicker"),
        byline=byline.strip(),
        day=day.strip(),
        summary=_text(cell, "summary"),
        is_full=body is not None,
        article=article,
        words=html.clean(_FIGURE.sub("", body[1])) if body else "",
    )


def _text(cell: str, name: str) -> str:
    found = re.search(_CLASSED.format(name), cell, re.DOTALL)
    return _plain(found[2]) if found else ""


def _plain(words: str) -> str:
    return html.to_text(_BREAK.sub("\n", words)).replace("\N{NO-BREAK SPACE}", " ")
