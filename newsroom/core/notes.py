"""Small notes that browsers leave: taken in by the edge, without Django or a thread."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from django.db import close_old_connections

log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]
# Runs something in a thread.
Run = Callable[[Callable[[], None]], Awaitable[None]]


@dataclass(frozen=True)
class Notes:
    """Where notes are posted to, and what becomes of them.

    ``take`` gets the headers, by their names in small letters, and the body; it must
    not wait for anything. ``add_up`` runs in a thread, every few seconds and at the
    end of the process.
    """

    path: str
    take: Callable[[Mapping[str, str], bytes], None]
    add_up: Callable[[], None]
    seconds_between: float
    largest: int = 512  # bytes

    def answer(self, scope: Mapping[str, Any], body: bytes) -> tuple[int, Headers]:
        """Take a note in; the answer says nothing of what became of it."""
        if scope["method"] != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, [(b"allow", b"POST")]
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        self.take(headers, body)
        return HTTPStatus.NO_CONTENT, [(b"cache-control", b"no-store")]

    async def add_up_regularly(self, run: Run) -> None:
        """Until it is cancelled; then once more."""
        try:
            while True:
                await asyncio.sleep(self.seconds_between)
                await run(self._add_up)
        finally:
            await run(self._add_up)

    def _add_up(self) -> None:
        try:
            self.add_up()
        except Exception as error:  # it goes on with the next turn
            log.error("notes_not_added_up", error=type(error).__name__)
        finally:
            close_old_connections()
