"""What providers and banks told us, what is owed to givers, who looked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.support.models.campaign import Campaign
from newsroom.support.models.money import (
    Contribution,
    Giver,
    RecurringContribution,
    public_id,
)


class WebhookEvent(models.Model):
    """An event of a provider, verified, stored once and applied once."""

    class State(models.TextChoices):
        STORED = "stored", _("to be applied")
        APPLIED = "applied", _("applied")
        IGNORED = "ignored", _("not about us")
        STUCK = "stuck", _("cannot be applied")

    provider = models.CharField(_("provider"), max_length=20)
    event_id = models.CharField(_("number"), max_length=255)
    kind = models.CharField(_("kind"), max_length=80)
    # The body as it came, sealed: providers write names and addresses into it.
    body_sealed = models.BinaryField(blank=True)
    state = models.CharField(
        _("state"), max_length=7, choices=State, default=State.STORED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    # Names an error, never what the event holds.
    trouble = models.CharField(_("trouble"), max_length=200, blank=True)
    happened_at = models.DateTimeField(_("happened"))
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    # When it is tried next.
    due_at = models.DateTimeField(_("tried again"), default=timezone.now)
    applied_at = models.DateTimeField(_("applied"), blank=True, null=True)

    class Meta:
        verbose_name = _("provider’s event")
        verbose_name_plural = _("providers’ events")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="webhook_event_once", fields=["provider", "event_id"]
            )
        ]
        indexes = [
            models.Index(
                name="webhook_event_open",
                fields=["received_at"],
                condition=Q(state__in=["stored", "stuck"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"


class Difference(models.Model):
    """Where our books and a provider's list say different things."""

    provider = models.CharField(_("provider"), max_length=20)
    ref = models.CharField(_("number"), max_length=255)
    what = models.CharField(_("what"), max_length=20)
    ours = models.CharField(_("ours"), max_length=60, blank=True)
    theirs = models.CharField(_("theirs"), max_length=60, blank=True)
    seen_at = models.DateTimeField(_("seen"), auto_now_add=True)
    settled_at = models.DateTimeField(_("settled"), blank=True, null=True)

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="difference_once",
                fields=["provider", "ref", "what"],
                condition=Q(settled_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.ref}: {self.what}"


class Reminder(models.Model):
    """One mail, later, to somebody who asked for it; then the address is gone."""

    public_id = models.CharField(max_length=20, unique=True, default=public_id)
    # Empty and ``None`` after the mail or the stop.
    address_sealed = models.BinaryField(blank=True)
    address_digest = models.BinaryField(
        max_length=mail_addresses.DIGEST_SIZE, null=True, unique=True
    )
    due_on = models.DateField(_("due"))
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.SET_NULL, related_name="reminders", null=True
    )
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent"), blank=True, null=True)
    stopped_at = models.DateTimeField(_("stopped"), blank=True, null=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return f"{_('Reminder')} {self.due_on}"


class GiverLetter(models.Model):
    """A mail that is owed to a giver. Deleted a week after it was sent."""

    class Kind(models.TextChoices):
        THANKS = "thanks", _("thanks and receipt")
        RECEIPT = "receipt", _("receipt of a renewal")
        FAILED = "failed", _("a payment failed")
        CARD = "card", _("card ends soon")
        CHANGED = "changed", _("gift changed")
        ENDED = "ended", _("gift ended")
        REFUNDED = "refunded", _("given back")
        EXPLAINED = "explained", _("why we cannot accept")
        LINK = "link", _("their link")
        STATEMENT = "statement", _("yearly statement")
        INSTRUCTIONS = "instructions", _("how to transfer")
        REMINDER = "reminder", _("reminder")

    kind = models.CharField(max_length=12, choices=Kind)
    giver = models.ForeignKey(
        Giver, on_delete=models.CASCADE, related_name="letters", null=True
    )
    contribution = models.ForeignKey(
        Contribution, on_delete=models.CASCADE, related_name="letters", null=True
    )
    recurring = models.ForeignKey(
        RecurringContribution,
        on_delete=models.CASCADE,
        related_name="letters",
        null=True,
    )
    reminder = models.ForeignKey(
        Reminder, on_delete=models.CASCADE, related_name="letters", null=True
    )
    # Of somebody who asked for their link at the public form, until it is looked up.
    address_sealed = models.BinaryField(blank=True)
    # Numbers and dates such as the year of a statement; no address, no name.
    facts = models.JSONField(default=dict)
    # What makes it one: "thanks:17". Queued again, nothing happens.
    key = models.CharField(max_length=80, unique=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(blank=True, null=True)
    given_up_at = models.DateTimeField(blank=True, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("letter to a giver")
        verbose_name_plural = _("letters to givers")
        indexes = [
            models.Index(
                name="giver_letter_due",
                fields=["due_at"],
                condition=Q(sent_at=None, given_up_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class GiverLook(models.Model):
    """That a member of staff saw a giver's data, or took them along."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # No foreign key: what was seen stays noted when the giver is erased.
    giver_id = models.BigIntegerField(null=True, db_index=True)
    what = models.CharField(_("what"), max_length=60)
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("look at givers’ data")
        verbose_name_plural = _("looks at givers’ data")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.what}"


class BankLine(models.Model):
    """A line of an imported bank statement, and the gift that it pays."""

    # The bank's own number, or a hash of the line where it gives none.
    ref = models.CharField(_("number"), max_length=120, unique=True)
    booked_on = models.DateField(_("booked"))
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    # Payer and purpose, sealed: they name people.
    payer_sealed = models.BinaryField(blank=True)
    purpose_sealed = models.BinaryField(blank=True)
    contribution = models.ForeignKey(
        Contribution, on_delete=models.PROTECT, related_name="bank_lines", null=True
    )
    is_set_aside = models.BooleanField(_("not a gift"), default=False)
    imported_at = models.DateTimeField(auto_now_add=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True
    )

    class Meta:
        verbose_name = _("line of a statement")
        verbose_name_plural = _("lines of statements")
        ordering = ["-booked_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount_minor} {self.currency}"
