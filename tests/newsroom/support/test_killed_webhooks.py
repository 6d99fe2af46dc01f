"""A small version of ``benchmarks/webhooks.py``."""

import threading
from urllib.parse import urlsplit

import pytest
from django.db import connection

from benchmarks import webhooks as benchmark
from newsroom.support.models import WebhookEvent
from tests.data import stripe_objects as objects
from tests.newsroom.support.stripe_peer import Peer


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_shuffled_repeated_and_killed_between_the_books_are_the_same(
    live_server, settings
):
    settings.STRIPE_SECRET_KEY = "sk_test_only"
    settings.STRIPE_WEBHOOK_SECRET = objects.SECRET
    parts = urlsplit(live_server.url)
    address = (parts.hostname, parts.port)
    with Peer() as peer:
        settings.STRIPE_API_BASE = peer.base
        events = benchmark.happened(peer, 12)
        accepted = [
            forgery
            for forgery in list(benchmark.forgeries(events[0]))[:12]
            if benchmark.post(address, *forgery) == 200
        ]
        assert accepted == []
        assert not WebhookEvent.objects.exists()
        workers = benchmark.Workers(
            2,
            command=["worker"],
            environment={
                "DATABASE_POOL": "0",
                "DJANGO_SETTINGS_MODULE": "tests.newsroom.core.worker_settings",
                "STRIPE_API_BASE": peer.base,
                "STRIPE_SECRET_KEY": "sk_test_only",
                "STRIPE_WEBHOOK_SECRET": objects.SECRET,
                "TEST_DATABASE": connection.settings_dict["NAME"],
            },
        )
        with workers:
            posting = threading.Thread(
                target=benchmark.post_all, args=[address, events, 5]
            )
            posting.start()
            workers.kill_some(3)
            posting.join()
            benchmark.wait_for(
                lambda: benchmark.nothing_waits(peer, address, 2), seconds=150
            )
        found = benchmark.standing(peer)

    assert benchmark.is_balanced(found), found
    assert found["payments at the provider"] == 15
    assert found["gifts accepted"] == 14
