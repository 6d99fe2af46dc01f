"""One worker's turn at an issue: claim, hand over, note, until the time is up.

What was handed over and is not noted yet is never more than ``MAIL_WINDOW`` mails: so
many at most come twice when the worker is killed, each with the same Message-ID. When
PostgreSQL dies and takes the last notes along, the worker notes them again.
"""

import os
import random
import re
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.core import mail_addresses
from newsroom.newsletters import (
    bounces,
    claims,
    compiling,
    links,
    refusal_words,
    signing,
    smtp_opening,
    verp,
)
from newsroom.newsletters.claims import Claimed, Note
from newsroom.newsletters.models import Issue
from newsroom.newsletters.senders import Allowance, Sender
from newsroom.newsletters.smtp import Fate, Mail, Outcome
from newsroom.newsletters.transports import Transport

SECONDS_TO_NOTE = 0.2
SECONDS_TO_LOOK = 1.0
SECONDS_FOR_DATABASE = 15  # to come back while there is something to note
SECONDS_TO_DISK = 2  # after which PostgreSQL has written a note; it takes 0.6 at most
# Rows claimed at once: each claim waits for the disk, but what was claimed by a worker
# that dies waits for a minute.
FIRST_CLAIMED = 200
MOST_CLAIMED = 500
MOST_CUTS = 5  # in a row, with nothing taken in between
MOST_REFUSED = 50  # in a row, in the same words: then it is not about the readers

# How long a refusal of the kind 4xx is waited out each time: a day in all.
BACK_OFF = (60, 300, 900, 1800, 3600, 7200, 14400, 14400, 21600, 21600)

# Refusals (RFC 3463) that are about the address or its mailbox, and not about us.
_ABOUT_THE_READER = (" 5.1.", " 5.2.")

_NO_ADDRESS = re.compile(r"[^!-~]|[<>\\]")


@dataclass
class Turn:
    """What came of it."""

    submitted: int = 0
    settled: int = 0  # skipped, failed or put off
    found_nothing: bool = False  # nothing was left to claim
    trouble: str = ""  # why the server takes nothing from us, for staff
    must_pause: bool = False


