"""What readers are asked, where, and for how much."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from articles.models import Article, Section, Topic
from newsroom.newsletters.models import Newsletter


class Frequency(models.TextChoices):
    ONCE = "once", _("Once")
    MONTHLY = "monthly", _("Monthly")
    ANNUAL = "annual", _("Annual")


class Asking(models.Model):
    """How this newsroom asks and thanks, apart from any campaign. There is one row."""

    is_silent = models.BooleanField(
        _("ask nobody"),
        default=False,
        help_text=_(
            "Silences every strip, banner and message at once. The support page "
            "stays open."
        ),
    )
    counts_reading = models.BooleanField(
        _("count articles on the reader’s device"),
        default=False,
        help_text=_(
            "The device then keeps a number and a date, nothing else, and tells "
            "nobody. Needs the privacy paragraph below."
        ),
    )
    compares_variants = models.BooleanField(
        _("compare variants (A/B)"),
        default=False,
        help_text=_(
            "Daily totals for each variant, without any mark of the reader. Needs the "
            "privacy paragraph below. While it is off everybody sees the first variant."
        ),
    )
    privacy_paragraph = models.TextField(
        _("privacy paragraph"),
        blank=True,
        help_text=_(
            "What readers are told of both, on the support page and behind “Forget on "
            "this device”."
        ),
    )
    default_currency = models.CharField(_("currency"), max_length=3, default="USD")
    days_after_showing = models.PositiveSmallIntegerField(
        _("days between two askings"),
        default=0,
        validators=[MaxValueValidator(365)],
        help_text=_("For the banner and messages in the text. 0: no pause."),
    )
    days_after_closing = models.PositiveSmallIntegerField(
        _("quiet days after “Not now”"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    days_after_giving = models.PositiveSmallIntegerField(
        _("quiet days after a gift or “I already support”"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )
    receipt_issuer = models.TextField(
        _("who issues receipts"),
        blank=True,
        help_text=_("Legal name, address and number, as receipts must show them."),
    )
    receipt_note = models.TextField(
        _("note on receipts"),
        blank=True,
        help_text=_("For instance whether gifts are tax-deductible, and where."),
    )
    neutral_sender = models.CharField(
        _("neutral sender’s name"),
        max_length=60,
        default="Receipts",
        help_text=_(
            "For mails to givers who asked that nothing in their mailbox name us."
        ),
    )
    neutral_subject = models.CharField(
        _("neutral subject"), max_length=100, default="Your receipt"
    )
    keeps_names_days = models.PositiveSmallIntegerField(
        _("days that givers’ personal data are kept"),
        default=1095,
        validators=[MinValueValidator(30), MaxValueValidator(3650)],
        help_text=_(
            "After a giver’s last gift. Then name, address and message are erased; "
            "the bookkeeping row stays without them."
        ),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("asking and thanking")
        verbose_name_plural = _("asking and thanking")
        constraints = [
            models.CheckConstraint(name="asking_is_one_row", condition=Q(pk=1)),
            models.CheckConstraint(
                name="asking_says_what_it_keeps",
                condition=Q(counts_reading=False, compares_variants=False)
                | ~Q(privacy_paragraph=""),
                violation_error_message=_(
                    "Write the privacy paragraph first: readers must be told."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(_("Asking and thanking"))

    @classmethod
    def current(cls) -> Self:
        """The one row."""
        return cls.objects.get(pk=1)


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def running(self, at: datetime) -> Self:
        """What asks at this time, the most important first."""
        return (
            self.filter(is_active=True)
            .filter(Q(begins_at=None) | Q(begins_at__lte=at))
            .filter(Q(ends_at=None) | Q(ends_at__gt=at))
            .order_by("-priority", "-pk")
        )


class Campaign(models.Model):
    """Why readers are asked, from when to when, and what for."""

    name = models.CharField(_("name"), max_length=100, help_text=_("For staff."))
    purpose = models.CharField(
        _("purpose"),
        max_length=200,
        blank=True,
        help_text=_("What the money is for, as givers read it."),
    )
    begins_at = models.DateTimeField(_("begins"), blank=True, null=True)
    ends_at = models.DateTimeField(_("ends"), blank=True, null=True)
    goal_minor = models.PositiveBigIntegerField(_("goal"), blank=True, null=True)
    goal_currency = models.CharField(_("goal’s currency"), max_length=3, blank=True)
    shows_goal = models.BooleanField(
        _("show how far the goal is"),
        default=False,
        help_text=_("A bar with the sum so far, in messages and on the support page."),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        default=10,
        help_text=_("Where two campaigns ask in one place, the higher one does."),
    )
    is_active = models.BooleanField(_("active"), default=False)
    statement_descriptor = models.CharField(
        _("on the bank statement"),
        max_length=22,
        blank=True,
        help_text=_(
            "What a giver’s bank shows, at most 22 plain letters. It need not name "
            "the newsroom. Givers see it before they pay."
        ),
    )
    thanks_subject = models.CharField(
        _("subject of the thank-you mail"), max_length=150, blank=True
    )
    thanks = models.TextField(
        _("thank-you from the editor"),
        blank=True,
        help_text=_("On the thank-you page and in the mail. Left empty: a plain one."),
    )
    thanks_signature = models.CharField(_("signed by"), max_length=150, blank=True)
    # As pages show them; counted anew every few minutes (``progress``).
    raised_minor = models.BigIntegerField(default=0, editable=False)
    supporters = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["raised_minor", "supporters"])

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-priority", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="campaign_ends_after_it_begins",
                condition=Q(begins_at=None)
                | Q(ends_at=None)
                | Q(ends_at__gt=F("begins_at")),
                violation_error_message=_("It ends before it begins."),
            ),
            models.CheckConstraint(
                name="campaign_goal_has_a_currency",
                condition=Q(goal_minor=None) | ~Q(goal_currency=""),
                violation_error_message=_("Give the goal a currency."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Prompt(models.Model):
    """A message of a campaign in one place of the pages."""

    class Placement(models.TextChoices):
        STRIP = "strip", _("strip above the page")
        BANNER = "banner", _("banner that stays at the foot")
        END = "end", _("end of an article")
        INSIDE = "inside", _("in the text of an article")
        PAGE = "page", _("support page")

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="prompts"
    )
    placement = models.CharField(_("placement"), max_length=6, choices=Placement)
    after_paragraph = models.PositiveSmallIntegerField(
        _("after paragraph"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text=_("For a message in the text. Shorter articles do not show it."),
    )
    offers_reminder = models.BooleanField(_("offers “Remind me later”"), default=True)
    newsletter = models.ForeignKey(
        Newsletter,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("newsletter as the second choice"),
        blank=True,
        null=True,
    )
    most_times = models.PositiveSmallIntegerField(
        _("times on one device"),
        default=0,
        help_text=_("Within the days below. 0: no limit."),
    )
    within_days = models.PositiveSmallIntegerField(
        _("days for that"), default=30, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("active"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["campaign", "placement", "pk"]

    def __str__(self) -> str:
        return f"{self.campaign.name}: {self.get_placement_display()}"


class PromptVariant(models.Model):
    """One wording of a message; the weights say how many readers see it."""

    prompt = models.ForeignKey(
        Prompt, on_delete=models.CASCADE, related_name="variants"
    )
    name = models.CharField(_("name"), max_length=20, default="A")
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=1,
        validators=[MaxValueValidator(100)],
        help_text=_("2 is shown twice as often as 1; 0 is not shown."),
    )
    heading = models.CharField(_("heading"), max_length=150, blank=True)
    # Clean HTML with placeholders such as {publication}, checked when saved.
    message = models.TextField(_("message"))
    button = models.CharField(_("button"), max_length=60, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["prompt", "pk"]
        constraints = [
            models.UniqueConstraint(name="variant_name_once", fields=["prompt", "name"])
        ]

    def __str__(self) -> str:
        return f"{self.prompt} {self.name}"


class TargetingRule(models.Model):
    """Where a message may stand and to whom it shows; empty means everywhere.

    What is about the article is decided when the page is made, the same for all. What
    is about the reader is decided on the device, by what the device alone knows.
    """

    prompt = models.OneToOneField(
        Prompt, on_delete=models.CASCADE, related_name="targeting"
    )
    sections = models.ManyToManyField(
        Section, related_name="+", verbose_name=_("only in sections"), blank=True
    )
    not_sections = models.ManyToManyField(
        Section, related_name="+", verbose_name=_("not in sections"), blank=True
    )
    topics = models.ManyToManyField(
        Topic, related_name="+", verbose_name=_("only with topics"), blank=True
    )
    not_topics = models.ManyToManyField(
        Topic, related_name="+", verbose_name=_("not with topics"), blank=True
    )
    # Values of ``Article.Genre`` and codes of ``settings.LANGUAGES``.
    genres = models.JSONField(_("only genres"), default=list, blank=True)
    not_genres = models.JSONField(_("not genres"), default=list, blank=True)
    languages = models.JSONField(_("only languages"), default=list, blank=True)
    not_languages = models.JSONField(_("not languages"), default=list, blank=True)
    articles = models.ManyToManyField(
        Article, related_name="+", verbose_name=_("only under"), blank=True
    )
    not_articles = models.ManyToManyField(
        Article, related_name="+", verbose_name=_("not under"), blank=True
    )
    least_read = models.PositiveSmallIntegerField(
        _("articles read in 30 days, at least"), blank=True, null=True
    )
    most_read = models.PositiveSmallIntegerField(
        _("articles read in 30 days, at most"), blank=True, null=True
    )
    days_since_shown = models.PositiveSmallIntegerField(
        _("days since the last asking"), blank=True, null=True
    )
    days_since_closed = models.PositiveSmallIntegerField(
        _("days since the last “Not now”"), blank=True, null=True
    )
    days_since_given = models.PositiveSmallIntegerField(
        _("days since the last gift"), blank=True, null=True
    )
    least_width = models.PositiveSmallIntegerField(
        _("window’s width, at least"), blank=True, null=True, help_text=_("Pixels.")
    )
    most_width = models.PositiveSmallIntegerField(
        _("window’s width, at most"), blank=True, null=True, help_text=_("Pixels.")
    )
    # Codes that begin the browser's first language, such as "ru".
    reader_languages = models.JSONField(
        _("only for browsers that speak"), default=list, blank=True
    )
    not_reader_languages = models.JSONField(
        _("not for browsers that speak"), default=list, blank=True
    )

    class Meta:
        verbose_name = _("targeting rule")
        verbose_name_plural = _("targeting rules")

    def __str__(self) -> str:
        return f"{_('Targeting of')} {self.prompt}"


class VariantTotal(models.Model):
    """What became of a variant on one day (UTC). Counts devices' visits, not people."""

    variant = models.ForeignKey(
        PromptVariant, on_delete=models.CASCADE, related_name="totals", db_index=False
    )
    day = models.DateField()
    shown = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)
    continued = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("total of a variant")
        verbose_name_plural = _("totals of variants")
        constraints = [
            models.UniqueConstraint(
                name="variant_total_once", fields=["variant", "day"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.day}: {self.shown}"
