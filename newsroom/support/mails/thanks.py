"""The editor's thanks to a giver: words with a few places to be filled in."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from newsroom.publication.models import Publication
from newsroom.support import money
from newsroom.support.models import Contribution, Frequency, Giver

PLACES = ("name", "amount", "publication")

_PLACE = re.compile(r"\{([^{}\n]{0,40})\}")
# What a mail program would make a link of. A name is typed by anybody, for anybody.
_LOOKS_LIKE_A_LINK = re.compile(r"[/@:\\]|\w\.\w|www", re.IGNORECASE)


def check(words: str) -> None:
    """Raises ``ValidationError`` for a place that nothing fills."""
    unknown = sorted({place for place in _PLACE.findall(words) if place not in PLACES})
    if unknown:
        raise ValidationError(
            _("%(unknown)s is filled by nothing. There are: %(known)s.")
            % {
                "unknown": ", ".join(f"{{{place}}}" for place in unknown),
                "known": ", ".join(f"{{{place}}}" for place in PLACES),
            }
        )


def filled(words: str, contribution: Contribution, *, by_name: bool = True) -> str:
    """The words for this gift: plain text, in the language that is spoken.

    Filled in one pass: a name that looks like a place stays as it is.
    """
    name = spoken_name(contribution.giver) if by_name else ""
    values = {
        "name": name or _("reader"),
        "amount": amount_of(contribution),
        "publication": Publication.current().name,
    }
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), words)


def spoken_name(giver: Giver | None) -> str:
    """How we call somebody; empty if they gave no name, or none that is only a name."""
    name = giver.name if giver is not None else ""
    return "" if _LOOKS_LIKE_A_LINK.search(name) else name


def amount_of(contribution: Contribution) -> str:
    """For instance ``$5``, ``$5 a month``, ``$50 a year``."""
    return with_frequency(
        contribution.amount_minor, contribution.currency, contribution.frequency
    )


def with_frequency(amount_minor: int, currency: str, frequency: str) -> str:
    amount = money.written(amount_minor, currency)
    if frequency == Frequency.MONTHLY:
        return _("%(amount)s a month") % {"amount": amount}
    if frequency == Frequency.ANNUAL:
        return _("%(amount)s a year") % {"amount": amount}
    return amount
