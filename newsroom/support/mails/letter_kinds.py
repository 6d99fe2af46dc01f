"""The words of each kind of mail to a giver."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsroom.core import owed_mail
from newsroom.publication.models import Publication
from newsroom.support import money
from newsroom.support.mails import receipts, thanks
from newsroom.support.mails.letter_frame import Recipient, Words
from newsroom.support.models import (
    Contribution,
    Giver,
    GiverLetter,
    RecurringContribution,
)
from newsroom.support.people import links

Kind = GiverLetter.Kind

_NOT_KNOWN_YET = timedelta(hours=1)
_UNPAID = ("pending", "failed", "quarantined")


@dataclass(frozen=True)
class Facts:
    letter: GiverLetter
    recipient: Recipient
    publication: Publication
    at: datetime

    @property
    def us(self) -> str:
        """How we name ourselves within a sentence."""
        return _("us") if self.recipient.is_neutral else self.publication.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.publication.time_zone)


def mine_url(giver: Giver) -> str:
    """The giver's own page, by a fresh link."""
    return _url("support:mine", links.mine(giver))


def _thanks(facts: Facts) -> Words | None:
    gift = _paid_gift(facts)
    if gift is None:
        return None
    campaign = gift.campaign
    words = _("Thank you, {name}. Your gift of {amount} has arrived.")
    subject, signature = "", ""
    # The editor's own words name the newsroom.
    if campaign is not None and campaign.thanks and not facts.recipient.is_neutral:
        words, signature = campaign.thanks, campaign.thanks_signature
        subject = thanks.filled(campaign.thanks_subject, gift)
    return Words(
        subject=subject or _("Thank you from %(name)s") % {"name": facts.us},
        before=thanks.filled(words, gift),
        signature=signature,
        rows=_gift_rows(gift, facts),
        button=_mine_button(facts),
        after=[_attached()] if receipts.has_one(gift) else [],
        files=_receipt_file(gift),
    )


def _receipt(facts: Facts) -> Words | None:
    gift = _paid_gift(facts)
    if gift is None:
        return None
    return Words(
        subject=_("Your receipt from %(name)s") % {"name": facts.us},
        before=_("Your gift of %(amount)s has arrived again. Thank you.")
        % {"amount": money.written(gift.amount_minor, gift.currency)},
        rows=_gift_rows(gift, facts),
        button=_mine_button(facts),
        after=[_attached()],
        files=_receipt_file(gift),
    )


def _failed(facts: Facts) -> Words | None:
    payment, recurring = facts.letter.contribution, facts.letter.recurring
    # Paid since, at another try?
    if payment is not None and payment.state != "failed":
        return None
    gift = recurring or payment
    if gift is None or gift.state == "cancelled":
        return None
    amount = thanks.with_frequency(gift.amount_minor, gift.currency, gift.frequency)
    before = _("A payment for your gift of %(amount)s did not go through.")
    if recurring is not None:
        after = _(
            "It will be tried again in the next days. If your card has run out, you "
            "can enter another one on your own page; there you can also end the gift."
        )
    else:
        after = _("Nothing was taken. If you wish, you can try again at any time.")
    return Words(
        subject=_("A payment to %(name)s did not go through") % {"name": facts.us},
        before=before % {"amount": amount},
        button=_mine_button(facts),
        after=[after],
    )


def _card(facts: Facts) -> Words | None:
    recurring = facts.letter.recurring
    if recurring is None or recurring.state == "cancelled" or not recurring.card_ends:
        return None
    return Words(
        subject=_("The card for your gift to %(name)s ends soon") % {"name": facts.us},
        before=_(
            "The card that your gift of %(amount)s comes from is valid until %(day)s. "
            "If you want to go on giving, enter another one before the next payment."
        )
        % {"amount": _terms(recurring), "day": _month(recurring.card_ends)},
        button=_mine_button(facts),
        after=[
            _(
                "The page on which you enter it is the payment provider’s: we never "
                "see the number of a card."
            )
        ],
    )


