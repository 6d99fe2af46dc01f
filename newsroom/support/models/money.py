"""Gifts as the provider tells them. Personal data lie apart, in ``Giver``."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.support.models.campaign import Campaign, Frequency, PromptVariant


def public_id() -> str:
    return secrets.token_urlsafe(12)


class Giver(models.Model):
    """Who gave, as little as can be, sealed. Erased after a set time, or on demand."""

    address_sealed = models.BinaryField(blank=True)
    # ``None`` once erased. Several rows may have been one person.
    address_digest = models.BinaryField(
        max_length=mail_addresses.DIGEST_SIZE, null=True
    )
    domain_digest = models.BinaryField(
        max_length=mail_addresses.DIGEST_SIZE, null=True, db_index=True
    )
    name_sealed = models.BinaryField(blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    is_neutral = models.BooleanField(
        _("neutral mails"),
        default=False,
        help_text=_("Sender and subject of their mails do not name us."),
    )
    # That the mailbox is not there; until they give or write to us by their link.
    mail_returned_at = models.DateTimeField(
        _("mail comes back since"), blank=True, null=True
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased"), blank=True, null=True)

    class Meta:
        verbose_name = _("giver")
        verbose_name_plural = _("givers")
        permissions = [("export_giver", "Can take givers' data along")]
        constraints = [
            models.UniqueConstraint(name="giver_address", fields=["address_digest"])
        ]

    def __str__(self) -> str:
        # Names nobody: it may stand in logs and messages.
        return f"{_('Giver')} {self.pk}"

    @property
    def address(self) -> str:
        """Empty once erased."""
        sealed = bytes(self.address_sealed)
        return mail_addresses.unseal(sealed) if sealed else ""

    @property
    def name(self) -> str:
        sealed = bytes(self.name_sealed)
        return mail_addresses.unseal(sealed) if sealed else ""


class RecurringContribution(models.Model):
    """A gift that renews: its terms now. Each payment of it is a ``Contribution``."""

    class State(models.TextChoices):
        PENDING = "pending", _("not begun")
        ACTIVE = "active", _("active")
        PAST_DUE = "past_due", _("last payment failed")
        PAUSED = "paused", _("paused")
        CANCELLED = "cancelled", _("ended")

    public_id = models.CharField(max_length=20, unique=True, default=public_id)
    giver = models.ForeignKey(
        Giver, on_delete=models.PROTECT, related_name="recurring", null=True
    )
    state = models.CharField(
        _("state"), max_length=9, choices=State, default=State.PENDING, db_index=True
    )
    frequency = models.CharField(_("frequency"), max_length=7, choices=Frequency)
    amount_minor = models.PositiveBigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    provider = models.CharField(_("provider"), max_length=20)
    method = models.CharField(_("method"), max_length=30, blank=True)
    provider_ref = models.CharField(max_length=255, blank=True)
    # The provider's number of the payer, where it has one (for its own pages).
    payer_ref = models.CharField(max_length=255, blank=True)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.SET_NULL, related_name="recurring", null=True
    )
    variant = models.ForeignKey(
        PromptVariant, on_delete=models.SET_NULL, related_name="recurring", null=True
    )
    next_at = models.DateTimeField(_("next payment"), blank=True, null=True)
    paused_until = models.DateField(_("paused until"), blank=True, null=True)
    card_ends = models.DateField(_("card valid until"), blank=True, null=True)
    began_at = models.DateTimeField(_("began"), blank=True, null=True)
    cancelled_at = models.DateTimeField(_("ended"), blank=True, null=True)
    # The provider's time of the newest event that said how it stands: older ones that
    # come late change nothing of it.
    told_at = models.DateTimeField(blank=True, null=True)
    # The number of that event: of two of one time, the same one always wins.
    told_by = models.CharField(max_length=255, blank=True)
    card_told_at = models.DateTimeField(blank=True, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("recurring gift")
        verbose_name_plural = _("recurring gifts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="recurring_provider_ref",
                fields=["provider", "provider_ref"],
                condition=~Q(provider_ref=""),
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class Contribution(models.Model):
    """One gift: paid, refused, given back. ``LedgerEntry`` says what moved."""

    class State(models.TextChoices):
        PENDING = "pending", _("not paid yet")
        SUCCEEDED = "succeeded", _("paid")
        FAILED = "failed", _("not paid")
        REFUNDED = "refunded", _("given back")
        DISPUTED = "disputed", _("disputed")
        QUARANTINED = "quarantined", _("quarantined")

    class Verdict(models.TextChoices):
        """Whether the card's country allows it; the country itself is not kept."""

        UNKNOWN = "unknown", _("country not known yet")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("from a country we accept nothing from")

    public_id = models.CharField(max_length=20, unique=True, default=public_id)
    giver = models.ForeignKey(
        Giver, on_delete=models.PROTECT, related_name="contributions", null=True
    )
    recurring = models.ForeignKey(
        RecurringContribution,
        on_delete=models.PROTECT,
        related_name="contributions",
        null=True,
    )
    state = models.CharField(
        _("state"), max_length=11, choices=State, default=State.PENDING
    )
    verdict = models.CharField(
        _("country"), max_length=8, choices=Verdict, default=Verdict.UNKNOWN
    )
    # No mail may go to its giver: the country's policy says so.
    is_silent = models.BooleanField(_("no mail"), default=False)
    frequency = models.CharField(_("frequency"), max_length=7, choices=Frequency)
    # What the giver pays, fee covered included.
    amount_minor = models.PositiveBigIntegerField(_("amount"))
    covered_minor = models.PositiveBigIntegerField(_("of it for the fee"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    provider = models.CharField(_("provider"), max_length=20)
    method = models.CharField(_("method"), max_length=30, blank=True)
    checkout_ref = models.CharField(max_length=255, blank=True)
    payment_ref = models.CharField(max_length=255, blank=True)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.SET_NULL, related_name="contributions", null=True
    )
    variant = models.ForeignKey(
        PromptVariant,
        on_delete=models.SET_NULL,
        related_name="contributions",
        null=True,
    )
    # A sentence of the giver's, sealed; erased with them.
    message_sealed = models.BinaryField(blank=True)
    is_anonymous = models.BooleanField(_("anonymous"), default=True)
    descriptor = models.CharField(_("on the bank statement"), max_length=22, blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    paid_at = models.DateTimeField(_("paid"), blank=True, null=True)
    receipt_number = models.PositiveIntegerField(unique=True, blank=True, null=True)

    class Meta:
        verbose_name = _("gift")
        verbose_name_plural = _("gifts")
        permissions = [("refund_contribution", "Can give gifts back")]
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="contribution_payment_ref",
                fields=["provider", "payment_ref"],
                condition=~Q(payment_ref=""),
            )
        ]
        indexes = [
            models.Index(name="contribution_paid", fields=["paid_at"]),
            models.Index(name="contribution_checkout", fields=["checkout_ref"]),
            models.Index(name="contribution_state", fields=["state", "created_at"]),
        ]

    def __str__(self) -> str:
        return self.public_id


