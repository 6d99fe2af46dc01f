from newsroom.newsletters.admin.bounces import BounceEventAdmin
from newsroom.newsletters.admin.consent import (
    ConsentEventAdmin,
    ConsentTextAdmin,
    SuppressionAdmin,
)
from newsroom.newsletters.admin.imports import SubscriberImportAdmin
from newsroom.newsletters.admin.issues import IssueAdmin
from newsroom.newsletters.admin.newsletters import NewsletterAdmin
from newsroom.newsletters.admin.segments import SegmentAdmin
from newsroom.newsletters.admin.subscribers import SubscriberAdmin

__all__ = [
    "BounceEventAdmin",
    "ConsentEventAdmin",
    "ConsentTextAdmin",
    "IssueAdmin",
    "NewsletterAdmin",
    "SegmentAdmin",
    "SubscriberAdmin",
    "SubscriberImportAdmin",
    "SuppressionAdmin",
]
