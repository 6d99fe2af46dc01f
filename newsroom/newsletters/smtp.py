"""One connection to an SMTP server (RFC 5321), over which many mails go.

Where the server offers PIPELINING (RFC 2920), a mail's text and the next mail's
envelope travel together, so that a mail costs one turn instead of four. Nothing here
blocks; whoever holds the connection says when it can be read, and when
a mail's text may go.
"""

import enum
import re
import socket
import ssl
import time
from collections import deque
from functools import lru_cache
from typing import NamedTuple

SECONDS_TO_ANSWER = 60
SECONDS_TO_TAKE = 300  # a server may look long at a text before it takes it
LONGEST_ANSWER = 64 << 10

_LAST_LINE = re.compile(rb"[2-5]\d\d(?: |$)")
_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?= |$)")


class Fate(enum.Enum):
    SUBMITTED = "submitted"
    DEFERRED = "deferred"  # refused for now (4xx)
    FAILED = "failed"  # refused for good (5xx)
    UNSURE = "unsure"  # the line was cut after the text: perhaps taken, perhaps not
    UNSENT = "unsent"  # its text was never handed over


_FATES = {2: Fate.SUBMITTED, 4: Fate.DEFERRED, 5: Fate.FAILED}


class Mail(NamedTuple):
    key: int
    sender: str
    recipient: str
    # With dots doubled and the last line, as it goes over the wire.
    content: bytes


class Outcome(NamedTuple):
    key: int
    fate: Fate
    status: str = ""  # such as "550 5.1.1"; never the server's words


class Answer(NamedTuple):
    code: int
    status: str
    lines: list[bytes]


class _Stage(enum.Enum):
    RESET = "RSET"
    MAIL = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    TEXT = "text"
    NOTHING = "no text, for a refused envelope"


class Cut(Exception):
    """The line is gone, or what comes over it is no SMTP."""


