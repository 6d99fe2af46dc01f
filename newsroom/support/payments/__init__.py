"""The providers that money may come through. A new one is a module and a line here."""

from importlib import import_module

from django.conf import settings

from newsroom.support.payments.interface import Provider

PROVIDERS = {
    "stripe": "newsroom.support.payments.stripe",
    "bank_transfer": "newsroom.support.payments.bank_transfer",
    "sandbox": "newsroom.support.payments.sandbox",
}
SANDBOX = "sandbox"


class Unknown(LookupError):
    """No provider of this name, or one that must not be used here."""


def named(name: str) -> Provider:
    """Raises ``Unknown``; also for the sandbox, wherever this is not the demo."""
    if name not in PROVIDERS or (name == SANDBOX and not settings.DEMO):
        raise Unknown(name)
    provider: Provider = import_module(PROVIDERS[name]).provider()
    return provider


def active() -> list[str]:
    """The names of those that can take money here."""
    names = [name for name in PROVIDERS if name != SANDBOX or settings.DEMO]
    return [name for name in names if named(name).is_set_up()]
