"""For the sandbox's own pages."""

from typing import Any

from django import template

from newsroom.support import money

register = template.Library()


@register.simple_tag
def amount(row: Any, amount_minor: int | None = None) -> str:
    """Of a row with a currency: its own amount, or another."""
    minor = row.amount_minor if amount_minor is None else amount_minor
    return money.written(minor, row.currency)
