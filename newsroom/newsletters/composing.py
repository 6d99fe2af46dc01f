"""Issues on their way to be sent: begun, written, copied. ``sending`` does the rest.

A save says which version it was written on; over a newer one it is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from articles import front
from articles.models import Article
from articles.models.article import ArticleQuerySet
from newsroom.accounts.models import User
from newsroom.core import html, page_store
from newsroom.newsletters.models import Issue, IssueItem, Newsletter
from newsroom.newsletters.models.newsletter import Template
from newsroom.publication import furniture

MOST_STORIES = 5
MOST_FOUND = 30
MOST_WEIGHED = 80
FIRST_TIME = timedelta(days=7)  # how far back the first issue looks

# What the composing page writes.
FIELDS = (
    "template",
    "subject",
    "preheader",
    "sender_name",
    "intro",
    "support_message",
    "support_url",
    "in_archive",
    "segment",
)


class NotPossible(Exception):
    """The issue's state does not allow this; the message says what does."""


class Conflict(Exception):
    """Somebody saved meanwhile: the words were written on an older version."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(_("Somebody saved this issue while you were writing."))
        self.issue = issue


# --- Beginning


@transaction.atomic
def begin(
    newsletter: Newsletter,
    *,
    by: User | None,
    at: datetime | None = None,
    stories: Sequence[Article] | None = None,
    **values: Any,
) -> Issue:
    """A draft with the most important stories since the last issue."""
    at = at or timezone.now()
    if stories is None:
        stories = since_last(newsletter, at=at)
    issue = Issue.objects.create(
        newsletter=newsletter,
        created_by=by,
        **{"template": newsletter.template, **_first_words(stories), **values},
    )
    IssueItem.objects.bulk_create(
        IssueItem(
            issue=issue,
            position=position,
            article=story,
            has_picture=_has_whole_picture(story),
        )
        for position, story in enumerate(stories)
    )
    return issue


def since_last(
    newsletter: Newsletter, *, at: datetime, most: int = MOST_STORIES
) -> list[Article]:
    """What was published since the last issue and was in none, weightiest first.

    That is: what the front page leads with, in its order; then stories with a picture
    before those without, and opinions after news; then the newest.
    """
    fresh = (
        _not_mailed(Article.objects.published(at), newsletter)
        .filter(publish_at__gt=_looks_back_to(newsletter, at))
        .select_related("lead_image")
        .newest_first()[:MOST_WEIGHED]
    )
    plan = front.plan(at, furniture.load().sections)
    leading = [number for number in [plan.lead, *plan.seconds] if number]
    places = {number: place for place, number in enumerate(leading)}

    def weight(story: Article) -> tuple[int, bool, bool]:
        return (
            places.get(story.pk, len(places)),
            story.genre == Article.Genre.OPINION,
            not _has_whole_picture(story),
        )

    return sorted(fresh, key=weight)[:most]


def find(words: str, *, at: datetime | None = None) -> ArticleQuerySet:
    """Stories for an issue: public, or on their way to be. Newest first."""
    at = at or timezone.now()
    found = Article.objects.published(at) | Article.objects.scheduled(at)
    for word in words.split()[:8]:
        found = found.filter(
            Q(headline__icontains=word)
            | Q(short_headline__icontains=word)
            | Q(standfirst__icontains=word)
        )
    return found.select_related("section").newest_first()


@transaction.atomic
def breaking(
    article: Article, newsletter: Newsletter, *, subject: str, by: User | None
) -> Issue:
    """An issue of one story that just happened."""
    if not article.is_public:
        raise NotPossible(_("Publish the article first: its readers will follow it."))
    return begin(
        newsletter,
        by=by,
        stories=[article],
        template=Template.BREAKING,
        subject=subject.strip() or article.headline,
        preheader=_preheader([article]),
    )


@transaction.atomic
def duplicate(issue: Issue, *, by: User | None) -> Issue:
    """A new draft with the same words and parts."""
    copy = Issue.objects.create(
        newsletter=issue.newsletter,
        created_by=by,
        **{name: getattr(issue, name) for name in FIELDS},
    )
    _put_items(copy, issue.items.all())
    return copy


@transaction.atomic
def correction(issue: Issue, *, by: User | None) -> Issue:
    """A draft of a note to those who got an issue with a mistake in it."""
    if issue.started_at is None:
        raise NotPossible(_("Nobody has got this issue yet: correct it itself."))
    return Issue.objects.create(
        newsletter=issue.newsletter,
        created_by=by,
        corrects=issue,
        template=Template.STORY,
        subject=Truncator(
            _("Correction: %(subject)s") % {"subject": issue.subject}
        ).chars(150),
        intro=_(
            "<p>In the letter of %(day)s we made a mistake.</p>"
            "<p>What we wrote: </p><p>What is right: </p>"
        )
        % {"day": f"{issue.started_at.astimezone(issue.newsletter.zone):%d.%m.%Y}"},
    )


# --- Writing


@transaction.atomic
def save(
    issue: Issue,
    *,
    version: int,
    values: Mapping[str, Any],
    items: Iterable[IssueItem],
) -> Issue:
    """Write the words and parts of an issue that has not gone out.

    Raises ``Conflict`` if it was saved meanwhile, ``NotPossible`` if it is on its way.
    """
    stored = Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk)
    if not stored.may_change:
        raise NotPossible(_("This issue is out or on its way: it cannot be changed."))
    if stored.version != version:
        raise Conflict(stored)
    for name in FIELDS:
        setattr(stored, name, values[name])
    stored.intro = html.clean(stored.intro)
    stored.version += 1
    stored.save(update_fields=[*FIELDS, "version"])
    _put_items(stored, items)
    page_store.ended(*_shown_on(stored))
    return stored


def _put_items(issue: Issue, items: Iterable[IssueItem]) -> None:
    issue.items.all().delete()
    seen: set[int] = set()
    kept = []
    for item in items:
        if item.article_id in seen:
            continue
        if item.article_id:
            seen.add(item.article_id)
        kept.append(item)
    IssueItem.objects.bulk_create(
        IssueItem(
            issue=issue,
            position=position,
            kind=item.kind,
            article_id=item.article_id,
            headline=item.headline,
            text=html.clean(item.text)
            if item.kind == IssueItem.Kind.TEXT
            else item.text,
            length=item.length,
            has_picture=item.has_picture,
        )
        for position, item in enumerate(kept)
    )


def _shown_on(issue: Issue) -> set[str]:
    samples = issue.sample_of.values_list("pk", flat=True)
    return {f"issue:{issue.pk}", *(f"newsletter:{pk}" for pk in samples)}


# --- What the last issue was


def _looks_back_to(newsletter: Newsletter, at: datetime) -> datetime:
    last: datetime | None = _went_out(newsletter).aggregate(last=Max("started_at"))[
        "last"
    ]
    return last or at - FIRST_TIME


def _went_out(newsletter: Newsletter) -> Any:
    return newsletter.issues.filter(started_at__isnull=False, corrects=None)


def _not_mailed(articles: ArticleQuerySet, newsletter: Newsletter) -> ArticleQuerySet:
    mailed = IssueItem.objects.filter(
        issue__in=_went_out(newsletter), article__isnull=False
    )
    return articles.exclude(pk__in=mailed.values("article"))


def _first_words(stories: Sequence[Article]) -> dict[str, str]:
    """A subject and a preview line to begin with: the first headline, then the rest."""
    if not stories:
        return {}
    subject = Truncator(stories[0].short_headline or stories[0].headline).chars(150)
    return {"subject": subject, "preheader": _preheader(stories)}


def _preheader(stories: Sequence[Article]) -> str:
    if len(stories) == 1:
        return Truncator(" ".join(stories[0].standfirst.split())).chars(150)
    others = [story.short_headline or story.headline for story in stories[1:4]]
    return Truncator(
        _("Also: %(headlines)s") % {"headlines": " · ".join(others)}
    ).chars(150)


def _has_whole_picture(story: Article) -> bool:
    """Whether its picture can stand in a mail: with its credit and its alt text."""
    image = story.lead_image
    return image is not None and bool(
        image.credit_line and image.alt_text and image.withdrawn_at is None
    )


def waiting() -> Any:
    """Issues that a rule made and that wait until somebody approves them."""
    return Issue.objects.filter(
        status=Issue.Status.DRAFT, rule__isnull=False
    ).select_related("newsletter")
