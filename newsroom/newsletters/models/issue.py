from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from newsroom.core.paths import path_to
from newsroom.newsletters.models.newsletter import Newsletter, Rule, Template
from newsroom.newsletters.models.subscriber import Segment


def random_id() -> str:
    """For addresses: short, and nobody guesses the next one."""
    return secrets.token_urlsafe(8)


class IssueQuerySet(models.QuerySet["Issue"]):
    def in_archive(self) -> Self:
        """Past issues that everybody can read on the site."""
        return self.filter(
            newsletter__has_archive=True,
            in_archive=True,
            status__in=[Issue.Status.SENDING, Issue.Status.PAUSED, Issue.Status.SENT],
        )


class Issue(models.Model):
    """One mailing of a newsletter. ``sending`` alone changes its status."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCHEDULED = "scheduled", _("scheduled")
        SENDING = "sending", _("sending")
        PAUSED = "paused", _("paused")
        SENT = "sent", _("sent")
        CANCELLED = "cancelled", _("cancelled")

    Template = Template

    public_id = models.CharField(max_length=16, unique=True, default=random_id)
    newsletter = models.ForeignKey(
        Newsletter,
        on_delete=models.PROTECT,
        related_name="issues",
        verbose_name=_("newsletter"),
    )
    template = models.CharField(
        _("template"), max_length=10, choices=Template, default=Template.DIGEST
    )
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    preheader = models.CharField(
        _("preview line"),
        max_length=150,
        blank=True,
        help_text=_("What the mailbox shows after the subject."),
    )
    sender_name = models.CharField(
        _("sender’s name"),
        max_length=100,
        blank=True,
        help_text=_("Left empty: the newsletter’s."),
    )
    intro = models.TextField(_("introduction"), blank=True)
    support_message = models.TextField(
        _("message to supporters"),
        blank=True,
        help_text=_("A few words that ask for support. Left empty: none."),
    )
    support_url = models.URLField(_("its link"), blank=True)
    in_archive = models.BooleanField(_("in the public archive"), default=True)
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        related_name="issues",
        verbose_name=_("segment"),
        blank=True,
        null=True,
        help_text=_("Left empty: everybody who is subscribed."),
    )
    # A note to those who got another issue with a mistake goes to its recipients.
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="corrected_by",
        verbose_name=_("corrects"),
        blank=True,
        null=True,
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.DRAFT
    )
    send_at = models.DateTimeField(_("goes out at"), blank=True, null=True)
    started_at = models.DateTimeField(blank=True, null=True)
    finished_at = models.DateTimeField(_("sent"), blank=True, null=True)
    closed_at = models.DateTimeField(blank=True, null=True)
    # The message as it went out, by language and format: what the archive shows, and
    # what every worker fills in. See ``compiling``.
    compiled = models.JSONField(default=dict, blank=True)
    # The books: how many, by outcome and reason. Written when they are closed.
    totals = models.JSONField(default=dict, blank=True)
    audience = models.PositiveIntegerField(_("recipients"), blank=True, null=True)
    # Why nothing goes out just now, in words for staff. Empty when all is well.
    trouble = models.CharField(max_length=200, blank=True, default="")
    rule = models.ForeignKey(
        Rule, on_delete=models.SET_NULL, related_name="issues", blank=True, null=True
    )
    rule_slot = models.DateTimeField(blank=True, null=True)
    # Counted up by every save of the form: a save over a newer one is refused.
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        blank=True,
        null=True,
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ["-pk"]
        permissions = [("send_issue", "Can send an issue")]
        constraints = [
            # Two workers that both find a rule due make one issue.
            models.UniqueConstraint(
                name="issue_once_a_slot",
                fields=["rule", "rule_slot"],
                condition=Q(rule__isnull=False),
            ),
            models.CheckConstraint(
                name="issue_scheduled_has_time",
                condition=~Q(status="scheduled") | Q(send_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="issue_due", fields=["send_at"], condition=Q(status="scheduled")
            ),
            models.Index(
                name="issue_archive", fields=["newsletter", "-finished_at", "-id"]
            ),
        ]

    def __str__(self) -> str:
        return self.subject or f"{self.newsletter} {self.pk}"

    def get_absolute_url(self) -> str:
        return path_to("newsletters:issue", self.newsletter.slug, self.public_id)

    @property
    def may_change(self) -> bool:
        """Whether its words can still be written."""
        return self.status in (self.Status.DRAFT, self.Status.SCHEDULED)

    @property
    def went_out_at(self) -> datetime | None:
        return self.finished_at or self.started_at


class IssueItem(models.Model):
    """One part of an issue: a story, a heading or a text."""

    class Kind(models.TextChoices):
        ARTICLE = "article", _("story")
        HEADING = "heading", _("heading")
        TEXT = "text", _("text")

    class Length(models.TextChoices):
        SUMMARY = "summary", _("summary")
        FULL = "full", _("full text")

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.ARTICLE)
    article = models.ForeignKey(
        Article,
        on_delete=models.PROTECT,
        related_name="issue_items",
        blank=True,
        null=True,
    )
    # Of a story: what stands instead of its own words. Of others: their words.
    headline = models.CharField(_("headline"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    length = models.CharField(max_length=7, choices=Length, default=Length.SUMMARY)
    has_picture = models.BooleanField(_("with its picture"), default=True)

    class Meta:
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="issue_item_story_has_article",
                condition=~Q(kind="article") | Q(article__isnull=False),
            ),
            models.UniqueConstraint(
                name="issue_item_story_once",
                fields=["issue", "article"],
                condition=Q(article__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        words: Any = self.headline or (self.article if self.article_id else self.text)
        return str(words)[:80]
