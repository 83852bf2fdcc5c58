"""In which order a consumer sees offers: one rule a class."""

from __future__ import annotations

import abc
from dataclasses import dataclass


class AbstractRank(abc.ABC):
    """Orders final offers, the highest score first."""

    @abc.abstractmethod
    def score(self, bid: int, shown: int, picked: int) -> float:
        """What an offer is ranked by.

        Args:
            bid: of the final seller for the state it presents, micro-credits.
            shown: how many of its offers consumers saw before.
            picked: how many of those they picked.
        """


@dataclass(frozen=True)
class LastBid(AbstractRank):
    """`score = bid`: how confident the seller says it is. A rich seller can buy the first place."""

    def score(self, bid: int, shown: int, picked: int) -> float:
        return float(bid)


@dataclass(frozen=True)
class CalibratedBid(AbstractRank):
    """`score = bid * (picked + weight * prior) / (shown + weight)`: a bid counts for as much as the seller's earlier ones were worth.

    Args:
        prior: success rate of a seller nobody knows.
        weight: how many offers that prior counts for.

    Raises:
        ValueError: for a prior outside [0, 1], or a weight that is not positive.

    >>> CalibratedBid(prior=0.5, weight=2.0).score(bid=10, shown=8, picked=0)
    1.0
    """

    prior: float = 0.5
    weight: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.prior <= 1 or not self.weight > 0:
            raise ValueError(f"CalibratedBid: prior in [0, 1] and weight > 0, got {self.prior} and {self.weight}.")

    def score(self, bid: int, shown: int, picked: int) -> float:
        return bid * (picked + self.weight * self.prior) / (shown + self.weight)
