"""What stands round every public page: name, navigation, footer, colour, language.

It is read in one query, and every public page is rendered here, in the publication's
language and without anything of the person who asks.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.core.files.storage import default_storage
from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from newsroom.core import page_store, times
from newsroom.core.paths import path_to
from newsroom.core.queries import write_once
from newsroom.publication.models import Page, Publication

_COLUMNS = (
    "name",
    "tagline",
    "description",
    "logo",
    "accent_colour",
    "contact_email",
    "places",
    "time_zone",
    "default_language",
    "legal_notice",
    "social_links",
    "copyright_notice",
)
_COLOUR = re.compile("#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Link:
    name: str
    url: str
    pk: int = 0


@dataclass(frozen=True)
class Furniture:
    name: str
    tagline: str = ""
    description: str = ""
    logo_url: str = ""
    accent_colour: str = ""
    contact_email: str = ""
    places: str = ""
    legal_notice: str = ""
    copyright_notice: str = ""
    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    sections: tuple[Link, ...] = ()
    pages: tuple[Link, ...] = ()
    social_links: tuple[Link, ...] = ()

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def zone_name(self) -> str:
        return times.zone_name(self.zone)

    @property
    def accent_style(self) -> str:
        """The one rule that differs between publications."""
        if not _COLOUR.fullmatch(self.accent_colour):
            return ""
        return f":root{{--accent:{self.accent_colour}}}"


# What a page shows while the database is out of reach: as this process last saw it.
_last_seen: Furniture | None = None


def load() -> Furniture:
    """The furniture as it is now, in one query."""
    global _last_seen
    row = dict(zip([*_COLUMNS, "sections", "pages"], _furniture()[0], strict=True))
    logo = row["logo"]
    _last_seen = Furniture(
        name=row["name"],
        tagline=row["tagline"],
        description=row["description"],
        logo_url=default_storage.url(logo) if logo else "",
        accent_colour=row["accent_colour"],
        contact_email=row["contact_email"],
        places=row["places"],
        legal_notice=row["legal_notice"],
        copyright_notice=row["copyright_notice"],
        language=row["default_language"],
        zone=ZoneInfo(row["time_zone"]),
        sections=_links("articles:section", row["sections"]),
        pages=_links("publication:page", row["pages"]),
        social_links=tuple(
            Link(link["name"], link["url"])
            for link in json.loads(row["social_links"])
            if link["url"].startswith("https://")
        ),
    )
    return _last_seen


def _furniture_rows() -> QuerySet:
    # Sections lie in a layer above this one: named here, not imported.
    sections = apps.get_model("articles", "Section")._default_manager
    section_links = (
        sections.filter(in_navigation=True)
        .order_by("position", "name")
        .values(link=JSONObject(pk=F("pk"), name=F("name"), slug=F("slug")))
    )
    page_links = (
        Page.objects.published()
        .filter(in_footer=True)
        .values(link=JSONObject(pk=F("pk"), name=F("title"), slug=F("slug")))
    )
    return Publication.objects.annotate(
        section_links=ArraySubquery(section_links), page_links=ArraySubquery(page_links)
    ).values_list(*_COLUMNS, "section_links", "page_links")


_furniture = write_once(_furniture_rows)


def without_database() -> Furniture:
    """What this process saw last, or the bare site if it saw nothing yet."""
    return _last_seen or Furniture(name=settings.SITE_URL.partition("://")[2])


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    site: Furniture | None = None,
) -> HttpResponse:
    """Answer with a public page, which is the same for every reader.

    ``site`` is given by who has loaded it already, or must do without.
    """
    site = site or load()
    page_store.shows(request, "furniture")
    page_language = context.get("page_language") or site.language
    also_shows: set[str] = set()
    with speaking(site.language):
        # Without the request: no context processor can bring a person into the page.
        page = render_to_string(
            template,
            {
                "publication": site,
                "site_url": settings.SITE_URL,
                "page_url": settings.SITE_URL + request.path,
                "page_language": page_language,
                "page_direction": direction(page_language),
                # Tags of a layer above the view's add what they show.
                "also_shows": also_shows,
                **context,
            },
        )
    if also_shows:
        page_store.shows(request, *also_shows)
    response = HttpResponse(page, status=status)
    if site.accent_style:
        _allow_style(response, site.accent_style)
    if status != 200:
        response["Cache-Control"] = "no-store"
    return response


def speaking(language: str) -> translation.override:
    """The site's own words and dates in a language; English is British."""
    return translation.override("en-gb" if language == "en" else language)


def direction(language: str) -> str:
    return "rtl" if translation.get_language_info(language)["bidi"] else "ltr"


def language_attributes(language: str, around: str) -> SafeString:
    """``lang`` and ``dir`` for a part in another language than what is around it."""
    if language == around:
        return SafeString("")
    # The languages are those of the settings: nothing to escape.
    direction_attribute = (
        f' dir="{direction(language)}"'
        if direction(language) != direction(around)
        else ""
    )
    return SafeString(f' lang="{language}"{direction_attribute}')


def _links(view: str, rows: list[str]) -> tuple[Link, ...]:
    return tuple(_link(view, **json.loads(row)) for row in rows)


def _link(view: str, *, pk: int, name: str, slug: str) -> Link:
    return Link(name, path_to(view, slug), pk)


def _allow_style(response: HttpResponse, style: str) -> None:
    """A hash, not a nonce: it stays true for a stored page (CSP 3, 6.7.3)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    response._csp_update = {"style-src": [f"'sha256-{digest}'"]}  # type: ignore[attr-defined]
