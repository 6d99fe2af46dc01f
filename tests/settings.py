"""The site's settings with what tests need: the embedded server, quick hashes."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-123")
os.environ.setdefault("ADDRESS_KEY", "only-for-tests-only-for-tests-only-for-tests-456")
os.environ.setdefault("DATABASE_URL", "embedded")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ.setdefault("DATABASE_POOL", "1")

from newsroom.settings import *  # noqa: F403
from newsroom.settings import DATABASES

# What a test commits need not outlive the machine, so that nobody waits for the disk.
_options = DATABASES["default"].setdefault("OPTIONS", {})
_options["options"] = "-c synchronous_commit=off"

# Files of a run lie in a folder of their own, away from the demo's.
_files = Path(tempfile.gettempdir()) / f"newsroom-tests-{os.getpid()}"
MEDIA_ROOT = str(_files / "media")
ORIGINALS_ROOT = str(_files / "originals")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "originals": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ORIGINALS_ROOT, "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SECOND_FACTOR_REQUIRED = False
WHITENOISE_AUTOREFRESH = True
