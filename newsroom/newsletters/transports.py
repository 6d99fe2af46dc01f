"""What hands mails over: a few kept SMTP connections, or Django's mail backend.

Both take mails, do a step of work at a time, and tell what became of each.
"""

import email
import selectors
import smtplib
import time
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

from anymail.exceptions import AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives, get_connection

from newsroom.newsletters import smtp_opening
from newsroom.newsletters.senders import Sender
from newsroom.newsletters.smtp import Connection, Fate, Mail, Outcome

_HANDLED_BY_DJANGO = {"from", "to", "subject", "mime-version", "dkim-signature"}


class Transport(Protocol):
    # Why the server takes nothing from us at all, if it said so.
    refusal: str

    def open(self) -> None:
        """Raises ``smtp_opening.CannotConnect``."""

    def has_room(self) -> bool:
        """Whether ``hand`` may be called. Raises ``smtp_opening.CannotConnect``."""

    def hand(self, mail: Mail) -> None:
        """Take a mail on; its text does not go before ``step`` lets it."""

    def texts_on_their_way(self) -> int:
        """Mails handed over whose fate is not known yet."""

    def step(self, texts: int, seconds: float) -> list[Outcome]:
        """Hand over at most so many texts, wait so long for answers at most."""

    def close(self) -> list[Outcome]:
        """End; mails not handed over come back as unsent."""


def to(sender: Sender) -> Transport:
    if sender.server is None:
        return BackendTransport()
    return SmtpTransport(sender, sender.server)


class SmtpTransport:
    """Several connections to one server, opened when there is something for them."""

    def __init__(self, sender: Sender, server: smtp_opening.Server) -> None:
        self.refusal = ""
        self._sender = sender
        self._server = server
        self._connections: list[Connection] = []
        self._selector = selectors.DefaultSelector()
        self._writing: set[Connection] = set()
        self._may_open_at = 0.0
        self._outcomes: list[Outcome] = []

    def open(self) -> None:
        if not self._connections:
            self._open_one()

    def has_room(self) -> bool:
        return self._roomy() is not None

    def hand(self, mail: Mail) -> None:
        connection = self._roomy()
        assert connection is not None  # noqa: S101
        connection.hand(mail)

    def texts_on_their_way(self) -> int:
        return sum(one.texts_on_their_way for one in self._connections)

    def step(self, texts: int, seconds: float) -> list[Outcome]:
        for connection in self._connections:
            if texts > 0 and connection.waits_for_text:
                connection.send_text()
                texts -= 1
            if connection.wants_to_write:
                connection.write()
            self._watch(connection)
        self._sweep()
        if self._connections:
            if not self._outcomes:
                self._wait(seconds)
        elif seconds and not self._outcomes:
            time.sleep(min(seconds, 0.2))
        for connection in self._connections:
            connection.look_at_clock()
        self._sweep()
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def close(self) -> list[Outcome]:
        for connection in list(self._connections):
            self._let_go(connection)
        self._selector.close()
        return self._outcomes

    def _wait(self, seconds: float) -> None:
        for key, events in self._selector.select(seconds):
            connection: Connection = key.data
            if events & selectors.EVENT_READ:
                connection.read()
            if connection.is_open and connection.wants_to_write:
                connection.write()

    def _roomy(self) -> Connection | None:
        for connection in self._connections:
            if connection.has_room:
                return connection
        is_time = time.monotonic() >= self._may_open_at
        if len(self._connections) < self._sender.connections and is_time:
            try:
                return self._open_one()
            except smtp_opening.CannotConnect:
                if not self._connections:
                    raise
                # The others go on; the server may allow fewer than we would like.
                self._may_open_at = time.monotonic() + 5
        return None

    def _open_one(self) -> Connection:
        connection = smtp_opening.connect(
            self._server, most_mails=self._sender.per_connection
        )
        self._connections.append(connection)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        return connection

    def _watch(self, connection: Connection) -> None:
        """Hear of room to write only while there is something to write."""
        if not connection.is_open:
            return
        is_watched = connection in self._writing
        if connection.wants_to_write == is_watched:
            return
        events = selectors.EVENT_READ
        if is_watched:
            self._writing.discard(connection)
        else:
            self._writing.add(connection)
            events |= selectors.EVENT_WRITE
        self._selector.modify(connection.socket, events, connection)

    def _sweep(self) -> None:
        """Collect what was answered, and let go of connections that have ended."""
        for connection in list(self._connections):
            if connection.outcomes:
                self._outcomes += connection.outcomes
                connection.outcomes = []
            if connection.is_used_up or not connection.is_open:
                self._let_go(connection)

    def _let_go(self, connection: Connection) -> None:
        self._connections.remove(connection)
        self._writing.discard(connection)
        for key in list(self._selector.get_map().values()):
            if key.data is connection:
                self._selector.unregister(key.fileobj)
        connection.close()
        self._outcomes += connection.outcomes
        self.refusal = self.refusal or connection.refusal


class BackendTransport:
    """Mails one at a time through Django's backend: the demo's folder, a provider."""

    def __init__(self) -> None:
        self.refusal = ""
        self._backend = get_connection()
        self._mail: Mail | None = None

    def open(self) -> None:
        try:
            self._backend.open()
        except OSError as error:
            raise smtp_opening.CannotConnect(f"{type(error).__name__}.") from None

    def has_room(self) -> bool:
        return self._mail is None

    def hand(self, mail: Mail) -> None:
        self._mail = mail

    def texts_on_their_way(self) -> int:
        return 0

    def step(self, texts: int, seconds: float) -> list[Outcome]:
        mail = self._mail
        if mail is None or texts < 1:
            if seconds:
                time.sleep(min(seconds, 0.2))
            return []
        self._mail = None
        return [self._send(mail)]

    def close(self) -> list[Outcome]:
        self._backend.close()
        return [Outcome(self._mail.key, Fate.UNSENT)] if self._mail else []

    def _send(self, mail: Mail) -> Outcome:
        try:
            self._backend.send_messages([_as_djangos(mail)])
        except (smtplib.SMTPRecipientsRefused, AnymailRecipientsRefused):
            return Outcome(mail.key, Fate.FAILED, "refused")
        except smtplib.SMTPResponseException as error:
            fate = Fate.FAILED if error.smtp_code >= 500 else Fate.DEFERRED
            return Outcome(mail.key, fate, str(error.smtp_code))
        except Exception as error:  # a backend may raise whatever its provider says
            return Outcome(mail.key, Fate.DEFERRED, type(error).__name__[:40])
        return Outcome(mail.key, Fate.SUBMITTED)


def _as_djangos(mail: Mail) -> EmailMultiAlternatives:
    content = mail.content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    parsed = email.message_from_bytes(content, EmailMessage, policy=SMTP)
    # As ``compiling`` makes them: the text first.
    text, html = (part.get_content() for part in parsed.iter_parts())
    message = EmailMultiAlternatives(
        subject=str(parsed["subject"]),
        body=text,
        from_email=str(parsed["from"]),
        to=[mail.recipient],
        headers={
            name: str(value)
            for name, value in parsed.items()
            if name.lower() not in _HANDLED_BY_DJANGO
            and not name.lower().startswith("content-")
        },
    )
    message.attach_alternative(html, "text/html")
    return message
