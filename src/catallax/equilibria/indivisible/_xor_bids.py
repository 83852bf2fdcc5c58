"""Explicit bids on bundles, of which an agent wins one at most."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float, Int

from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._input import all_bundles, credits
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class XorBids(AbstractBundleValuation):
    """Each agent names bundles and what they are worth, and wins one at most: `v_a(S) = max { value_b : b of a, bundle_b in S }`.

    Args:
        bidder: who places each bid, numbers from 0.
        bundles: which goods each bid is for, axes `bids goods`.
        values: credits, of each bid.
        agents: how many there are; as many as have bids if nothing is said.

    Raises:
        ValueError: if lengths differ, a bidder has no number below `agents`, a bundle is empty, or a value is negative, infinite or NaN.

    Source: the bidding language XOR, Sandholm (2002).

    >>> left_and_right = XorBids([0, 1], [[1, 1], [1, 0]], [5, 3])
    >>> left_and_right.table().tolist()
    [[0.0, 0.0, 0.0, 5.0], [0.0, 3.0, 0.0, 3.0]]
    """

    bidder: Int[np.ndarray, " bids"]
    bundles: Bool[np.ndarray, "bids goods"]
    values: Float[np.ndarray, " bids"]
    count: int = eqx.field(static=True)

    def __init__(self, bidder: Any, bundles: Any, values: Any, agents: int | None = None) -> None:
        self.bidder, self.bundles = np.asarray(bidder, np.int64), np.asarray(bundles).astype(bool)
        self.values = credits("XorBids", "values", values, "bids")
        self.count = int(self.bidder.max(initial=-1)) + 1 if agents is None else agents
        bids = len(self.values)
        if self.bidder.shape != (bids,) or self.bundles.ndim != 2 or len(self.bundles) != bids:
            raise ValueError(
                f"XorBids: expected a bidder, a bundle (a row over the goods) and a value for each bid; got axes "
                f"{self.bidder.shape}, {self.bundles.shape} and {self.values.shape}."
            )
        if bids and not (self.bidder.min() >= 0 and self.bidder.max() < self.count):
            raise ValueError(f"XorBids: bidders are numbered from 0 to {self.count - 1}, got {np.unique(self.bidder)}.")
        if not self.bundles.any(1).all():
            raise ValueError("XorBids: a bid on the empty bundle; leave it out, nothing is worth nothing.")

    @classmethod
    def of(cls, valuation: AbstractBundleValuation) -> XorBids:
        """All bundles of another valuation as bids, those aside that are worth nothing.

        Raises:
            ValueError: if there are too many goods to list their bundles.
        """
        table = valuation.table()
        agent, bundle = np.nonzero(table > 0)
        return cls(agent, all_bundles(valuation.goods)[bundle], table[agent, bundle], valuation.agents)

    @property
    def agents(self) -> int:
        return self.count

    @property
    def goods(self) -> int:
        return self.bundles.shape[1]

    def value(self, bundles: Bool[np.ndarray, "*batch agents goods"]) -> Float[np.ndarray, "*batch agents"]:
        found = np.zeros(bundles.shape[:-1])
        for agent, wanted, value in zip(self.bidder, self.bundles, self.values):
            inside = ~(wanted & ~bundles[..., agent, :]).any(-1)
            found[..., agent] = np.maximum(found[..., agent], np.where(inside, value, 0.0))
        return found

    def bids(self) -> Bids:
        kept = self.values > 0
        group = np.unique(self.bidder[kept], return_inverse=True)[1]
        return Bids(self.bidder[kept], group, self.bundles[kept], self.values[kept], np.full(self.count, np.inf))
