"""Who wins among equal bids."""

from __future__ import annotations

import abc
from collections.abc import Iterator

import numpy as np


class AbstractTieBreak(abc.ABC):
    """Numbers in [0, 1): the winner of a round is number `floor(u ties)` among the equal highest bidders."""

    @abc.abstractmethod
    def draws(self) -> Iterator[float]:
        """One for each round."""


class LowestIndex(AbstractTieBreak):
    """The first in the order of the hypotheses."""

    def draws(self) -> Iterator[float]:
        while True:
            yield 0.0


class RandomTie(AbstractTieBreak):
    """Any of them, with equal probability.

    >>> next(RandomTie(0).draws()) == next(RandomTie(0).draws())
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def draws(self) -> Iterator[float]:
        rng = np.random.default_rng(self.seed)
        while True:
            yield float(rng.random())
