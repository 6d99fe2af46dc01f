"""Presses of “Continue”, kept for an hour so that two of them begin one gift."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.support.models.money import Contribution


class Press(models.Model):
    """What was asked for, hashed with a key: the same again finds the gift begun."""

    digest = models.BinaryField(max_length=mail_addresses.DIGEST_SIZE, unique=True)
    contribution = models.ForeignKey(
        Contribution, on_delete=models.CASCADE, related_name="presses"
    )
    pressed_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("press of “Continue”")
        verbose_name_plural = _("presses of “Continue”")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.contribution_id}"
