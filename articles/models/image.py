"""Pictures, with the names of the IPTC Photo Metadata Standard."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.core.files.storage import Storage, default_storage, storages
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


def originals_storage() -> Storage:
    return storages["originals"]


def random_key() -> str:
    """32 characters that tell nothing about the picture."""
    return get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789")


def original_path(image: Image, filename: str) -> str:
    return f"{image.storage_key[:2]}/{image.storage_key}"


def rendition_path(rendition: Rendition, filename: str) -> str:
    key = random_key()
    return f"{key[:2]}/{key}.{rendition.format}"


class Licence(models.Model):
    """On what terms a picture may be shown."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100)
    url = models.URLField(
        _("address"),
        blank=True,
        help_text=_("Where the terms can be read. The credit links there."),
    )
    shown_in_credit = models.BooleanField(
        _("named in the credit"),
        default=False,
        help_text=_("Creative Commons licences ask for it."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("licence")
        verbose_name_plural = _("licences")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ImageQuerySet(models.QuerySet["Image"]):
    def showable(self) -> Self:
        """Not withdrawn."""
        return self.filter(withdrawn_at=None)

    def without_credit(self) -> Self:
        """What stops an article: no credit line, no licence or no alt text."""
        return self.filter(Q(credit_line="") | Q(licence=None) | Q(alt_text=""))

    def unused(self) -> Self:
        return self.filter(uses=None, portrait_of=None)

    def licence_ends_by(self, day: date) -> Self:
        return self.showable().filter(licence_until__lte=day)


class Image(models.Model):
    """A picture of the library: the original, kept private, and its credit."""

    class Provenance(models.TextChoices):
        OWN = "own", _("Own picture")
        AGENCY = "agency", _("Agency")
        HANDOUT = "handout", _("Handout")
        USER_GENERATED = "user-generated", _("User-generated")
        PUBLIC_DOMAIN = "public-domain", _("Public domain")
        SYNTHETIC = "synthetic", _("Synthetic")

    headline = models.CharField(_("title"), max_length=200, blank=True)
    description = models.TextField(
        _("caption"), blank=True, help_text=_("Shown where no other caption is given.")
    )
    alt_text = models.CharField(
        _("alt text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture shows, for people who cannot see it."),
    )
    creator = models.CharField(
        _("creator"), max_length=200, blank=True, help_text=_("Who made it.")
    )
    credit_line = models.CharField(
        _("credit line"),
        max_length=200,
        blank=True,
        help_text=_("As readers see it, for instance: Tomas Reyes / The Meridian"),
    )
    source = models.CharField(
        _("source"), max_length=200, blank=True, help_text=_("Whom we have it from.")
    )
    copyright_notice = models.CharField(
        _("copyright notice"), max_length=300, blank=True
    )
    usage_terms = models.TextField(_("usage terms"), blank=True)
    licence = models.ForeignKey(
        Licence,
        verbose_name=_("licence"),
        on_delete=models.PROTECT,
        related_name="images",
        blank=True,
        null=True,
    )
    licence_until = models.DateField(
        _("licence ends on"),
        blank=True,
        null=True,
        help_text=_("After this day the picture is withdrawn everywhere."),
    )
    provenance = models.CharField(
        _("provenance"),
        max_length=20,
        choices=Provenance,
        default=Provenance.OWN,
    )
    special_instructions = models.TextField(_("special instructions"), blank=True)
    taken_at = models.DateTimeField(_("taken at"), blank=True, null=True)
    city = models.CharField(_("place"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=100, blank=True)
    focal_x = models.PositiveSmallIntegerField(
        _("focal point, per cent from the left"),
        default=50,
        validators=[MaxValueValidator(100)],
    )
    focal_y = models.PositiveSmallIntegerField(
        _("focal point, per cent from the top"),
        default=50,
        validators=[MaxValueValidator(100)],
    )
    original = models.FileField(
        _("file"), storage=originals_storage, upload_to=original_path, max_length=200
    )
    storage_key = models.CharField(
        max_length=32, unique=True, default=random_key, editable=False
    )
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    mime_type = models.CharField(max_length=40, editable=False)
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    byte_size = models.PositiveIntegerField(_("size"), editable=False)
    # What a page needs of the renditions, so that it reads no rows of theirs:
    # {"full": {"avif": [[width, height, path], …], "webp": …, "jpg": …}, "card": …}
    sizes = models.JSONField(default=dict, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(
        _("withdrawn at"), blank=True, null=True, editable=False
    )
    uploaded_at = models.DateTimeField(_("added"), auto_now_add=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="uploaded_images",
        blank=True,
        null=True,
        editable=False,
    )

    history = HistoricalRecords(excluded_fields=["sizes"])

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints = [
            models.CheckConstraint(
                name="image_focal_point_lies_inside",
                condition=Q(focal_x__lte=100) & Q(focal_y__lte=100),
                violation_error_message=_(
                    "The focal point is given in per cent, from 0 to 100."
                ),
            ),
            models.CheckConstraint(
                name="image_has_an_extent",
                condition=Q(width__gte=1) & Q(height__gte=1),
                violation_error_message=_("The picture has no size."),
            ),
        ]
        indexes = [models.Index(name="image_newest", fields=["-uploaded_at", "-id"])]
        permissions = [
            ("withdraw_image", "Can withdraw a picture from every page"),
        ]

    def __str__(self) -> str:
        return self.headline or _("Picture %(number)s") % {"number": self.pk}

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    def copy_url(self, crop: str, width: int) -> str:
        """The narrowest JPEG copy of at least ``width`` pixels, else the widest.

        Empty while there is none.
        """
        copies = sorted(self.sizes.get(crop, {}).get("jpg", []))
        wide_enough = [copy for copy in copies if copy[0] >= width]
        fitting = wide_enough[:1] or copies[-1:]
        return default_storage.url(fitting[0][2]) if fitting else ""

    def missing_for_publication(self) -> list[str]:
        """Which of credit line, licence and alt text it lacks, as an editor says it."""
        missing = []
        if not self.credit_line:
            missing.append(str(_("credit line")))
        if self.licence_id is None:
            missing.append(str(_("licence")))
        if not self.alt_text:
            missing.append(str(_("alt text")))
        return missing

    def licence_has_ended(self, at: datetime | None = None) -> bool:
        day = (at or timezone.now()).date()
        return self.licence_until is not None and self.licence_until < day


class ImageUse(models.Model):
    """That an article uses a picture: as readers see it, or in its newest revision."""

    class Place(models.TextChoices):
        LEAD = "lead", _("lead picture")
        BODY = "body", _("in the text")

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="image_uses"
    )
    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="uses")
    place = models.CharField(max_length=4, choices=Place)
    is_live = models.BooleanField()

    class Meta:
        verbose_name = _("use of a picture")
        verbose_name_plural = _("uses of pictures")
        constraints = [
            models.UniqueConstraint(
                fields=["article", "image", "place", "is_live"],
                name="image_use_once_per_place",
            )
        ]

    def __str__(self) -> str:
        return f"{self.article}: {self.image}"


class Rendition(models.Model):
    """A sized copy of a picture, under a random path, with the credit inside."""

    class Crop(models.TextChoices):
        FULL = "full", _("whole picture")
        CARD = "card", _("3:2 round the focal point")
        SQUARE = "square", _("1:1 round the focal point")

    class Format(models.TextChoices):
        AVIF = "avif", "AVIF"
        WEBP = "webp", "WebP"
        JPEG = "jpg", "JPEG"

    image = models.ForeignKey(
        Image, on_delete=models.CASCADE, related_name="renditions"
    )
    crop = models.CharField(max_length=6, choices=Crop)
    format = models.CharField(max_length=4, choices=Format)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    file = models.FileField(upload_to=rendition_path, max_length=200)

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints = [
            models.UniqueConstraint(
                fields=["image", "crop", "format", "width"],
                name="rendition_once_per_size",
            )
        ]

    def __str__(self) -> str:
        return f"{self.image} {self.crop} {self.width} {self.format}"
