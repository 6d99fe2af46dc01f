import resource
from argparse import ArgumentParser

import uvicorn
from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError, connection

from newsroom.core import database, mail_addresses

KEEP_ALIVE = 5  # seconds
SECONDS_TO_FINISH = 9  # with what surrounds it, the end takes less than ten


class Command(BaseCommand):
    help = "Serve the site, as in production."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--workers", type=int, default=1, help="processes, each with WEB_THREADS"
        )
        parser.add_argument(
            "--reload", action="store_true", help="start anew when a file changes"
        )

    def handle(
        self, *, host: str, port: int, workers: int, reload: bool, **options: object
    ) -> None:
        self._check_database()
        _open_more_files()
        folders = ["articles", "newsroom", "templates"]
        watched = [str(settings.BASE_DIR / name) for name in folders]
        uvicorn.run(
            "newsroom.asgi:application",
            host=host,
            port=port,
            workers=workers,
            reload=reload,
            loop="uvloop",
            http="newsroom.core.protocol:DeadlineProtocol",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,  # it would note readers' addresses
            server_header=False,
            proxy_headers=False,  # the edge knows which proxies to trust
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=SECONDS_TO_FINISH,
            reload_dirs=watched if reload else None,
            reload_includes=["*.html"] if reload else None,
        )

    def _check_database(self) -> None:
        try:
            database.check_locale(connection)
            mail_addresses.check_key()
            self.check(tags=[checks.Tags.database], databases=["default"])
        except mail_addresses.WrongKey as error:
            raise CommandError(str(error)) from None
        except (OperationalError, ProgrammingError) as error:
            # It may come back or be migrated; until then we answer what we can.
            self.stderr.write(f"The database does not answer: {error}")
        finally:
            database.close_pools()


def _open_more_files() -> None:
    # Each connection is an open file, and slow clients have many.
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
