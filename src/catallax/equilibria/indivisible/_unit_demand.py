"""A bundle is worth its best good."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from catallax.equilibria.indivisible._additive import goods_apart
from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._input import credits
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class UnitDemand(AbstractBundleValuation):
    """A bundle is worth its best good: `v_a(S) = max over j in S of values_aj`.

    Args:
        values: credits, axes `agents goods`.

    Raises:
        ValueError: if a value is negative, infinite or NaN.

    Source: Shapley and Shubik (1971).

    >>> UnitDemand([[2, 1]]).table().tolist()
    [[0.0, 2.0, 1.0, 2.0]]
    """

    values: Float[np.ndarray, "agents goods"]

    def __init__(self, values: Any) -> None:
        self.values = credits("UnitDemand", "values", values, "agents", "goods")

    @property
    def agents(self) -> int:
        return self.values.shape[0]

    @property
    def goods(self) -> int:
        return self.values.shape[1]

    def value(self, bundles: Bool[np.ndarray, "*batch agents goods"]) -> Float[np.ndarray, "*batch agents"]:
        return np.where(bundles, self.values, 0.0).max(-1, initial=0.0)

    def bids(self) -> Bids:
        agent, good, value = goods_apart(self.values)
        group = np.unique(agent, return_inverse=True)[1]
        return Bids(agent, group, np.eye(self.goods, dtype=bool)[good], value, np.full(self.agents, np.inf))
