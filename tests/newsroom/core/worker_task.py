"""A job that takes as long as its test wants, and a worker to kill meanwhile."""

import os
import time
from pathlib import Path

from procrastinate.contrib.django import app


@app.task(queue="default", name="tests.hold")
def hold(folder: str) -> None:
    """Note who began, then wait as long as the file ``wait`` is there."""
    place = Path(folder)
    (place / f"began-{os.getpid()}").touch()
    while (place / "wait").exists():
        time.sleep(0.05)
    (place / "done").touch()
