"""The edge: between the network and Django.

A request's body is read on the event loop, under a deadline and a cap, before a thread
is taken; the answer leaves on the event loop after the thread is free again. So slow
clients hold no thread, in either direction.
"""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import IO, Any, TypeVar

from a2wsgi.wsgi import build_environ
from django.db import close_old_connections
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from newsroom.core import database, refusals
from newsroom.core.notes import Notes
from newsroom.core.protocol import TRANSPORT
from newsroom.core.threads import Threads

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Result = TypeVar("Result")

# After the deadline a body must have come at this rate on the whole (bytes a second).
SLOWEST_UPLOAD = 50_000
BODY_IN_MEMORY = 1 << 20
BODIES_IN_MEMORY = 64 << 20
BODIES_AT_ONCE = 512 << 20
BLOCK = 64 << 10
SECONDS_TO_TAKE_A_BLOCK = 30.0
SECONDS_TO_WAIT_FOR_A_THREAD = 5.0
SECONDS_TO_NOTICE = 1.0

FORWARDED = {
    b"forwarded",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-proto",
    b"x-real-ip",
}


@dataclass(frozen=True)
class Limits:
    threads: int = 8
    waiting: int = 64  # requests that may wait for a thread
    body_deadline: float = 10.0  # seconds
    body_cap: int = 1 << 20  # bytes
    body_cap_admin: int = 64 << 20


class _Refused(Exception):
    def __init__(self, status: HTTPStatus, *, is_body_read: bool = False) -> None:
        self.status = status
        self.is_body_read = is_body_read


class _Gone(Exception):
    """The client went away, or does not take what we send."""


class _File:
    """What Django hands over a file with (``wsgi.file_wrapper``, PEP 3333)."""

    def __init__(self, file: IO[bytes], block_size: int = BLOCK) -> None:
        self.file = file

    def close(self) -> None:
        self.file.close()


@dataclass
class _Answer:
    status: int = 0
    headers: Headers | None = None
    body: bytes | _File | None = None  # None: streamed, and already sent


