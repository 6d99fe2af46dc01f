"""What an issue still needs before it goes out, in words that say what to do.

Nothing is fetched: links of our own are looked up among our addresses and rows, those
of others only for their form.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article, Image
from newsroom.core import html
from newsroom.newsletters import own_links, rendering
from newsroom.newsletters.models import Issue, IssueItem
from newsroom.newsletters.models.newsletter import Template
from newsroom.newsletters.rendering import Rendered

LARGEST = 100_000  # bytes of HTML; Gmail hides what comes after 102 kB
SUBJECT_SERVES = 70
LEAST_WORDS = 30

_LINKS = rendering.Links(
    leave="https://leave.invalid/", preferences="https://me.invalid/"
)
_HOST = re.compile(r"[a-z0-9\u0080-\uffff-]+(\.[a-z0-9\u0080-\uffff-]+)+")


@dataclass(frozen=True)
class Problem:
    """``field`` is the part of the composing page where it is mended."""

    blocks: bool
    words: str
    field: str


def of(
    issue: Issue,
    *,
    items: Sequence[IssueItem] | None = None,
    at: datetime | None = None,
) -> list[Problem]:
    """What is wrong, that which stops the sending first.

    ``items`` stand in for the stored ones, where something is checked before it is
    saved. It is looked at as of the time when the issue goes out.
    """
    now = timezone.now()
    at = at or max(issue.send_at or now, now)
    if items is None:
        items = list(issue.items.select_related("article__lead_image"))
    mail = rendering.render(
        issue, language="en", format="full", links=_LINKS, items=items, at=at
    )
    problems = [
        *_subject(issue.subject),
        *_preheader(issue.preheader),
        *_sender(issue),
        *_stories(issue, items, at),
        *_pictures(items, at),
        *_links(mail),
        *_mail(mail),
    ]
    return sorted(problems, key=lambda problem: not problem.blocks)


def _subject(subject: str) -> Iterator[Problem]:
    if not subject.strip():
        yield Problem(True, _("Write a subject."), "subject")
        return
    if len(subject) > SUBJECT_SERVES:
        words = _("The subject has %(count)s characters: mailboxes cut it off.")
        yield Problem(False, words % {"count": len(subject)}, "subject")
    letters = [letter for letter in subject if letter.isalpha()]
    if len(letters) > 8 and sum(map(str.isupper, letters)) > len(letters) * 0.6:
        words = _("The subject is in capitals: filters take that for spam.")
        yield Problem(False, words, "subject")
    if subject.count("!") > 1 or "!!" in subject:
        words = _("The subject has several exclamation marks: leave them out.")
        yield Problem(False, words, "subject")


def _preheader(preheader: str) -> Iterator[Problem]:
    if not preheader.strip():
        words = _("Write a preview line: else mailboxes show the first words.")
        yield Problem(False, words, "preheader")


def _sender(issue: Issue) -> Iterator[Problem]:
    address = issue.newsletter.sender_address or settings.DEFAULT_FROM_EMAIL
    _name, bare = parseaddr(address)
    if "@" not in bare:
        words = _("The newsletter has no sender’s address: set one.")
        yield Problem(True, words, "newsletter")
    elif bare.endswith("@localhost") and not (settings.DEMO or settings.DEBUG):
        words = _("The sender’s address is not one of the Internet: set another.")
        yield Problem(False, words, "newsletter")


def _stories(
    issue: Issue, items: Sequence[IssueItem], at: datetime
) -> Iterator[Problem]:
    stories = [item for item in items if item.article_id]
    numbers = [item.article_id for item in stories if item.article_id]
    public = set(
        Article.objects.published(at)
        .filter(pk__in=numbers)
        .values_list("pk", flat=True)
    )
    has_words = bool(issue.intro.strip()) or any(
        item.article_id in public or item.text or item.headline for item in items
    )
    if not has_words:
        yield Problem(True, _("Add at least one story or text."), "items")
    for item in stories:
        if item.article_id not in public:
            words = _("“%(story)s” is not public: it will be left out.")
            yield Problem(False, words % {"story": item.article}, "items")
    yield from _support(issue, [item for item in stories if item.article_id in public])


def _support(issue: Issue, stories: list[IssueItem]) -> Iterator[Problem]:
    if not issue.support_message.strip():
        return
    sensitive = [item for item in stories if item.article and item.article.is_sensitive]
    if sensitive:
        words = _("“%(story)s” is sensitive: we never ask for money beside it.")
        alone = issue.template != Template.DIGEST or len(stories) == len(sensitive)
        yield Problem(alone, words % {"story": sensitive[0].article}, "support_message")
    if not issue.support_url:
        words = _("The message to supporters has no link.")
        yield Problem(False, words, "support_url")


def _pictures(items: Sequence[IssueItem], at: datetime) -> Iterator[Problem]:
    public = Article.objects.published(at).in_bulk(
        [item.article_id for item in items if item.article_id]
    )
    wanted: dict[int, Article] = {}
    for item in items:
        story = public.get(item.article_id or 0)
        if story is None:
            continue
        if item.has_picture and story.lead_image_id:
            wanted.setdefault(story.lead_image_id, story)
        if item.length == IssueItem.Length.FULL:
            for number in html.image_ids(story.body):
                wanted.setdefault(number, story)
    for image in Image.objects.showable().filter(pk__in=wanted):
        story = wanted[image.pk]
        if not image.credit_line.strip():
            words = _("A picture of “%(story)s” has no credit: add it or leave it out.")
            yield Problem(True, words % {"story": story}, "items")
        if not image.alt_text.strip():
            words = _(
                "A picture of “%(story)s” has no alt text: add it or leave it out."
            )
            yield Problem(True, words % {"story": story}, "items")


def _links(mail: Rendered) -> Iterator[Problem]:
    for url in mail.urls:
        if not _leads_somewhere(url):
            words = _("The link %(url)s leads nowhere: mend it or take it out.")
            yield Problem(True, words % {"url": url}, "items")


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    if parts.scheme in ("mailto", "tel"):
        return bool(parts.path)
    if url.startswith(f"{settings.SITE_URL}/"):
        return own_links.exists(parts.path)
    return parts.scheme in ("http", "https") and _is_host(parts)


def _is_host(parts: SplitResult) -> bool:
    host = (parts.hostname or "").lower()
    return _HOST.fullmatch(host) is not None and " " not in parts.path


def _mail(mail: Rendered) -> Iterator[Problem]:
    size = len(mail.html.encode())
    if size > LARGEST:
        words = _(
            "The mail has %(size)s kB, and mailboxes cut it off at 100: show "
            "summaries in place of full texts."
        )
        yield Problem(True, words % {"size": size // 1000}, "items")
    if not all(_LINKS.leave in part for part in (mail.html, mail.text)):
        words = _("The mail has no link to unsubscribe: its template lacks it.")
        yield Problem(True, words, "template")
    body = mail.text.partition("\n=====")[2].rpartition("\n=====")[0]
    if "<img" in mail.html and len(html.to_text(body).split()) < LEAST_WORDS:
        words = _("The mail is nearly all pictures: filters take that for spam.")
        yield Problem(False, words, "items")
