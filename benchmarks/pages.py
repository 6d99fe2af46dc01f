"""What a page costs that is made anew: CPU time of web process and database together.

    python -m benchmarks pages [--rounds 9] [--requests 100]

The site is served as in production from a fresh folder, filled with the demo's texts;
no worker runs. Beside it runs a bare Django view with three queries, on the same
database and the same kind of server. The pages are asked for by turns, over one
connection, so that what else the machine does falls on all alike. Writes
``benchmarks/results/pages.json`` and the table in ``docs/performance.md``.
"""

import argparse
import contextlib
import gzip
import http.client
import json
import os
import platform
import re
import secrets
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

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "pages.json"
DOCUMENT = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"
PAGES = ["bare", "article", "front", "section"]
WARM_UP = 40
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@dataclass
class Server:
    port: int
    process: psutil.Process
    client: http.client.HTTPConnection

    def get(self, path: str, headers: dict[str, str]) -> tuple[bytes, str]:
        self.client.request("GET", path, headers=headers)
        response = self.client.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"{path} answered {response.status}.")
        return body, response.headers.get("Content-Encoding", "")


@dataclass(frozen=True)
class Cost:
    web: float
    database: float

    @property
    def together(self) -> float:
        return self.web + self.database


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=60)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder:
        environment = prepare(Path(folder))
        try:
            results = measure(environment, options.rounds, options.requests)
        finally:
            run(environment, "-c", STOP)
    report = table(results)
    print(report)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    write_document(report)


FILL = "from benchmarks import filling; filling.main()"
STOP = """
import os, pathlib
from newsroom.core import database
database.stop(pathlib.Path(os.environ["DATA_DIR"]))
"""


def prepare(folder: Path) -> dict[str, str]:
    """A migrated, filled site; the environment that leads to it."""
    # The database's user must reach its folder.
    folder.chmod(0o711)
    environment = os.environ | {
        "ADDRESS_KEY": secrets.token_urlsafe(50),
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": "embedded",
        "DEMO": "1",
        "PYTHONPATH": str(ROOT),
        "SECRET_KEY": secrets.token_urlsafe(50),
    }
    environment.pop("DEBUG", None)
    print("Preparing a site of its own.", flush=True)
    run(environment, "manage.py", "migrate", "--verbosity=0")
    run(environment, "manage.py", "collectstatic", "--no-input", "--verbosity=0")
    printed = run(environment, "manage.py", "shell", "-c", FILL)
    environment["BENCHMARK"] = printed.splitlines()[-1]
    return environment


