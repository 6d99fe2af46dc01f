"""The mail servers that take issues, and how much each may be given.

``EMAIL_URL`` is the one without a name; ``MAIL_SENDERS`` names others. Limits are
parameters of the address and hold for all workers together: they are counted in the
database.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from newsroom.newsletters import smtp_opening
from newsroom.newsletters.models import SenderUse

CONNECTIONS = 2  # of a worker, where the address names no other number
MOST_AT_ONCE = 50  # mails that a worker reserves under a limit

_SECURITY = {"smtp": ("", 25), "smtp+tls": ("starttls", 587), "smtp+ssl": ("tls", 465)}
_LIMITS = ("per_second", "per_hour", "per_connection", "connections")
_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_NOTING = "newsroom.core.mail.NotingBackend"


@dataclass(frozen=True)
class Sender:
    name: str
    # None: mails go through Django's mail backend, as in the demo.
    server: smtp_opening.Server | None
    per_second: int = 0
    per_hour: int = 0
    per_connection: int = 0
    connections: int = CONNECTIONS


def named(name: str) -> Sender:
    """A mail server by its name, ``""`` for that of ``EMAIL_URL``.

    Raises ``ImproperlyConfigured``.
    """
    if name and name not in settings.MAIL_SENDERS:
        raise ImproperlyConfigured(f"MAIL_SENDERS names no mail server {name}.")
    if settings.DEMO:
        return Sender(name, None)  # the demo never mails anybody
    if name:
        return _read(name, settings.MAIL_SENDERS[name])
    return _default()


class Allowance:
    """What one worker may give to a mail server now."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._is_limited = bool(sender.per_second or sender.per_hour)
        self._left = 0
        self._begins_at = 0.0
        self._hour = timezone.now()

    def take(self) -> bool:
        """Whether one more mail may go now."""
        if not self._is_limited:
            return True
        if not self._left and time.monotonic() >= self._begins_at:
            self._reserve()
        if not self._left:
            return False
        self._left -= 1
        return True

    @property
    def seconds_to_wait(self) -> float:
        """How long ``take`` will go on saying no."""
        return max(0.0, self._begins_at - time.monotonic())

    def give_back(self) -> None:
        """What was reserved and not used counts for others in this hour."""
        if self._left and self._sender.per_hour:
            SenderUse.objects.filter(sender=self._key, hour=self._hour).update(
                count=F("count") - self._left
            )
        self._left = 0

    @property
    def _key(self) -> str:
        return self._sender.name or "-"

    def _reserve(self) -> None:
        """Take a handful at once; where there is none yet, note when to ask again."""
        sender = self._sender
        wanted = MOST_AT_ONCE
        if sender.per_second:
            wanted = min(wanted, max(1, sender.per_second // 4))
        with transaction.atomic():
            now = _database_time()
            self._hour = now.replace(minute=0, second=0, microsecond=0)
            SenderUse.objects.get_or_create(sender=self._key, hour=self._hour)
            uses = SenderUse.objects.select_for_update().order_by("pk")
            recent = list(uses.filter(sender=self._key))
            [use] = [use for use in recent if use.hour == self._hour]
            begins = max([now, *(one.free_at for one in recent if one.free_at)])
            if sender.per_hour:
                wanted = min(wanted, sender.per_hour - use.count)
            if wanted <= 0:
                begins = self._hour + timedelta(hours=1)
            self._begins_at = time.monotonic() + (begins - now).total_seconds()
            if begins > now:
                return
            if sender.per_second:
                use.free_at = now + timedelta(seconds=wanted / sender.per_second)
            use.count += wanted
            use.save(update_fields=["count", "free_at"])
        self._left = wanted


def forget_old_uses() -> None:
    two_days_ago = timezone.now() - timedelta(days=2)
    SenderUse.objects.filter(hour__lt=two_days_ago).delete()


def _database_time() -> datetime:
    """One clock for the workers of all machines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    return cast(datetime, now)


def _default() -> Sender:
    if settings.EMAIL_BACKEND != _NOTING or settings.MAIL_BACKEND != _BACKEND:
        return Sender("", None)
    security = "starttls" if getattr(settings, "EMAIL_USE_TLS", False) else ""
    security = "tls" if getattr(settings, "EMAIL_USE_SSL", False) else security
    usual = dict(_SECURITY.values())
    server = smtp_opening.Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT or usual[security],
        user=settings.EMAIL_HOST_USER or "",
        password=settings.EMAIL_HOST_PASSWORD or "",
        security=security,
        ca_file=str(settings.MAIL_LIMITS.get("CA", "")),
    )
    limits = {key.lower(): value for key, value in settings.MAIL_LIMITS.items()}
    return _with_limits(Sender("", server), limits, "EMAIL_URL")


def _read(name: str, url: str) -> Sender:
    parts = urlsplit(url)
    if parts.scheme not in _SECURITY or not parts.hostname:
        raise ImproperlyConfigured(
            f"MAIL_SENDERS: {name} must begin with smtp://, smtp+tls:// or "
            "smtp+ssl://, and name a host."
        )
    security, usual_port = _SECURITY[parts.scheme]
    values = {key: found[0] for key, found in parse_qs(parts.query).items()}
    server = smtp_opening.Server(
        host=parts.hostname,
        port=parts.port or usual_port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        security=security,
        ca_file=values.get("ca", ""),
    )
    return _with_limits(Sender(name, server), values, f"MAIL_SENDERS: {name}")


def _with_limits(sender: Sender, values: Mapping[str, object], where: str) -> Sender:
    unknown = set(values) - {*_LIMITS, "ca"}
    if unknown:
        raise ImproperlyConfigured(f"{where} has no {', '.join(sorted(unknown))}.")
    limits = {}
    for key in _LIMITS:
        if key in values:
            if not str(values[key]).isdecimal():
                raise ImproperlyConfigured(f"{where}: {key} must be a whole number.")
            limits[key] = int(str(values[key]))
    return Sender(
        sender.name,
        sender.server,
        per_second=limits.get("per_second", 0),
        per_hour=limits.get("per_hour", 0),
        per_connection=limits.get("per_connection", 0),
        connections=max(1, limits.get("connections", CONNECTIONS)),
    )
