from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from newsroom.accounts import roles


class User(AbstractUser):
    """Somebody who works here and signs in; who writes is a ``Contributor``."""

    class Meta:
        verbose_name = _("person on the staff")
        verbose_name_plural = _("staff")
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_once_per_name",
                violation_error_message=_("Somebody signs in with this name already."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="user_once_per_address",
                condition=~models.Q(email=""),
                violation_error_message=_("Somebody has this address already."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def clean(self) -> None:
        """Addresses are compared in lower case when somebody signs in."""
        super().clean()
        self.email = self.email.lower()

    @property
    def initials(self) -> str:
        """One or two capitals for the mark beside the name."""
        return "".join(word[0] for word in str(self).split()[:2]).upper()

    def needs_second_factor(self) -> bool:
        """Whether the roles held ask for a second factor."""
        return (
            self.is_superuser
            or self.groups.filter(name__in=roles.WITH_SECOND_FACTOR).exists()
        )
