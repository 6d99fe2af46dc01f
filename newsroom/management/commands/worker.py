import asyncio
import os
import signal
import threading
from argparse import ArgumentParser

import structlog
from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from procrastinate import App, PsycopgConnector
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django import app as procrastinate_app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.jobs import DeleteJobCondition

from newsroom.core import database, mail_addresses

SECONDS_TO_FINISH = 8  # what a job may still take after SIGTERM
SECONDS_TO_END = 9.5  # then the process goes; another worker takes the job up
SECONDS_TO_WAIT = 2  # for the database to come back

log = structlog.get_logger()


class Command(BaseCommand):
    help = "Do the work in the background. Run as many as you like, on any machine."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency", type=int, default=2, help="jobs at the same time"
        )
        parser.add_argument(
            "--once", action="store_true", help="end when no job is left"
        )

    def handle(self, *, concurrency: int, once: bool, **options: object) -> None:
        try:
            self._check_address_key()
            with procrastinate_app.replace_connector(_connector()) as app:
                asyncio.run(_work(app, concurrency=concurrency, once=once))
        finally:
            database.close_pools()

    def _check_address_key(self) -> None:
        try:
            mail_addresses.check_key()
            self.check(tags=[checks.Tags.database], databases=["default"])
        except mail_addresses.WrongKey as error:
            raise CommandError(str(error)) from None
        except (OperationalError, ProgrammingError) as error:
            # The work begins when it is back.
            self.stderr.write(f"The database does not answer: {error}")


class _Connector(PsycopgConnector):
    """Fetches jobs on its own connections, and defers them on Django's.

    So a job that a task defers belongs to the task's transaction, as in a request.
    """

    def get_sync_connector(self) -> BaseConnector:
        return DjangoConnector()


def _connector() -> PsycopgConnector:
    """Past PgBouncer where there is one: LISTEN needs a connection of its own."""
    if settings.DATABASE_DIRECT_URL:
        return _Connector(conninfo=settings.DATABASE_DIRECT_URL)
    return _Connector(kwargs=connector_params())


async def _work(app: App, *, concurrency: int, once: bool) -> None:
    """Work until told to stop; where the database goes away, wait and begin again."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    while not stopping.is_set():
        working = asyncio.create_task(_run(app, concurrency=concurrency, once=once))
        told = asyncio.create_task(stopping.wait())
        await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.is_set():
            _end_at_the_latest()
            working.cancel()
        told.cancel()
        [outcome] = await asyncio.gather(working, return_exceptions=True)
        if once and outcome is None:
            return
        if not stopping.is_set():
            log.warning("worker_begins_again", error=type(outcome).__name__)
            await asyncio.sleep(SECONDS_TO_WAIT)


async def _run(app: App, *, concurrency: int, once: bool) -> None:
    async with app.open_async():
        await app.run_worker_async(
            concurrency=concurrency,
            delete_jobs=DeleteJobCondition.NEVER,
            install_signal_handlers=False,
            listen_notify=not once,
            shutdown_graceful_timeout=SECONDS_TO_FINISH,
            stalled_worker_timeout=settings.SECONDS_UNTIL_STALLED,
            update_heartbeat_interval=settings.SECONDS_UNTIL_STALLED / 3,
            wait=not once,
        )


def _end_at_the_latest() -> None:
    """A thread in the middle of a picture cannot be stopped, only left behind."""
    timer = threading.Timer(SECONDS_TO_END, os._exit, [0])
    timer.daemon = True
    timer.start()
