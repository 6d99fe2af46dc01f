#!/usr/bin/env python
"""Run a command of the site: ``python manage.py help`` lists them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from newsroom.core import database

    if settings.DATABASE_EMBEDDED:
        try:
            database.start(settings.DATA_DIR)
        except database.CannotStart as error:
            sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
