"""What bundles of indivisible goods are worth to agents."""

from __future__ import annotations

from abc import abstractmethod

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float

from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._input import all_bundles, credits, few_enough


class AbstractBundleValuation(eqx.Module):
    """Values of all agents for all bundles of at most one unit of each good, credits.

    Nothing is worth nothing, and more is never worth less (free disposal). Units of a good that an agent may want twice are two goods.
    """

    @property
    @abstractmethod
    def agents(self) -> int:
        """How many agents there are."""

    @property
    @abstractmethod
    def goods(self) -> int:
        """How many goods there are."""

    @abstractmethod
    def value(self, bundles: Bool[np.ndarray, "*batch agents goods"]) -> Float[np.ndarray, "*batch agents"]:
        """What each agent's bundle is worth to it, credits.

        Args:
            bundles: which goods, an own bundle for each agent.
        """

    @abstractmethod
    def bids(self) -> Bids:
        """The same values as bids."""

    def table(self) -> Float[np.ndarray, "agents bundles"]:
        """The value of every bundle, credits; bundle b holds good j if bit j of b is set.

        Raises:
            ValueError: if there are too many goods to list their bundles.
        """
        few_enough(type(self).__name__, self.agents, self.goods)
        bundles = all_bundles(self.goods)[:, None, :]
        return np.ascontiguousarray(self.value(np.broadcast_to(bundles, (len(bundles), self.agents, self.goods))).T)

    def listed(self) -> Bids:
        """The same values as bids without caps: where a cap holds over several bids, every bundle is a bid of its own.

        Bundles worth no more than a part of theirs are left out: at no prices are they better.

        Raises:
            ValueError: if there are too many goods to list their bundles.
        """
        bids = self.bids()
        capped = np.isfinite(bids.cap)
        if not capped.any():
            return bids
        table, bundles = self.table(), all_bundles(self.goods)
        less = np.arange(2**self.goods)[:, None] & ~(1 << np.arange(self.goods))
        # without the goods that it does not hold, a bundle is the same bundle
        dominated = ((table[:, less] >= table[:, :, None]) & bundles).any(2)
        agent, bundle = np.nonzero(~dominated & (table > 0) & capped[:, None])
        group = np.unique(agent, return_inverse=True)[1]
        free = bids.chosen(~capped[bids.agent])
        free = free._replace(group=np.unique(free.group, return_inverse=True)[1], cap=np.full(self.agents, np.inf))
        return free.joined(Bids(agent, group, bundles[bundle], table[agent, bundle], free.cap))

    def demand(self, prices: Float[np.ndarray, " goods"]) -> Bool[np.ndarray, "agents goods"]:
        """A bundle that each agent likes best at these prices: `argmax over S of v_a(S) - p(S)`.

        Args:
            prices: credits per unit, none negative.

        Raises:
            ValueError: if prices are negative, NaN or of another length, or if there are too many goods to list their bundles.
        """
        prices = credits(type(self).__name__, "prices", prices, "goods")
        if prices.shape != (self.goods,):
            raise ValueError(f"{type(self).__name__}: expected {self.goods} prices, got {len(prices)}.")
        bids = self.listed()
        return bids.bundles(bids.best(prices)[0])
