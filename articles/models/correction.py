from __future__ import annotations

from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def newest_first(self) -> Self:
        return self.order_by("-published_at", "-pk")


class Correction(models.Model):
    """What was wrong in a public article, said to its readers."""

    class Kind(models.TextChoices):
        CORRECTION = "correction", _("Correction")
        CLARIFICATION = "clarification", _("Clarification")
        UPDATE = "update", _("Update")
        RETRACTION = "retraction", _("Retraction")

    article = models.ForeignKey(
        "articles.Article", on_delete=models.PROTECT, related_name="corrections"
    )
    kind = models.CharField(
        _("kind"), max_length=13, choices=Kind, default=Kind.CORRECTION
    )
    text = models.TextField(
        _("text"),
        help_text=_("What was wrong, and what is right. Readers see it."),
    )
    published_at = models.DateTimeField(_("published at"), default=timezone.now)

    history = HistoricalRecords()

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        indexes = [
            models.Index(name="correction_newest", fields=["-published_at", "-id"])
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.article}"
