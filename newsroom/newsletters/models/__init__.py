from newsroom.newsletters.models.consent import ConsentEvent, ConsentText
from newsroom.newsletters.models.delivery import (
    BounceEvent,
    ClickTotal,
    Delivery,
    ReportTotal,
    SenderUse,
)
from newsroom.newsletters.models.issue import Issue, IssueItem
from newsroom.newsletters.models.letter import (
    Letter,
    LimitKey,
    LimitUse,
    ReaderRequest,
)
from newsroom.newsletters.models.newsletter import Newsletter, Rule, SequenceStep
from newsroom.newsletters.models.subscriber import (
    Segment,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
)

__all__ = [
    "BounceEvent",
    "ClickTotal",
    "ConsentEvent",
    "ConsentText",
    "Delivery",
    "Issue",
    "IssueItem",
    "Letter",
    "LimitKey",
    "LimitUse",
    "Newsletter",
    "ReaderRequest",
    "ReportTotal",
    "Rule",
    "Segment",
    "SenderUse",
    "SequenceStep",
    "Subscriber",
    "SubscriberImport",
    "Subscription",
    "Suppression",
]
