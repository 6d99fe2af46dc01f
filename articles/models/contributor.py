from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from newsroom.core.paths import path_to


class Contributor(models.Model):
    """Somebody who writes, photographs or translates, under the name readers see.

    Not a login, and no row ties one to a login: the name may be a pen name.
    """

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("web address"), max_length=100, unique=True)
    job_title = models.CharField(
        _("what they do"),
        max_length=100,
        blank=True,
        help_text=_("For instance: Court reporter"),
    )
    place = models.CharField(_("place"), max_length=60, blank=True)
    biography = models.TextField(_("biography"), blank=True)
    portrait = models.ForeignKey(
        "articles.Image",
        verbose_name=_("portrait"),
        on_delete=models.PROTECT,
        related_name="portrait_of",
        blank=True,
        null=True,
    )
    is_pen_name = models.BooleanField(
        _("pen name"),
        default=False,
        help_text=_("The page of a pen name says so, and says nothing else."),
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_to("articles:contributor", self.slug)


class Byline(models.Model):
    """Who did what for an article, in the order readers see."""

    class Role(models.TextChoices):
        AUTHOR = "author", _("Author")
        REPORTING = "reporting", _("Reporting")
        PHOTOGRAPHS = "photographs", _("Photographs")
        TRANSLATOR = "translator", _("Translation")
        EDITOR = "editor", _("Editing")

    article = models.ForeignKey(
        "articles.Article", on_delete=models.CASCADE, related_name="bylines"
    )
    contributor = models.ForeignKey(
        Contributor, on_delete=models.PROTECT, related_name="bylines"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.AUTHOR)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("byline")
        verbose_name_plural = _("bylines")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "contributor", "role"],
                name="byline_once_per_role",
                violation_error_message=_("This name has this role already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.contributor} ({self.get_role_display()})"
