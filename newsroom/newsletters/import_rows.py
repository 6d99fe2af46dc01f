"""The cells of a row, and what they say: an address, newsletters, a state, times.

Made for speed: a row becomes lines of PostgreSQL's COPY at once, and whatever comes
again and again is looked up. All but hashes is from fixed lists, so nothing in a line
needs escaping.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.core import mail_addresses
from newsroom.newsletters.models import (
    Newsletter,
    Subscription,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source
from newsroom.publication.models import Publication

State = Subscription.State
Reason = Suppression.Reason

# What a column can be, and the heads by which it is known at once.
COLUMNS: dict[str, Any] = {
    "address": _("Email address"),
    "newsletters": _("Newsletters"),
    "state": _("State"),
    "language": _("Language"),
    "format": _("Format"),
    "source": _("Came by"),
    "created": _("Since"),
    "requested": _("Asked for"),
    "confirmed": _("Confirmed"),
    "unsubscribed": _("Left"),
    "paused_until": _("Paused until"),
    "suppressed": _("Gets no mail, and why"),
    "suppressed_hash": _("Hash of an address that gets no mail"),
}
HEADS = {
    "address": "address email e-mail mail emailaddress адрес почта e_mail",
    "newsletters": "newsletters newsletter list lists listname рассылка рассылки",
    "state": "state status subscriptionstatus статус состояние",
    "language": "language lang locale язык",
    "format": "format",
    "source": "source",
    "created": "created createdat since signupdate subscribedat optintime",
    "requested": "requested requestedat",
    "confirmed": "confirmed confirmedat confirmtime confirmationdate",
    "unsubscribed": "unsubscribed unsubscribedat left unsubtime",
    "paused_until": "pauseduntil",
    "suppressed": "suppressed",
    "suppressed_hash": "suppressedhash",
}
# A cell that a spreadsheet would take for a formula is written with an apostrophe
# before it, and so is one that begins with an apostrophe and looks like such a one.
FORMULA = frozenset("=+-@\t\r'")

_NOTHING = "\\N"  # as COPY writes it
_SOURCES = frozenset(Source.values)
_STATES: dict[str, tuple[str, str]] = {
    word: (str(state), str(suppressed))
    for words, state, suppressed in [
        ("confirmed subscribed active enabled member yes true 1", State.CONFIRMED, ""),
        ("pending unconfirmed", State.PENDING, ""),
        (
            "unsubscribed left inactive cancelled canceled disabled opted-out no false"
            " 0",
            State.UNSUBSCRIBED,
            "",
        ),
        ("bounced cleaned undeliverable", State.UNSUBSCRIBED, Reason.BOUNCE),
        ("complained spam abuse", State.UNSUBSCRIBED, Reason.COMPLAINT),
        ("suppressed blocklisted blocked", State.UNSUBSCRIBED, Reason.MANUAL),
    ]
    for word in words.split()
}
# The usual form, which ``normalised`` would hand back as it is.
_USUAL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
_SEVERAL = re.compile(r"[,;|\n]")
_LANGUAGES = dict(settings.LANGUAGES)


class Refused(Exception):
    """Why a row stays out: a key of ``imports.OUTCOMES``."""


class Line(NamedTuple):
    """One subscription to be merged."""

    # Says whose and to what: eight bytes of the hash, which two of a million readers
    # never share, and the newsletter's number.
    mark: int
    # In the order of ``import_merge``'s temporary table.
    copied: str


class Reader:
    """Makes lines of cells. Raises ``Refused`` where they say nothing of use."""

    def __init__(
        self,
        columns: dict[str, str],
        *,
        newsletters: list[Newsletter],
        language: str,
        seals: bool,
        source: Source = Source.IMPORT,
    ) -> None:
        self.places = [(name, int(place)) for place, name in columns.items()]
        self.chosen = [newsletter.pk for newsletter in newsletters]
        self.language = language
        self.seals = seals
        self.source = source.value
        self.names = _names_of_newsletters()
        self.named: dict[str, list[int]] = {}
        self.domains: dict[str, str] = {}
        self.zone = Publication.current().zone

    def read(self, number: int, cells: list[str]) -> list[Line]:
        cell = self._cells(cells)
        said = cell.get
        if not said("address") and said("suppressed_hash"):
            return [self._only_suppressed(number, cell)]
        address = _address(said("address", ""))
        state, suppressed = _state(said("state", ""))
        if word := said("suppressed"):
            suppressed = _suppression(word)
        domain = address[address.rindex("@") :]
        if domain not in self.domains:
            self.domains[domain] = mail_addresses.domain_digest(address).hex()
        digest = mail_addresses.digest(address)
        sealed = mail_addresses.seal(address).hex() if self.seals else ""
        source = said("source", "")
        reader = (
            f"{number}\t\\\\x{digest.hex()}\t\\\\x{self.domains[domain]}\t\\\\x{sealed}\t"
            f"{_language(said('language', '')) or self.language}\t"
            f"{'summary' if said('format') == 'summary' else 'full'}\t"
            f"{source if source in _SOURCES else self.source}\t"
            f"{self._time(said('created'))}\t{_day(said('paused_until'))}"
        )
        subscription = (
            f"{state}\t{self._time(said('requested'))}\t"
            f"{self._time(said('confirmed'))}\t{self._time(said('unsubscribed'))}\t"
            f"{suppressed}\n"
        )
        mark = int.from_bytes(digest[:8])
        # Somebody without a newsletter is a line, too.
        return [
            Line(
                mark + newsletter,
                f"{reader}\t{newsletter or _NOTHING}\t{subscription}",
            )
            for newsletter in self._newsletters(said("newsletters")) or [0]
        ]

    def _cells(self, cells: list[str]) -> dict[str, str]:
        found = {}
        width = len(cells)
        for name, place in self.places:
            words = cells[place].strip() if place < width else ""
            if words[:1] == "'" and words[1:2] in FORMULA and len(words) > 1:
                words = words[1:]
            found[name] = words
        return found

    def _time(self, words: str | None) -> str:
        return _time(words, self.zone) if words else _NOTHING

    def _newsletters(self, words: str | None) -> list[int]:
        if not words:
            # An export names none where somebody has none.
            return self.chosen
        if words not in self.named:
            self.named[words] = self._look_up(words)
        return self.named[words]

    def _look_up(self, words: str) -> list[int]:
        whole = self.names.get(words.casefold())
        if whole is not None:
            return [whole]
        found = []
        for part in filter(None, map(str.strip, _SEVERAL.split(words))):
            number = self.names.get(part.casefold())
            if number is None:
                raise Refused("unknown_newsletter")
            found.append(number)
        return list(dict.fromkeys(found))

    def _only_suppressed(self, number: int, cell: dict[str, str]) -> Line:
        key, _colon, digest = cell["suppressed_hash"].partition(":")
        if key != key_name():
            raise Refused("other_key")
        try:
            raw = bytes.fromhex(digest)
        except ValueError:
            raw = b""
        if len(raw) != mail_addresses.DIGEST_SIZE:
            raise Refused("other_key")
        suppressed = _suppression(cell.get("suppressed", ""))
        nothing = "\t".join([_NOTHING] * 3)
        return Line(
            int.from_bytes(raw[:8]),
            f"{number}\t\\\\x{raw.hex()}\t{_NOTHING}\t{_NOTHING}\t{self.language}\tfull\t"
            f"{self.source}\t{nothing}\t{State.UNSUBSCRIBED}\t{nothing}\t{suppressed}\n",
        )


def key_name() -> str:
    """Which ``ADDRESS_KEY`` a hash was made with; gives nothing of it away."""
    return mail_addresses.sign("export", b"key", size=4).hex()


def column_of(head: str) -> str:
    """What a column of this name probably holds; empty if nobody can tell."""
    plain = re.sub(r"[\s_]", "", head.strip().casefold())
    for name, heads in HEADS.items():
        if plain in heads.split():
            return name
    return ""


def _address(typed: str) -> str:
    if not typed:
        raise Refused("no_address")
    usual = typed.lower()
    if len(usual) <= mail_addresses.LONGEST and _USUAL.fullmatch(usual):
        return usual
    try:
        return mail_addresses.normalised(typed)
    except ValidationError:
        raise Refused("not_an_address") from None


def _state(word: str) -> tuple[str, str]:
    if not word:
        return _STATES["confirmed"]
    try:
        return _STATES[word.lower()]
    except KeyError:
        raise Refused("unknown_state") from None


def _suppression(word: str) -> str:
    return word if word in Reason.values else Reason.MANUAL.value


@lru_cache(maxsize=200)
def _language(word: str) -> str:
    code = word.strip().lower().replace("_", "-")
    if code in _LANGUAGES:
        return code
    short = code.partition("-")[0]
    return next((known for known in _LANGUAGES if known.partition("-")[0] == short), "")


@lru_cache(maxsize=100_000)
def _time(words: str, zone: ZoneInfo) -> str:
    for read in (datetime.fromisoformat, _dotted):
        try:
            found = read(words)
        except ValueError:
            continue
        if timezone.is_naive(found):
            found = found.replace(tzinfo=zone)
        if found > timezone.now():
            break
        return found.isoformat()
    raise Refused("unreadable_time")


@lru_cache(maxsize=10_000)
def _day(words: str | None) -> str:
    if not words:
        return _NOTHING
    try:
        return date.fromisoformat(words[:10]).isoformat()
    except ValueError:
        raise Refused("unreadable_time") from None


def _dotted(words: str) -> datetime:
    """24.11.2026, with a time or without."""
    day, _space, clock = words.partition(" ")
    parts = [part.zfill(2) for part in reversed(day.split("."))]
    return datetime.fromisoformat("-".join(parts) + (f"T{clock}" if clock else ""))


def _names_of_newsletters() -> dict[str, int]:
    names: dict[str, int] = {}
    for number, name, slug in Newsletter.objects.values_list("pk", "name", "slug"):
        names.setdefault(name.casefold(), number)
        names[slug] = number
    return names
