"""A model that fails on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from catallax.language.models._model import AbstractModel
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, Finish, ModelError, Response, Usage
from catallax.language.models._tokens import most, tokens_of

_UNBILLED = frozenset(
    {Failure.RATE_LIMITED, Failure.SERVER_ERROR, Failure.REJECTED, Failure.OVER_BUDGET, Failure.UNRECORDED}
)
_UNKNOWN = frozenset({Failure.TIMEOUT, Failure.GONE, Failure.CANCELLED})


class Fault(AbstractModel):
    """Lets a model answer, or fails as written: the k-th call meets the k-th fault, and none when they are used up.

    `None` is no fault. `Finish.LENGTH` cuts the answer in half, `Failure.MALFORMED` answers with something else than what was
    asked for, and any other `Failure` is raised as a server would cause it, without asking.

    Args:
        model: who answers otherwise.
        faults: one for each call.

    >>> import asyncio
    >>> from catallax.language.models import Scripted, ask
    >>> model = Fault(Scripted(["four"]), [Finish.LENGTH])
    >>> asyncio.run(model.complete(ask("Two and two?"))).text
    'fo'
    """

    def __init__(self, model: AbstractModel, faults: Sequence[Failure | Finish | None]) -> None:
        self._model = model
        self._faults = tuple(faults)
        self._calls = 0

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        fault = self._faults[self._calls] if self._calls < len(self._faults) else None
        self._calls += 1
        if isinstance(fault, Failure) and fault is not Failure.MALFORMED:
            raise ModelError(fault, self.name, "a fault on purpose.", _billed(fault, request))
        response = await self._model.complete(request)
        if fault is Failure.MALFORMED:
            return replace(response, text='{"unfinished": [')
        if fault is Finish.LENGTH:
            return replace(response, text=response.text[: (len(response.text) + 1) // 2], finish=Finish.LENGTH)
        return response


def _billed(fault: Failure, request: Request) -> Usage:
    if fault in _UNBILLED:
        return Usage()
    return most(request) if fault in _UNKNOWN else tokens_of(request, "")