def _changed(facts: Facts) -> Words | None:
    recurring = facts.letter.recurring
    if recurring is None or recurring.state == "cancelled":
        return None
    rows = [(_("Amount"), _terms(recurring))]
    if recurring.state == "paused":
        before = _("Your gift is paused. Nothing is taken while it is.")
        if recurring.paused_until:
            rows.append((_("Paused until"), _date(recurring.paused_until)))
    else:
        before = _("Your gift has been changed. This is how it stands now:")
        if recurring.next_at:
            rows.append((_("Next payment"), _day(recurring.next_at, facts)))
    return Words(
        subject=_("Your gift to %(name)s has been changed") % {"name": facts.us},
        before=before,
        rows=rows,
        button=_mine_button(facts),
        after=[_("If it was not you, open your own page and set it right.")],
    )


def _ended(facts: Facts) -> Words | None:
    recurring = facts.letter.recurring
    if recurring is None:
        return None
    return Words(
        subject=_("Your gift to %(name)s has ended") % {"name": facts.us},
        before=_(
            "Your gift of %(amount)s has ended. Nothing more will be taken. Thank you "
            "for all that you gave."
        )
        % {"amount": _terms(recurring)},
        button=_mine_button(facts),
        after=[_("Your receipts stay on your own page.")],
    )


def _refunded(facts: Facts) -> Words | None:
    gift = facts.letter.contribution
    if gift is None:
        return None
    back = facts.letter.facts.get("amount_minor") or receipts.given_back(gift)
    return Words(
        subject=_("Money on its way back to you"),
        before=_(
            "We have given back %(back)s of your gift of %(amount)s. Your bank may "
            "take some days to show it."
        )
        % {
            "back": money.written(back or gift.amount_minor, gift.currency),
            "amount": money.written(gift.amount_minor, gift.currency),
        },
        rows=_gift_rows(gift, facts),
        button=_mine_button(facts),
    )


def _explained(facts: Facts) -> Words | None:
    gift = facts.letter.contribution
    if gift is None:
        return None
    return Words(
        subject=_("Your payment is going back to you"),
        before=_(
            "We thank you, and cannot keep your gift of %(amount)s. The card belongs "
            "to a country whose laws could make giving to us dangerous for you, so we "
            "accept nothing from there. The whole sum goes back to where it came from, "
            "usually within ten days."
        )
        % {"amount": money.written(gift.amount_minor, gift.currency)},
        after=[_("You need not do anything. We keep no note of the country.")],
    )


def _link(facts: Facts) -> Words | None:
    days = links.MINE_LASTS.days
    return Words(
        subject=_("Your link: your gifts to %(name)s") % {"name": facts.us},
        before=_(
            "This link leads to your own page: what you gave, receipts, and how to "
            "change, pause or end a gift."
        ),
        button=_mine_button(facts),
        after=[
            ngettext(
                "The link holds for %(days)d day.",
                "The link holds for %(days)d days.",
                days,
            )
            % {"days": days},
            _("If you did not ask for it, do nothing: nothing changes."),
        ],
    )


def _statement(facts: Facts) -> Words | None:
    giver, year = facts.recipient.giver, facts.letter.facts["year"]
    currencies = (
        [
            currency
            for found, currency in receipts.years_of(giver, facts.zone)
            if found == year
        ]
        if giver is not None
        else []
    )
    if giver is None or not currencies:
        return None
    return Words(
        subject=_("Your gifts in %(year)s") % {"year": year},
        before=_("Here are all your gifts of %(year)s on one sheet. Thank you.")
        % {"year": year},
        button=_mine_button(facts),
        files=[
            (
                f"statement-{year}-{currency}.pdf",
                receipts.statement_pdf(giver, year, currency),
            )
            for currency in currencies
        ],
    )


