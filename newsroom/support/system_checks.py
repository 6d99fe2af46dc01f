"""Refuses to start with settings of payments that cannot work, and warns of others."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from newsroom.support.mails import neutrality
from newsroom.support.payments import bank_transfer

_LOCAL = {"127.0.0.1", "localhost", "::1"}


@checks.register
def payment_settings(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    return [
        checks.Error(words, id=f"support.{number}")
        for number, words in [*_stripe(), *_bank()]
    ]


@checks.register
def neutral_mail(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    takes_gifts = settings.STRIPE_SECRET_KEY or settings.BANK_HOLDER
    if not neutrality.is_offered():
        words = (
            "NEUTRAL_FROM_EMAIL is not set: givers cannot ask for mails whose sender "
            "does not name us."
        )
        return [checks.Warning(words, id="support.W001")] if takes_gifts else []
    if neutrality.names_us():
        words = (
            "NEUTRAL_FROM_EMAIL has the domain of the site or its usual sender: it "
            "names us all the same. Take an address of another domain."
        )
        return [checks.Warning(words, id="support.W002")]
    return []


def _stripe() -> list[tuple[str, str]]:
    problems = []
    key, secret = settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET
    if key and not key.startswith(("sk_", "rk_")):
        words = "STRIPE_SECRET_KEY is no secret or restricted key: sk_… or rk_…."
        problems.append(("E001", words))
    if key and not secret:
        words = (
            "STRIPE_WEBHOOK_SECRET is missing: without it nobody would learn that a "
            "gift was paid. Stripe shows it where the webhook is set up: whsec_…."
        )
        problems.append(("E002", words))
    if secret and not secret.startswith("whsec_"):
        words = "STRIPE_WEBHOOK_SECRET is not the secret of a webhook: whsec_…."
        problems.append(("E003", words))
    base = urlsplit(settings.STRIPE_API_BASE)
    is_safe = base.scheme == "https" or base.hostname in _LOCAL
    if settings.STRIPE_API_BASE and not is_safe:
        words = "STRIPE_API_BASE must begin with https://, or lead to this machine."
        problems.append(("E004", words))
    return problems


def _bank() -> list[tuple[str, str]]:
    problems = []
    if settings.BANK_IBAN and not bank_transfer.is_iban(settings.BANK_IBAN):
        words = "BANK_IBAN has wrong check digits: transfers would go elsewhere."
        problems.append(("E005", words))
    has_account = settings.BANK_IBAN or settings.BANK_DETAILS
    if has_account and not settings.BANK_HOLDER:
        problems.append(("E006", "BANK_HOLDER is missing: banks compare the name."))
    return problems
