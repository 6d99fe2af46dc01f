"""Readers who asked for mail, as little of them as can be.

An address lies here only sealed (``newsroom.core.mail_addresses``). None of these
tables has a history, and none of them may ever hold an address as it is written.
"""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from newsroom.core import mail_addresses
from newsroom.newsletters.models.newsletter import Newsletter


class Source(models.TextChoices):
    """By what way somebody came."""

    SITE = "site", _("sign-up on the site")
    ARTICLE = "article", _("box below an article")
    IMPORT = "import", _("import")
    STAFF = "staff", _("entered by staff")
    SUPPORT = "support", _("support page")


class Subscriber(models.Model):
    """Somebody's address and how they want their mail."""

    class Format(models.TextChoices):
        FULL = "full", _("full text")
        SUMMARY = "summary", _("summaries")

    address_sealed = models.BinaryField()
    address_digest = models.BinaryField(max_length=mail_addresses.DIGEST_SIZE)
    domain_digest = models.BinaryField(
        max_length=mail_addresses.DIGEST_SIZE, db_index=True
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    format = models.CharField(
        _("format"), max_length=7, choices=Format, default=Format.FULL
    )
    paused_until = models.DateField(_("paused until"), blank=True, null=True)
    source = models.CharField(_("came by"), max_length=7, choices=Source)
    created_at = models.DateTimeField(_("since"), auto_now_add=True, db_index=True)
    # Soft bounces in a row; a mail that arrives sets it back.
    soft_bounces = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        constraints = [
            models.UniqueConstraint(
                name="subscriber_address", fields=["address_digest"]
            )
        ]

    def __str__(self) -> str:
        # Names nobody: it may stand in logs and messages.
        return f"{_('Subscriber')} {self.pk}"

    @property
    def address(self) -> str:
        return mail_addresses.unseal(self.address_sealed)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def confirmed(self) -> Self:
        return self.filter(state=Subscription.State.CONFIRMED)

    def receiving(self, day: date) -> Self:
        """Who gets an issue on this day: confirmed and not paused."""
        return self.confirmed().filter(
            Q(subscriber__paused_until=None) | Q(subscriber__paused_until__lte=day)
        )


class Subscription(models.Model):
    """That somebody asked for one newsletter, confirmed it, or left it."""

    class State(models.TextChoices):
        PENDING = "pending", _("not confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    # Indexes below begin with either: an import writes many rows.
    subscriber = models.ForeignKey(
        Subscriber,
        on_delete=models.CASCADE,
        related_name="subscriptions",
        db_index=False,
    )
    newsletter = models.ForeignKey(
        Newsletter,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        db_index=False,
    )
    state = models.CharField(_("state"), max_length=12, choices=State)
    source = models.CharField(_("came by"), max_length=7, choices=Source)
    requested_at = models.DateTimeField(_("asked for"))
    confirmed_at = models.DateTimeField(_("confirmed"), blank=True, null=True)
    unsubscribed_at = models.DateTimeField(_("left"), blank=True, null=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                name="subscription_once", fields=["subscriber", "newsletter"]
            ),
            models.CheckConstraint(
                name="subscription_times_match_state",
                condition=Q(state="pending")
                | Q(state="confirmed", confirmed_at__isnull=False)
                | Q(state="unsubscribed", unsubscribed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="subscription_receiving",
                fields=["newsletter", "subscriber"],
                condition=Q(state="confirmed"),
            ),
            models.Index(
                name="subscription_pending",
                fields=["requested_at"],
                condition=Q(state="pending"),
            ),
            models.Index(
                name="subscription_confirmed_at", fields=["newsletter", "confirmed_at"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber_id} → {self.newsletter_id}: {self.state}"


class Suppression(models.Model):
    """An address that gets no mail, whoever lists it. Only its hash is kept."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("does not exist or refuses")
        COMPLAINT = "complaint", _("complained")
        MANUAL = "manual", _("entered by staff")
        ERASURE = "erasure", _("asked to be erased")

    address_digest = models.BinaryField(max_length=mail_addresses.DIGEST_SIZE)
    reason = models.CharField(_("reason"), max_length=9, choices=Reason)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        constraints = [
            models.UniqueConstraint(
                name="suppression_address", fields=["address_digest"]
            )
        ]

    def __str__(self) -> str:
        return f"{bytes(self.address_digest).hex()[:8]}: {self.get_reason_display()}"


class Segment(models.Model):
    """A part of the readers, by conditions that are looked at when needed."""

    name = models.CharField(_("name"), max_length=100)
    # What ``segments.matching`` reads: newsletter, language, joined before and after,
    # topics, source.
    conditions = models.JSONField(_("conditions"), default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SubscriberImport(models.Model):
    """One file of addresses on its way in: how it is read, and what became of it."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("to be mapped")
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    class Basis(models.TextChoices):
        CONSENT = "consent", _("They agreed, and we can show when and to what")
        CUSTOMER = "customer", _("They are customers or members of ours")
        OWN_EXPORT = "own_export", _("It is an export of this site")

    state = models.CharField(
        _("state"), max_length=8, choices=State, default=State.UPLOADED
    )
    # The file, sealed like an address; emptied when the import is done.
    content_sealed = models.BinaryField(blank=True)
    file_name = models.CharField(_("file"), max_length=200)
    header_digest = models.CharField(max_length=64, db_index=True)
    mapping = models.JSONField(default=dict)
    newsletters = models.ManyToManyField(
        Newsletter, verbose_name=_("newsletters"), blank=True
    )
    basis = models.CharField(
        _("lawful basis"), max_length=10, choices=Basis, blank=True
    )
    basis_note = models.TextField(
        _("where they agreed"),
        blank=True,
        help_text=_("For instance: the form on our old site, 2019 to 2024."),
    )
    # Counts by outcome, and the row numbers of what was refused with the reason.
    report = models.JSONField(default=dict)
    rows_done = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), blank=True, null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name
