"""The editors' desk: what is due for the person who is signed in.

Each story stands once, in the most urgent list that fits it: late, waiting, mine,
scheduled, changed, published today. The number of queries does not depend on the
number of stories.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Prefetch,
    Q,
    prefetch_related_objects,
)
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles import library
from articles.models import Article, Byline, Image, ImageUse
from articles.models.article import ArticleQuerySet
from newsroom import self_check
from newsroom.accounts.models import User
from newsroom.core import jobs, local_time
from newsroom.newsletters.models import Issue
from newsroom.support import attention

# A desk that shows more than this in one list is no longer read to its end.
MOST_ROWS = 20
MOST_PICTURES = 6
THUMBNAIL_WIDTH = 144

OPEN = (Article.Status.DRAFT, Article.Status.IN_REVIEW, Article.Status.APPROVED)
# The shape of a state's mark; see ``nr-state`` in the style sheet.
SHAPES = {
    Article.Status.DRAFT: "draft",
    Article.Status.IN_REVIEW: "review",
    Article.Status.APPROVED: "approved",
    Article.Status.PUBLISHED: "published",
    Article.Status.WITHDRAWN: "withdrawn",
}


@dataclass
class Story:
    """One row of the desk."""

    article: Article
    time: datetime | None
    day: str = ""
    word: str = ""
    late: str = ""
    missing: int = 0

    @property
    def authors(self) -> str:
        names = [str(line.contributor) for line in self.article.bylines.all()]
        written = self.article.byline_override or ", ".join(names)
        return written or str(self.article.created_by or "")

    @property
    def utc(self) -> str:
        return local_time.utc(self.time) if self.time else ""

    @property
    def shape(self) -> str:
        return "scheduled" if self.article.is_scheduled else SHAPES[self._status]

    @property
    def state(self) -> str:
        if self.article.is_scheduled:
            return _("Scheduled")
        return str(self._status.label)

    @property
    def _status(self) -> Article.Status:
        return Article.Status(self.article.status)


@dataclass
class StoryList:
    """Up to ``MOST_ROWS`` stories, and whether there are more."""

    stories: list[Story]
    has_more: bool = False

    @property
    def count(self) -> str:
        return f"{len(self.stories)}+" if self.has_more else str(len(self.stories))


@dataclass
class Picture:
    """A picture that lacks what readers must see with it."""

    image: Image
    url: str
    lacks: str
    used: int


def for_person(request: HttpRequest, at: datetime | None = None) -> dict[str, Any]:
    """All that the desk's template shows. Follows the current time zone."""
    person = request.user
    if not isinstance(person, User):
        return {}
    now = at or timezone.now()
    return {
        "now": timezone.localtime(now),
        "zone": local_time.zone_name(),
        "now_utc": local_time.utc(now),
        **_stories(person, now),
        **_pictures(person, now),
        **_troubles(person, now),
        **_issues(person),
        "support": attention.attention(person, now),
    }


def _issues(person: User) -> dict[str, Any]:
    """Mailings that are due, for those who look after them."""
    if not person.has_perm("newsletters.change_issue"):
        return {}
    status = Issue.Status
    open_ones = (
        Issue.objects.filter(
            Q(status__in=[status.SCHEDULED, status.SENDING, status.PAUSED])
            | Q(status=status.DRAFT, sample_of=None)
        )
        .select_related("newsletter")
        .order_by("status", "send_at", "-pk")
    )
    return {"issues": list(open_ones[:MOST_ROWS]), "sees_issues": True}


def count_missing(article: Article) -> int:
    """How many things ``readiness.missing`` would name for the article's rows.

    Needs the article loaded as the desk does; asks the database nothing.
    """
    named = article.bylines.all() or article.byline_override or article.source
    pictures = [use.image for use in article.image_uses.all()]
    return (
        (not article.headline.strip())
        + bool(getattr(article, "is_empty", False))
        + (article.section_id is None)
        + (not named)
        + (article.unpublish_at is not None and article.unpublish_at <= timezone.now())
        + sum(
            image.is_withdrawn
            or image.licence_has_ended()
            or bool(image.missing_for_publication())
            for image in pictures
        )
    )


def _stories(person: User, now: datetime) -> dict[str, Any]:
    if not person.has_perm("articles.view_article"):
        return {}
    may_review = person.has_perm("articles.review_article")
    mine = Q(created_by=person)
    opened = Article.objects.filter(status__in=OPEN)
    queries: dict[str, ArticleQuerySet] = {
        "late": (opened if may_review else opened.filter(mine))
        .filter(publish_at__lte=now)
        .order_by("publish_at", "pk"),
        "waiting": _waiting(person).order_by("latest_revision_id"),
        "mine": opened.filter(mine).order_by("-latest_revision_id"),
        "scheduled": Article.objects.scheduled(now).order_by("publish_at", "pk"),
        "changed": Article.objects.exclude(live_revision=None)
        .exclude(latest_revision=F("live_revision"))
        .exclude(status=Article.Status.WITHDRAWN)
        .order_by("-latest_revision_id"),
        "published": Article.objects.published(now)
        .filter(first_published_at__gte=_midnight(now))
        .order_by("-first_published_at", "-pk"),
    }
    if not may_review:
        queries["changed"] = queries["changed"].filter(mine)
    found, more = _each_once(queries)
    everything = [article for articles in found.values() for article in articles]
    _load_details(everything)
    return {
        name: StoryList([_row(name, one, now) for one in articles], more[name])
        for name, articles in found.items()
    } | {"may_review": may_review, "may_write": person.has_perm("articles.add_article")}


