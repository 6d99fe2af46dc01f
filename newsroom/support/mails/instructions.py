"""The mail that says how to transfer a gift, in its giver's language."""

from django.utils import translation

from newsroom.support.mails import letters
from newsroom.support.models import Contribution, GiverLetter
from newsroom.support.payments import bank_transfer


def mail(contribution_id: int) -> None:
    """Once for each gift."""
    gifts = Contribution.objects.select_related("giver")
    gift = gifts.filter(pk=contribution_id, state="pending").first()
    if gift is None or gift.giver is None:
        return
    with translation.override(gift.giver.language):
        lines = bank_transfer.lines(gift)
    letters.queue(
        GiverLetter.Kind.INSTRUCTIONS,
        f"instructions:{gift.pk}",
        contribution=gift,
        facts={"lines": lines},
    )
