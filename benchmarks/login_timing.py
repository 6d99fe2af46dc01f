"""Can a stranger tell by the clock who works here? Prints medians of refusals.

    DATABASE_URL=embedded python benchmarks/login_timing.py [ROUNDS]

Signs in and asks for password links by turns for a known and an unknown person, and
fails if the medians differ by more than five per cent.
"""

import logging
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
os.environ.setdefault(
    "SECRET_KEY", "only-for-this-measurement-only-for-this-measurement"
)
os.environ.setdefault("ADDRESS_KEY", os.environ["SECRET_KEY"])
os.environ.setdefault("DATABASE_URL", "embedded")
os.environ.setdefault("ALLOWED_HOSTS", "testserver")

import django
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction

from newsroom.core import database

MOST = 5.0  # per cent
KNOWN = ("timing-known", "timing-known@newsroom.example")
UNKNOWN = ("timing-other", "timing-other@newsroom.example")


def main(rounds: int) -> int:
    if settings.DATABASE_EMBEDDED:
        database.start(settings.DATA_DIR)
    django.setup()
    settings.SECURE_SSL_REDIRECT = False
    logging.disable()
    call_command("migrate", verbosity=0)
    from newsroom.accounts.models import User

    worst = 0.0
    with transaction.atomic():  # leaves no trace
        person = User(username=KNOWN[0], email=KNOWN[1], is_staff=True)
        person.set_password("a-password-of-a-good-length")
        person.save()
        for what, ask in QUESTIONS.items():
            worst = max(worst, compare(what, ask, rounds))
        transaction.set_rollback(True)
    database.close_pools()
    return int(worst > MOST)


def compare(what, ask, rounds: int) -> float:
    from django.test import Client

    client = Client(raise_request_exception=False)
    times = {KNOWN: [], UNKNOWN: []}
    for number in range(rounds):
        # Each goes first by turns, so that neither gains by the other's warm caches.
        for who in (KNOWN, UNKNOWN) if number % 2 else (UNKNOWN, KNOWN):
            cache.clear()  # the limits would answer instead
            began = time.perf_counter()
            ask(client, who)
            times[who].append(time.perf_counter() - began)
    known, unknown = (statistics.median(times[who]) * 1000 for who in (KNOWN, UNKNOWN))
    difference = 100 * abs(known - unknown) / min(known, unknown)
    print(
        f"{what:<16} known {known:7.2f} ms   unknown {unknown:7.2f} ms   "
        f"{difference:4.1f} %"
    )
    return difference


def sign_in_by_name(client, who) -> None:
    client.post("/admin/login/", {"login": who[0], "password": "wrong"})


def sign_in_by_address(client, who) -> None:
    client.post("/admin/login/", {"login": who[1], "password": "wrong"})


def ask_for_link(client, who) -> None:
    client.post("/admin/account/password/reset/", {"email": who[1]})


QUESTIONS = {
    "login, name": sign_in_by_name,
    "login, address": sign_in_by_address,
    "password link": ask_for_link,
}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
