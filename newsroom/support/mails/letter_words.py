"""Whom a mail to a giver goes to, whether it may, and what stands in it."""

from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.db.models import Q

from newsroom.core import mail_addresses
from newsroom.newsletters import subscribers
from newsroom.newsletters.models import Suppression
from newsroom.publication import furniture
from newsroom.publication.models import Publication
from newsroom.support.mails import letter_frame, letter_kinds
from newsroom.support.mails.letter_frame import Recipient
from newsroom.support.models import CountryPolicy, GiverLetter
from newsroom.support.people import givers


def message_of(letter: GiverLetter, at: datetime) -> EmailMultiAlternatives | None:
    """The mail, ready to be sent; ``None`` if it is owed no longer.

    Raises ``owed_mail.PutOff`` where it must wait.
    """
    recipient = _recipient(letter)
    if recipient is None or _is_forbidden(letter, recipient):
        return None
    facts = letter_kinds.Facts(letter, recipient, Publication.current(), at)
    with furniture.speaking(recipient.language):
        words = letter_kinds.WORDS[GiverLetter.Kind(letter.kind)](facts)
        if words is None:
            return None
        return letter_frame.message(letter, recipient, words, facts.publication)


def may_remind(language: str) -> bool:
    """Whether who reads pages in this language may be asked, and by mail."""
    policies = CountryPolicy.objects.filter(languages__contains=[language])
    return not policies.filter(Q(never_ask=True) | Q(sends_mail=False)).exists()


def _recipient(letter: GiverLetter) -> Recipient | None:
    if letter.reminder is not None:
        sealed = bytes(letter.reminder.address_sealed)
        if not sealed:
            return None
        address = mail_addresses.unseal(sealed)
        # Who gave before may have asked that nothing in their mailbox name us.
        known = givers.find(address)
        is_neutral = known is not None and known.is_neutral
        return Recipient(address, letter.reminder.language, is_neutral)
    giver = letter.giver
    if giver is None and letter.address_sealed:
        giver = givers.find(mail_addresses.unseal(letter.address_sealed))
    if giver is None or not giver.address:
        return None
    return Recipient(giver.address, giver.language, giver.is_neutral, giver)


def _is_forbidden(letter: GiverLetter, recipient: Recipient) -> bool:
    """By the policy for a country, or by staff; who complained is not reminded."""
    if letter.reminder is not None:
        if not may_remind(recipient.language):
            return True
    elif letter.contribution is not None:
        if letter.contribution.is_silent:
            return True
    elif recipient.giver is not None and givers.is_silent(recipient.giver):
        return True
    suppression = subscribers.suppression_of(mail_addresses.digest(recipient.address))
    if suppression is None:
        return False
    if letter.reminder is not None:
        return suppression.reason != Suppression.Reason.ERASURE
    return suppression.reason == Suppression.Reason.MANUAL
