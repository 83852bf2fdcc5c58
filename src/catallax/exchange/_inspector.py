"""Inspections beside the clock and the calls: each a task of its own, in a thread that can be slow, with an end."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from catallax.exchange import _inspection as inspection
from catallax.exchange._aside import GRACE, Aside
from catallax.exchange._clock import TICK, tried
from catallax.exchange._scrub import scrubbed
from catallax.exchange._store import Store
from catallax.language.bazaar import AbstractContractor, Bazaar

AT_ONCE = 8
"""Inspections that run at the same time."""
LATER = 1.0
"""Seconds between two looks for what nobody told of, and between two tries to empty the log."""
FORGETTING = frozenset({"information.withdrawn", "information.displaced", "inquiry.closed"})
log = logging.getLogger("catallax.exchange")


class Inspector:
    """Looks after inquiries that have closed, until cancelled.

    Args:
        store: where they are.
        contractor: who looks at sealed texts.
        seconds: that an inspection may take.

    Raises:
        TypeError: for a contractor that could keep what it reads.
    """

    def __init__(self, store: Store, contractor: AbstractContractor, seconds: float) -> None:
        Bazaar([], contractor=contractor)  # refuses now what it would refuse then
        self.contractor = contractor
        self._store, self._seconds = store, seconds
        self._running: dict[int, asyncio.Task[None]] = {}
        self._waiting = self._stale = True  # of an earlier process, perhaps
        store.listen(self._hear)

    async def keep(self) -> None:
        """Begin what waits, as many at once as there is room for."""
        aside, next_look, next_scrub = Aside(), 0.0, 0.0
        loop = asyncio.get_running_loop()
        try:
            while True:
                if self._waiting or loop.time() >= next_look:
                    self._waiting, next_look = False, loop.time() + LATER
                    await self._begin(aside)
                if self._stale and loop.time() >= next_scrub:
                    self._stale = False  # before: what is forgotten meanwhile counts for the next time
                    if not await tried(asyncio.to_thread(scrubbed, self._store.engine)):
                        self._stale = True
                    next_scrub = loop.time() + LATER
                await asyncio.sleep(TICK)
        finally:
            left = list(self._running.values())
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await asyncio.to_thread(aside.close, getattr(self.contractor, "aclose", None))

    async def _begin(self, aside: Aside) -> None:
        for number in await tried(self._store.read(inspection.waiting, self._store.now())) or ():
            if number not in self._running and len(self._running) < AT_ONCE:
                self._running[number] = asyncio.create_task(self._one(number, aside))
                self._running[number].add_done_callback(lambda _, n=number: self._ended(n))

    def _ended(self, number: int) -> None:
        del self._running[number]
        self._waiting = True  # there is room for another

    async def _one(self, number: int, aside: Aside) -> None:
        """From the sealed offers to what is posted; a process that dies in between leaves it to the next."""
        lease = int((self._seconds + 2 * GRACE) * 1000)
        task = await tried(self._store.write(inspection.begin, number, lease))
        if task is None:
            return
        found, reason = None, None
        try:
            async with asyncio.timeout(self._seconds + GRACE):
                found = await aside.run(inspection.inspect(task, self.contractor, self._seconds))
        except Exception as error:  # of a model, a contractor, the bazaar; its words may be those of a sealed text
            reason = inspection.failed(error)
            log.error("inspection failed", extra={"inquiry": number, "reason": reason, "error": type(error).__name__})
        await tried(self._store.write(inspection.settle, number, task.attempt, found, reason))

    def _hear(self, told: list[dict[str, Any]]) -> None:
        kinds = {event["kind"] for event in told}
        if not kinds.isdisjoint(FORGETTING):  # in another thread: what is set here must not be set back
            self._stale = True
        if "inquiry.inspecting" in kinds:
            self._waiting = True
