"""From a device's note to the day's total, through the site's own edge."""

import asyncio
import threading

import pytest

from newsroom.support.appeals import tally
from newsroom.support.models import VariantTotal
from tests.newsroom.support import appeals

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_note_left_at_the_edge_becomes_a_total_when_the_process_ends():
    # Here, because it takes the settings of the site as they are.
    from newsroom.asgi import application

    variant = appeals.prompt().variants.get()
    tally._counted.clear()
    statuses = []

    async def visit():
        words = asyncio.Queue()
        words.put_nowait({"type": "lifespan.startup"})

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def receive():
            return {"type": "http.request", "body": f"s{variant.pk}".encode()}

        living = asyncio.create_task(application({"type": "lifespan"}, words.get, send))
        await asyncio.sleep(0)
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/n/",
            "client": ("127.0.0.1", 4000),
            "headers": [
                (b"host", b"testserver"),
                (b"origin", b"http://testserver"),
                (b"content-length", b"5"),
            ],
        }
        for _ in range(3):
            await application(scope, receive, send)
        words.put_nowait({"type": "lifespan.shutdown"})
        await living

    # In a thread of its own, as the server's is: this one holds the test's connection.
    thread = threading.Thread(target=lambda: asyncio.run(visit()))
    thread.start()
    thread.join()

    assert statuses == [204] * 3
    assert VariantTotal.objects.get(variant=variant).shown == 3
