"""Mail to people about how they sign in, and the link that sets a password.

Links lead to ``SITE_URL``, whatever host a request named. Jobs call this with no more
than whom the mail is for: no address and no link stands among the jobs.
"""

from datetime import datetime

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from newsroom.accounts.models import User
from newsroom.publication.models import Publication


def link(person: User) -> str:
    """A link that sets a password once, until ``PASSWORD_RESET_TIMEOUT`` is over."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(person),
            "key": default_token_generator.make_token(person),
        },
    )
    return f"{settings.SITE_URL}{path}"


def mail_link(user_id: int) -> None:
    person = User.objects.filter(pk=user_id, is_active=True).first()
    if person is not None and person.email:
        _mail(person, "account/email/password_reset_key", {"link": link(person)})


def mail_notice(user_id: int, template_prefix: str, at: datetime) -> None:
    """Tell somebody what changed about how they sign in."""
    person = User.objects.filter(pk=user_id).first()
    if person is not None and person.email:
        _mail(person, template_prefix, {"at": at})


def _mail(person: User, template_prefix: str, context: dict[str, object]) -> None:
    publication = Publication.current()
    context = context | {
        "person": person,
        "publication": publication,
        "sign_in": f"{settings.SITE_URL}{reverse('account_login')}",
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    with timezone.override(publication.zone):
        subject = render_to_string(f"{template_prefix}_subject.txt", context)
        body = render_to_string(f"{template_prefix}_message.txt", context)
    EmailMessage(
        " ".join(subject.split()), body.strip() + "\n", to=[person.email]
    ).send()