class Run:
    def __init__(
        self,
        issue: Issue,
        compiled: dict[str, compiling.Compiled],
        sender: Sender,
        transport: Transport,
    ) -> None:
        self.turn = Turn()
        self._issue = issue
        self._compiled = compiled
        self._transport = transport
        self._allowance = Allowance(sender)
        self._day = timezone.now().astimezone(issue.newsletter.zone).date()
        self._sign = signing.signer()
        self._worker = (
            f"{socket.gethostname()[:16]}-{os.getpid()}-{secrets.token_hex(6)}"
        )[:40]
        self._window = max(1, settings.MAIL_WINDOW)
        self._most_claimed = MOST_CLAIMED
        if sender.per_second:
            self._most_claimed = min(MOST_CLAIMED, max(10, sender.per_second * 5))
        self._handful = min(FIRST_CLAIMED, self._most_claimed)
        self._after = 0
        self._ready: deque[tuple[float, Claimed]] = deque()
        self._held: dict[int, tuple[float, Claimed]] = {}
        self._submitted: list[int] = []
        self._notes: list[Note] = []
        self._bounced: deque[tuple[Claimed, str]] = deque()
        self._unnoted_since = 0.0
        # Noted, and perhaps not on disk yet: when, and which.
        self._noted: deque[tuple[float, list[int]]] = deque()
        self._lost_database = False
        self._looked_at = self._renewed_at = self._previous = time.monotonic()
        self._claimed_at = 0.0
        self._is_stopping = False
        self._cuts = 0
        self._refused_alike: list[int] = []
        self._refusal = ""

    def go(self, until: float) -> Turn:
        """Work until a time of ``time.monotonic``, or until nothing is left."""
        try:
            self._transport.open()
            while self._work(until):
                pass
        except smtp_opening.CannotConnect as error:
            self.turn.trouble = str(error)
        except (OperationalError, InterfaceError):
            self._lost_database = True
            raise
        finally:
            self._end()
        return self.turn

    def _work(self, until: float) -> bool:
        """One round. False when the turn is over."""
        now = time.monotonic()
        self._look_around(now, until)
        if not self._is_stopping:
            self._fill_up(now)
        on_their_way = self._transport.texts_on_their_way()
        if self._is_stopping and not on_their_way:
            return False
        if not (self._held or self._ready):
            return False
        texts = self._window - on_their_way - self._unnoted
        outcomes = self._transport.step(
            0 if self._is_stopping else texts, self._patience()
        )
        self._take(outcomes)
        if self._is_time_to_note():
            self._write_notes()
        if self._transport.refusal:
            self._stop(_("It refuses us: %s") % self._transport.refusal)
        return True

    @property
    def _unnoted(self) -> int:
        return len(self._submitted) + len(self._notes)

    def _look_around(self, now: float, until: float) -> None:
        """Is it time to stop, was the issue paused, do others know that we live?"""
        if now >= until or now - self._previous > _seconds_fresh():
            # Stopped for so long (a machine that slept), others may have our rows.
            self._is_stopping = True
        self._previous = now
        if now - self._looked_at > SECONDS_TO_LOOK:
            self._looked_at = now
            status = Issue.objects.values_list("status", flat=True)
            if status.get(pk=self._issue.pk) != Issue.Status.SENDING:
                self._is_stopping = True
        if now - self._renewed_at > claims.SECONDS_SILENT / 6:
            self._renewed_at = now
            claims.renew(self._issue.pk, self._worker)

    def _fill_up(self, now: float) -> None:
        while self._ready and now - self._ready[0][0] > _seconds_fresh():
            claims.put_back(self._worker, [row.id for _at, row in self._ready])
            self._ready.clear()
            self._after = 0
        if len(self._ready) <= self._handful // 4 and not self.turn.found_nothing:
            self._claim()
        while self._ready and self._transport.has_room() and self._allowance.take():
            claimed_at, row = self._ready.popleft()
            mail = self._filled(row)
            if mail is not None:
                self._held[row.id] = claimed_at, row
                self._transport.hand(mail)

    def _claim(self) -> None:
        at = time.monotonic()  # before the database does: never younger than it is
        rows = claims.claim(
            self._issue.pk,
            self._issue.newsletter_id,
            self._worker,
            after=self._after,
            most=self._handful,
            day=self._day,
        )
        if rows:
            self._after = rows[-1].id
            if at - self._claimed_at < 1:
                self._handful = min(self._handful * 2, self._most_claimed)
            self._claimed_at = at
        elif self._after:
            self._after = 0  # rows that were put back or have waited long enough
        else:
            self.turn.found_nothing = True
        for row in rows:
            if row.skipped:
                self._note(Note(row.id, claims.State.SKIPPED, row.skipped, 0))
            else:
                self._ready.append((at, row))
        if self._notes:
            self._write_notes()

    def _filled(self, row: Claimed) -> Mail | None:
        """The mail of one reader; ``None`` if none can be made, which is noted."""
        message = self._compiled.get(row.variant) or self._any_language(row.variant)
        address = mail_addresses.unseal(row.address_sealed)
        try:
            if _NO_ADDRESS.search(address):
                raise ValueError("No mail server would take it as one address.")
            content = message.fill(
                to=address,
                message_id=verp.message_id(row.id),
                leave=links.for_ever(row.subscriber_id, self._issue.newsletter_id),
                preferences=links.preferences(row.subscriber_id, row.address_digest),
            )
        except ValueError:
            self._note(Note(row.id, claims.State.FAILED, "address", row.attempts))
            return None
        if self._sign is not None:
            content = compiling.signed(content, self._sign)
        sender = verp.return_path(row.id) or message.sender
        return Mail(row.id, sender, address, content)

    def _any_language(self, variant: str) -> compiling.Compiled:
        """For readers whose language came after the message was made."""
        format = variant.rpartition("-")[2]
        alike = [key for key in self._compiled if key.endswith(format)]
        return self._compiled[(alike or list(self._compiled))[0]]

    def _take(self, outcomes: list[Outcome]) -> None:
        was_cut = False
        for outcome in outcomes:
            claimed_at, row = self._held.pop(outcome.key)
            if outcome.fate is Fate.UNSENT:
                self._ready.appendleft((claimed_at, row))
                was_cut = True
                continue
            if outcome.fate is Fate.SUBMITTED:
                self._unnoted_since = self._unnoted_since or time.monotonic()
                self._submitted.append(row.id)
            elif outcome.fate is Fate.FAILED:
                note = Note(row.id, claims.State.FAILED, outcome.status, row.attempts)
                self._note(note)
                self._bounced.append((row, outcome.status))
            else:
                self._note(self._put_off(row, outcome))
            self._mind_refusals(outcome)
            was_cut = was_cut or outcome.fate is Fate.UNSURE
            self._cuts = 0
        self._cuts += was_cut
        if self._cuts > MOST_CUTS:
            self._stop(_("It hangs up on us."))

    def _put_off(self, row: Claimed, outcome: Outcome) -> Note:
        reason = outcome.status or "line cut"
        attempts = row.attempts + 1
        if attempts > len(BACK_OFF):
            return Note(row.id, claims.State.FAILED, reason, attempts)
        # Not all at the same moment.
        seconds = BACK_OFF[attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311
        return Note(row.id, claims.State.DEFERRED, reason, attempts, seconds)

    def _mind_refusals(self, outcome: Outcome) -> None:
        """Whoever refuses everybody in the same words does not mean the readers."""
        is_about_us = outcome.fate is Fate.FAILED and not any(
            sign in outcome.status for sign in _ABOUT_THE_READER
        )
        if not is_about_us or outcome.status != self._refusal:
            self._refused_alike.clear()
            self._refusal = outcome.status
        if is_about_us:
            self._refused_alike.append(outcome.key)
        if len(self._refused_alike) >= MOST_REFUSED and not self.turn.must_pause:
            self.turn.must_pause = True
            self._stop(_("It refuses every mail: %s") % outcome.status)

    def _count_bounce(self, row: Claimed, status: str) -> None:
        code, _space, enhanced = status.partition(" ")
        kind = refusal_words.kind_at_once(int(code or 0), enhanced)
        if kind is not None:
            bounces.note(
                kind,
                row.address_digest,
                source=bounces.Source.SMTP,
                issue=self._issue,
                status=enhanced or code,
            )

    def _note(self, note: Note) -> None:
        self._unnoted_since = self._unnoted_since or time.monotonic()
        self._notes.append(note)

    def _is_time_to_note(self) -> bool:
        if not self._unnoted:
            return False
        is_late = time.monotonic() - self._unnoted_since > SECONDS_TO_NOTE
        unsure = self._unnoted + self._transport.texts_on_their_way()
        is_full = unsure >= self._window and self._unnoted * 2 >= self._window
        return is_late or self._is_stopping or is_full

    def _write_notes(self) -> None:
        if self._submitted:
            self._insist(lambda: claims.note_submitted(self._submitted))
            self.turn.submitted += len(self._submitted)
            self._remember(self._submitted)
            self._submitted = []
        if self._notes:
            self._insist(lambda: claims.note(self._worker, self._notes))
            self.turn.settled += len(self._notes)
            self._notes.clear()
        self._unnoted_since = 0.0
        while self._bounced:
            row, status = self._bounced[0]
            self._insist(partial(self._count_bounce, row, status))
            self._bounced.popleft()

    def _remember(self, ids: list[int]) -> None:
        now = time.monotonic()
        while self._noted and now - self._noted[0][0] > SECONDS_TO_DISK:
            self._noted.popleft()
        self._noted.append((now, ids))

    def _insist(self, write: Callable[[], None]) -> None:
        """Do what must not be lost, also if the database is away for a moment."""
        patient_until = time.monotonic() + SECONDS_FOR_DATABASE
        while True:
            try:
                if self._lost_database:
                    claims.note_again([id for _at, ids in self._noted for id in ids])
                    self._lost_database = False
                write()
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block or time.monotonic() > patient_until:
                    raise
                self._lost_database = True
                connection.close()
                time.sleep(0.5)
            else:
                return

    def _patience(self) -> float:
        """How long a round may wait for the server."""
        if self._is_stopping or self._held:
            return SECONDS_TO_NOTE
        return min(0.5, max(0.01, self._allowance.seconds_to_wait))

    def _stop(self, trouble: str) -> None:
        self._is_stopping = True
        self.turn.trouble = self.turn.trouble or trouble

    def _end(self) -> None:
        """Note what is known, and let go of what was not handed over."""
        patient_until = time.monotonic() + SECONDS_FOR_DATABASE
        while self._transport.texts_on_their_way():
            self._take(self._transport.step(0, SECONDS_TO_NOTE))
            if time.monotonic() > patient_until:
                break
        for outcome in self._transport.close():
            if outcome.fate is Fate.UNSENT:
                continue
            self._take([outcome])
        self._write_notes()
        let_go = [row.id for _at, row in self._ready] + list(self._held)
        self._insist(lambda: claims.put_back(self._worker, let_go))
        if self._noted:
            last = self._noted[-1][1][-1]
            self._insist(lambda: claims.write_to_disk(last))
        if self.turn.must_pause:
            claims.put_back_failed(self._refused_alike)
        self._allowance.give_back()


def _seconds_fresh() -> float:
    """A claim older than that is let go: the reader may have left since."""
    return claims.SECONDS_SILENT / 3
