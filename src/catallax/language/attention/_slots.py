"""What is bid for attention, what is sold, and what all rules share."""

from __future__ import annotations

import abc
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple


class SlotBid(NamedTuple):
    """A bid for one slot of attention."""

    bidder: str
    """Who pays; informers that are declared to belong together share one name."""
    offer: str
    """What is to be looked at; no two bids share one."""
    amount: int
    """Micro-credits for a slot that is read for certain."""


class SoldSlot(NamedTuple):
    """A slot that was sold."""

    offer: str
    bidder: str
    position: int
    """0 is the first slot."""
    payment: int
    """Micro-credits, at least the reserve and at most weight times bid."""


@dataclass(frozen=True)
class AbstractSlotAuction(abc.ABC):
    """A sale of `slots` slots, of which slot `j` is read with the probability `w_j` and costs the `reserve` to fill.

    An offer with the bid `b` enters slot `j` only if `w_j b >= reserve`. Equal bids are ordered by chance, never by arrival.

    Args:
        weights: `1 >= w_1 >= w_2 >= ... > 0`; none for slots that are all read for certain.

    Raises:
        ValueError: for weights that rise or lie outside of (0, 1].
    """

    weights: tuple[int | float | Fraction, ...] = ()

    def __post_init__(self) -> None:
        steps = (1, *self.weights)
        if any(not later <= earlier or later <= 0 for earlier, later in zip(steps, self.weights, strict=False)):
            raise ValueError(
                f"{type(self).__name__}: weights should fall from at most 1 and stay above 0, got {self.weights}."
            )

    @abc.abstractmethod
    def sell(self, bids: Sequence[SlotBid], slots: int, reserve: int, luck: random.Random) -> tuple[SoldSlot, ...]:
        """Sell the slots.

        Args:
            bids: any number, in any order.
            slots: how many there are, at least 1.
            reserve: micro-credits that filling a slot costs.
            luck: breaks ties.

        Returns:
            The slots that were sold, by position.

        Raises:
            ValueError: for two bids for one offer, negative amounts, or fewer weights than slots.
        """

    def weight(self, position: int) -> Fraction:
        """Probability that a slot is read."""
        return Fraction(self.weights[position]) if self.weights else Fraction(1)

    def ranked(self, bids: Sequence[SlotBid], slots: int, reserve: int, luck: random.Random) -> list[SlotBid]:
        """Bids from the highest to the lowest, ties by chance."""
        if slots < 1 or reserve < 0 or (self.weights and len(self.weights) < slots):
            raise ValueError(
                f"{type(self).__name__}: expected at least 1 slot, a weight for each and a reserve of at least 0, "
                f"got {slots} slots, {len(self.weights)} weights and the reserve {reserve}."
            )
        if len({bid.offer for bid in bids}) < len(bids) or any(bid.amount < 0 for bid in bids):
            raise ValueError(f"{type(self).__name__}: expected one bid of at least 0 for each offer, got {list(bids)}.")
        order = sorted(bids, key=lambda bid: bid.offer)  # the order of arrival must not matter
        luck.shuffle(order)
        return sorted(order, key=lambda bid: -bid.amount)

    def admitted(self, order: Sequence[SlotBid], slots: int, reserve: int) -> list[SlotBid]:
        """The ranked bids that get a slot: those that pay for filling it."""
        if not self.weights:
            return [bid for bid in order[:slots] if bid.amount >= reserve]
        return [bid for place, bid in enumerate(order[:slots]) if self.weight(place) * bid.amount >= reserve]
