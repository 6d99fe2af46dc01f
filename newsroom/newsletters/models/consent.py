"""Who agreed to what, when and how: proof that names nobody.

``ConsentEvent`` is append-only; a trigger of the database refuses to change or delete
a row. It holds a keyed hash, no address and no network.
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.newsletters.models.newsletter import Newsletter


class ConsentText(models.Model):
    """One wording of what readers agree to. Never changed once somebody agreed."""

    version = models.PositiveIntegerField(_("version"))
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    text = models.TextField(
        _("text"),
        help_text=_(
            "What stands beside the box to tick. Write [Privacy Policy] where the "
            "link to it belongs."
        ),
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["language", "-version"]
        constraints = [
            models.UniqueConstraint(
                name="consent_text_version", fields=["language", "version"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_language_display()} {self.version}"


class ConsentEvent(models.Model):
    class Kind(models.TextChoices):
        REQUESTED = "requested", _("asked for")
        CONFIRMED = "confirmed", _("confirmed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        IMPORTED = "imported", _("imported")
        ERASED = "erased", _("erased")

    class Method(models.TextChoices):
        FORM = "form", _("form on the site")
        LINK = "link", _("link in a mail and a button")
        ONE_CLICK = "one_click", _("button of the mail program")
        PREFERENCES = "preferences", _("preference page")
        STAFF = "staff", _("staff")
        IMPORT = "import", _("import")
        COMPLAINT = "complaint", _("complaint to the mail provider")
        BOUNCE = "bounce", _("the address refuses mail")

    kind = models.CharField(_("what"), max_length=9, choices=Kind)
    method = models.CharField(_("how"), max_length=11, choices=Method)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    address_digest = models.BinaryField(max_length=mail_addresses.DIGEST_SIZE)
    newsletter = models.ForeignKey(
        Newsletter,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("newsletter"),
        db_index=False,  # few newsletters, many lines
        blank=True,
        null=True,
    )
    consent_text = models.ForeignKey(
        ConsentText,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("text agreed to"),
        db_index=False,
        blank=True,
        null=True,
    )
    # The lawful basis of an import, in words.
    basis = models.CharField(_("basis"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("consent event")
        verbose_name_plural = _("consent ledger")
        indexes = [
            models.Index(name="consent_of_address", fields=["address_digest", "id"]),
            models.Index(name="consent_by_time", fields=["-at", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
