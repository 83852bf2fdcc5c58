"""How much may be asked at once, how often, and how long an answer may take."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from catallax.language.models._model import AbstractModel
from catallax.language.models._per_loop import PerLoop
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, ModelError, Response
from catallax.language.models._tokens import most

_MINUTE = 60.0


class Limited(AbstractModel):
    """Lets a bounded number of calls run at once and start within any minute; the others wait their turn.

    Args:
        model: who answers.
        concurrency: the most calls at once.
        per_minute: the most calls that start within any 60 seconds; `None` for no such limit.
    """

    def __init__(self, model: AbstractModel, concurrency: int = 16, per_minute: int | None = None) -> None:
        if concurrency < 1 or (per_minute is not None and per_minute < 1):
            raise ValueError(f"Limited: limits are at least 1, got {concurrency} at once and {per_minute} a minute.")
        self._model = model
        self._per_minute = per_minute
        self._places = PerLoop(lambda: asyncio.Semaphore(concurrency))
        self._starts: PerLoop[deque[float]] = PerLoop(lambda: deque(maxlen=per_minute))

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        async with self._places.get():
            await self._turn()
            return await self._model.complete(request)

    async def _turn(self) -> None:
        """Book the next free start, and wait for it."""
        if self._per_minute is None:
            return
        now, starts = asyncio.get_running_loop().time(), self._starts.get()
        # a full deque holds the last per_minute starts: the next is a minute after the oldest
        start = max(now, starts[0] + _MINUTE) if len(starts) == self._per_minute else now
        starts.append(start)
        await asyncio.sleep(start - now)


class Timed(AbstractModel):
    """Ends a call that takes too long, as `Failure.TIMEOUT`.

    What was billed is unknown then; the bound is reported. Put it inside `Metered`, which books that.

    Args:
        model: who answers.
        seconds: the longest a call may take.
    """

    def __init__(self, model: AbstractModel, seconds: float) -> None:
        if seconds <= 0:
            raise ValueError(f"Timed: seconds is above 0, got {seconds}.")
        self._model = model
        self._seconds = seconds

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._model.complete(request)
        except TimeoutError:
            spent = time.perf_counter() - started
        detail = f"no answer within {self._seconds:g} seconds."
        raise ModelError(Failure.TIMEOUT, self.name, detail, most(request), seconds=spent)
