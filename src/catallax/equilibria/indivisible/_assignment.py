"""The market of agents who want one good each."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import numpy as np
from scipy.optimize import linear_sum_assignment

from catallax.equilibria.indivisible._allocation import AbstractAllocator, Allocation
from catallax.equilibria.indivisible._certificate import PricedAllocation, certified
from catallax.equilibria.indivisible._input import units
from catallax.equilibria.indivisible._price_face import AbstractSelection, Lowest, PriceFace
from catallax.equilibria.indivisible._unit_demand import UnitDemand
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class Assignment(AbstractAllocator):
    """The exact optimum for agents who want one good each: the assignment problem, in polynomial time.

    Raises:
        TypeError: if the valuation is not `UnitDemand`.
        ValueError: if supply is negative or not whole.

    Source: Shapley and Shubik (1971); solved by the shortest augmenting paths of `scipy.optimize.linear_sum_assignment`.

    >>> Assignment().allocate(UnitDemand([[5, 3], [4, 1]])).values.tolist()
    [3.0, 4.0]
    """

    def allocate(self, valuation: AbstractBundleValuation, supply: Any = None, absent: int | None = None) -> Allocation:
        if not isinstance(valuation, UnitDemand):
            raise TypeError(
                f"Assignment: expected UnitDemand, got {type(valuation).__name__}; WinnerDetermination takes them all."
            )
        stock = units("Assignment", supply, valuation.goods).astype(int)
        # an agent gets one unit at most, so there is no need for more units than agents
        unit = np.repeat(np.arange(valuation.goods), np.minimum(stock, valuation.agents))
        values = np.where(np.arange(valuation.agents)[:, None] == absent, 0.0, valuation.values)
        agent, column = linear_sum_assignment(values[:, unit], maximize=True)
        bundles = np.zeros(values.shape, bool)
        bundles[agent, unit[column]] = values[agent, unit[column]] > 0
        return Allocation(bundles, valuation.value(bundles))


class AssignmentMarket(eqx.Module):
    """The market of agents who want one good each: prices always exist, and form a lattice.

    The best assignment is one optimal solution of the dual's program, the prices are picked from its other side. The lowest are
    the payments of Vickrey, Clarke and Groves (Leonard 1983; Demange, Gale and Sotomayor 1986).

    Args:
        select: which of all clearing prices.

    Source: Shapley and Shubik (1971).

    >>> from catallax.equilibria.indivisible import Highest
    >>> market = UnitDemand([[5, 3], [4, 1]])
    >>> [AssignmentMarket(rule).solve(market).prices.round(6).tolist() for rule in (Lowest(), Highest())]
    [[2.0, 0.0], [4.0, 2.0]]
    """

    select: AbstractSelection = Lowest()

    def solve(self, valuation: UnitDemand, supply: Any = None) -> PricedAllocation:
        """Prices, bundles and certificate.

        Args:
            valuation: of all agents.
            supply: whole units of each good, one of each if nothing is said.

        Raises:
            TypeError: if the valuation is not `UnitDemand`.
            ValueError: if supply is negative or not whole, or the highest price of a good without supply is asked for.
        """
        stock = units("AssignmentMarket", supply, valuation.goods)
        bundles, bids = Assignment().allocate(valuation, stock).bundles, valuation.bids()
        # a bid of an agent is for one good, so the agent's bundle says which bid was accepted
        accepted = (bundles[bids.agent] & bids.bundle).any(1).astype(float)
        prices = self.select.choose(PriceFace(bids, stock, accepted).extreme)
        return certified(valuation, stock, bundles, prices)
