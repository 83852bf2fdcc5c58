"""What a run tells those who watch it: spans, with a beginning, an end and figures."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Figure = str | int | float | bool
Note = Callable[..., None]
"""Adds figures to a span, by name."""


class AbstractSpans(abc.ABC):
    """Opens spans. Whoever calls it hands over names, counts and amounts, and never a text that somebody wrote."""

    @abc.abstractmethod
    def span(self, name: str, **figures: Figure) -> AbstractContextManager[Note]:
        """A span that lasts as long as its block, within the one around it; the block is given what adds figures.

        Args:
            name: of the span.
            figures: that are known at its beginning.
        """


class NoSpans(AbstractSpans):
    """Nobody watches."""

    @contextmanager
    def span(self, name: str, **figures: Figure) -> Iterator[Note]:
        yield lambda **later: None
