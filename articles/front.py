"""Which story stands where on the front page, by rule.

The newest with a picture leads; three stand below it; then everything newest by the
clock; then the sections and the voices. A story shows once. It is decided on numbers
alone, so that only what is shown is loaded.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject

from articles.models import Article, Section
from articles.models.article import ArticleQuerySet
from newsroom.core.queries import write_once
from newsroom.publication.furniture import Link

NEWEST = 30
OF_EACH_SECTION = 10
SECONDS = 3
VOICES = 4
RIVER = 10
IN_A_BLOCK = 4
FRESH = timedelta(days=2)


class Candidate(NamedTuple):
    pk: int
    section_id: int
    is_opinion: bool
    has_picture: bool
    publish_at: datetime


@dataclass
class Block:
    """A section's stories; ``rhythm`` names the arrangement."""

    section: Link
    stories: list[int]
    rhythm: str


@dataclass
class Plan:
    """Numbers of articles, each at most once."""

    lead: int | None = None
    seconds: list[int] = field(default_factory=list)
    river: list[int] = field(default_factory=list)
    voices: list[int] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def all(self) -> list[int]:
        lead = [] if self.lead is None else [self.lead]
        blocks = [pk for block in self.blocks for pk in block.stories]
        return [*lead, *self.seconds, *self.river, *self.voices, *blocks]


def plan(at: datetime, sections: Sequence[Link]) -> Plan:
    """The front page of a moment: two queries. ``sections`` are the navigation's."""
    newest = [Candidate(*row) for row in _newest(at=at)]
    of_section: dict[int, list[Candidate]] = {
        section_id: [_from_json(row) for row in rows]
        for section_id, rows in _newest_of_sections(at=at)
    }
    result = Plan()
    result.voices = _voices([*newest, *_flat(of_section.values())])
    used = set(result.voices)

    def unused(stories: Iterable[Candidate]) -> list[Candidate]:
        return [story for story in stories if story.pk not in used]

    if lead := _lead(unused(newest), at):
        result.lead = lead.pk
        used.add(lead.pk)
        result.seconds = _seconds(unused(newest), lead)
        used |= set(result.seconds)
    rest = unused(newest)
    result.river = [story.pk for story in rest[: _river_length(len(rest))]]
    used |= set(result.river)
    for section in sections:
        stories = unused(of_section.get(section.pk, []))[:IN_A_BLOCK]
        if stories:
            result.blocks.append(_block(section, stories, len(result.blocks)))
            used |= {story.pk for story in stories}
    return result


def _light(at: datetime) -> ArticleQuerySet:
    return (
        Article.objects.published(at)
        .newest_first()
        .annotate(
            is_opinion=_whether(Q(genre=Article.Genre.OPINION)),
            has_picture=_whether(
                Q(lead_image__isnull=False, lead_image__withdrawn_at=None)
                & ~Q(lead_image__sizes={})
            ),
        )
    )


def _of_sections(at: datetime) -> QuerySet:
    rows = _light(at).filter(section=OuterRef("pk"))
    row = JSONObject(**{name: name for name in Candidate._fields})
    return (
        Section.objects.filter(in_navigation=True)
        .order_by()
        .values_list("pk", ArraySubquery(rows.values(row=row)[:OF_EACH_SECTION]))
    )


_newest = write_once(
    lambda at: _light(at).values_list(*Candidate._fields)[:NEWEST], at=datetime
)
_newest_of_sections = write_once(_of_sections, at=datetime)


def _from_json(written: str) -> Candidate:
    row = json.loads(written)
    return Candidate(**row | {"publish_at": datetime.fromisoformat(row["publish_at"])})


def _whether(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _flat(lists: Iterable[list[Candidate]]) -> list[Candidate]:
    return [story for stories in lists for story in stories]


def _voices(stories: list[Candidate]) -> list[int]:
    """The newest opinions, where there are enough for a row of their own."""
    opinions = {story.pk: story for story in stories if story.is_opinion}
    newest = sorted(
        opinions.values(), key=lambda story: (story.publish_at, story.pk), reverse=True
    )
    return [story.pk for story in newest[:VOICES]] if len(newest) > 1 else []


def _lead(stories: list[Candidate], at: datetime) -> Candidate | None:
    """The newest news with a picture of the last two days; else what comes nearest."""
    news = [story for story in stories if not story.is_opinion]
    pictured = [story for story in news if story.has_picture]
    fresh = [story for story in pictured if story.publish_at > at - FRESH]
    return next(iter([*fresh, *pictured, *news, *stories]), None)


def _seconds(stories: list[Candidate], lead: Candidate) -> list[int]:
    """Three with pictures, of sections of their own, as far as there are such."""
    nearest = stories[: NEWEST // 2]
    seen = {lead.section_id}
    first: list[Candidate] = []
    then: list[Candidate] = []
    for story in nearest:
        is_another = story.section_id not in seen
        (first if story.has_picture and is_another else then).append(story)
        if story.has_picture:
            seen.add(story.section_id)
    then.sort(key=lambda story: not story.has_picture)
    return [story.pk for story in [*first, *then][:SECONDS]]


def _river_length(left: int) -> int:
    """Leave the sections something, where little was published."""
    return min(RIVER, max(3, left // 2))


def _block(section: Link, stories: list[Candidate], number: int) -> Block:
    """Never two blocks alike in a row; one with a picture comes first."""
    with_picture = [story for story in stories if story.has_picture]
    if not with_picture:
        return Block(section, [story.pk for story in stories], "words")
    first = with_picture[0]
    ordered = [first, *(story for story in stories if story is not first)]
    if len(ordered) == 1:
        return Block(section, [first.pk], "turned")
    rhythm = ("big", "turned", "even")[number % 3]
    kept = ordered[:3] if rhythm != "big" else ordered
    return Block(section, [story.pk for story in kept], rhythm)
