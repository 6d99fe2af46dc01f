"""What the site answers where nothing is to be shown."""

import sys

import structlog
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from articles import pages
from newsroom.publication import furniture

log = structlog.get_logger()

SECONDS_AWAY = 5


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: a way back, never stored, and made although the database is away."""
    try:
        around = furniture.load()
        context = pages.lost_page()
    except DatabaseError:
        around, context = furniture.without_database(), {}
    return furniture.render(request, "404.html", context, status=404, site=around)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: needs neither the database nor, at the worst, a template.

    While the database is away it is 503, and says when to come again.
    """
    is_away = isinstance(sys.exception(), OperationalError)
    status = 503 if is_away else 500
    try:
        response = furniture.render(
            request, "500.html", {}, status=status, site=furniture.without_database()
        )
    except Exception as error:  # whatever it is, the reader gets an answer
        log.error("error_page_failed", error=type(error).__name__)
        response = HttpResponse(
            _("Something went wrong on our side. Please try again in a moment."),
            content_type="text/plain; charset=utf-8",
            status=status,
        )
    if is_away:
        response["Retry-After"] = str(SECONDS_AWAY)
    return response
