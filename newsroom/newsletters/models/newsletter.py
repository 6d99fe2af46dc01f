from __future__ import annotations

from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from newsroom.core.paths import path_to
from newsroom.publication.models import Publication, validate_time_zone


class Template(models.TextChoices):
    """How an issue is laid out."""

    DIGEST = "digest", _("Digest: several stories")
    STORY = "story", _("Single story")
    BREAKING = "breaking", _("Breaking news")


class NewsletterQuerySet(models.QuerySet["Newsletter"]):
    def open(self) -> Self:
        """What readers can sign up for."""
        return self.filter(is_open=True)


class Newsletter(models.Model):
    """What readers sign up for: its name, its day and who it comes from."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("web address"), max_length=80, unique=True)
    when = models.CharField(
        _("when it comes"),
        max_length=80,
        help_text=_("As readers see it, for instance: every Friday"),
    )
    description = models.TextField(
        _("description"),
        help_text=_("One or two sentences: what it is, and why to want it."),
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=40,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("The clock of its rules. Left empty: the newsroom’s."),
    )
    sender_name = models.CharField(
        _("sender’s name"),
        max_length=100,
        blank=True,
        help_text=_("Left empty: the name of the publication."),
    )
    sender_address = models.EmailField(
        _("sender’s address"),
        blank=True,
        help_text=_("Left empty: DEFAULT_FROM_EMAIL of the settings."),
    )
    reply_to = models.EmailField(
        _("answers go to"),
        blank=True,
        help_text=_("Left empty: the contact address of the publication."),
    )
    mail_server = models.SlugField(
        _("mail server"),
        max_length=40,
        blank=True,
        help_text=_("A name of MAIL_SENDERS. Left empty: EMAIL_URL."),
    )
    is_open = models.BooleanField(
        _("open"), default=True, help_text=_("Readers can sign up.")
    )
    in_articles = models.BooleanField(
        _("offered below articles"),
        default=False,
        help_text=_("One newsletter at a time: the first of the order."),
    )
    has_archive = models.BooleanField(
        _("public archive"),
        default=True,
        help_text=_("Past issues can be read on the site by everybody."),
    )
    counts_clicks = models.BooleanField(
        _("counts clicks"),
        default=False,
        help_text=_(
            "Only a daily total for each link, never who clicked. Links then lead "
            "through our own site."
        ),
    )
    template = models.CharField(
        _("template"), max_length=10, choices=Template, default=Template.DIGEST
    )
    sample = models.ForeignKey(
        "newsletters.Issue",
        on_delete=models.SET_NULL,
        related_name="sample_of",
        verbose_name=_("sample issue"),
        blank=True,
        null=True,
        help_text=_("Shown as the preview until the first issue is out."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords()

    objects = NewsletterQuerySet.as_manager()

    class Meta:
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_to("newsletters:newsletter", self.slug)

    @property
    def zone(self) -> ZoneInfo:
        if self.time_zone:
            return ZoneInfo(self.time_zone)
        return Publication.current().zone


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Rule(models.Model):
    """Makes an issue at an hour of certain days, by the newsletter's clock."""

    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="rules"
    )
    # Numbers of ``Weekday``; all seven for a daily one.
    weekdays = models.JSONField(_("days"), default=list)
    hour = models.TimeField(_("time"))
    most_articles = models.PositiveSmallIntegerField(
        _("stories"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
    )
    sends_by_itself = models.BooleanField(
        _("sends by itself"),
        default=False,
        help_text=_("Otherwise the issue waits until somebody approves it."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    # The last slot that was dealt with; what came before is never made again. A new or
    # changed rule looks ahead only.
    done_until = models.DateTimeField(default=timezone.now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["newsletter", "hour", "pk"]

    def __str__(self) -> str:
        days = ", ".join(str(Weekday(day).label) for day in self.weekdays)
        return f"{days} {self.hour:%H:%M}"


class SequenceStep(models.Model):
    """A mail to somebody new: at once (the welcome) or some days after."""

    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="sequence"
    )
    days_after = models.PositiveSmallIntegerField(
        _("days after signing up"),
        default=0,
        validators=[MaxValueValidator(90)],
        help_text=_("0 is the welcome mail, which goes out at once."),
    )
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("text"))
    is_active = models.BooleanField(_("active"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("welcome mail")
        verbose_name_plural = _("welcome mails")
        ordering = ["newsletter", "days_after", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="sequence_one_mail_a_day",
                fields=["newsletter", "days_after"],
                violation_error_message=_("There is a mail for this day already."),
            )
        ]

    def __str__(self) -> str:
        return self.subject
