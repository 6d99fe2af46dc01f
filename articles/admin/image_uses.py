"""Where a picture is used, as the picture library lists it."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.models import Article, Contributor, Image, ImageUse

_STATES = {
    Article.Status.DRAFT: "draft",
    Article.Status.IN_REVIEW: "review",
    Article.Status.APPROVED: "approved",
    Article.Status.PUBLISHED: "published",
    Article.Status.WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True)
class Use:
    """One article or person that a picture belongs to.

    ``state`` is the word for the style sheet, ``state_words`` the editor's.
    ``loses_it`` says that readers see the picture there, or will without another
    hand's turn.
    """

    name: str
    url: str
    details: str
    state: str
    state_words: str
    loses_it: bool


def with_counts(images: QuerySet[Image]) -> QuerySet[Image]:
    """Annotate ``use_count``: the articles and the people that use each picture."""
    articles = (
        ImageUse.objects.filter(image=OuterRef("pk"))
        .values("image")
        .annotate(number=Count("article", distinct=True))
        .values("number")
    )
    portraits = (
        Contributor.objects.filter(portrait=OuterRef("pk"))
        .order_by()
        .values("portrait")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return images.annotate(
        use_count=Coalesce(Subquery(articles), 0) + Coalesce(Subquery(portraits), 0)
    )


def of(image: Image) -> list[Use]:
    """All uses, drafts too: what readers see first, then the newest articles."""
    rows = image.uses.select_related("article__section").order_by("-article_id")
    by_article: dict[Article, list[ImageUse]] = defaultdict(list)
    for row in rows:
        by_article[row.article].append(row)
    uses = [_in_article(article, found) for article, found in by_article.items()]
    uses += [_portrait(person) for person in image.portrait_of.order_by("name")]
    return sorted(uses, key=lambda use: not use.loses_it)


def _in_article(article: Article, rows: list[ImageUse]) -> Use:
    places = dict.fromkeys(row.get_place_display() for row in rows)
    details = [str(article.section or ""), ", ".join(places)]
    is_live = any(row.is_live for row in rows)
    is_drafted = any(not row.is_live for row in rows)
    if article.live_revision_id and is_drafted and not is_live:
        details.append(_("in changes that are not published"))
    elif article.live_revision_id and is_live and not is_drafted:
        details.append(_("taken out in changes that are not published"))
    return Use(
        name=str(article),
        url=reverse("admin:articles_article_change", args=[article.pk]),
        details=" · ".join(detail for detail in details if detail),
        state="scheduled" if article.is_scheduled else _STATES[_status(article)],
        state_words=(
            _("Scheduled") if article.is_scheduled else article.get_status_display()
        ),
        loses_it=is_live and article.status == Article.Status.PUBLISHED,
    )


def _status(article: Article) -> Article.Status:
    return Article.Status(article.status)


def _portrait(person: Contributor) -> Use:
    return Use(
        name=person.name,
        url=reverse("admin:articles_contributor_change", args=[person.pk]),
        details=_("portrait"),
        state="published",
        state_words=_("Public page"),
        loses_it=True,
    )
