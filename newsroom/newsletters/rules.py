"""Issues that come by the clock: “every Friday at 07:00, the week's stories”.

A slot is an hour of a rule by its newsletter's clock. The job that looks for due ones
may run late, twice, or on two machines: each slot gives one issue at most.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone

from newsroom.newsletters import composing, sending
from newsroom.newsletters.models import Issue, Rule

log = logging.getLogger(__name__)

# What was missed by more than this waits until somebody approves it.
TOO_LATE = timedelta(hours=6)


def make_due(at: datetime | None = None) -> list[Issue]:
    """Make the issues whose hour has come, and send those that go by themselves."""
    at = at or timezone.now()
    made = []
    for rule in Rule.objects.filter(is_active=True).select_related("newsletter"):
        slot = latest_slot(rule, at)
        if slot is None:
            continue
        try:
            issue = _make(rule.pk, slot, at)
        except Exception:
            # One rule that fails stops none of the others; the next run tries again.
            log.exception("Rule %s made no issue", rule.pk)
            continue
        if issue is not None:
            made.append(issue)
    return made


def latest_slot(rule: Rule, at: datetime) -> datetime | None:
    """The newest hour of a rule that has come and is not dealt with.

    Of several that were missed only the newest counts: nobody wants three at once.
    """
    zone = rule.newsletter.zone
    for slot in _slots_back_from(rule, at, zone):
        return slot if slot > rule.done_until else None
    return None


def next_slot(rule: Rule, at: datetime | None = None) -> datetime | None:
    at = at or timezone.now()
    zone = rule.newsletter.zone
    today = at.astimezone(zone).date()
    for days in range(9):
        day = today + timedelta(days=days)
        if day.weekday() in rule.weekdays:
            slot = _moment(datetime.combine(day, rule.hour), zone)
            if slot > at:
                return slot
    return None


def _slots_back_from(rule: Rule, at: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    today = at.astimezone(zone).date()
    for days in range(9):
        day = today - timedelta(days=days)
        if day.weekday() in rule.weekdays:
            slot = _moment(datetime.combine(day, rule.hour), zone)
            if slot <= at:
                yield slot


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """The moment in UTC. An hour that clocks repeat counts once, the first time; one
    that they leave out comes as much later."""
    return local.replace(tzinfo=zone, fold=0).astimezone(ZoneInfo("UTC"))


@transaction.atomic
def _make(rule_id: int, slot: datetime, at: datetime) -> Issue | None:
    rule = (
        Rule.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("newsletter")
        .filter(pk=rule_id, is_active=True, done_until__lt=slot)
        .first()
    )
    if rule is None:  # another worker has it
        return None
    # Not by ``save``: what the clock does is no version of the rule.
    Rule.objects.filter(pk=rule_id).update(done_until=slot)
    stories = composing.since_last(rule.newsletter, at=at, most=rule.most_articles)
    if not stories:
        return None
    try:
        with transaction.atomic():
            issue = composing.begin(
                rule.newsletter,
                by=None,
                stories=stories,
                rule=rule,
                rule_slot=slot,
            )
    except IntegrityError:  # the slot has its issue
        return None
    if rule.sends_by_itself and at - slot < TOO_LATE:
        _send(issue)
    return issue


def _send(issue: Issue) -> None:
    """What lacks something waits, as if the rule were one that asks."""
    try:
        with transaction.atomic():
            sending.start(issue, by=None)
    except sending.NotPossible:
        log.warning("Issue %s of a rule waits: it lacks something", issue.pk)
