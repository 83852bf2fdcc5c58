"""In which order a consumer sees offers: one rule a class."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass


class AbstractRank(abc.ABC):
    """Orders final offers, the highest score first."""

    @abc.abstractmethod
    def score(self, bids: Sequence[int], shown: int, picked: int) -> float:
        """What an offer is ranked by.

        Args:
            bids: for the states of its chain, the request first, without those that an owner made to itself; micro-credits.
            shown: how many of its owner's offers consumers saw before.
            picked: how many of those they picked.
        """


@dataclass(frozen=True)
class LastBid(AbstractRank):
    """`score = bids[-1]`: how confident the seller says it is. A rich seller can buy the first place, and an owner of two
    accounts that nobody knows to be one's has it for nothing."""

    def score(self, bids: Sequence[int], shown: int, picked: int) -> float:
        return float(bids[-1])


@dataclass(frozen=True)
class OpeningBid(AbstractRank):
    """`score = bids[0]`: what was bid to the consumer for the request, which no dealing among the suppliers can raise.

    Where suppliers compete for requests, it is what the first of them expects the chain to be worth.
    """

    def score(self, bids: Sequence[int], shown: int, picked: int) -> float:
        return float(bids[0])


@dataclass(frozen=True)
class CalibratedBid(AbstractRank):
    """`score = bids[-1] * (picked + weight * prior) / (shown + weight)`: a bid counts for as much as the seller's earlier ones were worth.

    Args:
        prior: success rate of a seller nobody knows.
        weight: how many offers that prior counts for.

    Raises:
        ValueError: for a prior outside [0, 1], or a weight that is not positive.

    >>> CalibratedBid(prior=0.5, weight=2.0).score([10], shown=8, picked=0)
    1.0
    """

    prior: float = 0.5
    weight: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.prior <= 1 or not self.weight > 0:
            raise ValueError(f"CalibratedBid: prior in [0, 1] and weight > 0, got {self.prior} and {self.weight}.")

    def score(self, bids: Sequence[int], shown: int, picked: int) -> float:
        return bids[-1] * (picked + self.weight * self.prior) / (shown + self.weight)
