"""How fast an issue goes out, beside other ways to send the same mail.

    python -m benchmarks newsletters [--recipients 20000] [--rounds 3] [--many 100000]
                                     [--million]

All mails go to Debian's smtp-sink on this machine, by turns: Django's backend on one
connection, smtplib with a message that is made once, smtp-source (C, from the same
package), and our worker as one process and as two. Ours keeps its books meanwhile.

What a mail costs is told as well, in processor time of workers, database and sink.
Where they fill all cores, a second worker can only use what the first left idle; so one
and two workers also send to a mail server that takes its time, as one far away does.
"""

import argparse
import contextlib
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import pages
from benchmarks import sink as sinks

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "newsletters.json"
MILLION = 1_000_000
WORKERS = {"Newsroom, one worker": 1, "Newsroom, two workers": 2}
SLOW_SECONDS = 0.025  # that the slow mail server takes for each text
SLOW_CONNECTIONS = 8  # of each worker
SLOW_RECIPIENTS = 4000


@dataclass(frozen=True)
class Place:
    """A site, and the mail server that its mails go to."""

    environment: dict[str, str]
    port: int
    process: psutil.Process


@dataclass(frozen=True)
class Sent:
    """Of all workers together, but for the memory: the most that one took."""

    rate: float
    megabytes: float
    # Microseconds of processor time for a mail.
    workers: float
    database: float
    sink: float
    cores: float  # in use meanwhile, by whomever


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--million", action="store_true")
    options = parser.parse_args()
    for tool in ("smtp-sink", "smtp-source"):
        if shutil.which(tool) is None:
            raise SystemExit(
                f"{tool} is missing. It comes with Debian's postfix, which need not "
                "run: apt-get install --no-install-recommends postfix"
            )
    with (
        tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder,
        sink() as (port, process),
    ):
        environment = prepare(Path(folder), port)
        try:
            results = measure(Place(environment, port, process), options)
        finally:
            pages.run(environment, "-c", pages.STOP)
    print(table(results))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def prepare(folder: Path, port: int) -> dict[str, str]:
    """A migrated site that mails to the sink; the environment that leads to it."""
    folder.chmod(0o711)
    environment = os.environ | {
        "ADDRESS_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": "embedded",
        "DEFAULT_FROM_EMAIL": "week@news.example",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        "SECRET_KEY": secrets.token_urlsafe(50),
    }
    for name in ("DEBUG", "DEMO", "MAIL_SENDERS", "MAIL_WINDOW", "MAIL_NOTES_STRICT"):
        environment.pop(name, None)
    print("Preparing a site of its own.", flush=True)
    pages.run(environment, "manage.py", "migrate", "--verbosity=0")
    return environment


