"""One line a request: what was asked for by its pattern, never by its address."""

import logging
import time
import uuid

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

log = structlog.get_logger("newsroom.requests")


class RequestLogMiddleware(RequestMiddleware):
    """Gives each request an id, which stands in every line that it leads to."""

    def prepare(self, request: HttpRequest) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=str(uuid.uuid4()))
        request.began = time.perf_counter()  # type: ignore[attr-defined]

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        began = request.began  # type: ignore[attr-defined]
        level = logging.ERROR if response.status_code >= 500 else logging.INFO
        log.log(
            level,
            "request",
            method=request.method,
            route=route(request),
            status=response.status_code,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
            **_person(request),
        )
        structlog.contextvars.clear_contextvars()

    def _process_exception(self, request: HttpRequest, exception: Exception) -> None:
        log.error(
            "request_failed",
            method=request.method,
            route=route(request),
            exc_info=exception,
            **_person(request),
        )
        request._raised_exception = exception  # type: ignore[attr-defined]


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
