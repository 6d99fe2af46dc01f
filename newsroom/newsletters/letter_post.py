"""Handing over a single letter: by which server, with which return address.

A letter about one newsletter goes by the server of its issues. Where a mail server of
ours takes it, its return address says which letter a bounce is about.
"""

import ssl
from collections.abc import Sequence
from functools import cached_property

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from newsroom.core import owed_mail
from newsroom.newsletters import senders, smtp_opening, verp
from newsroom.newsletters.models import Letter, Newsletter

log = structlog.get_logger()


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
    """Raises ``owed_mail.Refused`` where trying again is of no use."""
    sender = senders.named(server_name)
    message.connection = connection_to(sender)
    if sender.server is not None:
        give_return_path(message, verp.return_path_of_letter(letter.pk))
    owed_mail.post(message)


def give_return_path(message: EmailMultiAlternatives, return_path: str) -> None:
    """Where reports of it shall go; empty: to the sender that is read."""
    if return_path:
        # Of the two Django makes the first the envelope's, and the second what is read.
        message.extra_headers["From"] = message.from_email
        message.from_email = return_path


def connection_to(sender: senders.Sender) -> BaseEmailBackend:
    """By Django's backend, for single mails."""
    server = sender.server
    if server is not None and (sender.name or server.ca_file):
        return _Server(server)
    connection: BaseEmailBackend = get_connection()
    return connection