class Connection:
    """Takes mails one after the other, and tells what became of each.

    At most one text is on its way; ``waits_for_text`` says that the server has
    accepted an envelope and wants the next.
    """

    def __init__(
        self, sock: socket.socket, *, pipelines: bool, most_mails: int
    ) -> None:
        self.socket = sock
        self.is_open = True
        # Why the server wants nothing from us at all, if it said so.
        self.refusal = ""
        self.outcomes: list[Outcome] = []
        self._pipelines = pipelines
        self._mails_left = most_mails or -1
        self._expected: deque[tuple[_Stage, Mail | None]] = deque()
        # Commands that wait for the answer to the one before, without pipelining.
        self._held: deque[tuple[bytes, _Stage, Mail | None]] = deque()
        self._out = b""
        self._in = b""
        self._lines: list[bytes] = []
        self._coming: Mail | None = None
        self._in_envelope: Mail | None = None
        self._refused = ""  # the first refusal of the envelope under way
        self._needs_reset = False
        self._wants_text = False
        self._text_on_its_way = False
        self._heard_at = time.monotonic()

    @property
    def has_room(self) -> bool:
        return self.is_open and self._coming is None and self._mails_left != 0

    @property
    def waits_for_text(self) -> bool:
        return self.is_open and self._wants_text

    @property
    def texts_on_their_way(self) -> int:
        return int(self._text_on_its_way)

    @property
    def is_idle(self) -> bool:
        return not (self._expected or self._held or self._in_envelope or self._coming)

    @property
    def is_used_up(self) -> bool:
        return self._mails_left == 0 and self.is_idle

    @property
    def wants_to_write(self) -> bool:
        return bool(self._out)

    def hand(self, mail: Mail) -> None:
        """Take a mail on. Its text goes when ``send_text`` is called for it."""
        self._coming = mail
        self._mails_left -= 1
        self._begin_next()

    def send_text(self) -> None:
        mail = self._in_envelope
        assert mail is not None  # noqa: S101
        self._wants_text = False
        self._text_on_its_way = True
        self._in_envelope = None
        self._say(mail.content, _Stage.TEXT, mail)
        self._begin_next()

    def write(self) -> None:
        """Send as much as the line takes now."""
        try:
            while self._out:
                self._out = self._out[self.socket.send(self._out) :]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return
        except OSError:
            self._cut()

    def read(self) -> None:
        """Take in what the server has said."""
        try:
            while True:
                received = self.socket.recv(65536)
                if not received:
                    raise Cut
                self._heard_at = time.monotonic()
                self._in += received
                if not isinstance(self.socket, ssl.SSLSocket):
                    break
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except (OSError, Cut):
            self._take_answers()  # the last words count
            self._cut()
            return
        self._take_answers()

    def look_at_clock(self) -> None:
        """Give up a server that has not answered for too long."""
        if self._expected:
            patience = SECONDS_TO_TAKE if self._text_on_its_way else SECONDS_TO_ANSWER
            if time.monotonic() - self._heard_at > patience:
                self._cut()

    def close(self) -> None:
        """Hang up; what is under way ends as unsure or unsent."""
        if self.is_open and self.is_idle:
            self._out += b"QUIT\r\n"
            self.write()
        self._cut()

    def _begin_next(self) -> None:
        if self._coming is None or self._in_envelope is not None:
            return
        mail = self._in_envelope = self._coming
        self._coming = None
        self._refused = ""
        if self._needs_reset:
            self._needs_reset = False
            self._say(b"RSET\r\n", _Stage.RESET, None)
        self._say(f"MAIL FROM:<{mail.sender}>\r\n".encode(), _Stage.MAIL, mail)
        self._say(f"RCPT TO:<{mail.recipient}>\r\n".encode(), _Stage.RECIPIENT, mail)
        self._say(b"DATA\r\n", _Stage.DATA, mail)

    def _say(self, words: bytes, stage: _Stage, mail: Mail | None) -> None:
        if not self._expected:
            self._heard_at = time.monotonic()
        if self._pipelines or not (self._expected or self._held):
            self._out += words
            self._expected.append((stage, mail))
        else:
            self._held.append((words, stage, mail))

    def _take_answers(self) -> None:
        *lines, self._in = self._in.split(b"\n")
        try:
            if len(self._in) > LONGEST_ANSWER or len(self._lines) > 200:
                raise Cut
            for line in lines:
                self._lines.append(line.rstrip(b"\r"))
                if line[3:4] != b"-":
                    answer = read_answer(self._lines)
                    self._lines = []
                    if self.is_open:
                        self._hear(answer)
        except Cut:
            self._cut()

    def _hear(self, answer: Answer) -> None:
        if not self._expected:
            # Said unasked: 421 before the server hangs up, mostly.
            self._cut()
            return
        stage, mail = self._expected.popleft()
        if mail is not None:
            self._settle(stage, mail, answer)
        if answer.code == 421:
            self._cut()
            return
        if self._held and not self._expected:
            words, stage, mail = self._held.popleft()
            self._out += words
            self._expected.append((stage, mail))

    def _settle(self, stage: _Stage, mail: Mail, answer: Answer) -> None:
        """What the answer to one step of a mail means for the mail."""
        kind = answer.code // 100
        if stage is _Stage.TEXT:
            self._text_on_its_way = False
            fate = _FATES.get(kind, Fate.UNSURE)
            self.outcomes.append(Outcome(mail.key, fate, answer.status))
        elif answer.code == 421:
            pass  # not about this mail, whose text was not handed over
        elif stage is _Stage.DATA:
            self._settle_envelope(mail, answer)
        elif kind != 2 and stage in (_Stage.MAIL, _Stage.RECIPIENT):
            self._refuse(stage, mail, answer)

    def _refuse(self, stage: _Stage, mail: Mail, answer: Answer) -> None:
        if stage is _Stage.MAIL and answer.code >= 500:
            # It is us who are refused, and not this reader.
            self.refusal = answer.status
            self._cut()
            return
        self._refused = self._refused or answer.status
        if not self._pipelines:
            self._held.clear()
            self._end_refused(mail)

    def _settle_envelope(self, mail: Mail, answer: Answer) -> None:
        if answer.code == 354 and not self._refused:
            self._wants_text = True
            return
        if answer.code == 354:
            # RFC 2920, 3.1: the server goes on although it refused the recipient.
            self._out += b".\r\n"
            self._expected.appendleft((_Stage.NOTHING, None))
        self._refused = self._refused or answer.status
        self._end_refused(mail)

    def _end_refused(self, mail: Mail) -> None:
        fate = Fate.FAILED if self._refused.startswith("5") else Fate.DEFERRED
        self.outcomes.append(Outcome(mail.key, fate, self._refused))
        self._in_envelope = None
        self._needs_reset = True
        self._begin_next()

    def _cut(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self.socket.close()
        mails = {mail.key: stage for stage, mail in self._expected if mail is not None}
        for waiting in (self._in_envelope, self._coming):
            if waiting is not None:
                mails[waiting.key] = _Stage.DATA
        for key, stage in mails.items():
            fate = Fate.UNSURE if stage is _Stage.TEXT else Fate.UNSENT
            self.outcomes.append(Outcome(key, fate))
        self._expected.clear()
        self._held.clear()
        self._in_envelope = self._coming = None
        self._wants_text = self._text_on_its_way = False
        self._out = b""


def read_answer(lines: list[bytes]) -> Answer:
    code, status = _code_and_status(lines[-1])
    return Answer(code, status, lines)


@lru_cache(maxsize=64)  # a server says the same few things to every mail
def _code_and_status(line: bytes) -> tuple[int, str]:
    if not _LAST_LINE.match(line):
        raise Cut
    found = _ENHANCED.match(line[4:])
    status = line[:3] + (b" " + found[0] if found else b"")
    return int(line[:3]), status.decode()
