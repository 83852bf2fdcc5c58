"""A search for bids that pay better than the truth."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from catallax.language.attention._slots import AbstractSlotAuction, SlotBid, SoldSlot

Charge = Callable[[SoldSlot], int | float | Fraction]
"""What a sold slot costs its bidder in the end, micro-credits."""


class Deviation(NamedTuple):
    """A change of one bidder's bids while all others bid their values."""

    bidder: str
    bids: Mapping[str, int]
    """Its bid for each of its offers, micro-credits."""
    gain: Fraction
    """Micro-credits over bidding its values; 0 where nothing is better."""


def best_deviation(
    auction: AbstractSlotAuction,
    values: Sequence[SlotBid],
    slots: int,
    reserve: int,
    grid: Sequence[int],
    seed: int = 0,
    charge: Charge | None = None,
) -> Deviation:
    """The unilateral deviation that gains most: every bidder, every combination of bids of the grid for its offers.

    `gain = u(deviation) - u(truth)` with `u = sum over its slots of w_j v - charge`; ties fall alike in all trials.

    Args:
        auction: the rule.
        values: what a slot that is read for certain is worth to each bidder for each offer.
        slots: how many are sold.
        reserve: micro-credits that filling a slot costs.
        grid: bids that are tried, micro-credits.
        seed: of the ties.
        charge: what a slot costs in the end; its payment unless told otherwise.

    >>> from catallax.language.attention import FirstPrice, VCG
    >>> values = [SlotBid("ann", "a", 9), SlotBid("bob", "b", 5)]
    >>> [int(best_deviation(rule, values, 1, 1, range(0, 10, 2)).gain) for rule in (VCG(), FirstPrice())]
    [0, 3]
    """
    charge = charge or (lambda sold: sold.payment)
    worth = {bid.offer: bid.amount for bid in values}

    def utility(bids: Sequence[SlotBid], bidder: str) -> Fraction:
        sold = auction.sell(bids, slots, reserve, random.Random(seed))
        mine = [slot for slot in sold if slot.bidder == bidder]
        return sum((auction.weight(s.position) * worth[s.offer] - Fraction(charge(s)) for s in mine), Fraction(0))

    best = Deviation(values[0].bidder if values else "", {}, Fraction(0))
    for bidder in sorted({bid.bidder for bid in values}):
        own = [bid for bid in values if bid.bidder == bidder]
        others = [bid for bid in values if bid.bidder != bidder]
        truth = utility(values, bidder)
        for amounts in itertools.product(grid, repeat=len(own)):
            bids = [bid._replace(amount=amount) for bid, amount in zip(own, amounts)]
            gain = utility([*others, *bids], bidder) - truth
            if gain > best.gain:
                best = Deviation(bidder, {bid.offer: bid.amount for bid in bids}, gain)
    return best
