"""What readers are offered: the newsletter of the box, the list of all, the consent."""

import json
from dataclasses import dataclass

from django.db.models import BooleanField, ExpressionWrapper, F, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from newsroom.core.paths import path_to
from newsroom.core.queries import Row, write_once
from newsroom.newsletters.models import ConsentText, Newsletter

# The name of all pages that offer newsletters. Of the box: see ``newsletter_tags``.
SHOWN = "newsletters"

_COLUMNS = ("pk", "name", "slug", "when", "description", "language")


@dataclass(frozen=True)
class Offer:
    """A newsletter, as much of it as stands beside a form."""

    pk: int
    name: str
    slug: str
    when: str
    description: str
    language: str

    @property
    def url(self) -> str:
        return path_to("newsletters:newsletter", self.slug)

    @property
    def preview_url(self) -> str:
        """Leads to the newest issue, whichever that is when somebody follows it."""
        return path_to("newsletters:preview", self.slug)


@dataclass(frozen=True)
class Consent:
    """The wording that is agreed to by ticking the box."""

    pk: int
    text: str


def all_open(language: str) -> tuple[list[Offer], Consent | None]:
    return _read(_all_open(language=language))


def below_articles(language: str) -> tuple[Offer | None, Consent | None]:
    """What the box offers in one query; the consent in the site's language."""
    offers, consent = _read(_below_articles(language=language))
    return (offers[0] if offers else None), consent


def _read(rows: list[Row]) -> tuple[list[Offer], Consent | None]:
    offers = [Offer(*row[: len(_COLUMNS)]) for row in rows]
    return offers, Consent(**json.loads(rows[0][-1])) if rows else None


def _with_consent(newsletters: QuerySet[Newsletter], language: str) -> QuerySet:
    is_own = ExpressionWrapper(Q(language=language), output_field=BooleanField())
    texts = (
        ConsentText.objects.filter(Q(language=language) | Q(language="en"))
        .order_by(is_own.desc(), "-version")
        .values(consent=JSONObject(pk=F("pk"), text=F("text")))
    )
    return newsletters.annotate(consent=Subquery(texts[:1])).values_list(
        *_COLUMNS, "consent"
    )


_all_open = write_once(
    lambda language: _with_consent(Newsletter.objects.open(), language), language=str
)
_below_articles = write_once(
    lambda language: _with_consent(
        Newsletter.objects.open().filter(in_articles=True), language
    )[:1],
    language=str,
)
