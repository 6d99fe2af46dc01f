"""The Meridian's newsletters: readers, issues that went out, and the next ones."""

import random
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from articles.models import Article
from newsroom.accounts.models import User
from newsroom.core import html, mail_addresses
from newsroom.newsletters import bounces, compiling
from newsroom.newsletters.models import (
    ConsentEvent,
    Issue,
    IssueItem,
    Newsletter,
    Rule,
    SequenceStep,
    Subscriber,
    Subscription,
)
from newsroom.newsletters.models.newsletter import Template, Weekday
from newsroom.newsletters.models.subscriber import Source

READERS = 420
DOMAINS = ["example.org", "example.net", "example.com", "mail.example"]
STORIES = 5
# How many of a hundred readers have chosen each newsletter.
SHARES = {"friday-letter": 92, "morning-line": 38, "ledger": 21, "alerts": 55}
BASIS = "The paper’s own list, with the dates of consent, from its earlier system."


def fill(facts: dict[str, Any], staff: dict[str, User]) -> int:
    """Make everything that ``newsletters.toml`` says; return the number of readers."""
    newsletters = {
        one["slug"]: _newsletter(one, position)
        for position, one in enumerate(facts["newsletter"])
    }
    _readers(newsletters)
    stories = list(Article.objects.published().newest_first()[: 4 * STORIES])
    for number, one in enumerate(facts["issue"]):
        chosen = stories[STORIES * (number + 1) :][:STORIES]
        issue = _issue(newsletters[one["newsletter"]], one, chosen, staff)
        _went_out(issue, one)
    _no_longer_reached(issue)
    _next_ones(newsletters, stories, staff, facts)
    return READERS


def _newsletter(facts: dict[str, Any], position: int) -> Newsletter:
    newsletter = Newsletter.objects.create(
        name=facts["name"],
        slug=facts["slug"],
        when=facts["when"],
        description=facts["description"],
        in_articles=facts.get("in_articles", False),
        template=facts["template"],
        position=position,
    )
    if rule := facts.get("rule"):
        Rule.objects.create(
            newsletter=newsletter,
            weekdays=rule["weekdays"],
            hour=time.fromisoformat(rule["hour"]),
            most_articles=rule["most_articles"],
            sends_by_itself=rule["sends_by_itself"],
            done_until=timezone.now(),
        )
    for step in facts.get("welcome", []):
        SequenceStep.objects.create(
            newsletter=newsletter,
            days_after=step["days_after"],
            subject=step["subject"],
            body=step["body"],
        )
    return newsletter


def _readers(newsletters: dict[str, Newsletter]) -> None:
    """Invented readers who came over a hundred days, more of them of late."""
    chance = random.Random(1)
    now = timezone.now()
    people, joined = [], []
    for number in range(READERS):
        address = f"reader{number:04d}@{DOMAINS[number % len(DOMAINS)]}"
        people.append(
            Subscriber(
                address_sealed=mail_addresses.seal(address),
                address_digest=mail_addresses.digest(address),
                domain_digest=mail_addresses.domain_digest(address),
                language="en",
                format=chance.choice(["full", "full", "summary"]),
                source=chance.choice([Source.SITE, Source.ARTICLE]),
            )
        )
        joined.append(now - timedelta(days=100 * (1 - chance.random() ** 0.7)))
    Subscriber.objects.bulk_create(people)
    for person, at in zip(people, joined, strict=True):
        person.created_at = at
    people[0].paused_until = (now + timedelta(days=24)).date()
    Subscriber.objects.bulk_update(people, ["created_at", "paused_until"])
    subscriptions = [
        _subscription(person, newsletters[slug], chance)
        for person in people
        for slug, share in SHARES.items()
        if chance.random() * 100 < share
    ]
    Subscription.objects.bulk_create(subscriptions)
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            kind=ConsentEvent.Kind.IMPORTED,
            method=ConsentEvent.Method.IMPORT,
            address_digest=subscription.subscriber.address_digest,
            newsletter=subscription.newsletter,
            basis=BASIS,
        )
        for subscription in subscriptions
    )


