from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from newsroom.core import backups, cluster


class Command(BaseCommand):
    help = "Replace the database and the folders of files by those of a backup."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, required=True)
        parser.add_argument(
            "--yes",
            action="store_true",
            help="replace a database that is not empty",
        )

    def handle(self, *, file: Path, yes: bool, **options: object) -> None:
        connection.close()
        try:
            if not yes and not backups.is_empty(connection.settings_dict):
                raise CommandError(
                    "The database is not empty; everything in it and all its "
                    "files would be replaced. If you want that, add --yes."
                )
            count = backups.read(
                connection.settings_dict, backups.local_folders(), file
            )
        except (backups.BackupError, cluster.CannotStart) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Restored the database and {count} files from {file}. If the backup "
            "comes from an earlier release, run `manage.py migrate` next."
        )
