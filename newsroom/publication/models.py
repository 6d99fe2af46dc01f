from __future__ import annotations

from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from newsroom.core.paths import path_to


def validate_time_zone(name: str) -> None:
    """Raise ``ValidationError`` unless ``name`` is of the IANA time zone database."""
    if name not in available_timezones():
        raise ValidationError(
            _("There is no time zone “%(name)s”. Write one such as Europe/Riga."),
            params={"name": name},
        )


def random_logo_path(publication: Publication, filename: str) -> str:
    """A new address for each logo, so that stored pages never show a mixture."""
    return f"logo/{get_random_string(16)}.png"


class Publication(models.Model):
    """Who publishes. There is one row, made by a migration."""

    name = models.CharField(_("name"), max_length=100)
    tagline = models.CharField(_("tagline"), max_length=160, blank=True)
    description = models.TextField(
        _("description"),
        blank=True,
        help_text=_("One or two sentences, for search engines and the about page."),
    )
    logo = models.ImageField(
        _("logo"),
        upload_to=random_logo_path,
        blank=True,
        help_text=_("Shown beside the name. A square PNG or WebP serves best."),
    )
    accent_colour = models.CharField(
        _("accent colour"),
        max_length=7,
        default="#0b6e4f",
        validators=[
            RegexValidator(
                r"\A#[0-9a-fA-F]{6}\Z",
                _("Write the colour as # and six digits, such as #0b6e4f."),
            )
        ],
        help_text=_(
            "Lines, labels and buttons. Its lightness is adjusted so that it "
            "stays readable on light and dark pages."
        ),
    )
    contact_email = models.EmailField(_("contact address"), blank=True)
    places = models.CharField(
        _("places"),
        max_length=100,
        blank=True,
        help_text=_("Shown under the date, for instance: Riga · Tbilisi · Berlin"),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=40,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_("The newsroom’s clock. Dates in addresses follow it."),
    )
    default_language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    legal_notice = models.TextField(
        _("legal notice"),
        blank=True,
        help_text=_(
            "At the foot of every page, for instance that some state calls the "
            "publisher “undesirable”."
        ),
    )
    social_links = models.JSONField(
        _("where to follow us"),
        default=list,
        blank=True,
        help_text=_("One a line: a name, a space, an address."),
    )
    copyright_notice = models.CharField(_("copyright line"), max_length=200, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publication")
        constraints = [
            models.CheckConstraint(
                name="publication_is_one_row",
                condition=models.Q(pk=1),
                violation_error_message=_("There is one publication: change that one."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Self:
        """The one row."""
        return cls.objects.get(pk=1)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class PageQuerySet(models.QuerySet["Page"]):
    def published(self) -> Self:
        return self.filter(is_published=True)


class Page(models.Model):
    """A fixed page: about, privacy policy and the like."""

    title = models.CharField(_("title"), max_length=150)
    slug = models.SlugField(_("web address"), max_length=80, unique=True)
    standfirst = models.TextField(_("standfirst"), blank=True)
    body = models.TextField(_("body"), blank=True)
    is_published = models.BooleanField(_("public"), default=False)
    in_footer = models.BooleanField(_("listed in the footer"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    updated_at = models.DateTimeField(_("last changed"), blank=True, null=True)

    history = HistoricalRecords()

    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("fixed page")
        verbose_name_plural = _("fixed pages")
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return path_to("publication:page", self.slug)


class Redirect(models.Model):
    """A path that moved. Written by ``addresses.moved``, or by hand."""

    old_path = models.CharField(
        _("old path"),
        max_length=500,
        unique=True,
        help_text=_("From the first slash on, for instance /section/politics/"),
    )
    new_path = models.CharField(_("new path"), max_length=500, db_index=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        constraints = [
            models.CheckConstraint(
                name="redirect_leads_elsewhere",
                condition=~models.Q(old_path=models.F("new_path")),
                violation_error_message=_("A path cannot lead to itself."),
            ),
            models.CheckConstraint(
                name="redirect_paths_start_with_a_slash",
                condition=models.Q(old_path__startswith="/")
                & models.Q(new_path__startswith="/")
                & ~models.Q(new_path__startswith="//"),
                violation_error_message=_("Both paths start with one slash."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_path} → {self.new_path}"
