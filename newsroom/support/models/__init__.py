from newsroom.support.models.campaign import (
    Asking,
    Campaign,
    Frequency,
    Prompt,
    PromptVariant,
    TargetingRule,
    VariantTotal,
)
from newsroom.support.models.events import (
    BankLine,
    Difference,
    GiverLetter,
    GiverLook,
    Reminder,
    WebhookEvent,
)
from newsroom.support.models.money import (
    Contribution,
    ExchangeRate,
    Giver,
    LedgerEntry,
    RecurringContribution,
    RefundOrder,
)
from newsroom.support.models.presses import Press
from newsroom.support.models.reasons import Question, Spending, SpendingShare
from newsroom.support.models.sandbox import (
    Sandbox,
    SandboxCheckout,
    SandboxDispute,
    SandboxEvent,
    SandboxPayment,
    SandboxRefund,
    SandboxSubscription,
)
from newsroom.support.models.terms import (
    AmountChoice,
    CountryPolicy,
    FreeAmount,
    PaymentMethod,
)

__all__ = [
    "AmountChoice",
    "Asking",
    "BankLine",
    "Campaign",
    "Contribution",
    "CountryPolicy",
    "Difference",
    "ExchangeRate",
    "FreeAmount",
    "Frequency",
    "Giver",
    "GiverLetter",
    "GiverLook",
    "LedgerEntry",
    "PaymentMethod",
    "Press",
    "Prompt",
    "PromptVariant",
    "Question",
    "RecurringContribution",
    "RefundOrder",
    "Reminder",
    "Sandbox",
    "SandboxCheckout",
    "SandboxDispute",
    "SandboxEvent",
    "SandboxPayment",
    "SandboxRefund",
    "SandboxSubscription",
    "Spending",
    "SpendingShare",
    "TargetingRule",
    "VariantTotal",
    "WebhookEvent",
]
