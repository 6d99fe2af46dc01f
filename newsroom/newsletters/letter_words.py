"""What stands in each kind of letter, and from whom it comes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from newsroom.core import mail_addresses
from newsroom.newsletters import letter_post, links, subscribers, verp
from newsroom.newsletters.models import (
    Letter,
    Newsletter,
    SequenceStep,
    Subscriber,
    Suppression,
)
from newsroom.publication import furniture
from newsroom.publication.models import Publication

Context = dict[str, Any]


def preferences_url(subscriber: Subscriber) -> str:
    token = links.preferences(subscriber.pk, bytes(subscriber.address_digest))
    return _url("newsletters:preferences", token)


def leave_url(subscriber: Subscriber, newsletter: Newsletter) -> str:
    return _url("newsletters:leave", links.for_ever(subscriber.pk, newsletter.pk))


@dataclass(frozen=True)
class Written:
    """A mail, ready to be sent, and the name of the server that it goes by."""

    message: EmailMultiAlternatives
    server: str


def message_of(letter: Letter, at: datetime) -> Written | None:
    """``None`` if it is owed no longer."""
    address = _address_of(letter)
    suppression = subscribers.suppression_of(mail_addresses.digest(address))
    if suppression is not None and _stops(letter, suppression):
        return None
    context = _CONTEXTS[Letter.Kind(letter.kind)](letter, at)
    if context is None:
        return None
    return _written(letter, address, context)


def message_id(letter: Letter) -> str:
    """The same however often it is tried."""
    return verp.message_id_of_letter(letter.pk)


def _address_of(letter: Letter) -> str:
    if letter.kind == Letter.Kind.MOVE:
        return mail_addresses.unseal(letter.new_address_sealed)
    return letter.subscriber.address


def _stops(letter: Letter, suppression: Suppression) -> bool:
    """A fresh sign-up is answered even so, unless staff forbade the address."""
    if suppression.reason == Suppression.Reason.MANUAL:
        return True
    return letter.kind == Letter.Kind.SEQUENCE


def _confirm(letter: Letter, at: datetime) -> Context | None:
    newsletters = _named(letter)
    if not newsletters:
        return None
    facts = {"s": letter.subscriber_id, "at": at.timestamp(), **letter.facts}
    token = links.for_a_while("confirm", facts)
    return {
        "newsletters": newsletters,
        "confirm_url": _url("newsletters:confirm", token),
        "days": links.CONFIRMATION_LASTS.days,
    }


def _known(letter: Letter, at: datetime) -> Context | None:
    newsletters = _named(letter)
    return {"newsletters": newsletters} | _own_page(letter) if newsletters else None


def _link(letter: Letter, at: datetime) -> Context | None:
    return _own_page(letter)


def _move(letter: Letter, at: datetime) -> Context | None:
    facts = {"s": letter.subscriber_id, "m": letter.pk}
    return {
        "move_url": _url("newsletters:move", links.for_a_while("move", facts)),
        "days": links.CONFIRMATION_LASTS.days,
    }


def _sequence(letter: Letter, at: datetime) -> Context | None:
    step = (
        SequenceStep.objects.filter(pk=letter.facts["step"], is_active=True)
        .select_related("newsletter")
        .first()
    )
    if step is None:
        return None
    subscriptions = letter.subscriber.subscriptions.confirmed()
    if not subscriptions.filter(newsletter=step.newsletter).exists():
        return None
    return {
        "newsletters": [step.newsletter],
        "step": step,
        "leave_url": leave_url(letter.subscriber, step.newsletter),
    } | _own_page(letter)


_CONTEXTS: dict[Letter.Kind, Callable[[Letter, datetime], Context | None]] = {
    Letter.Kind.CONFIRM: _confirm,
    Letter.Kind.KNOWN: _known,
    Letter.Kind.LINK: _link,
    Letter.Kind.MOVE: _move,
    Letter.Kind.SEQUENCE: _sequence,
}


def _named(letter: Letter) -> list[Newsletter]:
    return list(Newsletter.objects.filter(pk__in=letter.facts["newsletters"]))


def _own_page(letter: Letter) -> Context:
    return {
        "preferences_url": preferences_url(letter.subscriber),
        "days": links.PREFERENCES_LAST.days,
    }


def _written(letter: Letter, address: str, context: Context) -> Written:
    publication = Publication.current()
    language = letter.subscriber.language
    with furniture.speaking(language):
        context = context | {
            "publication": publication,
            "site_url": settings.SITE_URL,
            "language": language,
            "direction": furniture.direction(language),
        }
        template = f"newsletters/letters/{letter.kind}"
        subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
        text = render_to_string(f"{template}.txt", context).strip() + "\n"
        html = render_to_string(f"{template}.html", context | {"subject": subject})
    named = context.get("newsletters", [])
    message = EmailMultiAlternatives(
        subject,
        text,
        from_email=_sender(publication, named),
        to=[address],
        reply_to=_reply_to(publication, named),
        headers=_headers(letter, context),
    )
    message.attach_alternative(html, "text/html")
    return Written(message, letter_post.server_of(named))


def _sender(publication: Publication, named: list[Newsletter]) -> str:
    """The newsletter's, where the letter is about one."""
    if len(named) == 1:
        name = named[0].sender_name or publication.name
        address = named[0].sender_address or settings.DEFAULT_FROM_EMAIL
    else:
        name, address = publication.name, settings.DEFAULT_FROM_EMAIL
    # The setting may bring a name of its own.
    return address if "<" in address else formataddr((name, address))


def _reply_to(publication: Publication, named: list[Newsletter]) -> list[str]:
    answers = named[0].reply_to if len(named) == 1 else ""
    answers = answers or publication.contact_email
    return [answers] if answers else []


def _headers(letter: Letter, context: Context) -> dict[str, str]:
    headers = {"Message-ID": message_id(letter), "Auto-Submitted": "auto-generated"}
    if leave := context.get("leave_url"):
        headers["List-Unsubscribe"] = f"<{leave}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    return headers


def _url(view: str, token: str) -> str:
    # Not ``path_to``, which would keep the token.
    path = reverse(view, args=[token])
    return f"{settings.SITE_URL}{path}"
