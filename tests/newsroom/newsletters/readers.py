"""What readers do, and what a worker does for them, in the tests of this folder."""

import re

from django.core import mail
from django.urls import reverse

from newsroom.newsletters import letters, sign_up
from newsroom.newsletters.models import ConsentText, Letter, ReaderRequest, Subscriber
from newsroom.newsletters.models.subscriber import Source

SIGN_UP = "/newsletters/sign-up/"
ADDRESS = "maria.reads@reader.example"


def sign_up_form(*newsletters, address=ADDRESS, **values):
    return {
        "email": address,
        "newsletter": [newsletter.pk for newsletter in newsletters],
        "consent": "on",
        "source": Source.ARTICLE,
        "text": ConsentText.objects.get().pk,
        "variant": "box",
    } | values


def work():
    """Take up what was asked for, and send what is due."""
    for request in ReaderRequest.objects.order_by("pk"):
        sign_up.take_up(request.pk)
    letters.deliver_due()


def link(message):
    """The path of the first link of a letter that is not the front page."""
    return re.search(r"http://[^/\s]+(/newsletters/\S+)", message.body)[1]


def only_mail():
    [message] = mail.outbox
    return message


def own_page(subscriber: Subscriber) -> str:
    """The path of somebody's preference page."""
    letter = letters.queue(Letter.Kind.LINK, subscriber, {})
    letters.deliver(letter.pk)
    return link(mail.outbox.pop())


def path(view: str, *parts) -> str:
    return reverse(f"newsletters:{view}", args=parts)
