"""For a worker as a process of its own: the test's database, and short waits."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
SECONDS_UNTIL_STALLED = 3
PROCRASTINATE_IMPORT_PATHS = ["tests.newsroom.core.worker_task"]
