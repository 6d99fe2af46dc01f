"""How a mail to a giver is made of its words: sender, frame, attachments.

Whoever asked for neutral mails gets none whose sender, subject or frame names us.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from newsroom.publication import furniture
from newsroom.publication.models import Publication
from newsroom.support.mails import neutrality, returned
from newsroom.support.models import Asking, Giver, GiverLetter


@dataclass(frozen=True)
class Recipient:
    address: str
    language: str
    is_neutral: bool = False
    giver: Giver | None = None


@dataclass(frozen=True)
class Words:
    """Plain text: what a giver or an editor wrote is escaped where it is shown."""

    subject: str
    before: str
    signature: str = ""
    rows: Sequence[tuple[str, str]] = ()
    # What it says, and where it leads.
    button: tuple[str, str] | None = None
    second: tuple[str, str] | None = None
    after: Sequence[str] = ()
    # Name and bytes of each PDF.
    files: Sequence[tuple[str, bytes]] = ()


def message(
    letter: GiverLetter, recipient: Recipient, words: Words, publication: Publication
) -> EmailMultiAlternatives:
    """The mail in the language that is spoken."""
    asking = Asking.current()
    subject = asking.neutral_subject if recipient.is_neutral else words.subject
    context = {
        "words": words,
        # In one line, whatever an editor or a giver wrote into it.
        "subject": " ".join(subject.split()),
        "publication": None if recipient.is_neutral else publication,
        "site_url": settings.SITE_URL,
        "language": recipient.language,
        "direction": furniture.direction(recipient.language),
    }
    text = render_to_string("support/mail/letter.txt", context).strip() + "\n"
    html = render_to_string("support/mail/letter.html", context)
    sender = _sender(recipient, publication, asking)
    made = EmailMultiAlternatives(
        str(context["subject"]),
        text,
        from_email=sender,
        to=[recipient.address],
        reply_to=_reply_to(recipient, publication),
        headers={
            "Message-ID": returned.message_id(letter, sender),
            "Auto-Submitted": "auto-generated",
        },
    )
    made.attach_alternative(html, "text/html")
    for name, content in words.files:
        made.attach(name, content, "application/pdf")
    # Its domain may name us, and any mailbox shows it.
    if not recipient.is_neutral:
        returned.give_return_path(letter, made)
    return made


def _sender(recipient: Recipient, publication: Publication, asking: Asking) -> str:
    if recipient.is_neutral:
        return formataddr((_one_line(asking.neutral_sender), neutrality.address()))
    sender: str = settings.DEFAULT_FROM_EMAIL
    return sender if "<" in sender else formataddr((publication.name, sender))


def _reply_to(recipient: Recipient, publication: Publication) -> list[str]:
    if recipient.is_neutral or not publication.contact_email:
        return []
    return [publication.contact_email]


def _one_line(words: str) -> str:
    return " ".join(words.split())
