"""Answers heard while they come."""

from __future__ import annotations

from collections.abc import Callable

from catallax.language.models._model import AbstractModel
from catallax.language.models._open_ai import OpenAI
from catallax.language.models._request import Request
from catallax.language.models._response import Response


class Streamed(AbstractModel):
    """Asks a server to stream, and hands each piece of text over as it comes.

    It stands where the server's model stands, so budgets, limits and cassettes go around it as ever.

    Args:
        model: the model behind a server.
        on_text: called with the request and each piece of its answer, in order.
    """

    def __init__(self, model: OpenAI, on_text: Callable[[Request, str], None]) -> None:
        self._model = model
        self._on_text = on_text

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        return await self._model.stream(request, lambda text: self._on_text(request, text))
