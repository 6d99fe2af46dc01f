"""Mails of other parts of the site that come back: reports of them come the same way.

A part names what it sends, signs its return addresses and Message-IDs with that name
(``verp``), and is told of each report that carries one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from newsroom.newsletters import verp
from newsroom.newsletters.models import BounceEvent

Kind = BounceEvent.Kind


@dataclass(frozen=True)
class Sender:
    """A part that sends: told of its mail by number, or of an address by digest."""

    mail_returned: Callable[[int, Kind], None]
    address_returned: Callable[[bytes, Kind], None]


@dataclass(frozen=True)
class Returned:
    what: str
    number: int


_SENDERS: dict[str, Sender] = {}


def tell(what: str, sender: Sender) -> None:
    """Have a part told of what comes back of it; ``what`` is the name it signs with."""
    _SENDERS[what] = sender


def read(text: str) -> Returned | None:
    """The mail of another part that a text names first."""
    for what in _SENDERS:
        number = verp.read_as(what, text)
        if number is not None:
            return Returned(what, number)
    return None


def note(mail: Returned, kind: Kind) -> None:
    _SENDERS[mail.what].mail_returned(mail.number, kind)


def note_address(address_digest: bytes, kind: Kind) -> None:
    """What a provider told of an address, whichever mail it was."""
    for sender in _SENDERS.values():
        sender.address_returned(address_digest, kind)
