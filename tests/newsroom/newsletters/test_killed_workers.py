"""A small version of ``benchmarks/kill_senders.py``."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings as site
from django.db import connection

from benchmarks.sink import Manners, Sink
from newsroom.newsletters import sending
from tests import make


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("window", [1, 20])
def test_killed_workers_lose_nobody_and_double_at_most_the_window(settings, window):
    settings.DEFAULT_FROM_EMAIL = "newsroom@news.example"
    newsletter = make.newsletter(mail_server="bulk")
    for _ in range(200):
        make.subscriber(of=[newsletter])
    issue = make.issue(newsletter=newsletter)
    with Sink(Manners(seconds=0.01, cuts=0.005, most_mails=100)) as sink:
        settings.MAIL_SENDERS = {"bulk": f"smtp://127.0.0.1:{sink.port}"}
        sending.start(issue, by=None)
        done = subprocess.run(
            [
                *[sys.executable, "-m", "benchmarks.newsletter_parts", "kill"],
                *[str(issue.pk), "2", "5"],
            ],
            cwd=site.BASE_DIR,
            env=os.environ
            | {
                "DATABASE_POOL": "0",
                "DJANGO_SETTINGS_MODULE": "tests.newsroom.core.worker_settings",
                "MAIL_SENDERS": f"bulk=smtp://127.0.0.1:{sink.port}",
                "MAIL_WINDOW": str(window),
                "TEST_DATABASE": connection.settings_dict["NAME"],
            },
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=120,
        )
    told = json.loads(done.stdout.splitlines()[-1])

    readers = Counter(digest for _message_id, digest in sink.taken)
    doubles = len(sink.taken) - len(readers)
    assert told["kills"] > 0
    assert told["status"] == "sent"
    assert told["balanced"]
    assert len(readers) == told["submitted"] == 200
    assert doubles <= told["kills"] * window + sink.cuts
    assert len(set(sink.taken)) == 200
