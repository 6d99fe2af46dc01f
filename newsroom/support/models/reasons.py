"""What stands beside the form of the support page: answers, and where money goes."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Question(models.Model):
    """What givers ask before they give, with its answer."""

    question = models.CharField(_("question"), max_length=150)
    # Clean HTML with placeholders such as {statement}, checked when saved.
    answer = models.TextField(_("answer"))
    is_shown = models.BooleanField(_("shown"), default=True)
    position = models.PositiveSmallIntegerField(default=0, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("question and answer")
        verbose_name_plural = _("questions and answers")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.question


class Spending(models.Model):
    """Where givers' money goes, as shares of the whole. There is one row."""

    is_shown = models.BooleanField(_("show on the support page"), default=False)
    period = models.CharField(
        _("of what time"),
        max_length=60,
        blank=True,
        help_text=_("For instance “2025” or “the twelve months to June”."),
    )
    # Empty: the shares are percents.
    currency = models.CharField(_("written in"), max_length=3, blank=True)
    total_minor = models.PositiveBigIntegerField(blank=True, null=True)
    note = models.TextField(
        _("note below"),
        blank=True,
        help_text=_("For instance where the audited accounts can be read."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("where the money goes")
        verbose_name_plural = _("where the money goes")
        constraints = [
            models.CheckConstraint(name="spending_is_one_row", condition=Q(pk=1)),
            models.CheckConstraint(
                name="spending_in_money_has_a_total",
                condition=Q(currency="", total_minor=None)
                | (~Q(currency="") & Q(total_minor__isnull=False, total_minor__gt=0)),
                violation_error_message=_("Write how much was spent in all."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Where the money goes"))

    @classmethod
    def current(cls) -> Self:
        """The one row."""
        return cls.objects.get(pk=1)


class SpendingShare(models.Model):
    """One purpose, and how much of the money goes there."""

    spending = models.ForeignKey(
        Spending, on_delete=models.CASCADE, related_name="shares"
    )
    label = models.CharField(_("for what"), max_length=80)
    # In minor units of the currency, or in hundredths of a percent.
    size = models.PositiveBigIntegerField()

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        ordering = ["-size", "pk"]
        constraints = [
            models.CheckConstraint(
                name="spending_share_is_something", condition=Q(size__gt=0)
            ),
            models.UniqueConstraint(
                name="spending_share_label_once",
                fields=["spending", "label"],
                violation_error_message=_("This purpose stands here already."),
            ),
        ]

    def __str__(self) -> str:
        return self.label
