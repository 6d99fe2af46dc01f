"""Webhooks as bad days bring them: often, in any order, at once, with workers killed.

    python -m benchmarks webhooks [--gifts 80] [--times 5] [--kills 12]

A site is served from a fresh folder with two workers; a stand-in for Stripe on this
machine hands out the events of some gifts, renewals, refunds and disputes. Each event
is posted several times, shuffled, over 20 connections, while workers are killed
(SIGKILL) again and again. Before that, forged ones are tried. Ends with an error unless
none of those was taken, each payment is one gift with one receipt, and the books say
what the provider's list says.
"""

import argparse
import http.client
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

AT_ONCE = 20
HOOK = "/hooks/stripe/"
_PATIENCE = 300  # seconds
_BEFORE_KILLS = (0.0, 0.3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gifts", type=int, default=80)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--kills", type=int, default=12)
    options = parser.parse_args()

    from tests.data import stripe_objects
    from tests.newsroom.support.stripe_peer import Peer

    with (
        tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder,
        Peer() as peer,
    ):
        # The database's user must reach its folder.
        Path(folder).chmod(0o711)
        port = free_port()
        os.environ.pop("DEBUG", None)
        os.environ.update(
            ADDRESS_KEY=secrets.token_urlsafe(50),
            DATABASE_URL="embedded",
            DATA_DIR=f"{folder}/data",
            DEMO="1",
            DJANGO_SETTINGS_MODULE="newsroom.settings",
            LOG_LEVEL="ERROR",
            SECRET_KEY=secrets.token_urlsafe(50),
            SITE_URL=f"http://127.0.0.1:{port}",
            STRIPE_API_BASE=peer.base,
            STRIPE_SECRET_KEY="sk_test_only",
            STRIPE_WEBHOOK_SECRET=stripe_objects.SECRET,
        )
        print("Preparing a site of its own.", flush=True)
        manage("migrate", "--verbosity=0")
        import django

        django.setup()
        try:
            return run(peer, port, options)
        finally:
            from django.db import connections

            from newsroom.core import database

            connections.close_all()
            database.stop(Path(folder) / "data")


def run(peer: Any, port: int, options: argparse.Namespace) -> int:
    from newsroom.support.models import WebhookEvent

    events = happened(peer, options.gifts)
    address = ("127.0.0.1", port)
    with started("serve", f"--port={port}"):
        wait_for(lambda: answers(address))
        taken = sum(post(address, *forgery) == 200 for forgery in forgeries(events[0]))
        is_empty = not WebhookEvent.objects.exists()
        began = time.monotonic()
        with Workers(2, command=["worker", "--concurrency=2"]) as workers:
            posting = threading.Thread(
                target=post_all, args=[address, events, options.times]
            )
            posting.start()
            workers.kill_some(options.kills)
            posting.join()
            wait_for(lambda: nothing_waits(peer, address, options.times))
        seconds = time.monotonic() - began
    found = standing(peer)
    print(
        f"{len(events)} events posted {options.times} times by {AT_ONCE} at once, "
        f"{options.kills} workers killed, {interrupted()} jobs left in the middle, "
        f"{seconds:.0f} s"
    )
    print(f"forged: {taken} of {len(list(forgeries(events[0])))} accepted")
    for name, value in found.items():
        print(f"{name}: {value}")
    is_right = not taken and is_empty and is_balanced(found)
    print("right" if is_right else "WRONG")
    return 0 if is_right else 1


# --- What happens -----------------------------------------------------------------


def happened(peer: Any, count: int) -> list[dict[str, Any]]:
    """So many gifts, every fourth of them monthly, and what becomes of some."""
    from newsroom.support.models import CountryPolicy
    from tests.data import stripe_objects as objects
    from tests.newsroom.support import books

    CountryPolicy.objects.get_or_create(country="RU", defaults={"name": "Elsewhere"})
    events: list[dict[str, Any]] = []
    for number in range(count):
        if number % 4 == 3:
            series = books.series()
            gift = series.contributions.get()
            events += peer.subscribe(
                {"gift": gift.public_id, "series": series.public_id}
            )
            events += peer.renew(list(peer.subscriptions)[-1])
            continue
        gift = books.gift()
        country = "RU" if number % 20 == 1 else "DE"
        events += peer.pay({"gift": gift.public_id}, country=country)
        intent = list(peer.charges)[-1]
        if number % 10 == 2:
            events += peer.give_back(intent, 700)
        if number % 10 == 4:
            out = objects.balance_transaction(amount=-2500, fee=1500)
            dispute = objects.dispute(payment_intent=intent, balance_transactions=[out])
            events += [
                objects.event(f"charge.dispute.{name}", dispute)
                for name in ("created", "funds_withdrawn")
            ]
    return events