def _subscription(
    person: Subscriber, newsletter: Newsletter, chance: random.Random
) -> Subscription:
    """One in fourteen left again; one in thirty did not confirm yet."""
    at = person.created_at
    values: dict[str, Any] = {"state": Subscription.State.CONFIRMED, "confirmed_at": at}
    dice = chance.random()
    if dice < 1 / 14:
        left = at + (timezone.now() - at) * chance.random()
        values["state"] = Subscription.State.UNSUBSCRIBED
        values["unsubscribed_at"] = left
    elif dice > 1 - 1 / 30:
        values = {"state": Subscription.State.PENDING}
        at = max(at, timezone.now() - timedelta(days=9))
    return Subscription(
        subscriber=person,
        newsletter=newsletter,
        source=person.source,
        requested_at=at,
        **values,
    )


def _issue(
    newsletter: Newsletter,
    facts: dict[str, Any],
    stories: list[Article],
    staff: dict[str, User],
) -> Issue:
    issue = Issue.objects.create(
        newsletter=newsletter,
        template=newsletter.template,
        subject=facts["subject"],
        preheader=facts["preheader"],
        intro=html.clean(facts.get("intro", "")),
        support_message=facts.get("support_message", ""),
        support_url=f"{settings.SITE_URL}/" if facts.get("support_message") else "",
        created_by=staff["newsletters"],
    )
    IssueItem.objects.bulk_create(
        IssueItem(issue=issue, position=position, article=story)
        for position, story in enumerate(stories)
    )
    return issue


def _went_out(issue: Issue, facts: dict[str, Any]) -> None:
    """As it is left when the books of an older issue are closed: its totals alone."""
    at = _friday(facts["weeks_ago"], issue.newsletter.zone)
    skipped = sum(facts["skipped"].values())
    issue.compiled = compiling.compile(issue, {"en-full", "en-summary"})
    issue.status = Issue.Status.SENT
    issue.audience = facts["submitted"] + facts["failed"] + skipped
    issue.totals = {
        "audience": issue.audience,
        "submitted": facts["submitted"],
        "failed": facts["failed"],
        "skipped": skipped,
        "reasons": facts["skipped"] | {"550 5.1.1": facts["failed"]},
    }
    issue.send_at = issue.started_at = at
    issue.finished_at = issue.closed_at = at + timedelta(minutes=2)
    issue.save()


def _no_longer_reached(issue: Issue) -> None:
    """A reader whose mailbox is gone, and one whose mailbox was full once."""
    gone, full = Subscriber.objects.order_by("pk")[1:3]
    bounces.note(
        bounces.Kind.HARD,
        bytes(gone.address_digest),
        source=bounces.Source.REPORT,
        issue=issue,
        status="5.1.1",
    )
    bounces.note(
        bounces.Kind.SOFT,
        bytes(full.address_digest),
        source=bounces.Source.REPORT,
        issue=issue,
        status="5.2.2",
    )


def _friday(weeks_ago: int, zone: ZoneInfo) -> datetime:
    """Seven in the morning of a Friday that is over."""
    now = timezone.now().astimezone(zone)
    days = (now.weekday() - Weekday.FRIDAY) % 7 + 7 * (weeks_ago - 1)
    friday = now.date() - timedelta(days=days or 7)
    return datetime.combine(friday, time(7), tzinfo=zone)


def _next_ones(
    newsletters: dict[str, Newsletter],
    stories: list[Article],
    staff: dict[str, User],
    facts: dict[str, Any],
) -> None:
    """The next Friday letter as a draft, and a sample of each that has none."""
    friday = facts["newsletter"][0]
    words = {
        "subject": "A bridge, two ledgers and forty-one paper companies",
        "preheader": "The investigation of the week, and four shorter roads out of it",
        "intro": friday["intro"],
        "support_message": friday["support_message"],
    }
    articles = {story.slug: story for story in Article.objects.published()}
    chosen = [articles[slug] for slug in friday["stories"]]
    _issue(newsletters["friday-letter"], words, chosen, staff)
    for slug in ("morning-line", "ledger", "alerts"):
        newsletter = newsletters[slug]
        count = 1 if newsletter.template == Template.BREAKING else 4
        words = {
            "subject": f"{newsletter.name}: a sample",
            "preheader": newsletter.description.partition(". ")[0],
        }
        newsletter.sample = _issue(newsletter, words, stories[:count], staff)
        newsletter.save(update_fields=["sample"])
