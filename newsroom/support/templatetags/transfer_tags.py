"""What a transfer needs, for the page after “Continue”."""

from django import template

from newsroom.support.models import Contribution
from newsroom.support.payments import bank_transfer

register = template.Library()


@register.simple_tag
def transfer_lines(gift: Contribution) -> list[tuple[str, str]]:
    return bank_transfer.lines(gift)
