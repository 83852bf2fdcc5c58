"""The one thing that every source of answers can do."""

from __future__ import annotations

import abc

from catallax.language.models._request import Request
from catallax.language.models._response import Response


class AbstractModel(abc.ABC):
    """A language model, or something that answers in its place.

    `complete` may be called any number of times at once; it answers or raises `ModelError`, and lets
    `asyncio.CancelledError` through.
    """

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """What answers. Two models of one name answer alike: cassettes are keyed by it."""

    def dearest(self, request: Request) -> int:
        """Micro-dollars at most that an answer will be billed: those of the model it wraps, 0 where nobody meters."""
        inner = getattr(self, "_model", None)
        return inner.dearest(request) if isinstance(inner, AbstractModel) else 0

    @abc.abstractmethod
    async def complete(self, request: Request) -> Response:
        """The answer to a request.

        Args:
            request: what is asked.

        Raises:
            ModelError: if there is no answer, with the kind of failure and what was billed.
        """
