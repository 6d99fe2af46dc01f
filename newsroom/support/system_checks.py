"""Refuses to start with settings of payments that cannot work."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from newsroom.support.payments import bank_transfer

_LOCAL = {"127.0.0.1", "localhost", "::1"}


@checks.register
def payment_settings(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    return [
        checks.Error(words, id=f"support.{number}")
        for number, words in [*_stripe(), *_bank()]
    ]


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
