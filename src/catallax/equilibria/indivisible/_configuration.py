"""Prices for any valuations, or the proof that there are none."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np
from jaxtyping import Float
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from catallax.core import Status
from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._certificate import PricedAllocation, certified
from catallax.equilibria.indivisible._input import units
from catallax.equilibria.indivisible._price_face import AbstractSelection, Centre, PriceFace, solved
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation
from catallax.equilibria.indivisible._winner_determination import WinnerDetermination


class ConfigurationProgram(eqx.Module):
    """Prices for any valuations, or the proof that there are none: whole bundles are worth as much as fractions of bundles, or less.

    The linear program `max sum_b value_b x_b` over `x >= 0`, one bundle an agent, supply of every good, is the bound that the
    best prices prove. Walrasian prices exist if and only if the best whole allocation reaches it. If it does not, the
    status is `NO_WALRASIAN`, with the best allocation, the gap, and the program's prices, which leave somebody unsatisfied.

    Args:
        select: which of all optimal prices.
        winners: finds the best whole allocation.
        tolerance: gap that counts as none, as a share of the bound.

    Source: Bikhchandani and Mamer (1997).

    >>> from catallax.equilibria.indivisible import Additive, Capped
    >>> capped = Capped(Additive([[4, 4, 4], [2, 1, 1], [4, 3, 3]]), [5, 2, 5])
    >>> found = ConfigurationProgram().solve(capped)
    >>> found.status.name, round(found.bound, 6), found.welfare
    ('NO_WALRASIAN', 9.5, 9.0)
    """

    select: AbstractSelection = Centre()
    winners: WinnerDetermination = WinnerDetermination()
    tolerance: float = 1e-6

    def solve(self, valuation: AbstractBundleValuation, supply: Any = None) -> PricedAllocation:
        """Prices, bundles and certificate.

        Args:
            valuation: of all agents.
            supply: whole units of each good, one of each if nothing is said.

        Raises:
            ValueError: if supply is negative or not whole, there are too many goods to list their bundles, or the highest
                price of a good without supply is asked for.
            TimeoutError: if the best allocation was not found in time.
        """
        stock, bids = units("ConfigurationProgram", supply, valuation.goods), valuation.listed()
        face = PriceFace(bids, stock, fractions(bids, stock))
        bundles = bids.bundles(self.winners.accepted(bids, stock))
        prices = self.select.choose(face.extreme)
        return certified(valuation, stock, bundles, prices, Status.NO_WALRASIAN, self.tolerance)


def fractions(bids: Bids, supply: Float[np.ndarray, " goods"]) -> Float[np.ndarray, " bids"]:
    """How much of each bid the linear program accepts."""
    if len(bids.value) == 0:
        return np.zeros(0)
    result = linprog(
        -bids.value / bids.value.max(),
        A_ub=vstack([bids.in_groups(), coo_array(bids.bundle.T.astype(float))]).tocsr(),
        b_ub=np.concatenate([np.ones(bids.groups), supply]),
    )
    return solved(result)
