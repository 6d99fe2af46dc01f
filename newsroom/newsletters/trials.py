"""Test mails of an issue: to oneself or to a few colleagues, before it goes out.

They count nowhere, and their links to unsubscribe lead to the newsletter's own page.
"""

import logging
from collections.abc import Sequence
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from newsroom.newsletters import letter_post, rendering, senders
from newsroom.newsletters.models import Issue
from newsroom.newsletters.rendering import Links, Rendered
from newsroom.publication.models import Publication

log = logging.getLogger(__name__)

MOST = 20


def send(issue: Issue, addresses: Sequence[str], *, format: str = "full") -> int:
    """Send the issue as it is saved. Returns how many the mail server took."""
    page = settings.SITE_URL + issue.newsletter.get_absolute_url()
    mail = rendering.render(
        issue,
        language=issue.newsletter.language,
        format=format,
        links=Links(leave=page, preferences=page),
        is_test=True,
    )
    connection = letter_post.connection_to(
        senders.named(letter_post.server_of([issue.newsletter]))
    )
    taken = 0
    # One mail each: nobody learns whom else it went to.
    for address in addresses[:MOST]:
        message = _message(issue, mail, address)
        try:
            taken += connection.send_messages([message]) or 0
        except OSError as error:
            # The error of a mail server names the address: only its kind is noted.
            log.warning("A test mail was refused: %s", type(error).__name__)
    return taken


def sender(issue: Issue) -> str:
    """Whom the issue comes from, name and address."""
    newsletter = issue.newsletter
    name = issue.sender_name or newsletter.sender_name or Publication.current().name
    _name, address = parseaddr(newsletter.sender_address or settings.DEFAULT_FROM_EMAIL)
    return formataddr((name, address))


def _message(issue: Issue, mail: Rendered, address: str) -> EmailMultiAlternatives:
    reply_to = issue.newsletter.reply_to or Publication.current().contact_email
    message = EmailMultiAlternatives(
        subject=f"[{_('Test')}] {mail.subject}",
        body=mail.text,
        from_email=sender(issue),
        to=[address],
        reply_to=[reply_to] if reply_to else None,
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(mail.html, "text/html")
    return message
