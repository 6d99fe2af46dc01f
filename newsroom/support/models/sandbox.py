"""What the sandbox keeps: a provider's own books, apart from ours.

The tables stay empty outside the demo. They hold what a provider would hold, so that
our totals can be compared with somebody else's.
"""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.support.models.campaign import Frequency


def secret() -> str:
    return secrets.token_hex(32)


def checkout_ref() -> str:
    return f"chk_{secrets.token_hex(10)}"


def payment_ref() -> str:
    return f"pay_{secrets.token_hex(10)}"


def subscription_ref() -> str:
    return f"sub_{secrets.token_hex(10)}"


def refund_ref() -> str:
    return f"ref_{secrets.token_hex(10)}"


def dispute_ref() -> str:
    return f"dis_{secrets.token_hex(10)}"


def event_id() -> str:
    return f"evt_{secrets.token_hex(10)}"


class Sandbox(models.Model):
    """How the sandbox behaves, and the secret that it signs with. There is one row."""

    secret = models.CharField(max_length=64, default=secret)
    sends_twice = models.BooleanField(_("tells every event twice"), default=False)
    shuffles = models.BooleanField(_("tells events out of order"), default=False)
    is_down = models.BooleanField(_("does not answer"), default=False)

    class Meta:
        verbose_name = _("sandbox")
        verbose_name_plural = _("sandbox")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="sandbox_is_one_row", condition=Q(pk=1))
        ]

    def __str__(self) -> str:
        return str(_("Sandbox"))


class SandboxCheckout(models.Model):
    class State(models.TextChoices):
        OPEN = "open", _("open")
        PAID = "paid", _("paid")
        CLOSED = "closed", _("closed")

    class Card(models.TextChoices):
        """How the card that was chosen behaves."""

        GOOD = "good", _("Pays at once")
        CHECKED = "checked", _("The bank asks for a code first")
        DECLINED = "declined", _("Is declined")
        ENDS = "ends", _("Pays, and is valid only until the end of next month")

    ref = models.CharField(max_length=30, unique=True, default=checkout_ref)
    # Our number of the gift: asked for again, it is the same checkout.
    contribution = models.CharField(max_length=20, unique=True)
    recurring = models.CharField(max_length=20, blank=True)
    address_sealed = models.BinaryField()
    frequency = models.CharField(max_length=7, choices=Frequency)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=30)
    descriptor = models.CharField(max_length=22, blank=True)
    back_url = models.URLField(max_length=500)
    done_url = models.URLField(max_length=500)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    # What was chosen, while the bank asks for its code.
    card = models.CharField(max_length=8, choices=Card, blank=True)
    country = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("checkout of the sandbox")
        verbose_name_plural = _("checkouts of the sandbox")
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.ref


class SandboxSubscription(models.Model):
    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAST_DUE = "past_due", _("last payment failed")
        PAUSED = "paused", _("paused")
        CANCELLED = "cancelled", _("ended")

    ref = models.CharField(max_length=30, unique=True, default=subscription_ref)
    recurring = models.CharField(max_length=20)
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    frequency = models.CharField(max_length=7, choices=Frequency)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=30)
    country = models.CharField(max_length=2)
    card_ends = models.DateField()
    next_at = models.DateTimeField()
    paused_until = models.DateField(null=True)
    back_url = models.URLField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("subscription of the sandbox")
        verbose_name_plural = _("subscriptions of the sandbox")
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.ref


class SandboxPayment(models.Model):
    class State(models.TextChoices):
        PAID = "paid", _("paid")
        DECLINED = "declined", _("declined")

    ref = models.CharField(max_length=30, unique=True, default=payment_ref)
    checkout = models.ForeignKey(
        SandboxCheckout, on_delete=models.CASCADE, related_name="payments", null=True
    )
    subscription = models.ForeignKey(
        SandboxSubscription,
        on_delete=models.CASCADE,
        related_name="payments",
        null=True,
    )
    # Our number of the gift; empty for a renewal, of which we have none.
    contribution = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PAID)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.PositiveBigIntegerField(default=0)
    method = models.CharField(max_length=30)
    country = models.CharField(max_length=2)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("payment of the sandbox")
        verbose_name_plural = _("payments of the sandbox")
        default_permissions = ()
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="sandbox_checkout_paid_once",
                fields=["checkout"],
                condition=Q(state="paid"),
            )
        ]

    def __str__(self) -> str:
        return self.ref


class SandboxRefund(models.Model):
    ref = models.CharField(max_length=30, unique=True, default=refund_ref)
    payment = models.ForeignKey(
        SandboxPayment, on_delete=models.CASCADE, related_name="refunds"
    )
    amount_minor = models.PositiveBigIntegerField()
    # Asked for again under the same key, it is the same refund.
    key = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("refund of the sandbox")
        verbose_name_plural = _("refunds of the sandbox")
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.ref


class SandboxDispute(models.Model):
    class State(models.TextChoices):
        OPEN = "open", _("open")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    ref = models.CharField(max_length=30, unique=True, default=dispute_ref)
    payment = models.OneToOneField(
        SandboxPayment, on_delete=models.CASCADE, related_name="dispute"
    )
    amount_minor = models.PositiveBigIntegerField()
    state = models.CharField(max_length=4, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("dispute of the sandbox")
        verbose_name_plural = _("disputes of the sandbox")
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.ref


class SandboxEvent(models.Model):
    """What the sandbox has to tell us, until it was told as often as it should be."""

    event_id = models.CharField(max_length=30, unique=True, default=event_id)
    body = models.JSONField()
    copies = models.PositiveSmallIntegerField(default=1)
    deliveries = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The status that the last try was answered with; 0: none.
    answer = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("event of the sandbox")
        verbose_name_plural = _("events of the sandbox")
        default_permissions = ()
        ordering = ["-pk"]
        indexes = [
            models.Index(
                name="sandbox_event_waiting",
                fields=["created_at"],
                condition=Q(given_up_at=None, deliveries__lt=F("copies")),
            )
        ]

    def __str__(self) -> str:
        return self.event_id
