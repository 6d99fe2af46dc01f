"""Uvicorn's HTTP protocol, with deadlines where it has none.

Uvicorn waits for ever for the rest of a request's head and for a client that does not
read its answer, and lets a head grow without end.
"""

from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_DEADLINE = 10.0
LARGEST_HEAD = 64 << 10
SECONDS_TO_TAKE_THE_REST = 30.0
# When the server is told to end, an upload may go on this long.
UPLOAD_GRACE = 3.0

TRANSPORT = "newsroom.transport"

HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class DeadlineProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.head_timer: TimerHandle | None = None
        self.head_size = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing() or not self._is_between_requests():
            return
        self._await_head()
        self.head_size += len(data)
        if self.head_size > LARGEST_HEAD:
            self.transport.write(HEAD_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # The edge asks it whether the client is still there.
        self.scope["extensions"] = {TRANSPORT: {"transport": self.transport}}

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._limit_the_rest()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._limit_the_rest()

    def shutdown(self) -> None:
        super().shutdown()
        if self._is_reading_body():
            self.loop.call_later(UPLOAD_GRACE, self._give_up_reading)

    def _limit_the_rest(self) -> None:
        # Closing waits until the client has read everything, which it may never do.
        if self.transport.get_write_buffer_size():
            self.loop.call_later(SECONDS_TO_TAKE_THE_REST, self.transport.abort)

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _is_reading_body(self) -> bool:
        return not self._is_between_requests() and self.cycle.more_body

    def _await_head(self) -> None:
        if self.head_timer is None:
            self.head_timer = self.loop.call_later(HEAD_DEADLINE, self._give_up_head)

    def _head_came(self) -> None:
        self.head_size = 0
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def _give_up_head(self) -> None:
        self.head_timer = None
        if self._is_between_requests():
            self.transport.abort()

    def _give_up_reading(self) -> None:
        if self._is_reading_body():
            self.transport.abort()
