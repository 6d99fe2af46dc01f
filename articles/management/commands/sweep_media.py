from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from articles import orphans


class Command(BaseCommand):
    help = (
        "Delete files of pictures that no picture has, an hour old or older. "
        "Safe to run at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *, dry_run: bool, **options: object) -> None:
        count = 0
        for storage, name in orphans.find():
            if dry_run:
                self.stdout.write(name)
            else:
                storage.delete(name)
            count += 1
        words = "Would delete" if dry_run else "Deleted"
        self.stdout.write(f"{words} {count} files.")