def _waiting(person: User) -> ArticleQuerySet:
    """What others handed over, and this person can take further."""
    states = []
    if person.has_perm("articles.review_article"):
        states.append(Article.Status.IN_REVIEW)
    if person.has_perm("articles.publish_article"):
        states.append(Article.Status.APPROVED)
    return Article.objects.filter(status__in=states)


def _each_once(
    queries: dict[str, ArticleQuerySet],
) -> tuple[dict[str, list[Article]], dict[str, bool]]:
    seen: set[int] = set()
    found: dict[str, list[Article]] = {}
    more: dict[str, bool] = {}
    for name, query in queries.items():
        rows = list(_for_rows(query.exclude(pk__in=seen))[: MOST_ROWS + 1])
        more[name] = len(rows) > MOST_ROWS
        found[name] = rows[:MOST_ROWS]
        seen |= {article.pk for article in found[name]}
    return found, more


def _for_rows(articles: ArticleQuerySet) -> ArticleQuerySet:
    """Without bodies; whether one is empty is asked of the database."""
    return (
        articles.select_related("section", "created_by", "latest_revision")
        .defer("body", "latest_revision__content")
        .annotate(is_empty=ExpressionWrapper(Q(body=""), output_field=BooleanField()))
    )


def _load_details(articles: list[Article]) -> None:
    prefetch_related_objects(
        articles,
        Prefetch(
            "bylines",
            Byline.objects.filter(role=Byline.Role.AUTHOR).select_related(
                "contributor"
            ),
        ),
        Prefetch(
            "image_uses",
            ImageUse.objects.filter(is_live=True).select_related("image"),
        ),
    )


def _row(name: str, article: Article, now: datetime) -> Story:
    saved = article.latest_revision.created_at if article.latest_revision else None
    story = Story(article, saved, word=_("saved"))
    if name == "late":
        story.time, story.word = article.publish_at, _("due")
        story.late = _how_late(now - article.publish_at) if article.publish_at else ""
    elif name == "scheduled":
        story.time, story.word = article.goes_out_at, ""
    elif name == "published":
        story.time, story.word = article.first_published_at, ""
    elif name == "changed":
        live = article.first_published_at
        story.time, story.word = saved or live, _("saved")
    if story.time is not None:
        story.day = _day(story.time, now)
    if name != "published":
        story.missing = count_missing(article)
    return story


def _how_late(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return _("%(minutes)s min late") % {"minutes": minutes}
    if minutes < 48 * 60:
        hours, minutes = divmod(minutes, 60)
        return _("%(hours)s h %(minutes)s min late") % {
            "hours": hours,
            "minutes": minutes,
        }
    return _("%(days)s days late") % {"days": minutes // (24 * 60)}


def _day(time: datetime, now: datetime) -> str:
    """Empty for today: the hour is enough."""
    day = timezone.localtime(time).date()
    away = (day - timezone.localtime(now).date()).days
    if away == 0:
        return ""
    if away == 1:
        return _("Tomorrow")
    if away == -1:
        return _("Yesterday")
    same_year = day.year == timezone.localtime(now).year
    return date_format(day, "D j M" if same_year else "j M Y")


def _midnight(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _pictures(person: User, now: datetime) -> dict[str, Any]:
    if not person.has_perm("articles.change_image"):
        return {"may_add_pictures": person.has_perm("articles.add_image")}
    lacking = Image.objects.showable().without_credit()
    shown = lacking.annotate(used=Count("uses__article", distinct=True)).order_by(
        "-used", "-uploaded_at", "-pk"
    )[:MOST_PICTURES]
    return {
        "pictures": [_picture(image) for image in shown],
        "picture_count": lacking.count(),
        "licences": list(library.ending_soon(now.date())[:MOST_PICTURES]),
        "may_add_pictures": person.has_perm("articles.add_image"),
    }


def _picture(image: Image) -> Picture:
    return Picture(
        image=image,
        url=image.copy_url("card", THUMBNAIL_WIDTH),
        lacks=", ".join(image.missing_for_publication()),
        used=getattr(image, "used", 0),
    )


def _troubles(person: User, now: datetime) -> dict[str, Any]:
    if not person.has_perm("articles.publish_article"):
        return {}
    failed = jobs.overview(now).failed
    # The check itself asks much; a minute's delay does not matter here.
    warnings = cache.get_or_set("desk:warnings", partial(_warnings, now), timeout=60)
    return {
        "failed_jobs": failed,
        "may_see_jobs": person.has_perm("articles.publish_article"),
        "may_see_troubles": True,
        "warnings": warnings,
    }


def _warnings(now: datetime) -> list[str]:
    """What the self-check says must be acted on now."""
    return [
        f"{name}: {result.figure}"
        for name, result in self_check.run(now)
        if result.state == self_check.State.BAD
    ]