def forgeries(told: dict[str, Any]) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Unsigned, signed by another, too old, changed on the way."""
    from tests.data import stripe_objects as objects

    body, headers = objects.signed(told)
    for number in range(25):
        yield body, {}
        yield objects.signed(told, secret=f"whsec_{number}")
        yield objects.signed(told, at=int(time.time()) - 301 - number)
        yield body.replace(b"2500", b"%d" % (2501 + number)), headers


def standing(peer: Any) -> dict[str, Any]:
    from django.db.models import Sum

    from newsroom.support.books import reconciling
    from newsroom.support.models import (
        Contribution,
        Difference,
        GiverLetter,
        LedgerEntry,
        WebhookEvent,
    )

    def total(kind: str) -> int:
        entries = LedgerEntry.objects.filter(kind=kind)
        return abs(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)

    reconciling.compare("stripe", at=books_close())
    paid = Contribution.objects.exclude(paid_at=None)
    thanked = GiverLetter.objects.filter(kind__in=["thanks", "receipt"])
    return {
        "payments at the provider": len(peer.charges),
        "gifts paid": paid.count(),
        "gifts in all": Contribution.objects.count(),
        "gifts accepted": paid.filter(verdict="accepted").count(),
        "receipt numbers": paid.exclude(receipt_number=None).count(),
        "receipts owed or sent": thanked.count(),
        "received": total("gift"),
        "received, says the provider": sum(
            charge["amount"] for charge in peer.charges.values()
        ),
        "given back": total("refund"),
        "given back, says the provider": sum(
            charge["amount_refunded"] for charge in peer.charges.values()
        ),
        "differences": Difference.objects.filter(settled_at=None).count(),
        "events not applied": WebhookEvent.objects.exclude(
            state__in=["applied", "ignored"]
        ).count(),
    }


def books_close() -> Any:
    """After all that the stand-in says has happened."""
    from datetime import timedelta

    from tests.newsroom.support import books

    return books.NOON + timedelta(days=5)


def is_balanced(found: dict[str, Any]) -> bool:
    return (
        found["payments at the provider"]
        == found["gifts paid"]
        == found["gifts in all"]
        and found["gifts accepted"]
        == found["receipt numbers"]
        == found["receipts owed or sent"]
        and found["received"] == found["received, says the provider"]
        and found["given back"] == found["given back, says the provider"]
        and not found["differences"]
        and not found["events not applied"]
    )


def applied() -> int:
    from newsroom.support.models import WebhookEvent

    return WebhookEvent.objects.filter(state="applied").count()


def interrupted() -> int:
    """Jobs that a killed worker left in the middle."""
    from procrastinate.contrib.django.models import ProcrastinateEvent

    again = ProcrastinateEvent.objects.filter(type="deferred_for_retry")
    return again.filter(job__queue_name="support").count()


def nothing_waits(peer: Any, address: tuple[str, int], times: int) -> bool:
    """Nor is anything still on its way back to who should not have given."""
    from newsroom.support.models import RefundOrder, WebhookEvent

    # Stripe tells also of what it was asked for.
    events = [peer.outbox.pop() for _number in range(len(peer.outbox))]
    post_all(address, events, times)
    waiting = WebhookEvent.objects.filter(state="stored")
    return not waiting.exists() and not RefundOrder.objects.filter(movement_ref="")


# --- Posting ----------------------------------------------------------------------


def post_all(
    address: tuple[str, int], events: list[dict[str, Any]], times: int
) -> None:
    """Each so many times, in any order; one that gets no 200 is posted again."""
    from tests.data import stripe_objects as objects

    shuffled = events * times
    random.SystemRandom().shuffle(shuffled)

    def deliver(told: dict[str, Any]) -> None:
        while post(address, *objects.signed(told)) != 200:
            time.sleep(0.2)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(deliver, shuffled))


def post(address: tuple[str, int], body: bytes, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        told = {"Content-Type": "application/json"} | headers
        connection.request("POST", HOOK, body, told)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


# --- Processes --------------------------------------------------------------------


class Workers:
    """So many, whatever is done to them."""

    def __init__(
        self,
        count: int,
        *,
        command: list[str],
        environment: dict[str, str] | None = None,
    ) -> None:
        self.count = count
        self.command = command
        self.environment = os.environ | (environment or {})
        self.running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Workers":
        for _number in range(self.count):
            self._start()
        return self

    def __exit__(self, *_exception: object) -> None:
        for process in self.running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def kill_some(self, kills: int) -> None:
        """The one that has worked longest, each time after work went on."""
        for _number in range(kills):
            before = applied()
            wait_for(lambda before=before: applied() > before, seconds=20)
            time.sleep(random.SystemRandom().uniform(*_BEFORE_KILLS))
            unlucky = self.running.pop(0)
            os.killpg(unlucky.pid, signal.SIGKILL)
            unlucky.wait()
            self._start()

    def _start(self) -> None:
        self.running.append(
            subprocess.Popen(
                [sys.executable, "manage.py", *self.command],
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )


@contextmanager
def started(*command: str) -> Iterator[None]:
    with Workers(1, command=list(command)):
        yield


def manage(*command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, check=True)


def answers(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
