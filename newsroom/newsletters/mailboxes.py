"""The mailbox into which reports come: IMAP over TLS, a Maildir, or an mbox file.

A mail counts as read only when what follows from it is committed. To be killed, and to
read a mail twice, does no harm.
"""

import imaplib
import mailbox
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from newsroom.newsletters import bounces, reports

FAILING = "bounces.failing"
SECONDS_TO_WAIT = 30
IMAP_PORT = 993
FORMS = "imaps://user:password@host/folder, a Maildir folder or an mbox file"

Findings = Counter[str]

log = structlog.get_logger()


class Unreachable(Exception):
    """The mailbox cannot be read; the message names no address and no password."""


def read(place: str) -> Findings:
    """Take in what is unread, and return how much of each sort. Raises ``Unreachable``.

    ``place`` is an address ``imaps://…`` or a path.
    """
    try:
        if place.startswith("imaps://"):
            findings = _read_imap(urlsplit(place))
        elif (Path(place) / "new").is_dir():
            findings = _read_maildir(Path(place))
        elif Path(place).is_file():
            findings = _read_mbox(place)
        else:
            raise Unreachable(f"There is no mailbox. It needs the form {FORMS}.")
    except (OSError, ValueError, imaplib.IMAP4.error, mailbox.Error) as error:
        _note_failure(type(error).__name__)
        raise Unreachable(
            f"The mailbox for bounces cannot be read ({type(error).__name__})."
        ) from None
    except Unreachable:
        _note_failure("Unreachable")
        raise
    cache.delete(FAILING)
    return findings


def read_regularly() -> None:
    """Read the mailbox of the settings, and note for the desk if that fails."""
    if settings.BOUNCE_MAILBOX_URL:
        try:
            read(settings.BOUNCE_MAILBOX_URL)
        except Unreachable as error:
            log.warning("bounces_not_read", reason=str(error))


def failing() -> dict[str, Any] | None:
    """Since when the mailbox cannot be read: ``since``, ``error``."""
    note: dict[str, str] | None = cache.get(FAILING)
    if note is None:
        return None
    return {"since": datetime.fromisoformat(note["since"]), "error": note["error"]}


def _read_imap(url: SplitResult) -> Findings:
    findings: Findings = Counter()
    with _signed_in(url) as server:
        for number in _ok(server.uid("SEARCH", "UNSEEN"))[0].split():
            mail = server.uid("FETCH", number, f"(BODY.PEEK[]<0.{reports.MOST_BYTES}>)")
            for part in _ok(mail):
                if isinstance(part, tuple):
                    findings[bounces.take_in(part[1]).value] += 1
            _ok(server.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"))
    return findings


@contextmanager
def _signed_in(url: SplitResult) -> Iterator[imaplib.IMAP4_SSL]:
    with imaplib.IMAP4_SSL(
        url.hostname or "",
        url.port or IMAP_PORT,
        ssl_context=ssl.create_default_context(),
        timeout=SECONDS_TO_WAIT,
    ) as server:
        _ok(server.login(unquote(url.username or ""), unquote(url.password or "")))
        folder = unquote(url.path.strip("/")) or "INBOX"
        _ok(server.select('"' + folder.replace('"', "") + '"'))
        yield server


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, lines = answer
    if kind != "OK":
        raise imaplib.IMAP4.error
    return lines


def _read_maildir(folder: Path) -> Findings:
    findings: Findings = Counter()
    for path in sorted((folder / "new").iterdir()):
        with suppress(FileNotFoundError):  # somebody else was quicker
            with path.open("rb") as file:
                raw = file.read(reports.MOST_BYTES)
            findings[bounces.take_in(raw).value] += 1
            path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
    return findings


def _read_mbox(path: str) -> Findings:
    """An mbox has no place for marks that others would keep: it is emptied."""
    findings: Findings = Counter()
    box = mailbox.mbox(path, create=False)
    box.lock()
    try:
        for key in box.iterkeys():
            raw = box.get_file(key).read(reports.MOST_BYTES)
            findings[bounces.take_in(raw).value] += 1
        with Path(path).open("r+b") as file:
            file.truncate(0)
    finally:
        box.unlock()
        box.close()
    return findings


def _note_failure(error: str) -> None:
    since = (cache.get(FAILING) or {}).get("since", timezone.now().isoformat())
    cache.set(FAILING, {"since": since, "error": error}, timeout=None)
