"""A few threads for Django."""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")


class Threads:
    """Threads that do not hold up the end of the process, unlike an executor's."""

    def __init__(self, count: int) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        for number in range(count):
            threading.Thread(
                target=self._work, name=f"django-{number}", daemon=True
            ).start()

    async def run(self, call: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        context = contextvars.copy_context()
        self.calls.put(partial(self._settle, loop, future, partial(context.run, call)))
        return await future

    def _work(self) -> None:
        while True:
            self.calls.get()()

    @staticmethod
    def _settle(
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Result],
        call: Callable[[], Result],
    ) -> None:
        try:
            result = call()
        except BaseException as error:
            tell: Callable[[], None] = partial(future.set_exception, error)
        else:
            tell = partial(future.set_result, result)
        if not loop.is_closed():
            loop.call_soon_threadsafe(lambda: None if future.done() else tell())