@contextlib.contextmanager
def sink() -> Iterator[tuple[int, psutil.Process]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Started by root it wants to be somebody else.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["smtp-sink", *user, f"127.0.0.1:{port}", "1000"])
    try:
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if process.poll() is not None:
                raise SystemExit("smtp-sink did not start.")
            time.sleep(0.05)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def measure(place: Place, options: argparse.Namespace) -> dict:
    environment, port = place.environment, place.port
    slow = slowly(environment)
    call(environment, "fill", options.recipients)
    size = call(environment, "size")["bytes"]
    few = min(4000, options.recipients)
    rates: dict[str, list[float]] = {}
    sent: dict[str, list[Sent]] = {name: [] for name in WORKERS}

    def note(name: str, rate: float) -> None:
        rates.setdefault(name, []).append(rate)
        print(f"  {name}: {rate:,.0f}/s", flush=True)

    for number in range(options.rounds):
        print(f"Round {number + 1} of {options.rounds}.", flush=True)
        note("Django’s backend, one connection", by_django(environment, few // 2))
        note("smtplib, message made once", by_smtplib(environment, port, few))
        note("smtp-source, one session", by_source(port, size, 1))
        note("smtp-source, two sessions", by_source(port, size, 2))
        for name, workers in WORKERS.items():
            sent[name].append(by_workers(place, workers))
            note(name, sent[name][-1].rate)
    results = {
        "bytes": size,
        "cores": os.cpu_count(),
        "recipients": options.recipients,
        "per_second": {name: round(statistics.median(r)) for name, r in rates.items()},
        "cost": {name: cost(found) for name, found in sent.items()},
        "slow_per_second": slow,
        "memory_mb": {},
        "queueing_seconds": {},
    }
    for count in [1000, options.many, *([MILLION] if options.million else [])]:
        print(f"{count:,} recipients.", flush=True)
        call(environment, "fill", count)
        seconds = call(environment, "queue")["seconds"]
        results["queueing_seconds"][count] = round(seconds, 2)
        found = by_workers(place, 1)
        results["memory_mb"][count] = round(found.megabytes, 1)
        print(
            f"  {seconds:.1f} s to queue, {found.rate:,.0f}/s, "
            f"{found.megabytes:.0f} MB",
            flush=True,
        )
    return results


def cost(found: list[Sent]) -> dict[str, float]:
    """The medians of the rounds."""
    parts = ("workers", "database", "sink", "cores")
    return {
        part: round(statistics.median(getattr(one, part) for one in found), 2)
        for part in parts
    }


def slowly(environment: dict[str, str]) -> dict[str, int]:
    """Mails a second to a server that lets us wait."""
    call(environment, "fill", SLOW_RECIPIENTS)
    rates = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        sinks.running(Path(folder) / "journal", [f"--seconds={SLOW_SECONDS}"]) as (
            port,
            process,
        ),
    ):
        address = f"smtp://127.0.0.1:{port}?connections={SLOW_CONNECTIONS}"
        place = Place(environment | {"EMAIL_URL": address}, port, process)
        for name, workers in WORKERS.items():
            rates[name] = round(by_workers(place, workers).rate)
            print(f"  {name}, slow server: {rates[name]:,}/s", flush=True)
    return rates


def by_django(environment: dict[str, str], count: int) -> float:
    return call(environment, "django", count)["rate"]


def by_smtplib(environment: dict[str, str], port: int, count: int) -> float:
    return call(environment, "smtplib", count, port)["rate"]


def by_source(port: int, size: int, sessions: int, count: int = 10_000) -> float:
    began = time.perf_counter()
    subprocess.run(
        [
            *["smtp-source", "-d", "-s", str(sessions), "-l", str(size)],
            *["-m", str(count), "-f", "week@news.example"],
            *["-t", "reader@example.org", f"127.0.0.1:{port}"],
        ],
        check=True,
    )
    return count / (time.perf_counter() - began)


def by_workers(place: Place, count: int) -> Sent:
    issue = call(place.environment, "issue")
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.newsletter_parts", "work", issue["id"]],
            cwd=ROOT,
            env=place.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for worker in workers:
        worker.stdout.readline()  # it is ready
    cluster = pages.postmaster(Path(place.environment["DATA_DIR"]))
    before = [pages.spent_by_all(cluster), pages.spent(place.process), busy()]
    began = time.monotonic()  # one clock for all processes
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    done = [json.loads(worker.communicate()[0]) for worker in workers]
    seconds = max(one["ended"] for one in done) - began
    until = time.monotonic()
    after = [pages.spent_by_all(cluster), pages.spent(place.process), busy()]
    mails = issue["audience"]
    if sum(one["submitted"] for one in done) != mails * count:
        raise SystemExit("The books say something else than the workers.")
    database, sink, cores = (
        now - then for then, now in zip(before, after, strict=True)
    )
    return Sent(
        rate=mails / seconds,
        megabytes=max(one["megabytes"] for one in done),
        workers=sum(one["spent"] for one in done) / mails * 1e6,
        database=database / mails * 1e6,
        sink=sink / mails * 1e6,
        cores=cores / (until - began),
    )


def busy() -> float:
    """Seconds of all cores that somebody used."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - times.guest - times.guest_nice


def call(environment: dict[str, str], *command: object) -> dict:
    printed = pages.run(
        environment, "-m", "benchmarks.newsletter_parts", *map(str, command)
    )
    return json.loads(printed.splitlines()[-1])


def table(results: dict) -> str:
    rates, cores = results["per_second"], results["cores"]
    source = max(rates[name] for name in rates if name.startswith("smtp-source"))
    lines = [
        f"Mails a second, {results['bytes']:,} bytes each, personalised HTML and text, "
        f"{results['recipients']:,} recipients, {cores} cores.",
        "",
        "| | Mails a second | to smtp-source |",
        "| --- | ---: | ---: |",
    ]
    for name, rate in rates.items():
        lines.append(f"| {name} | {rate:,} | {rate / source:.2f} |")
    lines += ["", *costs(results), "", *slow_ones(results)]
    lines += ["", "| Recipients | Seconds to queue | Memory of the worker |"]
    lines += ["| ---: | ---: | ---: |"]
    for count, seconds in results["queueing_seconds"].items():
        memory = results["memory_mb"][count]
        lines.append(f"| {int(count):,} | {seconds} | {memory} MB |")
    return "\n".join(lines)


def costs(results: dict) -> list[str]:
    cores = results["cores"]
    lines = [
        "Processor time for a mail, in microseconds. Workers, PostgreSQL and the sink "
        f"share {cores} cores: what they take together bounds the rate, however many "
        "workers there are.",
        "",
        "| | Workers | PostgreSQL | smtp-sink | together | Cores in use | Bound |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in results["cost"].items():
        parts = [found[part] for part in ("workers", "database", "sink")]
        cells = [*(f"{part:.0f}" for part in [*parts, sum(parts)])]
        cells += [f"{found['cores']:.1f}", f"{cores * 1e6 / sum(parts):,.0f}/s"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def slow_ones(results: dict) -> list[str]:
    one, two = (results["slow_per_second"][name] for name in WORKERS)
    return [
        f"To a mail server that takes {SLOW_SECONDS * 1000:.0f} ms for each text, over "
        f"{SLOW_CONNECTIONS} connections a worker, so that the machine is not the "
        f"limit: one worker {one:,}/s, two {two:,}/s, {two / one:.2f} times as many.",
    ]


if __name__ == "__main__":
    main()