def _instructions(facts: Facts) -> Words | None:
    gift = facts.letter.contribution
    if gift is None or gift.state != "pending":
        return None
    lines = [(str(label), str(value)) for label, value in facts.letter.facts["lines"]]
    return Words(
        subject=_("How to transfer your gift"),
        before=_(
            "Thank you for wanting to give %(amount)s. These are the lines for your "
            "transfer. The reference tells us that it is yours: please copy it exactly."
        )
        % {"amount": thanks.amount_of(gift)},
        rows=lines,
        button=_mine_button(facts),
        after=[_("The receipt comes once the money has arrived.")],
    )


def _reminder(facts: Facts) -> Words | None:
    reminder = facts.letter.reminder
    if reminder is None:
        return None
    stop = _url("support:later_stop", links.reminder(reminder))
    return Words(
        subject=_("You asked us to remind you: %(name)s") % {"name": facts.us},
        before=_(
            "Some time ago you asked us to remind you, about now, of supporting "
            "%(name)s. If it suits you, this is the moment. If not, that is all right."
        )
        % {"name": facts.us},
        button=(_("Support us"), f"{settings.SITE_URL}{reverse('support:page')}"),
        after=[
            _(
                "This is the only mail. With it we have deleted your address, and it "
                "is on no other list of ours."
            ),
        ],
        second=(_("I want no such mail again"), stop),
    )


WORDS: dict[Kind, Callable[[Facts], Words | None]] = {
    Kind.THANKS: _thanks,
    Kind.RECEIPT: _receipt,
    Kind.FAILED: _failed,
    Kind.CARD: _card,
    Kind.CHANGED: _changed,
    Kind.ENDED: _ended,
    Kind.REFUNDED: _refunded,
    Kind.EXPLAINED: _explained,
    Kind.LINK: _link,
    Kind.STATEMENT: _statement,
    Kind.INSTRUCTIONS: _instructions,
    Kind.REMINDER: _reminder,
}


def _paid_gift(facts: Facts) -> Contribution | None:
    """No thanks and no receipt before the card's country is known to be one."""
    gift = facts.letter.contribution
    if gift is None or gift.state in _UNPAID:
        return None
    if gift.verdict == Contribution.Verdict.UNKNOWN:
        raise owed_mail.PutOff(facts.at + _NOT_KNOWN_YET)
    return gift if gift.verdict == Contribution.Verdict.ACCEPTED else None


def _gift_rows(gift: Contribution, facts: Facts) -> list[tuple[str, str]]:
    rows = [(_("Amount"), thanks.amount_of(gift))]
    if gift.paid_at:
        rows.append((_("Date"), _day(gift.paid_at, facts)))
    if gift.receipt_number:
        rows.append((_("Receipt"), str(gift.receipt_number)))
    if gift.descriptor:
        rows.append((_("On your bank statement"), gift.descriptor))
    return rows


def _receipt_file(gift: Contribution) -> list[tuple[str, bytes]]:
    if not receipts.has_one(gift):
        return []
    return [(f"receipt-{gift.receipt_number}.pdf", receipts.pdf(gift))]


def _attached() -> str:
    return _("The receipt is attached, and stays on your own page.")


def _mine_button(facts: Facts) -> tuple[str, str] | None:
    giver = facts.recipient.giver
    return (_("Your own page"), mine_url(giver)) if giver is not None else None


def _terms(recurring: RecurringContribution) -> str:
    return thanks.with_frequency(
        recurring.amount_minor, recurring.currency, recurring.frequency
    )


def _day(at: datetime, facts: Facts) -> str:
    return _date(at.astimezone(facts.zone).date())


def _date(day: date) -> str:
    return formats.date_format(day, "DATE_FORMAT")


def _month(day: date) -> str:
    return formats.date_format(day, "YEAR_MONTH_FORMAT")


def _url(view: str, token: str) -> str:
    # Not ``path_to``, which would keep the token.
    return f"{settings.SITE_URL}{reverse(view, args=[token])}"
