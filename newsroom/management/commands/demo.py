import os
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from newsroom.core import database
from newsroom.demo import fill

SECONDS_TO_END = 12


class Command(BaseCommand):
    help = "Fill the site with The Meridian, if it is empty, and serve it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reload", action="store_true", help="for development")
        parser.add_argument(
            "--fill-only", action="store_true", help="fill, and serve nothing"
        )

    def handle(
        self, *, port: int, reload: bool, fill_only: bool, **options: object
    ) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("The demo starts by “make demo”, which sets DEMO=1.")
        if not fill_only:
            _refuse_taken_port(port)
        started = time.monotonic()
        self._prepare(started)
        if not fill_only:
            self._serve(port, reload=reload)

    def _prepare(self, started: float) -> None:
        def report(words: str) -> None:
            seconds = time.monotonic() - started
            self.stdout.write(f"{seconds:5.0f} s  {words}")
            self.stdout.flush()

        report("Preparing the database.")
        call_command("migrate", verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if fill.is_filled():
            report("The data of the last run is kept.")
        else:
            fill.fill(report)
        connections.close_all()

    def _serve(self, port: int, *, reload: bool) -> None:
        serve = ["serve", "--port", str(port), *(["--reload"] if reload else [])]
        commands = {"web": serve, "worker": ["worker"]}
        # A shell lets what it starts in the background ignore Ctrl-C: we never do.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)
        children = {name: _start(command) for name, command in commands.items()}
        self._print_addresses(port)
        try:
            while True:
                time.sleep(0.5)
                for name, child in children.items():
                    if child.poll() is not None:
                        self.stdout.write(f"The {name} process ended; starting anew.")
                        children[name] = _start(commands[name])
        except KeyboardInterrupt:
            self.stdout.write("\nEnding.")
        finally:
            _end(list(children.values()))
            _stop_database_if_unused()

    def _print_addresses(self, port: int) -> None:
        site = f"http://127.0.0.1:{port}"
        names = ", ".join(username for username, _name, _roles in fill.STAFF)
        self.stdout.write(
            f"""
The Meridian   {site}/
The desk       {site}/admin/
Mail           {site}/demo/mail/
Payments       {site}/demo/pay/

Sign in as     {names}
Password       {fill.PASSWORD}

Ctrl-C ends everything; the data stays in {settings.DATA_DIR.name}/ until “make reset”.
"""
        )
        self.stdout.flush()


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches us alone, and we end both in order.
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        # The terminal is for addresses and troubles.
        env={"LOG_LEVEL": "WARNING", **os.environ},
        start_new_session=True,
    )


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + SECONDS_TO_END
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _stop_database_if_unused() -> None:
    """Another shell or worker of this folder may still be using the server."""
    if not settings.DATABASE_EMBEDDED:
        return
    database.close_pools()
    for _ in range(50):  # the children's connections take a moment to go
        if not database.is_used(settings.DATA_DIR):
            database.stop(settings.DATA_DIR)
            return
        time.sleep(0.1)


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken. Choose another one: make demo PORT=8080"
            ) from error


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
