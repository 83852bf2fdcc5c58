"""Three rules that ask for simple prices and are not truthful."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from catallax.language.attention._slots import AbstractSlotAuction, SlotBid, SoldSlot


@dataclass(frozen=True)
class UniformPrice(AbstractSlotAuction):
    """All winners pay `max(c, b_(k+1))`, the highest bid that lost: truthful only where every bidder has one offer.

    >>> bids = [SlotBid("ann", "a", 9), SlotBid("bob", "b", 5), SlotBid("cid", "c", 4)]
    >>> [(sold.offer, sold.payment) for sold in UniformPrice().sell(bids, 2, 1, random.Random(0))]
    [('a', 4), ('b', 4)]
    """

    def __post_init__(self) -> None:
        if self.weights:
            raise ValueError(
                "UniformPrice: slots at one price are all read alike; use VCG or GSP for slots with weights."
            )

    def sell(self, bids: Sequence[SlotBid], slots: int, reserve: int, luck: random.Random) -> tuple[SoldSlot, ...]:
        order = self.ranked(bids, slots, reserve, luck)
        price = max(reserve, order[slots].amount) if len(order) > slots else reserve
        won = self.admitted(order, slots, reserve)
        return tuple(SoldSlot(bid.offer, bid.bidder, n, price) for n, bid in enumerate(won))


@dataclass(frozen=True)
class GSP(AbstractSlotAuction):
    """Generalised second price: slot `j` costs `max(c, w_j b_(j+1))`, the next bid.

    Source: Edelman, Ostrovsky and Schwarz (2007).

    >>> bids = [SlotBid("ann", "a", 9), SlotBid("bob", "b", 5), SlotBid("cid", "c", 4)]
    >>> [(sold.offer, sold.payment) for sold in GSP((1, 0.5)).sell(bids, 2, 1, random.Random(0))]
    [('a', 5), ('b', 2)]
    """

    def sell(self, bids: Sequence[SlotBid], slots: int, reserve: int, luck: random.Random) -> tuple[SoldSlot, ...]:
        order = self.ranked(bids, slots, reserve, luck)
        following = [bid.amount for bid in order[1:]] + [0]
        return tuple(
            SoldSlot(bid.offer, bid.bidder, n, max(reserve, math.floor(self.weight(n) * following[n])))
            for n, bid in enumerate(self.admitted(order, slots, reserve))
        )


@dataclass(frozen=True)
class FirstPrice(AbstractSlotAuction):
    """Slot `j` costs its winner `w_j b_j`, what it bid.

    >>> FirstPrice().sell([SlotBid("ann", "a", 9)], 1, 1, random.Random(0))[0].payment
    9
    """

    def sell(self, bids: Sequence[SlotBid], slots: int, reserve: int, luck: random.Random) -> tuple[SoldSlot, ...]:
        order = self.ranked(bids, slots, reserve, luck)
        return tuple(
            SoldSlot(bid.offer, bid.bidder, n, max(reserve, math.floor(self.weight(n) * bid.amount)))
            for n, bid in enumerate(self.admitted(order, slots, reserve))
        )
