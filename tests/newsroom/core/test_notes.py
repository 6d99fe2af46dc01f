"""The edge takes in small notes by itself, and adds them up now and then."""

import asyncio
import threading
from functools import partial

import pytest

from newsroom.core.edge import Edge, Limits
from newsroom.core.notes import Notes


class Site:
    """An edge of this process, asked without a network."""

    def __init__(self, **values):
        self.taken = []
        self.turns = []
        self.in_django = []
        options = {
            "path": "/n/",
            "take": lambda headers, body: self.taken.append((headers, body)),
            "add_up": partial(self._add_up),
            "seconds_between": 60,
        }
        self.edge = Edge(
            self._django,
            limits=Limits(threads=1),
            trusted_proxies=[],
            notes=Notes(**options | values),
        )

    def _add_up(self):
        self.turns.append(threading.current_thread().name)

    def _django(self, environ, start_response):
        self.in_django.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return [b"Django"]

    async def ask(self, method, path, body=b"", headers=()):
        sent = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "http_version": "1.1",
            "scheme": "http",
            "client": ("127.0.0.1", 4000),
            "server": ("127.0.0.1", 8000),
            "headers": [(b"content-length", str(len(body)).encode()), *headers],
        }

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        await self.edge(scope, receive, send)
        said = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], dict(sent[0]["headers"]), said

    async def live(self, seconds):
        """Start and, after a while, end, as a server tells it to."""
        words = asyncio.Queue()
        words.put_nowait({"type": "lifespan.startup"})
        heard = []

        async def send(message):
            heard.append(message["type"])

        living = asyncio.create_task(self.edge({"type": "lifespan"}, words.get, send))
        await asyncio.sleep(seconds)
        words.put_nowait({"type": "lifespan.shutdown"})
        await living
        return heard


def asked(site, *question, **options):
    return asyncio.run(site.ask(*question, **options))


def test_a_note_is_taken_in_without_django_and_nothing_is_said():
    site = Site()

    answer = asked(site, "POST", "/n/", b"s12.g12", headers=[(b"origin", b"null")])

    assert answer == (204, {b"cache-control": b"no-store"}, b"")
    [(headers, body)] = site.taken
    assert body == b"s12.g12"
    assert headers["origin"] == "null"
    assert site.in_django == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_notes_are_only_left(method):
    site = Site()

    status, headers, _said = asked(site, method, "/n/")

    assert (status, headers[b"allow"]) == (405, b"POST")
    assert site.taken == []


def test_a_long_note_is_refused():
    site = Site()

    status, _headers, _said = asked(site, "POST", "/n/", b"s" * 513)

    assert status == 413
    assert site.taken == []


def test_everything_else_goes_to_django():
    site = Site()

    status, _headers, said = asked(site, "POST", "/n/other/", b"x" * 5000)

    assert (status, said) == (200, b"Django")
    assert site.in_django == ["/n/other/"]
    assert site.taken == []


def test_it_is_added_up_regularly_and_at_the_end_in_a_thread():
    site = Site(seconds_between=0.1)

    heard = asyncio.run(site.live(0.35))

    assert heard == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert len(site.turns) >= 3
    assert set(site.turns) == {"django-0"}


def test_what_was_noted_last_is_added_up_at_the_end():
    site = Site(seconds_between=60)

    asyncio.run(site.live(0.05))

    assert len(site.turns) == 1


def test_a_turn_that_fails_stops_none_of_the_next():
    turns = []

    def fail():
        turns.append(1)
        raise ValueError("canary")

    site = Site(seconds_between=0.05, add_up=fail)

    asyncio.run(site.live(0.3))

    assert len(turns) >= 3
