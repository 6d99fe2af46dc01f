"""Mails to givers that came back: who cannot be reached is marked, for Support staff.

Nothing is held back because of it: a receipt is owed all the same, and goes again when
they give again.
"""

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.utils import timezone

from newsroom.core import mail_addresses, owed_mail
from newsroom.newsletters import letter_post, refusal_words, returned, senders, verp
from newsroom.newsletters.models import BounceEvent
from newsroom.support.models import Giver, GiverLetter

WHAT = "giver letter"

_Kind = BounceEvent.Kind


def register() -> None:
    returned.tell(WHAT, returned.Sender(_letter_returned, _address_returned))


def message_id(letter: GiverLetter, sender: str) -> str:
    """The same however often it is tried; of the domain that sends."""
    host = parseaddr(sender)[1].rpartition("@")[2]
    return verp.message_id_as(
        WHAT, letter.pk, host or urlsplit(settings.SITE_URL).hostname or ""
    )


def give_return_path(letter: GiverLetter, message: EmailMultiAlternatives) -> None:
    """One of its own, where a mail server of ours takes it."""
    if senders.named("").server is not None:
        path = verp.return_path_as(WHAT, letter.pk)
        letter_post.give_return_path(message, path)


def refused(letter: GiverLetter, refusal: owed_mail.Refused) -> None:
    """While it was handed over, by the mail server that did not want it."""
    kind = refusal_words.kind_at_once(refusal.code, refusal.answer)
    if kind is not None:
        _mark(_of(letter), kind)


def _letter_returned(number: int, kind: _Kind) -> None:
    letter = GiverLetter.objects.filter(pk=number).first()
    if letter is not None:
        _mark(_of(letter), kind)


def _address_returned(address_digest: bytes, kind: _Kind) -> None:
    _mark(Giver.objects.filter(address_digest=address_digest), kind)


def _of(letter: GiverLetter) -> QuerySet[Giver]:
    """Who asked for their link at the public form is known by the address alone."""
    if letter.giver_id is not None:
        return Giver.objects.filter(pk=letter.giver_id)
    if not letter.address_sealed:
        return Giver.objects.none()
    address = mail_addresses.unseal(bytes(letter.address_sealed))
    return Giver.objects.filter(address_digest=mail_addresses.digest(address))


def _mark(givers: QuerySet[Giver], kind: _Kind) -> None:
    """A mailbox that is full today says nothing; one that is not there does."""
    if kind == _Kind.HARD:
        known = givers.filter(mail_returned_at=None, erased_at=None)
        known.update(mail_returned_at=timezone.now())
