"""How long a plain request takes, alone and beside clients that drip their bodies.

    python benchmarks/slow_clients.py --path /healthz

It starts a server by ``manage.py serve`` with the environment's settings. With
``--kind heads`` the clients drip their request's head, with ``--kind readers`` they ask
and do not read.
"""

import argparse
import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", default="/healthz")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument(
        "--kind", choices=["bodies", "heads", "readers"], default="bodies"
    )
    options = parser.parse_args()

    with serving() as (port, process):
        ask_for(port, process, options.path, 2)  # warm up
        alone = ask_for(port, process, options.path, options.seconds)
        with dripping(port, options.clients, options.kind, options.path):
            time.sleep(1)  # what they ask at once is another matter
            crowded = ask_for(port, process, options.path, options.seconds)
    print(f"{'':24}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'MB':>8}")
    print(line("alone", alone))
    print(line(f"beside {options.clients} {options.kind}", crowded))


@contextlib.contextmanager
def serving() -> Iterator[tuple[int, psutil.Process]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, ROOT / "manage.py", "serve", f"--port={port}"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if server.poll() is not None:
                raise SystemExit("The server did not start.")
            time.sleep(0.1)
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def dripping(port: int, count: int, kind: str, path: str) -> Iterator[None]:
    start = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if kind == "bodies":
        start = start.replace("GET", "POST", 1) + "Content-Length: 100000\r\n\r\n"
    elif kind == "heads":
        start += "X-Slow: "
    else:
        start += "\r\n"
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1):
            for client in clients:
                with contextlib.suppress(OSError):
                    client.send(b"x")

    for client in clients:
        client.sendall(start.encode())
    dripper = threading.Thread(target=drip if kind != "readers" else stop.wait)
    dripper.start()
    try:
        yield
    finally:
        stop.set()
        dripper.join()
        for client in clients:
            client.close()


def ask_for(
    port: int, process: psutil.Process, path: str, seconds: float
) -> dict[str, float]:
    """Ask again and again over one connection; all answers must be 200."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    took = []
    before = sum(process.cpu_times()[:2])
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        client.request("GET", path)
        response = client.getresponse()
        response.read()
        took.append((time.perf_counter() - start) * 1000)
        if response.status != 200:
            raise SystemExit(f"{path} answered {response.status}.")
    client.close()
    quantiles = statistics.quantiles(took, n=100)
    return {
        "rate": len(took) / seconds,
        "p50": quantiles[49],
        "p99": quantiles[98],
        "cpu": (sum(process.cpu_times()[:2]) - before) * 1000 / len(took),
        "memory": process.memory_info().rss / 1_000_000,
    }


def line(name: str, figures: dict[str, float]) -> str:
    return (
        f"{name:24}{figures['rate']:12.0f}{figures['p50']:9.2f}{figures['p99']:9.2f}"
        f"{figures['cpu']:9.2f}{figures['memory']:8.0f}"
    )


if __name__ == "__main__":
    main()
