"""Which of all prices that clear the market."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float
from scipy.optimize import linprog
from scipy.sparse import coo_array, hstack

from catallax.equilibria.indivisible._bids import Bids

Extreme = Callable[[float], Float[np.ndarray, " goods"]]
"""Of all clearing prices, those with the least `direction * sum(prices)`."""


class AbstractSelection(eqx.Module):
    """A rule that picks one vector from the set of all prices that clear."""

    @abstractmethod
    def choose(self, extreme: Extreme) -> Float[np.ndarray, " goods"]:
        """The picked prices, credits per unit."""


class Lowest(AbstractSelection):
    """The least sum of prices; under gross substitutes no good is cheaper at any clearing prices.

    With one good it is the second price, with unit demand it is what Vickrey, Clarke and Groves charge.
    """

    def choose(self, extreme: Extreme) -> Float[np.ndarray, " goods"]:
        return extreme(1.0)


class Highest(AbstractSelection):
    """The largest sum of prices; under gross substitutes no good is dearer at any clearing prices. With one good: the first price."""

    def choose(self, extreme: Extreme) -> Float[np.ndarray, " goods"]:
        return extreme(-1.0)


class Centre(AbstractSelection):
    """Half way between the lowest and the highest prices; clears, since the set of clearing prices is convex."""

    def choose(self, extreme: Extreme) -> Float[np.ndarray, " goods"]:
        return (extreme(1.0) + extreme(-1.0)) / 2


class PriceFace(eqx.Module):
    """All prices that are optimal in the dual of the configuration program, by complementary slackness with one optimal `x`.

    `u_g + p . bundle_b >= value_b` for all bids, equal where `x_b > 0`; `u_g = 0` for groups and `p_j = 0` for goods that `x` does not use up.

    Source: Bikhchandani and Mamer (1997).
    """

    bids: Bids
    supply: Float[np.ndarray, " goods"]
    accepted: Float[np.ndarray, " bids"]
    """`x`, between 0 and 1, optimal in the linear program."""

    def extreme(self, direction: float) -> Float[np.ndarray, " goods"]:
        """The optimal prices with the least `direction * sum(prices)`, credits per unit.

        Raises:
            ValueError: if there is no such limit.
        """
        bids, x = self.bids, self.accepted
        goods, scale = len(self.supply), bids.value.max(initial=0.0)
        if direction < 0 and (self.supply == 0).any():
            raise ValueError(
                f"Highest, Centre: a good without supply has no highest price; leave out goods {np.flatnonzero(self.supply == 0).tolist()}."
            )
        if scale == 0:
            return np.zeros(goods)
        spare = np.concatenate([self.supply - x @ bids.bundle, 1 - bids.in_groups() @ x]) > 1e-7
        covers = hstack([coo_array(bids.bundle.astype(float)), bids.in_groups().T]).tocsr()
        used, value = x > 1e-7, bids.value / scale
        result = linprog(
            np.concatenate([np.full(goods, direction), np.zeros(bids.groups)]),
            A_ub=-covers[~used],
            b_ub=-value[~used],
            A_eq=covers[used],
            b_eq=value[used],
            bounds=np.stack([np.zeros(len(spare)), np.where(spare, 0.0, np.inf)], axis=1),
        )
        return np.maximum(solved(result)[:goods], 0.0) * scale


def solved(result: Any) -> np.ndarray:
    """The solution of a linear program that has one."""
    if result.status != 0:
        raise RuntimeError(f"HiGHS did not solve a linear program that has a solution: {result.message}")
    return result.x
