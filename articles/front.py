"""Which story stands where on the front page, by rule.

The newest with a picture leads; three stand below it; then everything newest by the
clock; then the sections and the voices. A story shows once. It is decided on numbers
alone, so that only what is shown is loaded.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import JSONObject

from articles.models import Article, Section
from articles.models.article import ArticleQuerySet
from newsroom.core.queries import among, write_once
from newsroom.publication.furniture import Link

NEWEST = 30
SECONDS = 3
VOICES = 4
RIVER = 10
IN_A_BLOCK = 4
FRESH = timedelta(days=2)
# How far back voices are looked for, so that a paper without any is not read whole.
AGE_OF_VOICES = timedelta(days=90)


class Candidate(NamedTuple):
    pk: int
    section_id: int
    is_opinion: bool
    has_picture: bool
    is_fresh: bool
    is_voice: bool


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
    result = Plan()
    rows = _newest_and_voices(at=at, fresh=at - FRESH, voices=at - AGE_OF_VOICES)
    found = [Candidate(*row) for *row, _publish_at in rows]
    opinions = [story.pk for story in found if story.is_voice]
    newest = [story for story in found if not story.is_voice]
    # One voice alone makes no row: it stands among the others.
    result.voices = opinions if len(opinions) > 1 else []
    waiting = [story for story in newest if story.pk not in result.voices]
    if lead := _lead(waiting):
        result.lead = lead.pk
        waiting.remove(lead)
        result.seconds = _seconds(waiting, lead)
    waiting = [story for story in waiting if story.pk not in result.seconds]
    result.river = [story.pk for story in waiting[: _river_length(len(waiting))]]
    left = _left_in_sections(at=at, fresh=at - FRESH, used=result.all())
    of_section = {section: list(map(_read, rows)) for section, rows in left}
    for section in sections:
        if stories := of_section.get(section.pk):
            result.blocks.append(_block(section, stories, len(result.blocks)))
    return result


def _read(row: str) -> Candidate:
    return Candidate(**json.loads(row))


def _light(at: datetime, fresh: datetime, *, is_voice: bool) -> ArticleQuerySet:
    return (
        Article.objects.published(at)
        .newest_first()
        .annotate(
            is_opinion=_whether(Q(genre=Article.Genre.OPINION)),
            has_picture=_whether(
                Q(lead_image__isnull=False, lead_image__withdrawn_at=None)
                & ~Q(lead_image__sizes={})
            ),
            is_fresh=_whether(Q(publish_at__gt=fresh)),
            is_voice=Value(is_voice),
        )
    )


def _union(at: datetime, fresh: datetime, voices: datetime) -> QuerySet:
    newest = _light(at, fresh, is_voice=False)[:NEWEST]
    opinions = _light(at, fresh, is_voice=True).filter(
        genre=Article.Genre.OPINION, publish_at__gt=voices
    )[:VOICES]
    return (
        newest.union(opinions, all=True)
        .order_by("-publish_at", "-pk")
        .values_list(*Candidate._fields, "publish_at")
    )


def _sections_without(at: datetime, fresh: datetime, used: list[int]) -> QuerySet:
    rows = (
        _light(at, fresh, is_voice=False)
        .filter(section=OuterRef("pk"))
        .exclude(pk__in=among(used))
    )
    row = JSONObject(**{name: name for name in Candidate._fields})
    return (
        Section.objects.filter(in_navigation=True)
        .order_by()
        .values_list("pk", ArraySubquery(rows.values(row=row)[:IN_A_BLOCK]))
    )


_newest_and_voices = write_once(_union, at=datetime, fresh=datetime, voices=datetime)
_left_in_sections = write_once(
    _sections_without, at=datetime, fresh=datetime, used=list
)


def _whether(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _lead(stories: list[Candidate]) -> Candidate | None:
    """The newest news with a picture of the last two days; else what comes nearest."""
    news = [story for story in stories if not story.is_opinion]
    pictured = [story for story in news if story.has_picture]
    fresh = [story for story in pictured if story.is_fresh]
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
