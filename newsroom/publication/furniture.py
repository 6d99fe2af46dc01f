"""What stands round every public page: name, navigation, footer, colour, language.

It is read in one query, and every public page is rendered here, in the publication's
language and without anything of the person who asks.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, translation
from django.utils.safestring import SafeString

from newsroom.core import page_store, times
from newsroom.publication.models import Page, Publication


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

    def day(self, at: datetime) -> str:
        """The date under the name, with its weekday."""
        return formats.date_format(at.astimezone(self.zone), "l j E Y")


# What a page shows while the database is out of reach: as this process last saw it.
_last_seen: Furniture | None = None


def load() -> Furniture:
    """The furniture as it is now, in one query."""
    global _last_seen
    # Sections lie in a layer above this one: named here, not imported.
    sections = apps.get_model("articles", "Section")._default_manager
    publication = Publication.objects.annotate(
        section_links=ArraySubquery(
            sections.filter(in_navigation=True)
            .order_by("position", "name")
            .values(link=JSONObject(pk=F("pk"), name=F("name"), slug=F("slug")))
        ),
        page_links=ArraySubquery(
            Page.objects.published()
            .filter(in_footer=True)
            .values(link=JSONObject(pk=F("pk"), name=F("title"), slug=F("slug")))
        ),
    ).get(pk=1)
    _last_seen = Furniture(
        name=publication.name,
        tagline=publication.tagline,
        description=publication.description,
        logo_url=publication.logo.url if publication.logo else "",
        accent_colour=publication.accent_colour,
        contact_email=publication.contact_email,
        places=publication.places,
        legal_notice=publication.legal_notice,
        copyright_notice=publication.copyright_notice,
        language=publication.default_language,
        zone=publication.zone,
        sections=_links("articles:section", publication.section_links),
        pages=_links("publication:page", publication.page_links),
        social_links=tuple(
            Link(entry["name"], entry["url"])
            for entry in publication.social_links
            if entry["url"].startswith("https://")
        ),
    )
    return _last_seen


def without_database() -> Furniture:
    """What this process saw last, or the bare site if it saw nothing yet."""
    return _last_seen or Furniture(name=settings.SITE_URL.partition("://")[2])


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    furniture: Furniture | None = None,
) -> HttpResponse:
    """Answer with a public page, which is the same for every reader.

    ``furniture`` is given by who has loaded it already, or must do without.
    """
    furniture = furniture or load()
    page_store.shows(request, "furniture")
    page_language = context.get("page_language") or furniture.language
    with speaking(furniture.language):
        # Without the request: no context processor can bring a person into the page.
        page = render_to_string(
            template,
            {
                "publication": furniture,
                "site_url": settings.SITE_URL,
                "page_url": settings.SITE_URL + request.path,
                "page_language": page_language,
                "page_direction": direction(page_language),
                **context,
            },
        )
    response = HttpResponse(page, status=status)
    if furniture.accent_style:
        _allow_style(response, furniture.accent_style)
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


def _links(view: str, rows: list[dict[str, Any]]) -> tuple[Link, ...]:
    return tuple(
        Link(row["name"], reverse(view, args=[row["slug"]]), row["pk"]) for row in rows
    )


def _allow_style(response: HttpResponse, style: str) -> None:
    """A hash, not a nonce: it stays true for a stored page (CSP 3, 6.7.3)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    response._csp_update = {"style-src": [f"'sha256-{digest}'"]}  # type: ignore[attr-defined]
