"""Which articles go with which: the editor’s choice, and what is shown."""

from django.db import models
from django.db.models import Q


class RelatedArticle(models.Model):
    """An article that the editor chose to go with another one."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="related_choices"
    )
    related = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="chosen_by"
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "related"], name="related_article_once"
            ),
            models.CheckConstraint(
                name="related_article_is_another",
                condition=~Q(article=models.F("related")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.related)


class ReadMore(models.Model):
    """One place under “Read more”: computed by ``articles.related`` and kept."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="read_more"
    )
    other = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="read_more_of"
    )
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "other"], name="read_more_once_per_article"
            ),
        ]

    def __str__(self) -> str:
        return str(self.other)
