"""For whoever watches from outside: does this process reach its database?"""

import psycopg
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

SECONDS = 2


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    if _database_answers():
        return HttpResponse("ok", content_type="text/plain")
    return HttpResponse(
        "no database",
        content_type="text/plain",
        status=503,
        headers={"Retry-After": "5"},
    )


def _database_answers() -> bool:
    """Ask over a connection of its own, so that a busy pool is not called ill."""
    parameters = connection.get_connection_params()
    asked = {
        name: parameters[name]
        for name in ("dbname", "host", "password", "port", "user", "sslmode")
        if parameters.get(name)
    }
    try:
        with psycopg.connect(
            **asked, connect_timeout=SECONDS, autocommit=True
        ) as server:
            server.execute(f"SET statement_timeout = {SECONDS * 1000}")
            server.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
