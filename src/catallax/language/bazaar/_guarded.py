"""Calls of other people's code: a value comes back, or a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from catallax.language.bazaar._offers import Reason

T = TypeVar("T")

GRACE = 1.0
"""Seconds that tasks have to end in, when the run that began them has ended."""


async def guarded(call: Callable[[], Awaitable[Any]], seconds: float) -> Any | Reason:
    """What a call returns, or why it does not: errors, delays and cancellations of its own making end here.

    The call has a task of its own, so that it can cancel nothing but itself, and who does not end in time is told to and not
    waited for. A cancellation from outside and a keyboard interrupt go on, without the words and the frames of the call.
    """
    task = asyncio.create_task(_answer(call))
    try:
        await asyncio.wait((task,), timeout=seconds)
    except asyncio.CancelledError:
        interrupt = asyncio.CancelledError
    else:
        if not task.done():
            task.cancel()
            return Reason.TIMEOUT
        found = Reason.BROKEN if task.cancelled() else task.result()
        if found is not KeyboardInterrupt:
            return found
        interrupt = KeyboardInterrupt
    task.cancel()
    raise interrupt


async def _answer(call: Callable[[], Awaitable[Any]]) -> Any:
    """No error leaves the task: the loop would log it, or end."""
    try:
        return await call()
    except KeyboardInterrupt:
        return KeyboardInterrupt
    except BaseException:
        return Reason.BROKEN


def alone(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a market to its end in a loop of its own.

    Raises:
        RuntimeError: inside a running event loop.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return finished(main())
    raise RuntimeError("Bazaar: an event loop is running already; use `await bazaar.arun(buyer)`.")


def finished(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, but does not wait for tasks that do not end when they are told to."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=GRACE))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
