"""Models that answer without a network: scripts and programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from catallax.language.models._model import AbstractModel
from catallax.language.models._request import Request
from catallax.language.models._response import Failure, Finish, ModelError, Response
from catallax.language.models._tokens import tokens_of


def answered(name: str, request: Request, text: str, started: float) -> Response:
    """The response of a program, or the failure of an empty text."""
    seconds = time.perf_counter() - started
    usage = tokens_of(request, text)
    if not text:
        raise ModelError(Failure.EMPTY, name, "answered without text.", usage, seconds=seconds)
    return Response(text, usage, Finish.STOP, request.hash, seconds=seconds)


class Program(AbstractModel):
    """A Python function that answers like a language model: the offline agent.

    Args:
        function: from the request to the text; it may raise `ModelError`. An empty text is `Failure.EMPTY`.
        name: what to call it.

    >>> import asyncio
    >>> from catallax.language.models import ask
    >>> shout = Program(lambda request: request.messages[-1].content.upper(), "shout")
    >>> asyncio.run(shout.complete(ask("hello"))).text
    'HELLO'
    """

    def __init__(self, function: Callable[[Request], str], name: str = "program") -> None:
        self._function = function
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: Request) -> Response:
        started = time.perf_counter()
        return answered(self._name, request, self._function(request), started)


class Scripted(AbstractModel):
    """Answers written down in advance: one after the other, or by the text of the last message.

    Args:
        answers: a sequence, read once from its start; or a mapping from the last message's text to the answer.
        name: what to call it.

    `complete` raises `ModelError` with `Failure.UNRECORDED` when the script has no answer.

    >>> import asyncio
    >>> from catallax.language.models import ask
    >>> model = Scripted({"Two and two?": "4"})
    >>> asyncio.run(model.complete(ask("Two and two?"))).text
    '4'
    """

    def __init__(self, answers: Sequence[str] | Mapping[str, str], name: str = "scripted") -> None:
        if isinstance(answers, str):
            raise TypeError("Scripted: answers is a sequence or a mapping of texts, not one text; put it in a tuple.")
        self._by_text = dict(answers) if isinstance(answers, Mapping) else None
        self._in_turn = () if isinstance(answers, Mapping) else tuple(answers)
        self._next = 0
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: Request) -> Response:
        started = time.perf_counter()
        return answered(self._name, request, self._answer(request), started)

    def _answer(self, request: Request) -> str:
        if self._by_text is not None:
            text = self._by_text.get(request.messages[-1].content)
            if text is None:
                raise ModelError(Failure.UNRECORDED, self._name, "the script has no answer to this message.")
            return text
        if self._next >= len(self._in_turn):
            raise ModelError(
                Failure.UNRECORDED, self._name, f"all {len(self._in_turn)} answers of the script are used."
            )
        self._next += 1
        return self._in_turn[self._next - 1]
