"""One line a request: what was asked for by its pattern, never by its address."""

import logging
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.core.signals import got_request_exception
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("newsroom.requests")


class RequestLogMiddleware:
    """Gives each request an id, which stands in every line that it leads to."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=str(uuid.uuid4())):
            response = self.get_response(request)
            log.log(
                logging.ERROR if response.status_code >= 500 else logging.INFO,
                "request",
                method=request.method,
                route=route(request),
                status=response.status_code,
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
                **_person(request),
            )
        return response


@receiver(got_request_exception)
def log_failure(sender: Any, request: HttpRequest, **values: Any) -> None:
    log.error(
        "request_failed",
        method=request.method,
        route=route(request),
        exc_info=sys.exc_info(),
        **_person(request),
    )


def route(request: HttpRequest) -> str:
    """The pattern of the address, such as ``a/<public_id>/``: it has no token in it."""
    match = request.resolver_match
    return f"/{match.route}" if match else "(no such page)"


def _person(request: HttpRequest) -> dict[str, int]:
    """The member of staff, where the page asked who it is; public pages never do."""
    session = getattr(request, "session", None)
    if session is None or not session.accessed:
        return {}
    person = getattr(request, "user", None)
    return {"user_id": person.pk} if person and person.pk else {}
