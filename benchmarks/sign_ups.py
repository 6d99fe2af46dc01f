"""What becomes of a flood of sign-ups: who is mailed how often, and at what cost.

    python -m benchmarks sign_ups [--posts 10000] [--clients 8]

A site is served as in production. Half of the posts come from one network, each with
another address; half come from 500 networks and are all for the same 100 people, of
whom every second is a subscriber. Then a worker's part is done: every request is taken
up. Ends with an error if a mail is owed too early or too often, if a wish was dropped,
or if one answer differs from the others.
"""

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil

from benchmarks import newsletters, pages

NETWORKS = 500
VICTIMS = 100
SLUG = "flooded"
# What differs from answer to answer whoever asks.
_OWN_HEADERS = {"date", "x-request-id"}


@dataclass(frozen=True)
class Post:
    network: str
    address: str
    is_known: bool | None = None  # None: of the network that is slowed by its limit


@dataclass
class Answers:
    different: Counter[tuple] = field(default_factory=Counter)
    seconds: dict[bool, list[float]] = field(
        default_factory=lambda: {True: [], False: []}
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder:
        environment = newsletters.prepare(Path(folder), 9)  # nothing is mailed
        # The clients' networks are told as a proxy tells them.
        environment["TRUSTED_PROXIES"] = "127.0.0.1"
        static = ["collectstatic", "--no-input", "--verbosity=0"]
        pages.run(environment, "manage.py", *static)
        try:
            newsletter = call(environment, "fill")["newsletter"]
            found = flood(environment, options.posts, options.clients, newsletter)
            found |= call(environment, "take_up")
        finally:
            pages.run(environment, "-c", pages.STOP)
    print(report(found))
    return 0 if all(is_right for _words, is_right in promises(found)) else 1


def call(environment: dict[str, str], name: str) -> dict:
    code = f"from benchmarks import sign_ups; sign_ups.{name}()"
    printed = pages.run(environment, "manage.py", "shell", "-v", "0", "-c", code)
    return json.loads(printed.splitlines()[-1])


def fill() -> None:
    from newsroom.core import mail_addresses
    from newsroom.newsletters import consent, imports
    from newsroom.newsletters.models import Newsletter

    newsletter = Newsletter.objects.create(
        name="The Week", slug=SLUG, when="every Friday", description="All."
    )
    consent.current_text("en")
    for number in range(0, VICTIMS, 2):
        address = mail_addresses.normalised(victim(number))
        imports.add(address, [newsletter], language="en", basis="They agreed")
    print(json.dumps({"newsletter": newsletter.pk}))


def victim(number: int) -> str:
    return f"victim{number}@example.org"


def flood(
    environment: dict[str, str], count: int, clients: int, newsletter: int
) -> dict:
    posts = [
        Post("203.0.113.9", f"somebody{number}@example.org")
        if number % 2
        else Post(
            f"198.18.{number // 2 % NETWORKS // 250}.{number // 2 % NETWORKS % 250}",
            victim(number // 2 % VICTIMS),
            is_known=number // 2 % VICTIMS % 2 == 0,
        )
        for number in range(count)
    ]
    answers = Answers()
    with pages.serving(environment) as server:
        post_all(server.port, posts[:20], newsletter, answers)  # warm
        before = memory(server.process)
        began = time.perf_counter()
        threads = [
            threading.Thread(
                target=post_all,
                args=(server.port, posts[20 + place :: clients], newsletter, answers),
            )
            for place in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
        grown = memory(server.process) - before
    return {
        "posts": count,
        "answers": sum(answers.different.values()),
        "kinds": len(answers.different),
        "statuses": sorted({kind[0] for kind in answers.different}),
        "rate": (count - 20) / seconds,
        "known_ms": statistics.median(answers.seconds[True]) * 1000,
        "unknown_ms": statistics.median(answers.seconds[False]) * 1000,
        "grown_mb": grown / 1e6,
    }


def post_all(port: int, posts: list[Post], newsletter: int, answers: Answers) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for post in posts:
        body = urlencode(
            {"email": post.address, "newsletter": newsletter, "consent": "on"}
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Forwarded-For": post.network,
        }
        began = time.perf_counter()
        client.request("POST", "/newsletters/sign-up/", body, headers)
        response = client.getresponse()
        words = response.read()
        if post.is_known is not None:
            answers.seconds[post.is_known].append(time.perf_counter() - began)
        said = tuple(
            sorted(
                (name.lower(), value)
                for name, value in response.getheaders()
                if name.lower() not in _OWN_HEADERS
            )
        )
        answers.different[response.status, said, words] += 1
    client.close()


def memory(process: psutil.Process) -> int:
    together = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in together)


def take_up() -> None:
    """What a worker does with the requests; then what is owed to whom, and when."""
    from django.db import connection
    from django.db.models import Count
    from django.db.models.functions import TruncDay, TruncHour
    from django.utils import timezone

    from newsroom.newsletters import sign_up
    from newsroom.newsletters.models import Letter, LimitUse, ReaderRequest

    def most(counted) -> int:
        return max((row["count"] for row in counted), default=0)

    noted = ReaderRequest.objects.count()
    # Only one network asked more often than an hour allows.
    later = ReaderRequest.objects.filter(due_at__gt=timezone.now())
    by_hour = later.annotate(hour=TruncHour("due_at")).values("hour")
    in_an_hour = most(by_hour.annotate(count=Count("pk")))
    counts = LimitUse.objects.filter(what="network").values_list("count", flat=True)
    of_a_network = max(counts)
    with connection.cursor() as cursor:  # it is not the disk that is looked at
        cursor.execute("SET synchronous_commit = off")
    for number in ReaderRequest.objects.order_by("pk").values_list("pk", flat=True):
        sign_up.take_up(number)
    letters = Letter.objects.annotate(day=TruncDay("due_at"))
    by_day = letters.values("subscriber", "day").annotate(count=Count("pk"))
    print(
        json.dumps(
            {
                "noted": noted,
                "per_hour": sign_up.PER_NETWORK_AND_HOUR,
                "per_day": sign_up.PER_ADDRESS_AND_DAY,
                "network_hour": max(in_an_hour, of_a_network),
                "left": ReaderRequest.objects.count(),
                "letters": Letter.objects.count(),
                "readers": letters.values("subscriber").distinct().count(),
                "address_day": most(by_day),
                "last_day": max(letters.values_list("due_at", flat=True)).isoformat()[
                    :10
                ],
            }
        )
    )


def promises(found: dict) -> list[tuple[str, bool]]:
    return [
        (
            f"{found['kinds']} kind of answer to {found['answers']:,} posts "
            f"({', '.join(map(str, found['statuses']))}); median "
            f"{found['known_ms']:.1f} ms for subscribers, {found['unknown_ms']:.1f} ms "
            "for other people",
            found["kinds"] == 1 and found["answers"] == found["posts"],
        ),
        (
            f"{found['noted']:,} wishes noted, {found['left']} not taken up",
            found["noted"] == found["posts"] and not found["left"],
        ),
        (
            f"at most {found['network_hour']} mails an hour for a network",
            0 < found["network_hour"] <= found["per_hour"],
        ),
        (
            f"at most {found['address_day']} mail a day for an address",
            0 < found["address_day"] <= found["per_day"],
        ),
    ]


def report(found: dict) -> str:
    lines = [
        f"{found['posts']:,} sign-ups, half of one network, half of {NETWORKS} "
        f"networks for {VICTIMS} people: {found['rate']:,.0f} posts/s, "
        f"{found['grown_mb']:.0f} MB more memory, "
        f"{found['letters']:,} mails owed to {found['readers']:,} addresses, "
        f"the last on {found['last_day']}.",
    ]
    for words, is_right in promises(found):
        lines.append(f"{'right' if is_right else 'WRONG'}: {words}.")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    sys.exit(main())
