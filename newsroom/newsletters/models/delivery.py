"""What became of each mail of an issue. Rows go 30 days after the books are closed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.newsletters.models.issue import Issue
from newsroom.newsletters.models.subscriber import Subscriber


class Delivery(models.Model):
    """One recipient of one issue. *Submitted* to the mail server is not *delivered*."""

    class State(models.TextChoices):
        QUEUED = "q", _("queued")
        CLAIMED = "c", _("being sent")
        SUBMITTED = "s", _("submitted")
        DEFERRED = "d", _("deferred")
        FAILED = "f", _("failed")
        SKIPPED = "k", _("skipped")

    # No index of its own: the unique one begins with it.
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    # Empty once the reader was erased: the books still balance.
    subscriber = models.ForeignKey(
        Subscriber,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        blank=True,
        null=True,
    )
    address_digest = models.BinaryField(max_length=mail_addresses.DIGEST_SIZE)
    state = models.CharField(max_length=1, choices=State, default=State.QUEUED)
    # Which of the compiled messages: language and format, such as ``en-full``.
    variant = models.CharField(max_length=20)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(blank=True, null=True)
    # Which worker process has it, and since when; a silent one's rows are taken back.
    claimed_by = models.CharField(max_length=40, blank=True)
    claimed_at = models.DateTimeField(blank=True, null=True)
    # Why it was skipped or failed: unsubscribed, suppressed, paused, 550 5.1.1 …
    reason = models.CharField(max_length=40, blank=True)
    done_at = models.DateTimeField(blank=True, null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                name="delivery_once", fields=["issue", "address_digest"]
            )
        ]
        indexes = [
            models.Index(
                name="delivery_waiting",
                fields=["issue", "id"],
                condition=Q(state__in=["q", "d"]),
            ),
            models.Index(
                name="delivery_claimed",
                fields=["issue", "claimed_at"],
                condition=Q(state="c"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.pk}: {self.get_state_display()}"


class BounceEvent(models.Model):
    """A report that a mail did not arrive, or that somebody complained of it."""

    class Kind(models.TextChoices):
        SOFT = "soft", _("soft bounce")
        HARD = "hard", _("hard bounce")
        COMPLAINT = "complaint", _("complaint")

    class Source(models.TextChoices):
        SMTP = "smtp", _("the mail server, while sending")
        REPORT = "report", _("a report by mail")
        WEBHOOK = "webhook", _("the provider")

    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    source = models.CharField(_("told by"), max_length=7, choices=Source)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    address_digest = models.BinaryField(max_length=mail_addresses.DIGEST_SIZE)
    issue = models.ForeignKey(
        Issue,
        on_delete=models.SET_NULL,
        related_name="bounce_events",
        blank=True,
        null=True,
    )
    status = models.CharField(_("status"), max_length=20, blank=True)  # RFC 3463
    # The report's own name, hashed, so that one that comes twice counts once.
    report_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("bounce or complaint")
        verbose_name_plural = _("bounces and complaints")
        constraints = [
            models.UniqueConstraint(
                name="bounce_report_once",
                fields=["report_id"],
                condition=~Q(report_id=""),
            )
        ]
        indexes = [
            models.Index(name="bounce_of_address", fields=["address_digest", "-id"])
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.status}"


class ReportTotal(models.Model):
    """How many reports of a day changed nothing, and why. The reports are not kept."""

    class Outcome(models.TextChoices):
        FORGED = "forged", _("without a signature of ours")
        UNKNOWN = "unknown", _("about a mail that is no longer known")
        REFUSED = "refused", _("refused for its sender or its words")
        DELAYED = "delayed", _("delayed: the mail server goes on trying")
        ANSWER = "answer", _("an automatic answer, or no report at all")

    day = models.DateField(_("day"))
    outcome = models.CharField(_("why"), max_length=8, choices=Outcome)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("reports without effect")
        verbose_name_plural = _("reports without effect")
        constraints = [
            models.UniqueConstraint(name="report_total_once", fields=["day", "outcome"])
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.day}: {self.count}"


class ClickTotal(models.Model):
    """How often a link of an issue was followed on a day; nobody knows by whom."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="clicks")
    link = models.PositiveSmallIntegerField()  # its number in the compiled message
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("clicks of a day")
        verbose_name_plural = _("clicks of days")
        constraints = [
            models.UniqueConstraint(
                name="click_total_once", fields=["issue", "link", "day"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.link} {self.day}: {self.count}"


class SenderUse(models.Model):
    """How many mails a mail server took in an hour, from all workers together."""

    sender = models.CharField(max_length=40)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    # When the next mail may go, where the server has a limit per second.
    free_at = models.DateTimeField(blank=True, null=True)

    class Meta:
        verbose_name = _("use of a mail server")
        verbose_name_plural = _("uses of mail servers")
        constraints = [
            models.UniqueConstraint(name="sender_use_once", fields=["sender", "hour"])
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.hour:%Y-%m-%d %H}: {self.count}"
