"""Calls of other people's code: a value comes back, or a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from catallax.language.bazaar._offers import Reason


async def guarded(call: Callable[[], Awaitable[Any]], seconds: float) -> Any | Reason:
    """What a call returns, or why it does not: errors, delays and cancellations of its own making end here.

    A cancellation from outside and a keyboard interrupt go on, without the words and the frames of the call.
    """
    interrupt: type[BaseException] = KeyboardInterrupt
    try:
        async with asyncio.timeout(seconds):
            return await call()
    except TimeoutError:
        return Reason.TIMEOUT
    except asyncio.CancelledError:
        if not being_cancelled():
            return Reason.BROKEN
        interrupt = asyncio.CancelledError
    except KeyboardInterrupt:
        pass
    except BaseException:
        return Reason.BROKEN
    raise interrupt


def being_cancelled() -> bool:
    """Whether somebody outside asked this task to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
