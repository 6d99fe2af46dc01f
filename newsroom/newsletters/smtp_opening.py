"""How a connection to an SMTP server begins: greeting, encryption, signing in.

All this waits for the server's answers, for some seconds at most.
"""

import base64
import socket
import ssl
from dataclasses import dataclass

from django.core.mail.utils import DNS_NAME

from newsroom.newsletters.smtp import (
    LONGEST_ANSWER,
    Answer,
    Connection,
    Cut,
    read_answer,
)

SECONDS_TO_CONNECT = 15


class CannotConnect(Exception):
    """No connection was made; the message is fit for staff and names no reader."""


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = ""  # "", "starttls" or "tls"
    ca_file: str = ""


def connect(server: Server, *, most_mails: int = 0) -> Connection:
    """A connection that is ready for mails. Raises ``CannotConnect``."""
    where = f"{server.host}:{server.port}"
    try:
        return _connect(server, most_mails)
    except ssl.SSLCertVerificationError as error:
        raise CannotConnect(f"{where}: {error.verify_message}.") from None
    except Cut:
        raise CannotConnect(f"{where}: the line was cut.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CannotConnect(f"{where}: {reason}.") from None


def _connect(server: Server, most_mails: int) -> Connection:
    sock = socket.create_connection((server.host, server.port), SECONDS_TO_CONNECT)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.security == "tls":
            sock = _encrypted(sock, server)
        greeting = _listen(sock)
        _need(greeting, 220)
        offers = _greet(sock)
        if server.security == "starttls":
            if b"STARTTLS" not in offers:
                raise CannotConnect(f"{server.host} does not offer STARTTLS.")
            _need(_ask(sock, b"STARTTLS"), 220)
            sock = _encrypted(sock, server)
            offers = _greet(sock)
        if server.user:
            _sign_in(sock, server, offers)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return Connection(sock, pipelines=b"PIPELINING" in offers, most_mails=most_mails)


def _encrypted(sock: socket.socket, server: Server) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=server.ca_file or None)
    return context.wrap_socket(sock, server_hostname=server.host)


def _greet(sock: socket.socket) -> dict[bytes, bytes]:
    """What the server offers: by name, with its parameters."""
    name = DNS_NAME.get_fqdn()
    answer = _ask(sock, f"EHLO {name}".encode())
    if answer.code != 250:
        _need(_ask(sock, f"HELO {name}".encode()), 250)
        return {}
    offers = {}
    for line in answer.lines[1:]:
        keyword, _space, parameters = line[4:].partition(b" ")
        offers[keyword.upper()] = parameters.upper()
    return offers


def _sign_in(sock: socket.socket, server: Server, offers: dict[bytes, bytes]) -> None:
    ways = offers.get(b"AUTH", b"").split()
    user, password = server.user.encode(), server.password.encode()
    if b"PLAIN" in ways:
        secret = base64.b64encode(b"\0" + user + b"\0" + password)
        answer = _ask(sock, b"AUTH PLAIN " + secret)
    elif b"LOGIN" in ways:
        _need(_ask(sock, b"AUTH LOGIN"), 334)
        _need(_ask(sock, base64.b64encode(user)), 334)
        answer = _ask(sock, base64.b64encode(password))
    else:
        raise CannotConnect(f"{server.host} offers no way to sign in that we know.")
    if answer.code != 235:
        raise CannotConnect(f"{server.host} refuses our password ({answer.status}).")


def _ask(sock: socket.socket, words: bytes) -> Answer:
    sock.sendall(words + b"\r\n")
    return _listen(sock)


def _listen(sock: socket.socket) -> Answer:
    received = b""
    while True:
        part = sock.recv(4096)
        received += part
        if not part or len(received) > LONGEST_ANSWER:
            raise Cut
        lines = [line.rstrip(b"\r") for line in received.split(b"\n")]
        if lines[-1] == b"" and lines[-2][3:4] != b"-":
            return read_answer(lines[:-1])


def _need(answer: Answer, code: int) -> None:
    if answer.code != code:
        raise CannotConnect(f"The mail server answered {answer.status}.")
