import shutil

from django.conf import settings
from django.core.management.base import BaseCommand

from newsroom.core import database


class Command(BaseCommand):
    help = "Stop the embedded database and delete all local data."
    requires_system_checks = []

    def handle(self, **options: object) -> None:
        database.stop(settings.DATA_DIR)
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
        self.stdout.write(f"{settings.DATA_DIR.name}/ is deleted.")
