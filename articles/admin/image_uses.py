"""Where a picture is used, as the picture library lists it."""

from dataclasses import dataclass

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.models import Article, Contributor, Image, ImageUse


@dataclass(frozen=True)
class Use:
    """One article or person that a picture belongs to.

    ``state`` is the key of its shape, ``state_words`` the editor's words.
    ``is_public`` says that readers see the picture there, or will when the time of
    a scheduled article comes.
    """

    name: str
    url: str
    details: str
    state: str
    state_words: str
    is_public: bool


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
    by_article: dict[Article, list[ImageUse]] = {}
    rows = image.uses.select_related("article__section").order_by("-article_id")
    for row in rows:
        by_article.setdefault(row.article, []).append(row)
    uses = [_in_article(article, found) for article, found in by_article.items()]
    uses += [_portrait(person) for person in image.portrait_of.order_by("name")]
    return sorted(uses, key=lambda use: not use.is_public)


def public(image: Image) -> list[Use]:
    return [use for use in of(image) if use.is_public]


def _in_article(article: Article, rows: list[ImageUse]) -> Use:
    is_live = any(row.is_live for row in rows)
    is_in_newest = any(not row.is_live for row in rows)
    details = [str(article.section or "")]
    details += dict.fromkeys(row.get_place_display() for row in rows)
    if article.live_revision_id and not is_live:
        details.append(_("in changes that are not published"))
    elif article.live_revision_id and not is_in_newest:
        details.append(_("taken out in changes that are not published"))
    state, state_words = article.shown_state
    return Use(
        name=str(article),
        url=reverse("admin:articles_article_change", args=[article.pk]),
        details=" · ".join(detail for detail in details if detail),
        state=state,
        state_words=state_words,
        is_public=is_live and state in ("published", "scheduled"),
    )


def _portrait(person: Contributor) -> Use:
    return Use(
        name=person.name,
        url=reverse("admin:articles_contributor_change", args=[person.pk]),
        details=_("portrait"),
        state="published",
        state_words=_("Published"),
        is_public=True,
    )
