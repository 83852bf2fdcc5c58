"""Payments that make the truth the best bid."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float

from catallax.equilibria.indivisible._allocation import AbstractAllocator
from catallax.equilibria.indivisible._input import credits
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation
from catallax.equilibria.indivisible._winner_determination import WinnerDetermination


class VickreyOutcome(NamedTuple):
    """Bundles and what each agent pays for its own; there need be no price of single goods behind it."""

    bundles: Bool[np.ndarray, "agents goods"]
    values: Float[np.ndarray, " agents"]
    """Credits."""
    payments: Float[np.ndarray, " agents"]
    """Credits; between 0 and the value."""
    overspent: Float[np.ndarray, " agents"]
    """Credits by which a payment exceeds the agent's wealth; 0 if all can pay."""

    @property
    def welfare(self) -> float:
        """The sum of all values, credits."""
        return float(self.values.sum())

    @property
    def affordable(self) -> bool:
        """Whether everybody can pay."""
        return not self.overspent.any()


class VickreyClarkeGroves(eqx.Module):
    """Everybody pays what its presence costs the others, so that no other bid than the truth gains more.

    `payment_a = W(without a) - [W - v_a(S_a)]`, with W the highest sum of values.

    Wealth is not part of it: payments can exceed wealth, and `overspent` says by how much. With the values of
    `Capped(valuation, wealth)` nobody overspends, but then the cap is part of the report, and truth is best for the capped
    values alone. Nor need payments be prices of goods, and the sum of payments can be low.

    Args:
        allocator: finds the highest sum of values; `Assignment` is quicker for `UnitDemand`.

    Source: Vickrey (1961), Clarke (1971), Groves (1973).

    >>> from catallax.equilibria.indivisible import XorBids
    >>> sale = VickreyClarkeGroves().solve(XorBids([0, 1, 2], [[1, 1], [1, 0], [0, 1]], [5, 4, 3]), wealth=[9, 1, 9])
    >>> sale.payments.tolist(), sale.overspent.tolist()
    ([0.0, 2.0, 1.0], [0.0, 1.0, 0.0])
    """

    allocator: AbstractAllocator = WinnerDetermination()

    def solve(self, valuation: AbstractBundleValuation, supply: Any = None, wealth: Any = None) -> VickreyOutcome:
        """Bundles and payments.

        Args:
            valuation: of all agents.
            supply: whole units of each good, one of each if nothing is said.
            wealth: credits of each agent; without limit if nothing is said.

        Raises:
            ValueError: if supply is negative or not whole, or wealth is negative, NaN or not one amount an agent.
            TimeoutError: if the best allocation was not found in time.
        """
        name, agents = type(self).__name__, valuation.agents
        wealth = (
            np.full(agents, np.inf) if wealth is None else credits(name, "wealth", wealth, "agents", unlimited=True)
        )
        if wealth.shape != (agents,):
            raise ValueError(f"{name}: expected the wealth of {agents} agents, got {wealth.shape[0]} amounts.")
        best = self.allocator.allocate(valuation, supply)
        # who gets nothing costs the others nothing
        without = [
            self.allocator.allocate(valuation, supply, agent).welfare if value else best.welfare
            for agent, value in enumerate(best.values)
        ]
        # sums rounded in another order must not make a payment negative, nor larger than the value
        payments = np.clip(np.array(without) - (best.welfare - best.values), 0.0, best.values)
        return VickreyOutcome(best.bundles, best.values, payments, np.maximum(payments - wealth, 0.0))