class Edge:
    """An ASGI application that answers by a WSGI application in a few threads."""

    def __init__(
        self,
        wsgi: Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]],
        *,
        limits: Limits,
        trusted_proxies: list[str],
        notes: Notes | None = None,
    ) -> None:
        self.wsgi = wsgi
        self.limits = limits
        self.notes = notes
        self.threads = Threads(limits.threads)
        self.free = asyncio.Semaphore(limits.threads)
        self.waiting = 0
        self.bytes_held = 0
        # Files are read apart, so that a slow disk does not stop the event loop.
        self.disk = ThreadPoolExecutor(4, "disk")
        self.trusted_proxies = trusted_proxies
        self.behind_proxy = ProxyHeadersMiddleware(
            self._answer,  # type: ignore[arg-type]
            trusted_hosts=trusted_proxies,
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            _clean_headers(scope, self._is_proxy(scope))
            await self.behind_proxy(scope, receive, send)  # type: ignore[arg-type]

    def _is_proxy(self, scope: Message) -> bool:
        host, _port = scope.get("client") or (None, None)
        return host in self.behind_proxy.trusted_hosts

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        body = tempfile.SpooledTemporaryFile(max_size=BODY_IN_MEMORY)  # noqa: SIM115
        size = 0
        try:
            size = await self._read_body(scope, receive, body)
            body.seek(0)
            if notes := self._notes(scope):
                answer = _Answer(*notes.answer(scope, body.read()), b"")
            else:
                environ = _environ(scope, body, size)
                answer = await self._in_a_thread(scope, send, environ)
            await self._deliver(answer, scope, send)
        except _Refused as refusal:
            await refusals.send(refusal.status, send)
            if not refusal.is_body_read:
                await refusals.hear_out(receive)
            await send({"type": "http.response.body", "body": b""})
        except _Gone:
            await _until_gone(receive)
        finally:
            self.bytes_held -= size
            body.close()

    async def _read_body(
        self,
        scope: Message,
        receive: Receive,
        body: tempfile.SpooledTemporaryFile[bytes],
    ) -> int:
        """Read the whole body and return its size; ``bytes_held`` counts it."""
        headers = dict(scope["headers"])
        announced = int(headers.get(b"content-length", 0))
        if not announced and b"transfer-encoding" not in headers:
            return 0
        is_admin = scope["path"].startswith("/admin/")
        cap = self.limits.body_cap_admin if is_admin else self.limits.body_cap
        if notes := self._notes(scope):
            cap = notes.largest
        if announced > cap:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

        size = 0
        deadline = asyncio.get_running_loop().time() + self.limits.body_deadline
        try:
            async with asyncio.timeout_at(deadline) as timer:
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Gone
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    self.bytes_held += len(chunk)
                    self._keep(body, chunk, size, cap)
                    if not message.get("more_body", False):
                        return size
                    timer.reschedule(deadline + size / SLOWEST_UPLOAD)
        except BaseException as error:
            self.bytes_held -= size
            if isinstance(error, TimeoutError):
                raise _Refused(HTTPStatus.REQUEST_TIMEOUT) from error
            raise

    def _keep(
        self,
        body: tempfile.SpooledTemporaryFile[bytes],
        chunk: bytes,
        size: int,
        cap: int,
    ) -> None:
        if size > cap:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if self.bytes_held > BODIES_AT_ONCE:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            if self.bytes_held > BODIES_IN_MEMORY:
                body.rollover()
            body.write(chunk)
        except OSError as error:  # the disk is full
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE) from error

    async def _in_a_thread(
        self, scope: Message, send: Send, environ: dict[str, Any]
    ) -> _Answer:
        """Wait for a free thread, not long, and let Django answer in it."""
        if self.free.locked() and self.waiting >= self.limits.waiting:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, is_body_read=True)
        self.waiting += 1
        try:
            async with asyncio.timeout(SECONDS_TO_WAIT_FOR_A_THREAD):
                await self.free.acquire()
        except TimeoutError as error:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, is_body_read=True) from error
        finally:
            self.waiting -= 1
        try:
            _still_there(scope)
            loop = asyncio.get_running_loop()
            return await self.threads.run(
                partial(
                    self._call, environ, partial(_send_from_thread, loop, scope, send)
                )
            )
        finally:
            self.free.release()

    def _call(
        self, environ: dict[str, Any], send: Callable[[Message], None]
    ) -> _Answer:
        """Run the WSGI application; in a thread."""
        answer = _Answer()

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], None]:
            answer.status = int(status.partition(" ")[0])
            answer.headers = [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in headers
            ]
            return lambda chunk: None

        produced = self.wsgi(environ, start_response)
        if isinstance(produced, _File):
            # It is closed in another thread, which cannot give back this one's.
            close_old_connections()
            answer.body = produced
            return answer
        try:
            if getattr(produced, "streaming", False):
                _stream(answer, produced, send)
            else:
                answer.body = b"".join(produced)
        finally:
            if hasattr(produced, "close"):
                produced.close()
        return answer

    async def _deliver(self, answer: _Answer, scope: Message, send: Send) -> None:
        if answer.body is None:
            return
        headers = answer.headers or []
        if isinstance(answer.body, bytes):
            headers = [pair for pair in headers if pair[0] != b"content-length"]
            if answer.status not in (204, 304):  # nor has a 304 the length of nothing
                headers.append((b"content-length", str(len(answer.body)).encode()))
        try:
            await send(_start(answer.status, headers))
            if scope["method"] != "HEAD":
                await self._send_blocks(answer.body, scope, send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            if isinstance(answer.body, _File):
                await self._on_disk(answer.body.close)

    async def _send_blocks(
        self, body: bytes | _File, scope: Message, send: Send
    ) -> None:
        start = 0
        while True:
            if isinstance(body, _File):
                block = await self._on_disk(partial(body.file.read, BLOCK))
            else:
                block = body[start : start + BLOCK]
                start += BLOCK
            if not block:
                return
            await _send_in_time(
                scope,
                send,
                {"type": "http.response.body", "body": block, "more_body": True},
            )

    async def _on_disk(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.disk, call)

    def _notes(self, scope: Message) -> Notes | None:
        return self.notes if self.notes and scope["path"] == self.notes.path else None

    async def _live(self, receive: Receive, send: Send) -> None:
        adding_up = None
        await receive()
        if self.notes:
            adding_up = asyncio.create_task(
                self.notes.add_up_regularly(self.threads.run)
            )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if adding_up:
            adding_up.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await adding_up
        database.close_pools()
        await send({"type": "lifespan.shutdown.complete"})


def _clean_headers(scope: Message, is_proxy: bool) -> None:
    """Drop what WSGI would mistake for a proxy's word.

    In WSGI ``X_Forwarded_For`` and ``X-Forwarded-For`` become the same name.
    """
    scope["headers"] = [
        (name, value)
        for name, value in scope["headers"]
        if b"_" not in name and (is_proxy or name not in FORWARDED)
    ]


def _environ(scope: Message, body: Any, size: int) -> dict[str, Any]:
    environ: dict[str, Any] = dict(build_environ(scope, body))  # type: ignore[arg-type]
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(size)
    environ["wsgi.errors"] = sys.stderr
    environ["wsgi.file_wrapper"] = _File
    return environ


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _stream(
    answer: _Answer, chunks: Iterable[bytes], send: Callable[[Message], None]
) -> None:
    send(_start(answer.status, answer.headers or []))
    for chunk in chunks:
        send({"type": "http.response.body", "body": chunk, "more_body": True})
    send({"type": "http.response.body", "body": b""})


def _send_from_thread(
    loop: asyncio.AbstractEventLoop, scope: Message, send: Send, message: Message
) -> None:
    sending = _send_in_time(scope, send, message)
    asyncio.run_coroutine_threadsafe(sending, loop).result()


async def _send_in_time(scope: Message, send: Send, message: Message) -> None:
    transport = _still_there(scope)
    try:
        async with asyncio.timeout(SECONDS_TO_TAKE_A_BLOCK):
            await send(message)
    except TimeoutError as error:
        if transport is not None:
            transport.abort()
        raise _Gone from error


def _still_there(scope: Message) -> asyncio.WriteTransport | None:
    """The client's connection, where the server tells us; raises if it is closed."""
    extension = scope.get("extensions", {}).get(TRANSPORT, {})
    transport: asyncio.WriteTransport | None = extension.get("transport")
    if transport is not None and transport.is_closing():
        raise _Gone
    return transport


async def _until_gone(receive: Receive) -> None:
    # The server complains of a missing answer unless it has noticed by itself.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_TO_NOTICE):
            while (await receive())["type"] != "http.disconnect":
                continue
