"""What the tests of the staff's pages share: a whole house of reader support."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from newsroom.accounts import roles
from newsroom.core import mail_addresses
from newsroom.support.models import (
    BankLine,
    Campaign,
    Contribution,
    CountryPolicy,
    Difference,
    ExchangeRate,
    Giver,
    GiverLetter,
    GiverLook,
    PaymentMethod,
    Prompt,
    PromptVariant,
    RecurringContribution,
    RefundOrder,
    Reminder,
    VariantTotal,
    WebhookEvent,
)
from tests import make
from tests.newsroom.support import appeals, people

NAME = "Anna Canaryname"
ADDRESS = "canary.anna@reader.example"
MESSAGE = "Canarymessage: keep going"
PAYER = "Canarypayer Anna"
# What no page may show to whoever may not see givers.
CANARIES = ("Canaryname", "canary.anna", "Canarymessage", "Canarypayer")


def staff(**values):
    return make.user(roles.SUPPORT_STAFF, **values)


@dataclass
class House:
    """One of each, with givers' data that are easy to find again."""

    campaign: Campaign
    prompt: Prompt
    variant: PromptVariant
    giver: Giver
    gift: Contribution
    recurring: RecurringContribution
    event: WebhookEvent
    difference: Difference
    line: BankLine
    look: GiverLook
    reminder: Reminder
    rate: ExchangeRate
    policy: CountryPolicy
    method: PaymentMethod


def house() -> House:
    appeals.amounts()
    now = timezone.now()
    campaign = appeals.campaign(
        name="Winter fund",
        purpose="The harbour files",
        goal_minor=500_000,
        goal_currency="USD",
    )
    prompt = appeals.prompt(
        campaign=campaign, wordings=("<p>One</p>", "<p>Two</p>"), rule={}
    )
    variant = prompt.variants.order_by("pk")[0]
    VariantTotal.objects.create(
        variant=variant, day=date(2026, 11, 1), shown=1200, closed=80, continued=40
    )
    giver = people.giver(ADDRESS, name=NAME)
    recurring = people.running(giver, campaign=campaign, variant=variant)
    gift = people.gift(
        giver,
        campaign=campaign,
        variant=variant,
        recurring=recurring,
        message_sealed=mail_addresses.seal(MESSAGE),
        paid_at=now,
    )
    people.moved(gift, "fee", -102, at=now)
    people.gift(giver, state="quarantined", verdict="refused", is_silent=True)
    failed = people.gift(giver)
    RefundOrder.objects.create(
        contribution=failed, amount_minor=500, due_at=now, state="failed", trouble="No"
    )
    GiverLetter.objects.create(
        kind="thanks",
        giver=giver,
        contribution=gift,
        key="thanks:1",
        due_at=now,
        attempts=10,
        given_up_at=now,
    )
    return House(
        campaign=campaign,
        prompt=prompt,
        variant=variant,
        giver=giver,
        gift=gift,
        recurring=recurring,
        event=WebhookEvent.objects.create(
            provider="stripe",
            event_id="evt_1",
            kind="charge.refunded",
            body_sealed=mail_addresses.seal(PAYER),
            state="stuck",
            attempts=16,
            trouble="CannotApply: no such payment",
            happened_at=now,
        ),
        difference=Difference.objects.create(
            provider="stripe", ref="pi_1", what="missing", theirs="$5"
        ),
        line=BankLine.objects.create(
            ref="line-1",
            booked_on=date(2026, 11, 20),
            amount_minor=2500,
            currency="USD",
            payer_sealed=mail_addresses.seal(PAYER),
            purpose_sealed=mail_addresses.seal(MESSAGE),
        ),
        look=GiverLook.objects.create(user=staff(), giver_id=giver.pk, what="page"),
        reminder=Reminder.objects.create(
            address_sealed=mail_addresses.seal(ADDRESS),
            address_digest=mail_addresses.digest(ADDRESS),
            due_on=timezone.localdate() + timedelta(days=30),
        ),
        rate=ExchangeRate.objects.create(
            day=date(2026, 11, 20),
            currency="EUR",
            into="USD",
            rate="1.08",
            source="ECB",
        ),
        policy=CountryPolicy.objects.create(
            country="RU", name="Russia", warning="Giving may be punished."
        ),
        method=appeals.method(),
    )
