"""Parts of the readers, by conditions that are looked at each time they are needed.

Conditions are about one subscription: its state, how and when somebody came to it. If
newsletters are named, it is a subscription to one of them, otherwise the one that the
mail is for. What readers read is not kept, so nothing here can ask for it.
"""

from datetime import date, datetime, time
from typing import Any, TypedDict

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from newsroom.newsletters.models import Segment, Subscriber, Subscription
from newsroom.publication.models import Publication

State = Subscription.State


class Conditions(TypedDict, total=False):
    """What ``Segment.conditions`` holds; what is missing or empty asks for nothing."""

    newsletters: list[int]
    # Newsletters that they are not subscribed to.
    without: list[int]
    state: str  # confirmed where it is missing
    sources: list[str]
    languages: list[str]
    joined_after: str  # a day such as 2026-03-01, that day included
    joined_before: str  # a day, that day not included


def narrow(
    subscriptions: QuerySet[Subscription], segment: Segment
) -> QuerySet[Subscription]:
    """Those of the subscriptions whose readers belong to the segment."""
    return _narrow(subscriptions, segment.conditions)


def matching(conditions: Any) -> QuerySet[Subscriber]:
    """The readers who meet the conditions, each once."""
    subscriptions = _narrow(Subscription.objects.all(), conditions)
    return Subscriber.objects.filter(
        Exists(subscriptions.filter(subscriber=OuterRef("pk")))
    )


def count(conditions: Any) -> int:
    """How many readers meet the conditions now."""
    subscriptions = _narrow(Subscription.objects.all(), conditions)
    return subscriptions.values("subscriber_id").distinct().count()


def _narrow(
    subscriptions: QuerySet[Subscription], conditions: Conditions
) -> QuerySet[Subscription]:
    own = _of_one_subscription(conditions)
    if named := conditions.get("newsletters"):
        to_one_of_them = Subscription.objects.filter(
            own, newsletter__in=named, subscriber=OuterRef("subscriber")
        )
        subscriptions = subscriptions.filter(Exists(to_one_of_them))
    else:
        subscriptions = subscriptions.filter(own)
    if languages := conditions.get("languages"):
        subscriptions = subscriptions.filter(subscriber__language__in=languages)
    if others := conditions.get("without"):
        also = Subscription.objects.confirmed().filter(
            newsletter__in=others, subscriber=OuterRef("subscriber")
        )
        subscriptions = subscriptions.exclude(Exists(also))
    return subscriptions


def _of_one_subscription(conditions: Conditions) -> Q:
    state = conditions.get("state") or State.CONFIRMED
    joined = "confirmed_at" if state == State.CONFIRMED else "requested_at"
    condition = Q(state=state)
    if sources := conditions.get("sources"):
        condition &= Q(source__in=sources)
    if day := conditions.get("joined_after"):
        condition &= Q(**{f"{joined}__gte": _start_of(day)})
    if day := conditions.get("joined_before"):
        condition &= Q(**{f"{joined}__lt": _start_of(day)})
    return condition


def _start_of(day: str) -> datetime:
    """Midnight on the newsroom's clock."""
    zone = Publication.current().zone
    return timezone.make_aware(datetime.combine(date.fromisoformat(day), time()), zone)
