"""An event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
GRACE = 5.0
"""Seconds in which what was ended can still say what it came to."""


class Aside:
    """An event loop in a thread of its own: who computes there without a pause holds up others there, and no call."""

    def __init__(self, name: str = "aside") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it there; cancelled here, it is cancelled there."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return await asyncio.wrap_future(future)

    def result(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it there, and wait for it; interrupted here, it is cancelled there."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """End what is left, do one last thing there, and end the thread if it listens; once it has ended, nothing."""
        if self._loop.is_closed():
            return
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_ended(last), self._loop).result(GRACE)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(GRACE)
            self._loop.close()


async def _ended(last: Callable[[], Awaitable[None]] | None) -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=1.0)
    if last is not None:
        await last()
