from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from newsroom.core import backups, cluster


class Command(BaseCommand):
    help = "Write the database and the folders of files into one tar file."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, required=True)

    def handle(self, *, file: Path, **options: object) -> None:
        try:
            size = backups.write(
                connection.settings_dict, backups.local_folders(), file
            )
        except (backups.BackupError, cluster.CannotStart) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Wrote {size / 1_000_000:.1f} MB to {file}. Keep ADDRESS_KEY and "
            "SECRET_KEY elsewhere: without them nobody can read the addresses in it. "
            "Files in remote storage (S3) are not in it."
        )
