"""How many subscribers a second an import takes in, and how much memory it needs.

    python -m benchmarks imports [--rows 200000] [--newsletters 1]

A file is stored, looked at and taken in as the admin does it, job for job, against the
test settings in a database of its own. Every address is checked, sealed and hashed; a
reader, a subscription and a line of the consent ledger are written for each row. Then
the same file is taken in again, which changes nothing, and everything is exported.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

WANTED = 20_000  # rows a second


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    options = parser.parse_args()

    import django
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    from newsroom.core import database

    if settings.DATABASE_EMBEDDED:
        database.start(settings.DATA_DIR)
    django.setup()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return measure(options.rows)
    finally:
        teardown_databases(databases, verbosity=0)


def measure(rows: int) -> int:
    from newsroom.newsletters import exports, imports
    from newsroom.newsletters.models import ConsentEvent, Newsletter, Subscription

    newsletter = Newsletter.objects.create(
        name="The Friday Letter", slug="friday", when="every Friday", description="All."
    )
    before = peak()

    def take_in() -> Any:
        taken = imports.take_in(blocks(rows), file_name="readers.csv")
        taken.basis, taken.basis_note = "consent", "The form on the old site"
        taken.save()
        taken.newsletters.add(newsletter)
        return taken

    def work(start: Callable[[Any], None]) -> None:
        start(taken)
        imports.work_through(taken.pk)
        taken.refresh_from_db()

    taken = timed("stored, sealed", rows, take_in)[0]
    timed("dry run", rows, lambda: work(imports.ask_for_check))
    _nothing, rate = timed("taken in", rows, lambda: work(imports.ask_for_run))
    check(taken.report["counts"] == {"added": rows})
    check(Subscription.objects.count() == ConsentEvent.objects.count() == rows)

    taken = take_in()
    work(imports.ask_for_check)
    timed("taken in again", rows, lambda: work(imports.ask_for_run))
    check(taken.report["counts"] == {"known": rows})

    timed("exported", rows, lambda: sum(len(line) for line in exports.everybody()))
    print(f"{'memory above the start':<24}{peak() - before:>12,} MB")
    print(f"{'at least':<24}{WANTED:>12,} rows a second wanted")
    return 0 if rate >= WANTED else 1


def blocks(rows: int) -> Iterator[bytes]:
    """A file as it comes in, in blocks of 64 kB or so."""
    yield b"\xef\xbb\xbfemail;name;status;created_at;language\r\n"
    for start in range(0, rows, 1000):
        yield "".join(
            f"reader.{number:07}@{'mail' if number % 3 else f'host{number % 997}'}"
            f".example;Reader {number};subscribed;2024-03-{number % 28 + 1:02}"
            f"T08:15:00+02:00;{'ru' if number % 4 else 'en'}\r\n"
            for number in range(start, min(start + 1000, rows))
        ).encode()


def timed(what: str, rows: int, work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    result = work()
    rate = rows / (time.perf_counter() - began)
    print(f"{what:<24}{rate:>12,.0f} rows a second")
    return result, rate


def check(is_so: bool) -> None:
    if not is_so:
        raise SystemExit("The import did something else than it was to do.")


def peak() -> int:
    """MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
