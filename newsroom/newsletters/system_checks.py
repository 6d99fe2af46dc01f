"""Refuses to start with settings of mail that cannot work."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import DomainNameValidator

from newsroom.newsletters import mailboxes, provider_events, signing, webhook


@checks.register
def mail_settings(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    return [*_bounces(), *_provider(), *_signing()]


def _bounces() -> list[checks.CheckMessage]:
    problems: list[checks.CheckMessage] = []
    if settings.BOUNCE_DOMAIN:
        try:
            DomainNameValidator()(settings.BOUNCE_DOMAIN)
        except ValidationError:
            words = "BOUNCE_DOMAIN is not a domain, such as bounces.example.org."
            problems.append(checks.Error(words, id="newsletters.E001"))
    key = settings.BOUNCE_WEBHOOK_KEY
    if key and len(key) < webhook.SHORTEST_KEY:
        words = (
            f"BOUNCE_WEBHOOK_KEY is too short: give it {webhook.SHORTEST_KEY} random "
            "characters or more."
        )
        problems.append(checks.Error(words, id="newsletters.E002"))
    place = settings.BOUNCE_MAILBOX_URL
    if "://" in place and not place.startswith("imaps://"):
        words = f"BOUNCE_MAILBOX_URL needs the form {mailboxes.FORMS}."
        problems.append(checks.Error(words, id="newsletters.E003"))
    return problems


def _provider() -> list[checks.CheckMessage]:
    provider = settings.ANYMAIL_PROVIDER
    if not provider:
        return []
    if not provider_events.webhooks(provider):
        words = f"ANYMAIL_PROVIDER names no provider of django-anymail: {provider}."
        return [checks.Error(words, id="newsletters.E004")]
    if not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        words = (
            "ANYMAIL needs WEBHOOK_SECRET, a random user:password that stands in the "
            "address given to the provider: without it anybody could report bounces."
        )
        return [checks.Error(words, id="newsletters.E005")]
    return []


def _signing() -> list[checks.CheckMessage]:
    try:
        signing.signer()
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="newsletters.E006")]
    return []
