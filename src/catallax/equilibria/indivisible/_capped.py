"""Any valuation, capped by wealth."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._input import credits
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class Capped(AbstractBundleValuation):
    """No bundle is worth more to an agent than what it owns: `v_a(S) = min(inner_a(S), wealth_a)`.

    `Capped(Additive(values), wealth)` is the budget-additive valuation. It does not keep gross substitutes: with values
    (2, 1, 1) and wealth 2, the rise of the price of the second good makes the agent drop the third.

    Args:
        inner: what bundles are worth without the cap.
        wealth: credits of each agent; infinity for no cap.

    Raises:
        ValueError: if wealth is negative, NaN or not one amount an agent.

    Source: the cap of Pallavi Sudhir and Tran-Thanh (2025), Algorithm 2.

    >>> from catallax.equilibria.indivisible import Additive
    >>> poor = Capped(Additive([[2, 1, 1]]), [2])
    >>> [poor.demand(np.array(p)).astype(int).tolist() for p in ([1.1, 0.5, 0.5], [1.1, 0.7, 0.5])]
    [[[0, 1, 1]], [[1, 0, 0]]]
    """

    inner: AbstractBundleValuation
    wealth: Float[np.ndarray, " agents"]

    def __init__(self, inner: AbstractBundleValuation, wealth: Any) -> None:
        self.inner, self.wealth = inner, credits("Capped", "wealth", wealth, "agents", unlimited=True)
        if self.wealth.shape != (self.inner.agents,):
            raise ValueError(
                f"Capped: expected the wealth of {self.inner.agents} agents, got {self.wealth.shape[0]} amounts."
            )

    @property
    def agents(self) -> int:
        return self.inner.agents

    @property
    def goods(self) -> int:
        return self.inner.goods

    def value(self, bundles: Bool[np.ndarray, "*batch agents goods"]) -> Float[np.ndarray, "*batch agents"]:
        return np.minimum(self.inner.value(bundles), self.wealth)

    def bids(self) -> Bids:
        bids = self.inner.bids()
        cap = np.minimum(bids.cap, self.wealth)
        # nobody's single bid can count for more than the cap, and one bid is all that an exclusive bidder has
        value = np.minimum(bids.value, cap[bids.agent])
        return bids._replace(value=value, cap=np.where(bids.exclusive(), np.inf, cap)).chosen(value > 0)
