"""Refuses to start where the sandbox could take gifts for real ones."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from newsroom.support import payments
from newsroom.support.models import PaymentMethod


@checks.register(checks.Tags.database)
def sandbox_stays_in_the_demo(
    app_configs: Any, databases: Any = None, **options: Any
) -> list[checks.CheckMessage]:
    """Run by what may ask the database: ``migrate``, and the start of a process."""
    if settings.DEMO or not databases:
        return []
    offered = PaymentMethod.objects.filter(provider=payments.SANDBOX, is_active=True)
    try:
        is_offered = offered.exists()
    except DatabaseError:  # not migrated yet: then nothing is offered either
        return []
    if not is_offered:
        return []
    words = (
        "A payment method of the sandbox is offered, and this is not the demo: no "
        "money would come. Switch it off, or delete it, under “Payment methods”."
    )
    return [checks.Error(words, id="support.E010")]
