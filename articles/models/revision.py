from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Revision(models.Model):
    """One save of an article: the whole content as JSON. Never changed afterwards."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="revisions"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="revisions",
        blank=True,
        null=True,
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    schema_version = models.PositiveSmallIntegerField()
    content = models.JSONField()
    based_on = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        related_name="followed_by",
        blank=True,
        null=True,
    )

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        indexes = [
            models.Index(name="revision_newest", fields=["article", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.content.get('headline', '')} ({self.created_at:%Y-%m-%d %H:%M})"


class StateChange(models.Model):
    """One line of an article's log: who changed its state, when and why."""

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="state_changes"
    )
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="state_changes",
        blank=True,
        null=True,
    )
    action = models.CharField(max_length=20)
    from_status = models.CharField(max_length=10)
    to_status = models.CharField(max_length=10)
    note = models.TextField(blank=True)

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("changes of state")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.action}: {self.from_status} → {self.to_status}"
