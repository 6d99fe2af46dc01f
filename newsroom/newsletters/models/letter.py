"""Single mails to readers that a visitor asked for, and the limits on asking."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsroom.newsletters.models.subscriber import Subscriber


class ReaderRequest(models.Model):
    """What was asked for at a public form, until a worker looks whom it is about.

    So the form does the same for every address, in the same time.
    """

    class Kind(models.TextChoices):
        SIGN_UP = "sign_up", _("sign-up")
        LINK = "link", _("their link")

    kind = models.CharField(max_length=7, choices=Kind)
    address_sealed = models.BinaryField()
    # The newsletters' numbers, the text agreed to, the language, by which way.
    facts = models.JSONField(default=dict)
    # When the mail may leave: later than now where a network asked too often.
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("request of a reader")
        verbose_name_plural = _("requests of readers")

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Letter(models.Model):
    """A mail that is owed to somebody: confirm, you are subscribed, your link.

    ``due_at`` may lie ahead, where too many were asked for at once. Deleted a week
    after it was sent.
    """

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("confirm your subscription")
        KNOWN = "known", _("you are subscribed already")
        LINK = "link", _("your link")
        MOVE = "move", _("confirm your new address")
        SEQUENCE = "sequence", _("welcome mail")

    kind = models.CharField(max_length=8, choices=Kind)
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="letters"
    )
    # What the mail is about: newsletters' numbers, the sequence step. No text of a
    # visitor and no address: those of a move lie sealed in ``new_address_sealed``.
    facts = models.JSONField(default=dict)
    new_address_sealed = models.BinaryField(blank=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(blank=True, null=True)
    given_up_at = models.DateTimeField(blank=True, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        indexes = [
            models.Index(
                name="letter_due",
                fields=["due_at"],
                condition=Q(sent_at=None, given_up_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class LimitKey(models.Model):
    """The random key of one day. Deleted with that day's counts, it tells nothing."""

    day = models.DateField(unique=True)
    key = models.BinaryField(max_length=32)

    class Meta:
        verbose_name = _("key of a day")
        verbose_name_plural = _("keys of days")

    def __str__(self) -> str:
        return f"{self.day}"


class LimitUse(models.Model):
    """How often somebody asked in an hour; who it was is hashed under the day's key."""

    day = models.ForeignKey(LimitKey, on_delete=models.CASCADE, related_name="uses")
    what = models.CharField(max_length=20)
    who = models.BinaryField(max_length=32)
    hour = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("use of a limit")
        verbose_name_plural = _("uses of limits")
        constraints = [
            models.UniqueConstraint(
                name="limit_use_once", fields=["day", "what", "who", "hour"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.hour}: {self.count}"
