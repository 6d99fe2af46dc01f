"""How a newsletter's readers come and go, as a chart that the server draws."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDay, TruncWeek
from django.utils import timezone

from newsroom.newsletters.models import Newsletter, Subscription
from newsroom.publication.models import Publication

DAYS = 30
WEEKS = 52
WIDTH, HEIGHT = 760, 200
_LEFT, _MIDDLE, _HALF = 44, 104, 84


@dataclass(frozen=True)
class Bar:
    day: date
    joined: int
    left: int
    x: float
    width: float
    joined_y: float
    joined_height: float
    left_height: float
    has_label: bool


@dataclass(frozen=True)
class Growth:
    by_week: bool
    bars: list[Bar]
    highest: int
    confirmed: int  # now

    middle = _MIDDLE
    top = _MIDDLE - _HALF
    bottom = _MIDDLE + _HALF
    left_edge = _LEFT
    width = WIDTH
    height = HEIGHT + 14

    @property
    def joined(self) -> int:
        return sum(bar.joined for bar in self.bars)

    @property
    def left(self) -> int:
        return sum(bar.left for bar in self.bars)


def of(
    newsletter: Newsletter | None, *, by_week: bool, at: datetime | None = None
) -> Growth:
    """The last 30 days, or 52 weeks, of one newsletter or all together.

    Whoever was erased is not counted any more.
    """
    zone = Publication.current().zone
    subscriptions = Subscription.objects.all()
    if newsletter is not None:
        subscriptions = subscriptions.filter(newsletter=newsletter)
    days = _days((at or timezone.now()).astimezone(zone).date(), by_week=by_week)
    joined = _counted(subscriptions, "confirmed_at", days[0], zone, by_week=by_week)
    left = _counted(
        subscriptions.exclude(confirmed_at=None),
        "unsubscribed_at",
        days[0],
        zone,
        by_week=by_week,
    )
    highest = max(1, *(joined[day] for day in days), *(left[day] for day in days))
    step = (WIDTH - _LEFT) / len(days)
    return Growth(
        by_week=by_week,
        bars=[
            _bar(number, day, joined[day], left[day], step, highest)
            for number, day in enumerate(days)
        ],
        highest=highest,
        confirmed=subscriptions.confirmed().count(),
    )


def _days(today: date, *, by_week: bool) -> list[date]:
    if by_week:
        monday = today - timedelta(days=today.weekday())
        return [monday - timedelta(weeks=ago) for ago in reversed(range(WEEKS))]
    return [today - timedelta(days=ago) for ago in reversed(range(DAYS))]


def _counted(
    subscriptions: QuerySet[Subscription],
    field: str,
    since: date,
    zone: ZoneInfo,
    *,
    by_week: bool,
) -> Counter[date]:
    begin = datetime.combine(since, time(), zone)
    truncate = TruncWeek if by_week else TruncDay
    found = (
        subscriptions.filter(**{f"{field}__gte": begin})
        .values_list(truncate(field, tzinfo=zone))
        .annotate(count=Count("pk"))
        .order_by()
    )
    return Counter({day.date(): count for day, count in found})


def _bar(
    number: int, day: date, joined: int, left: int, step: float, highest: int
) -> Bar:
    height = _HALF * joined / highest
    labelled = 13 if step < 20 else 5
    return Bar(
        day=day,
        joined=joined,
        left=left,
        x=round(_LEFT + number * step + step * 0.15, 1),
        width=round(step * 0.7, 1),
        joined_y=round(_MIDDLE - height, 1),
        joined_height=round(height, 1),
        left_height=round(_HALF * left / highest, 1),
        has_label=number % labelled == 0,
    )
