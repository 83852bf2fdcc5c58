"""Each pays what its presence costs the others."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from catallax.language.attention._slots import AbstractSlotAuction, SlotBid, SoldSlot


@dataclass(frozen=True)
class VCG(AbstractSlotAuction):
    """Vickrey, Clarke and Groves: a bidder pays the externality of all its offers; bidding one's value is best.

    `W(S) = sum_j max(0, w_j b_(j) - c)` is the surplus of the offers `S` over the cost `c` of filling slots, the best first.
    A bidder `i` pays `w b(its slots) - (W(all) - W(all without i))` in all, spread over its slots by taking its offers away
    from the worst to the best. The cost acts as a phantom bid for each slot: every slot costs at least `c`. With one offer
    a bidder and slots that are all read, a winner pays `max(c, b_(k+1))`; with weights and no cost
    `p_i = sum_(j >= i) (w_j - w_(j+1)) b_(j+1)`. Payments are rounded down to whole micro-credits.

    It is truthful for one sale of slots with given values. It is not proof against bidders under false names or that agree
    on their bids, and says nothing of prices that are chosen together with bids.

    Source: Vickrey (1961), Clarke (1971), Groves (1973).

    >>> bids = [SlotBid("ann", "a1", 9), SlotBid("ann", "a2", 7), SlotBid("bob", "b", 5)]
    >>> [(sold.offer, sold.payment) for sold in VCG().sell(bids, 2, 1, random.Random(0))]
    [('a1', 1), ('a2', 5)]
    """

    def sell(self, bids: Sequence[SlotBid], slots: int, reserve: int, luck: random.Random) -> tuple[SoldSlot, ...]:
        order = self.ranked(bids, slots, reserve, luck)
        won = self.admitted(order, slots, reserve)
        payments: dict[str, int] = {}
        for bidder in {bid.bidder for bid in won}:
            own = [(place, bid) for place, bid in enumerate(won) if bid.bidder == bidder]
            names = {bid.offer for _, bid in own}
            rest = [bid for bid in order if bid.bidder != bidder or bid.offer in names]
            before = self.surplus(rest, slots, reserve)
            for place, bid in reversed(own):
                rest.remove(bid)
                after = self.surplus(rest, slots, reserve)
                payments[bid.offer] = math.floor(self.weight(place) * bid.amount - (before - after))
                before = after
        return tuple(SoldSlot(bid.offer, bid.bidder, n, payments[bid.offer]) for n, bid in enumerate(won))

    def surplus(self, order: Sequence[SlotBid], slots: int, reserve: int) -> int | Fraction:
        """`W`: what the best offers are worth over the cost of showing them, micro-credits."""
        if not self.weights:
            return sum(max(0, bid.amount - reserve) for bid in order[:slots])
        return sum(max(Fraction(0), self.weight(n) * bid.amount - reserve) for n, bid in enumerate(order[:slots]))
