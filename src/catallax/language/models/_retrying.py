"""Trying again when a server may answer the next time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from catallax.language.models._model import AbstractModel
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, ModelError, Response, Usage

PASSING = frozenset({Failure.TIMEOUT, Failure.RATE_LIMITED, Failure.SERVER_ERROR, Failure.GONE})
"""Failures that may be over the next time."""


class Retrying(AbstractModel):
    """Asks the same again after a passing failure, a bounded number of times.

    `wait_k = max(Retry-After, pause 2^k (1 + u)/2)` seconds before try `k + 1`, with `u` in [0, 1) from the request's hash:
    many callers spread out, and a run repeats. Put it around `Metered`, so that each try is reserved and billed by itself.

    Args:
        model: who answers.
        tries: at most, the first included.
        pause: seconds before the second try, when the server names none.
        longest: the longest wait, seconds; a server that asks for more ends the tries.

    The last failure is raised, with the bill of all tries.
    """

    def __init__(self, model: AbstractModel, tries: int = 4, pause: float = 1.0, longest: float = 60.0) -> None:
        if tries < 1 or pause < 0 or longest < 0:
            raise ValueError(
                f"Retrying: tries is 1 or more, pause and longest 0 or more, got {tries}, {pause}, {longest}."
            )
        self._model = model
        self._tries = tries
        self._pause = pause
        self._longest = longest

    @property
    def name(self) -> str:
        return self._model.name

    def dearest(self, request: Request) -> int:
        return self._tries * self._model.dearest(request)

    async def complete(self, request: Request) -> Response:
        usage, cost, seconds = Usage(), 0, 0.0
        spread = int(request.hash[:8], 16) / 2**32
        for attempt in range(self._tries):
            try:
                response = await self._model.complete(request)
            except ModelError as error:
                usage, cost, seconds = usage + error.usage, cost + error.cost, seconds + error.seconds
                wait = max(error.retry_after or 0.0, self._pause * 2**attempt * (1 + spread) / 2)
                if error.failure not in PASSING or attempt + 1 == self._tries or wait > self._longest:
                    error.usage, error.cost, error.seconds = usage, cost, seconds
                    raise
            else:
                return replace(
                    response,
                    usage=response.usage + usage,
                    cost=response.cost + cost,
                    seconds=response.seconds + seconds,
                )
            await asyncio.sleep(wait)
            seconds += wait
        raise AssertionError("the last try returns or raises")
