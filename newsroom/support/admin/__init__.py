from newsroom.support.admin.asking import AskingAdmin
from newsroom.support.admin.bank import BankLineAdmin
from newsroom.support.admin.campaigns import CampaignAdmin
from newsroom.support.admin.events import DifferenceAdmin, WebhookEventAdmin
from newsroom.support.admin.gifts import ContributionAdmin
from newsroom.support.admin.givers import GiverAdmin
from newsroom.support.admin.looks import GiverLookAdmin, ReminderAdmin
from newsroom.support.admin.prompts import PromptAdmin
from newsroom.support.admin.reasons import QuestionAdmin, SpendingAdmin
from newsroom.support.admin.recurring import RecurringAdmin
from newsroom.support.admin.terms import (
    CountryPolicyAdmin,
    ExchangeRateAdmin,
    FreeAmountAdmin,
    PaymentMethodAdmin,
)

__all__ = [
    "AskingAdmin",
    "BankLineAdmin",
    "CampaignAdmin",
    "ContributionAdmin",
    "CountryPolicyAdmin",
    "DifferenceAdmin",
    "ExchangeRateAdmin",
    "FreeAmountAdmin",
    "GiverAdmin",
    "GiverLookAdmin",
    "PaymentMethodAdmin",
    "PromptAdmin",
    "QuestionAdmin",
    "RecurringAdmin",
    "ReminderAdmin",
    "SpendingAdmin",
    "WebhookEventAdmin",
]
