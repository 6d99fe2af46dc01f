"""The client of Stripe's API, with its version, its patience and its errors set."""

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import stripe
import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from newsroom.support.payments.interface import NotPossible, Unreachable

log = structlog.get_logger()

# The version whose forms we read; webhooks are to be set up with the same.
API_VERSION = "2026-10-28.endive"
_TIMEOUTS = (3.05, 15.0)  # seconds to connect, to answer
_RETRIES = 2

# It reports what it measures, and writes what the API says of people into the log.
stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.CRITICAL)


@functools.lru_cache(maxsize=2)
def _made_for(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else None,
        max_network_retries=_RETRIES,
        http_client=stripe.RequestsClient(timeout=_TIMEOUTS),
    )


def client() -> stripe.StripeClient:
    if not settings.STRIPE_SECRET_KEY:
        raise Unreachable("STRIPE_SECRET_KEY is not set")
    return _made_for(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@contextmanager
def asking() -> Iterator[None]:
    """Its errors in our words; its own may hold what a giver typed."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        log.warning("stripe_refused", code=error.code, param=error.param)
        words = _("The payment provider does not do this (%(code)s).")
        raise NotPossible(words % {"code": error.code or error.http_status}) from None
    except stripe.StripeError as error:
        raise Unreachable(f"Stripe: {type(error).__name__}") from None
