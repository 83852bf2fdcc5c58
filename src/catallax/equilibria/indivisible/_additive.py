"""A bundle is worth the sum of its goods."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._input import credits
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


def goods_apart(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Agent, good and value of each single good that somebody wants."""
    agent, good = np.nonzero(values > 0)
    return agent, good, values[agent, good]


class Additive(AbstractBundleValuation):
    """A bundle is worth the sum of its goods: `v_a(S) = sum over j in S of values_aj`.

    Args:
        values: credits, axes `agents goods`.

    Raises:
        ValueError: if a value is negative, infinite or NaN.

    >>> Additive([[2, 1, 1]]).table().tolist()
    [[0.0, 2.0, 1.0, 3.0, 1.0, 3.0, 2.0, 4.0]]
    """

    values: Float[np.ndarray, "agents goods"]

    def __init__(self, values: Any) -> None:
        self.values = credits("Additive", "values", values, "agents", "goods")

    @property
    def agents(self) -> int:
        return self.values.shape[0]

    @property
    def goods(self) -> int:
        return self.values.shape[1]

    def value(self, bundles: Bool[np.ndarray, "*batch agents goods"]) -> Float[np.ndarray, "*batch agents"]:
        return np.where(bundles, self.values, 0.0).sum(-1)

    def bids(self) -> Bids:
        agent, good, value = goods_apart(self.values)
        return Bids(
            agent, np.arange(len(value)), np.eye(self.goods, dtype=bool)[good], value, np.full(self.agents, np.inf)
        )
