"""Handing over a single letter: by which server, with which return address.

A letter about one newsletter goes by the server of its issues. Where a mail server of
ours takes it, its return address says which letter a bounce is about.
"""

import smtplib
import ssl
from collections.abc import Sequence
from functools import cached_property

import structlog
from anymail.exceptions import AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from newsroom.newsletters import refusal_words, senders, smtp_opening, verp
from newsroom.newsletters.models import BounceEvent, Letter, Newsletter

log = structlog.get_logger()


class Refused(Exception):
    """The mail server will never take it; ``kind`` is what that says of the address."""

    def __init__(self, status: str, kind: BounceEvent.Kind | None) -> None:
        super().__init__(status)
        self.status = status
        self.kind = kind


class _Server(EmailBackend):
    """Django's, with the authority that a server of ``MAIL_SENDERS`` may name."""

    def __init__(self, server: smtp_opening.Server) -> None:
        super().__init__(
            host=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.security == "starttls",
            use_ssl=server.security == "tls",
            timeout=smtp_opening.SECONDS_TO_CONNECT,
        )
        self._ca_file = server.ca_file

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file or None)


def server_of(named: Sequence[Newsletter]) -> str:
    """The name of the mail server for a letter about these; ``""``: ``EMAIL_URL``."""
    names = {newsletter.mail_server for newsletter in named}
    if len(names) != 1:
        return ""
    [name] = names
    if name and name not in settings.MAIL_SENDERS:
        # Somebody waits for this mail; issues wait, and say so to staff.
        log.warning("letter_goes_by_usual_server", server=name)
        return ""
    return name


def send(letter: Letter, message: EmailMultiAlternatives, server_name: str) -> None:
    """Raises ``Refused`` where trying again is of no use; other errors may pass."""
    sender = senders.named(server_name)
    message.connection = connection_to(sender)
    return_path = verp.return_path_of_letter(letter.pk)
    if sender.server is not None and return_path:
        # Of the two Django makes the first the envelope's, and the second what is read.
        message.extra_headers["From"] = message.from_email
        message.from_email = return_path
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        [(code, answer)] = error.recipients.values()
        _raise_if_final(code, answer, error)
        raise
    except smtplib.SMTPDataError as error:
        _raise_if_final(error.smtp_code, error.smtp_error, error)
        raise
    except AnymailRecipientsRefused as error:
        raise Refused("", None) from error


def connection_to(sender: senders.Sender) -> BaseEmailBackend:
    """By Django's backend, for single mails."""
    server = sender.server
    if server is not None and (sender.name or server.ca_file):
        return _Server(server)
    connection: BaseEmailBackend = get_connection()
    return connection


def _raise_if_final(code: int, answer: bytes | str, error: Exception) -> None:
    if code >= 500:
        words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        status = refusal_words.code_in(words) or str(code)
        raise Refused(status, refusal_words.kind_at_once(code, words)) from error
