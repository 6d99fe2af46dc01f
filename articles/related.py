"""“Read more”: which articles stand under another one.

The editor's choice comes first, then what shares most topics, the newer first, then
the newest of the section. The rows are computed by a job and kept; the page shows
those of them that are public when it is asked for.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q

from articles.models import Article, ReadMore
from newsroom.core import page_store

KEPT = 8
SHOWN = 4
RECENT = timedelta(days=365)


@transaction.atomic
def compute(article_id: int) -> None:
    """Write the rows of one article anew; its page ends if they changed."""
    article = (
        Article.objects.select_for_update(of=("self",)).filter(pk=article_id).first()
    )
    if article is None:
        return
    wanted = _choose(article)
    if wanted == list(article.read_more.values_list("other_id", flat=True)):
        return
    article.read_more.all().delete()
    ReadMore.objects.bulk_create(
        ReadMore(article=article, other_id=other, position=position)
        for position, other in enumerate(wanted)
    )
    page_store.ended(f"article:{article.pk}")


def _choose(article: Article) -> list[int]:
    chosen = list(article.related_choices.values_list("related_id", flat=True))
    others = (
        Article.objects.published()
        .exclude(pk__in=[article.pk, *chosen])
        .filter(language=article.language)
    )
    if article.publish_at is not None:
        others = others.filter(publish_at__gt=article.publish_at - RECENT)
    topics = list(article.topic_uses.values_list("tag_id", flat=True))
    alike = (
        others.filter(topic_uses__tag__in=topics)
        .annotate(shared=Count("topic_uses", filter=Q(topic_uses__tag__in=topics)))
        .order_by("-shared", "-publish_at", "-pk")
        .values_list("pk", flat=True)
    )
    found = list(dict.fromkeys([*chosen, *alike[:KEPT]]))
    if len(found) < KEPT:
        same_section = others.filter(section=article.section_id).newest_first()
        newest = same_section.values_list("pk", flat=True)[: KEPT * 2]
        found = list(dict.fromkeys([*found, *newest]))
    return found[:KEPT]
