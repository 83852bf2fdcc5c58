"""Who says in the end what each decision was worth."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any

from catallax.language.bazaar._goals import Brief, Goal
from catallax.language.bazaar._offers import Receipt


class AbstractAppraiser(abc.ABC):
    """Judges decisions by all that was told."""

    def check(self, goal: Goal) -> None:  # noqa: B027 - most go with anything
        """Whether it can judge for such a goal; anything by default.

        Raises:
            ValueError: if not.
        """

    def fee(self, brief: Brief, outputs: Sequence[Any], known: tuple[Receipt, ...]) -> int:
        """Micro-dollars at most that `appraise` will cost at a provider; booked before it is asked."""
        return 0

    @abc.abstractmethod
    async def appraise(self, brief: Brief, outputs: Sequence[Any], known: tuple[Receipt, ...]) -> Sequence[float]:
        """`E[U(x_n) | all that was told]` for each decision, credits.

        Args:
            brief: the goal.
            outputs: what was decided at first and after each move.
            known: all that was told.
        """
