"""What looking costs, and where the rest of a payment goes."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass

from catallax.core import to_micro

BURN = "burn"


class AbstractCost(abc.ABC):
    """What it costs to look at one exhibit; it is burned, and is the reserve of a slot."""

    @abc.abstractmethod
    def quote(self, longest: int) -> int:
        """Micro-credits at most for a text of so many characters, at least 1."""

    @abc.abstractmethod
    def metered(self, size: int, quote: int) -> int:
        """Micro-credits for a text of that size that was looked at, from 1 to the quote."""


@dataclass(frozen=True)
class FlatCost(AbstractCost):
    """The same for every exhibit.

    Args:
        credits: at least a micro-credit.

    >>> FlatCost(0.01).quote(1_000)
    10000
    """

    credits: float = 1e-4

    def __post_init__(self) -> None:
        if to_micro(self.credits) < 1:
            raise ValueError(
                f"FlatCost: looking must cost at least a micro-credit, or a run need not end; got {self.credits}."
            )

    def quote(self, longest: int) -> int:
        return to_micro(self.credits)

    def metered(self, size: int, quote: int) -> int:
        return quote


@dataclass(frozen=True)
class TokenCost(AbstractCost):
    """By the token of four characters, in steps: how long a text is must not be told by what it cost.

    Args:
        credits: for each token.
        step: tokens that are counted as one lot.
    """

    credits: float = 1e-6
    step: int = 256

    def __post_init__(self) -> None:
        if to_micro(self.credits) < 1 or self.step < 1:
            raise ValueError(
                f"TokenCost: expected at least a micro-credit for each token and steps of at least 1, got {self}."
            )

    def quote(self, longest: int) -> int:
        return self._lots(longest) * self.step * to_micro(self.credits)

    def metered(self, size: int, quote: int) -> int:
        return min(quote, self.quote(size))

    def _lots(self, size: int) -> int:
        return max(1, -(-size // (4 * self.step)))


class AbstractSurplus(abc.ABC):
    """Where the part of an attention payment goes that looking did not cost."""

    @abc.abstractmethod
    def share(self, surplus: int, informer: str, buyer: str, bought: bool) -> Mapping[str, int]:
        """Micro-credits by account, adding up to the surplus; `buyer` is that of the run, at every depth."""


@dataclass(frozen=True)
class BurnSurplus(AbstractSurplus):
    """Nobody gets it: neither informers nor buyers gain by attention that leads to nothing. The default.

    Args:
        account: who has it; a treasury can stand in for the fire.
    """

    account: str = BURN

    def share(self, surplus: int, informer: str, buyer: str, bought: bool) -> Mapping[str, int]:
        return {self.account: surplus}


@dataclass(frozen=True)
class ToBuyer(AbstractSurplus):
    """The buyer gets it, as in the first sketch of the bazaar: it pays to look and never to buy.

    It has it when the run is over, at every depth: were it put into escrow, a contractor could spend more than its share of what is
    at stake.
    """

    def share(self, surplus: int, informer: str, buyer: str, bought: bool) -> Mapping[str, int]:
        return {buyer: surplus}


@dataclass(frozen=True)
class ReturnIfUnbought(AbstractSurplus):
    """It goes back to an informer that sold nothing, otherwise up in smoke: kind, and bidding the truth is not best any more."""

    def share(self, surplus: int, informer: str, buyer: str, bought: bool) -> Mapping[str, int]:
        return {BURN if bought else informer: surplus}
