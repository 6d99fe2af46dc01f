"""How fast an issue goes out, beside other ways to send the same mail.

    python -m benchmarks newsletters [--recipients 20000] [--rounds 3] [--many 100000]
                                     [--million]

All mails go to Debian's smtp-sink on this machine, by turns: Django's backend on one
connection, smtplib with a message that is made once, smtp-source (C, from the same
package), and our worker as one process and as two. Ours keeps its books meanwhile.
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
from pathlib import Path

from benchmarks import pages

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "newsletters.json"
MILLION = 1_000_000


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
        sink() as port,
    ):
        environment = prepare(Path(folder), port)
        try:
            results = measure(environment, port, options)
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
def sink() -> Iterator[int]:
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
        yield port
    finally:
        process.terminate()
        process.wait()


def measure(
    environment: dict[str, str], port: int, options: argparse.Namespace
) -> dict:
    call(environment, "fill", options.recipients)
    size = call(environment, "size")["bytes"]
    rates: dict[str, list[float]] = {}
    for number in range(options.rounds):
        print(f"Round {number + 1} of {options.rounds}.", flush=True)
        few = min(4000, options.recipients)
        for name, rate in [
            ("Django’s backend, one connection", by_django(environment, few // 2)),
            ("smtplib, message made once", by_smtplib(environment, port, few)),
            ("smtp-source, one session", by_source(port, size, 1)),
            ("smtp-source, two sessions", by_source(port, size, 2)),
            ("Newsroom, one worker", by_workers(environment, 1)[0]),
            ("Newsroom, two workers", by_workers(environment, 2)[0]),
        ]:
            rates.setdefault(name, []).append(rate)
            print(f"  {name}: {rate:,.0f}/s", flush=True)
    results = {
        "bytes": size,
        "machine": f"{os.cpu_count()} cores",
        "recipients": options.recipients,
        "per_second": {name: round(statistics.median(r)) for name, r in rates.items()},
        "memory_mb": {},
        "queueing_seconds": {},
    }
    for count in [1000, options.many, *([MILLION] if options.million else [])]:
        print(f"{count:,} recipients.", flush=True)
        call(environment, "fill", count)
        seconds = call(environment, "queue")["seconds"]
        results["queueing_seconds"][count] = round(seconds, 2)
        rate, memory = by_workers(environment, 1)
        results["memory_mb"][count] = round(memory, 1)
        print(f"  {seconds:.1f} s to queue, {rate:,.0f}/s, {memory:.0f} MB", flush=True)
    return results


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


def by_workers(environment: dict[str, str], count: int) -> tuple[float, float]:
    """Mails a second of all workers together, and the most memory that one took."""
    issue = call(environment, "issue")
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.newsletter_parts", "work", issue["id"]],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for worker in workers:
        worker.stdout.readline()  # it is ready
    began = time.perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    done = [json.loads(worker.communicate()[0]) for worker in workers]
    seconds = time.perf_counter() - began
    if sum(one["submitted"] for one in done) != issue["audience"] * count:
        raise SystemExit("The books say something else than the workers.")
    return issue["audience"] / seconds, max(one["megabytes"] for one in done)


def call(environment: dict[str, str], *command: object) -> dict:
    printed = pages.run(
        environment, "-m", "benchmarks.newsletter_parts", *map(str, command)
    )
    return json.loads(printed.splitlines()[-1])


def table(results: dict) -> str:
    rates = results["per_second"]
    source = max(rates[name] for name in rates if name.startswith("smtp-source"))
    lines = [
        f"Mails a second, {results['bytes']:,} bytes each, personalised HTML and text, "
        f"{results['recipients']:,} recipients, {results['machine']}.",
        "",
        "| | Mails a second | to smtp-source |",
        "| --- | ---: | ---: |",
    ]
    for name, rate in rates.items():
        lines.append(f"| {name} | {rate:,} | {rate / source:.2f} |")
    lines += ["", "| Recipients | Seconds to queue | Memory of the worker |"]
    lines += ["| ---: | ---: | ---: |"]
    for count, seconds in results["queueing_seconds"].items():
        memory = results["memory_mb"][count]
        lines.append(f"| {int(count):,} | {seconds} | {memory} MB |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
