"""Do the waiting jobs in this process, as a worker would."""

import asyncio
import threading

from procrastinate.contrib.django import app


def run_jobs() -> None:
    """Returns when no job waits. Needs committed rows (a transactional test)."""
    failures: list[BaseException] = []

    async def work() -> None:
        worker_app = app.with_connector(app.connector.get_worker_connector())
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                wait=False,
                install_signal_handlers=False,
                listen_notify=False,
                delete_jobs="never",
            )

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:  # handed on to the test below
            failures.append(error)

    # Playwright's loop runs in this thread; a worker wants one of its own.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
