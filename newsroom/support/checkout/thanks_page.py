"""What the page after a payment says, by how the gift stands."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from newsroom.support import money
from newsroom.support.mails import thanks
from newsroom.support.models import Contribution
from newsroom.support.payments import bank_transfer
from newsroom.support.people import givers

State = Contribution.State
Verdict = Contribution.Verdict

# A card that was declined may have been followed by one that paid: providers lead here
# only then, and their word on it comes a little later.
WORD_COMES_WITHIN = timedelta(hours=1)

STILL_WAITING = "waiting"
PAID = "paid"
REFUSED = "refused"
FAILED = "failed"
GIVEN_BACK = "given_back"
TO_TRANSFER = "transfer"


def context_of(gift: Contribution) -> dict[str, Any]:
    """The template's words; in the language that is spoken."""
    standing = standing_of(gift)
    campaign = gift.campaign
    words = campaign.thanks if campaign and standing == PAID else ""
    # The page is seen by whoever paid, who may have written another's address.
    is_first = gift.giver is not None and not givers.has_given(
        gift.giver, besides=gift.pk
    )
    return {
        "gift": gift,
        "standing": standing,
        "amount": thanks.amount_of(gift),
        "sum": money.written(gift.amount_minor, gift.currency),
        "words": thanks.filled(words, gift, by_name=is_first) if words else "",
        "signature": campaign.thanks_signature if campaign and words else "",
    }


def standing_of(gift: Contribution, *, at: datetime | None = None) -> str:
    """Paid counts only with the verdict on the card's country."""
    if gift.verdict == Verdict.REFUSED or gift.state == State.QUARANTINED:
        return REFUSED
    if gift.state == State.PENDING and gift.provider == bank_transfer.NAME:
        return TO_TRANSFER
    if gift.state == State.FAILED and _is_old(gift, at or timezone.now()):
        return FAILED
    if gift.state in (State.REFUNDED, State.DISPUTED):
        return GIVEN_BACK
    if gift.state == State.SUCCEEDED and gift.verdict == Verdict.ACCEPTED:
        return PAID
    return STILL_WAITING


def _is_old(gift: Contribution, at: datetime) -> bool:
    return gift.created_at < at - WORD_COMES_WITHIN
