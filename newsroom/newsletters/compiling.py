"""An issue as bytes that only lack what differs from reader to reader.

Each language and format is made once. The places of what differs are marked by control
characters, which quoted-printable never leaves in a text, so that nothing anybody
wrote can be taken for one; a line break stands on both sides, so that no line grows.
"""

import quopri
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.header import Header
from email.utils import format_datetime, quote
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.newsletters import as_sent, rendering
from newsroom.newsletters.models import Issue
from newsroom.newsletters.rendering import Links, Rendered
from newsroom.publication.models import Publication

LONGEST_LINE = 998  # octets, RFC 5321, 4.5.3.1.6
_PIECE = 72  # of a token in a line of quoted-printable, whose limit is 76

_TO, _ID, _LEAVE, _LEAVE_TEXT, _PREFERENCES = "\1", "\2", "\3", "\4", "\5"
_MARK = re.compile("([\1-\5])")
# How often each must stand in a message, at least.
_NEEDED = {_TO: 1, _ID: 1, _LEAVE: 1, _LEAVE_TEXT: 2}


class CannotCompile(Exception):
    """The message would lack what every mail must have; the words are for staff."""


@dataclass(frozen=True)
class Compiled:
    """One language and format of an issue, ready to be filled in."""

    sender: str  # the envelope's, where no return address of its own is set
    message: str
    _parts: list[bytes] = field(init=False, repr=False)
    _places: list[tuple[int, str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = _MARK.split(self.message)
        places = [(number, parts[number]) for number in range(1, len(parts), 2)]
        object.__setattr__(self, "_parts", [part.encode("ascii") for part in parts])
        object.__setattr__(self, "_places", places)

    def fill(self, *, to: str, message_id: str, leave: str, preferences: str) -> bytes:
        """The mail of one reader as it goes over the wire, with its last line."""
        filled = {
            _TO: to.encode("ascii"),
            _ID: message_id.encode("ascii"),
            _LEAVE: leave.encode("ascii"),
            _LEAVE_TEXT: _in_pieces(leave),
            _PREFERENCES: _in_pieces(preferences),
        }
        parts = self._parts.copy()
        for number, mark in self._places:
            parts[number] = filled[mark]
        return b"".join(parts)


def compile(issue: Issue, variants: set[str]) -> dict[str, Any]:
    """What ``Issue.compiled`` holds: for each variant the message and its plain copy.

    Raises ``CannotCompile``.
    """
    shown = f"{issue.newsletter.language}-full"  # what the archive shows
    made = {variant: _variant(issue, variant) for variant in sorted({*variants, shown})}
    made[shown]["page"] = as_sent.facts_of(issue)
    return made


def read(kept: dict[str, Any]) -> dict[str, Compiled]:
    """The messages of ``Issue.compiled``, by variant."""
    return {
        variant: Compiled(facts["sender"], facts["message"])
        for variant, facts in kept.items()
    }


def message(issue: Issue, rendered: Rendered, leave: str, preferences: str) -> Compiled:
    """The message of a rendered issue, in which two random words stand for tokens.

    Raises ``CannotCompile``.
    """
    words = {leave: _LEAVE_TEXT, preferences: _PREFERENCES}
    boundary = f"=_{secrets.token_hex(12)}"
    lines = [
        *_headers(issue, rendered),
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        f"--{boundary}",
        *_part("plain", rendered.text, words),
        f"--{boundary}",
        *_part("html", rendered.html, words),
        f"--{boundary}--",
        ".",
        "",
    ]
    made = Compiled(_from_address(issue), "\r\n".join(lines))
    _check(made, rendered, words)
    return made


def _variant(issue: Issue, variant: str) -> dict[str, Any]:
    language, _dash, format = variant.rpartition("-")
    leave, preferences = secrets.token_hex(16), secrets.token_hex(16)
    personal = rendering.render(
        issue,
        language=language,
        format=format,
        links=Links(
            leave=_url("leave", leave),
            preferences=_url("preferences", preferences),
        ),
    )
    made = message(issue, personal, leave, preferences)
    plain = rendering.render(
        issue, language=language, format=format, links=Links("", "")
    )
    return {
        "sender": made.sender,
        "message": made.message,
        "subject": plain.subject,
        "html": plain.html,
        "text": plain.text,
        "urls": personal.urls,
    }


def _check(made: Compiled, rendered: Rendered, words: dict[str, str]) -> None:
    """Nothing was cut in two or lost on the way into the message."""
    found = Counter(_MARK.findall(made.message))
    for word, mark in words.items():
        written = rendered.html.count(word) + rendered.text.count(word)
        if found[mark] != written:
            raise CannotCompile(_("A personal link was lost in the message."))
        if mark == _LEAVE_TEXT and not (
            word in rendered.html and word in rendered.text
        ):
            raise CannotCompile(_("The message has no link for unsubscribing."))
    if any(found[mark] < count for mark, count in _NEEDED.items()):
        raise CannotCompile(_("The message lacks a header that it must have."))
    if max(map(len, made.message.split("\r\n"))) > LONGEST_LINE:
        raise CannotCompile(_("A line of the message is too long."))


def _headers(issue: Issue, rendered: Rendered) -> list[str]:
    newsletter = issue.newsletter
    publication = Publication.current()
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    name = issue.sender_name or newsletter.sender_name or publication.name
    leave = _url("leave", "TOKEN")
    reply_to = newsletter.reply_to or publication.contact_email
    # Gmail's: the issue, the newsletter, the kind, and who sends.
    feedback = f"{issue.pk}:{newsletter.pk}:newsletter:{host.replace('.', '-')[:15]}"
    return [
        f"From: {_person(name, _from_address(issue))}",
        *([f"Reply-To: {_person('', reply_to)}"] if reply_to else []),
        f"To: <{_TO}>",
        f"Subject: {_words(rendered.subject, len('Subject: '))}",
        f"Date: {format_datetime(timezone.now())}",
        f"Message-ID: {_ID}",
        f"List-Id: {_person(newsletter.name, f'{newsletter.slug}.{host}')}",
        f"List-Unsubscribe: <{leave.replace('TOKEN', _LEAVE)}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"Feedback-ID: {feedback}",
        "Precedence: bulk",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]


def _from_address(issue: Issue) -> str:
    address = issue.newsletter.sender_address or settings.DEFAULT_FROM_EMAIL
    # The setting may be written with a name.
    address = address.rpartition("<")[2].rstrip("> ")
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _person(name: str, address: str) -> str:
    """A name and, on a line of its own, an address in angle brackets."""
    if not name:
        return f"<{address}>"
    name = " ".join(name.split())
    is_plain = name.isascii() and name.isprintable() and len(name) < 60
    written = f'"{quote(name)}"' if is_plain else _words(name, 12)
    return f"{written}\r\n <{address}>"


def _words(words: str, taken: int) -> str:
    """The value of a header on as many lines as it needs."""
    words = " ".join(words.split())
    charset = "us-ascii" if words.isascii() and words.isprintable() else "utf-8"
    header = Header(words, charset, maxlinelen=74, header_name=" " * taken)
    return header.encode(linesep="\r\n")


def _part(kind: str, words: str, tokens: dict[str, str]) -> list[str]:
    return [
        f"Content-Type: text/{kind}; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        _quoted(words, tokens),
    ]


def _quoted(words: str, tokens: dict[str, str]) -> str:
    """Quoted-printable with CRLF and doubled dots, and marks in place of tokens."""
    split = re.split("(" + "|".join(map(re.escape, tokens)) + ")", words)
    pieces = [
        tokens[piece] if piece in tokens else _quoted_piece(piece) for piece in split
    ]
    # Each mark on a line of its own: the line break before and after is a soft one.
    whole = "=\r\n".join(pieces)
    return re.sub(r"(?m)^\.", "..", whole)


def _quoted_piece(words: str) -> str:
    lines = "\n".join(words.splitlines())
    if words.endswith(("\n", "\r")):
        lines += "\n"
    encoded = quopri.encodestring(lines.encode(), quotetabs=False)
    return encoded.decode("ascii").replace("\n", "\r\n")


def _url(view: str, token: str) -> str:
    # Not ``path_to``, which would keep the token.
    path: str = reverse(f"newsletters:{view}", args=[token])
    return f"{settings.SITE_URL}{path}"


def _in_pieces(token: str) -> bytes:
    pieces = [token[start : start + _PIECE] for start in range(0, len(token), _PIECE)]
    return "=\r\n".join(pieces).encode("ascii")


def signed(content: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """A filled message with its signature, dots doubled again."""
    plain = content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    return sign(plain).replace(b"\r\n.", b"\r\n..") + b".\r\n"