class LedgerEntry(models.Model):
    """Money that moved, as the provider told it. Append-only; totals are its sums."""

    class Kind(models.TextChoices):
        GIFT = "gift", _("gift")
        FEE = "fee", _("fee")
        REFUND = "refund", _("refund")
        DISPUTE = "dispute", _("dispute")
        REINSTATED = "reinstated", _("dispute won")

    contribution = models.ForeignKey(
        Contribution, on_delete=models.PROTECT, related_name="entries"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # What we have more (or, below 0, less) by it. A fee may be given back.
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    provider = models.CharField(max_length=20)
    # The provider's number of this very movement.
    ref = models.CharField(max_length=255)
    happened_at = models.DateTimeField(_("when"), db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["happened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="ledger_entry_once", fields=["provider", "kind", "ref"]
            ),
            models.CheckConstraint(
                name="ledger_entry_sign",
                condition=Q(kind__in=["gift", "reinstated"], amount_minor__gt=0)
                | Q(kind__in=["refund", "dispute"], amount_minor__lt=0)
                | (Q(kind="fee") & ~Q(amount_minor=0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"


class RefundOrder(models.Model):
    """Money to be given back: asked for once, carried out once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    contribution = models.ForeignKey(
        Contribution, on_delete=models.PROTECT, related_name="refund_orders"
    )
    amount_minor = models.PositiveBigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=7, choices=State, default=State.WAITING
    )
    # Handed to the provider with every try, so that it gives back once.
    key = models.CharField(max_length=20, unique=True, default=public_id)
    # The provider's number of the refund, once it told us.
    movement_ref = models.CharField(max_length=255, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    trouble = models.CharField(_("trouble"), max_length=200, blank=True)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True
    )
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(blank=True, null=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.contribution_id}: {self.amount_minor}"


class ExchangeRate(models.Model):
    """What one unit of a currency was worth in another on a day; entered by staff."""

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    into = models.CharField(_("in"), max_length=3)
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)
    source = models.CharField(
        _("source"), max_length=100, help_text=_("For instance: ECB reference rate.")
    )

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["-day", "currency"]
        constraints = [
            models.UniqueConstraint(
                name="exchange_rate_once", fields=["day", "currency", "into"]
            ),
            models.CheckConstraint(
                name="exchange_rate_above_0", condition=Q(rate__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: 1 {self.currency} = {self.rate} {self.into}"
