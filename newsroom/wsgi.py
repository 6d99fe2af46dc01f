import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from newsroom.core import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

if settings.DATABASE_EMBEDDED:
    database.start(settings.DATA_DIR)

application = get_wsgi_application()