def run(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def measure(environment: dict[str, str], rounds: int, requests: int) -> dict:
    addresses = json.loads(environment["BENCHMARK"])
    with (
        serving(environment) as site,
        serving(
            environment | {"DJANGO_SETTINGS_MODULE": "benchmarks.bare_settings"}
        ) as bare,
    ):
        servers = dict.fromkeys(PAGES, site) | {"bare": bare}
        cluster = postmaster(Path(environment["DATA_DIR"]))
        for page in PAGES:
            cost(servers[page], cluster, addresses[page], WARM_UP, BROWSER)
        plain: dict[str, list[Cost]] = {page: [] for page in PAGES}
        packed: dict[str, list[Cost]] = {page: [] for page in PAGES}
        for number in range(rounds):
            print(f"Round {number + 1} of {rounds}.", flush=True)
            # Each page comes first as often as last.
            for page in PAGES[number % 4 :] + PAGES[: number % 4]:
                for costs, headers in ((plain, {}), (packed, BROWSER)):
                    found = cost(
                        servers[page], cluster, addresses[page], requests, headers
                    )
                    costs[page].append(found)
        wire = wire_sizes(site, addresses["article"])
    return {
        "articles": addresses["articles"],
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "requests": rounds * requests,
        "milliseconds": {page: spread(plain[page], plain["bare"]) for page in PAGES},
        "milliseconds_brotli": {
            page: spread(packed[page], packed["bare"]) for page in PAGES
        },
        "wire": wire,
    }


@contextlib.contextmanager
def serving(environment: dict[str, str]) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # A list of checks is made for the whole site, of which the bare view has little.
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", f"--port={port}", "--skip-checks"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if process.poll() is not None:
                raise SystemExit("The server did not start.")
            time.sleep(0.1)
        client = http.client.HTTPConnection("127.0.0.1", port)
        yield Server(port, psutil.Process(process.pid), client)
    finally:
        process.terminate()
        process.wait()


def postmaster(data: Path) -> psutil.Process:
    noted = (data / "postgresql" / "postmaster.pid").read_text()
    return psutil.Process(int(noted.partition("\n")[0]))


def cost(
    server: Server,
    cluster: psutil.Process,
    path: str,
    requests: int,
    headers: dict[str, str],
) -> Cost:
    """CPU milliseconds for one request."""
    server.client.close()  # the server has, while others had their turn
    before = [spent(server.process), spent_by_all(cluster)]
    for _ in range(requests):
        server.get(path, headers)
    after = [spent(server.process), spent_by_all(cluster)]
    web, database = (
        (now - then) * 1000 / requests for then, now in zip(before, after, strict=True)
    )
    return Cost(web, database)


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def spent_by_all(cluster: psutil.Process) -> float:
    """Of the database's processes, those that have ended included."""
    times = cluster.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in cluster.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            total += spent(child)
    return total


def spread(costs: list[Cost], bare: list[Cost]) -> dict[str, float]:
    """The median and the quartiles, and the median of the ratios within a round."""
    low, middle, high = statistics.quantiles([cost.together for cost in costs], n=4)
    ratios = [
        mine.together / yardstick.together
        for mine, yardstick in zip(costs, bare, strict=True)
    ]
    return {
        "median": round(middle, 2),
        "database": round(statistics.median(cost.database for cost in costs), 2),
        "low": round(low, 2),
        "high": round(high, 2),
        "ratio": round(statistics.median(ratios), 2),
    }


def wire_sizes(site: Server, path: str) -> dict[str, dict[str, int]]:
    """Bytes of the article's document, stylesheet and script, as they travel."""
    page = site.get(path, {})[0].decode()
    [stylesheet] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page)
    parts = {"document": [path], "stylesheet": [stylesheet], "script": scripts}
    sizes = {}
    for encoding in ("gzip", "br"):
        headers = {"Accept-Encoding": encoding}
        sizes[encoding] = {
            part: sum(len(site.get(one, headers)[0]) for one in paths)
            for part, paths in parts.items()
        }
        sizes[encoding]["together"] = sum(sizes[encoding].values())
    body, used = site.get(path, {"Accept-Encoding": "gzip"})
    if used != "gzip" or gzip.decompress(body).decode() != page:
        raise SystemExit("The compressed page is not the page.")
    return sizes


def table(results: dict) -> str:
    plain, packed = results["milliseconds"], results["milliseconds_brotli"]
    lines = [
        "CPU time for one request, web process and database together, in "
        f"milliseconds: median and quartiles of {results['requests']} requests, the "
        f"page made anew each time, {results['articles']} articles, "
        f"{results['machine']}.",
        "",
        "| Page | Plain | of it database | to bare | With Brotli | to bare |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    names = {"bare": "Bare Django view, three queries"}
    for page in PAGES:
        cells = [
            names.get(page, page.capitalize()),
            figures(plain[page]),
            f"{plain[page]['database']:.2f}",
            f"{plain[page]['ratio']:.2f}",
            figures(packed[page]),
            f"{packed[page]['ratio']:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Bytes on the wire for an article, pictures aside:",
        "",
        "| | Document | Stylesheet | Script | Together |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for encoding, name in (("gzip", "gzip"), ("br", "Brotli")):
        sizes = [f"{size:,}" for size in results["wire"][encoding].values()]
        lines.append(f"| {name} | {' | '.join(sizes)} |")
    return "\n".join(lines)


def figures(found: dict[str, float]) -> str:
    return f"{found['median']:.2f} ({found['low']:.2f}–{found['high']:.2f})"


def write_document(report: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
