"""On what terms readers give: amounts, ways to pay, countries."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from newsroom.support.models.campaign import Campaign, Frequency


class AmountChoice(models.Model):
    """An amount that is offered, for every campaign or instead for one."""

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="amounts",
        verbose_name=_("campaign"),
        blank=True,
        null=True,
    )
    frequency = models.CharField(_("frequency"), max_length=7, choices=Frequency)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.PositiveBigIntegerField(_("amount"))
    is_default = models.BooleanField(_("chosen at first"), default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("amount")
        verbose_name_plural = _("amounts")
        ordering = ["currency", "frequency", "amount_minor"]
        constraints = [
            models.UniqueConstraint(
                name="amount_once",
                fields=["campaign", "frequency", "currency", "amount_minor"],
                nulls_distinct=False,
                violation_error_message=_("This amount is offered already."),
            ),
            models.UniqueConstraint(
                name="amount_one_default",
                fields=["campaign", "frequency", "currency"],
                condition=Q(is_default=True),
                nulls_distinct=False,
                violation_error_message=_("One amount is chosen at first, not two."),
            ),
            models.CheckConstraint(
                name="amount_is_something", condition=Q(amount_minor__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.amount_minor} {self.frequency}"


class FreeAmount(models.Model):
    """From how much to how much readers may give, where they write the amount."""

    frequency = models.CharField(_("frequency"), max_length=7, choices=Frequency)
    currency = models.CharField(_("currency"), max_length=3)
    least_minor = models.PositiveBigIntegerField(_("at least"))
    most_minor = models.PositiveBigIntegerField(_("at most"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("free amount")
        verbose_name_plural = _("free amounts")
        ordering = ["currency", "frequency"]
        constraints = [
            models.UniqueConstraint(
                name="free_amount_once", fields=["frequency", "currency"]
            ),
            models.CheckConstraint(
                name="free_amount_in_order",
                condition=Q(least_minor__gt=0, most_minor__gte=F("least_minor")),
                violation_error_message=_("The least amount is above the most."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.frequency}"


class PaymentMethod(models.Model):
    """A way to pay, with the sentence that explains it."""

    provider = models.CharField(_("provider"), max_length=20)
    code = models.SlugField(
        _("code"),
        max_length=30,
        help_text=_("As the provider calls it, for instance card or sepa_debit."),
    )
    name = models.CharField(_("name"), max_length=40)
    explanation = models.CharField(
        _("explanation"),
        max_length=300,
        blank=True,
        help_text=_("One or two sentences: what happens next, and what a bank shows."),
    )
    # ISO 4217 codes and values of ``Frequency``; empty: all that are offered.
    currencies = models.JSONField(_("currencies"), default=list, blank=True)
    frequencies = models.JSONField(_("frequencies"), default=list, blank=True)
    fee_percent = models.DecimalField(
        _("fee, percent"),
        max_digits=5,
        decimal_places=3,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(30)],
        help_text=_("For “cover the fee”: what the provider takes, about."),
    )
    # {"USD": 30}: minor units a payment.
    fee_fixed = models.JSONField(_("fixed fee"), default=dict, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="payment_method_once", fields=["provider", "code"]
            )
        ]

    def __str__(self) -> str:
        return self.name


class CountryPolicy(models.Model):
    """A country whose readers giving could harm: never ask, never accept, warn."""

    country = models.CharField(
        _("country"),
        max_length=2,
        unique=True,
        help_text=_("Two letters of ISO 3166-1, for instance RU."),
    )
    name = models.CharField(_("name"), max_length=80)
    never_ask = models.BooleanField(_("never ask"), default=True)
    never_accept = models.BooleanField(_("never accept"), default=True)
    warns = models.BooleanField(_("warn"), default=True)
    sends_mail = models.BooleanField(
        _("may send mail there"),
        default=False,
        help_text=_("Receipts, reminders and letters that explain. Safer: no."),
    )
    # Codes of ``settings.LANGUAGES``: pages in them are treated as read there.
    languages = models.JSONField(_("languages of pages"), default=list, blank=True)
    warning = models.TextField(
        _("warning"),
        blank=True,
        help_text=_("Why giving is dangerous there, and what helps instead."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("country’s policy")
        verbose_name_plural = _("countries’ policies")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
