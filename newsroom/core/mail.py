"""Mail out: into a folder in the demo, and a note of what failed everywhere else."""

import os
import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

FAILING = "mail.failing"


class NotingBackend(BaseEmailBackend):
    """Sends by ``MAIL_BACKEND`` and notes when, and by what error, that failed.

    The note holds no address. The next mail that is sent takes it away.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        connection = get_connection(settings.MAIL_BACKEND)
        try:
            sent = connection.send_messages(list(email_messages))
        except Exception as error:
            _note_failure(error)
            if self.fail_silently:
                return 0
            raise
        if sent:
            cache.delete(FAILING)
        return sent or 0


class FolderBackend(BaseEmailBackend):
    """Writes each mail as a file of ``EMAIL_FILE_PATH``, whole or not at all."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            now = timezone.now().strftime("%Y%m%dT%H%M%S%f")
            name = f"{now}-{secrets.token_hex(4)}"
            unfinished = folder / f".{name}"
            with unfinished.open("xb") as file:
                file.write(message.message().as_bytes())
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(folder / f"{name}.eml")
        return len(email_messages)


def failing() -> dict[str, Any] | None:
    """Since when mail cannot be sent: ``since``, ``last`` (times) and ``error``."""
    note: dict[str, str] | None = cache.get(FAILING)
    if note is None:
        return None
    return {
        "since": datetime.fromisoformat(note["since"]),
        "last": datetime.fromisoformat(note["last"]),
        "error": note["error"],
    }


def _note_failure(error: Exception) -> None:
    now = timezone.now().isoformat()
    since = (cache.get(FAILING) or {}).get("since", now)
    note = {"since": since, "last": now, "error": type(error).__name__}
    cache.set(FAILING, note, timeout=None)
