"""Things that belong to one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class PerLoop(Generic[T]):
    """One thing for each running event loop, made when first asked for.

    Locks and connections cannot change loops, while a model may serve several `asyncio.run`, one after the other.

    Args:
        make: makes the thing.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._things: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        """The thing of the running loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._things:
            self._things[loop] = self._make()
        return self._things[loop]

    def drop(self) -> T | None:
        """Forget the thing of the running loop and return it, if there is one."""
        return self._things.pop(asyncio.get_running_loop(), None)
