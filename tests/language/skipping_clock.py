"""An event loop that does not wait: its clock jumps to the next timer."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Impatient(selectors.DefaultSelector):
    loop: "SkippingLoop"

    def select(self, timeout: float | None = None) -> Any:
        found = super().select(0)
        if not found:
            assert timeout is not None, "everybody waits for something that never comes"
            self.loop.now += timeout
        return found


class SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        selector = _Impatient()
        selector.loop, self.now = self, 0.0
        super().__init__(selector)

    def time(self) -> float:
        return self.now


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine without waiting; sleeping advances the loop's clock only."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(main)
