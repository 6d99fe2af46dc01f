from django.db import models
from django.utils.translation import gettext_lazy as _


class AddressKey(models.Model):
    """The fingerprint of the key that this database's addresses are sealed with."""

    fingerprint = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("address key")
        verbose_name_plural = _("address keys")
        constraints = [
            models.CheckConstraint(
                name="address_key_is_one_row", condition=models.Q(pk=1)
            )
        ]

    def __str__(self) -> str:
        return self.fingerprint[:8]
