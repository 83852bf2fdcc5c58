"""Prices, bundles, and the proof of how good they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from catallax.core import Status
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class PricedAllocation(NamedTuple):
    """Prices and bundles with their certificate; all amounts are credits.

    `gap = bound - welfare = sum(regret) + clearing_error`, never negative: the duality gap between
    `bound = sum_j supply_j p_j + sum_a max_S [v_a(S) - p(S)]` and `welfare = sum_a v_a(S_a)`.
    """

    prices: Float[np.ndarray, " goods"]
    """Credits per unit, the same for everybody."""
    bundles: Bool[np.ndarray, "agents goods"]
    payments: Float[np.ndarray, " agents"]
    """What each bundle costs at the prices."""
    welfare: float
    bound: float
    """No allocation is worth more."""
    gap: float
    clearing_error: float
    """Worth of unsold units at the prices."""
    regret: Float[np.ndarray, " agents"]
    """How much more each agent would gain with its best bundle."""
    status: Status

    @property
    def approximate(self) -> bool:
        """Whether these prices leave somebody wanting something else, or goods of value unsold."""
        return self.status is not Status.SOLVED


def certified(
    valuation: AbstractBundleValuation,
    supply: Float[np.ndarray, " goods"],
    bundles: Bool[np.ndarray, "agents goods"],
    prices: Float[np.ndarray, " goods"],
    otherwise: Status = Status.NOT_CONVERGED,
    tolerance: float = 1e-6,
) -> PricedAllocation:
    """Prices and bundles, wherever they come from, with the proof of how good they are.

    Args:
        valuation: of all agents.
        supply: whole units of each good.
        bundles: who gets what.
        prices: credits per unit.
        otherwise: the status if these prices do not clear.
        tolerance: gap that counts as none, as a share of the bound.

    Raises:
        ValueError: if more units are given away than there are, a price is negative, or there are too many goods to list their bundles.
    """
    unsold = supply - bundles.sum(0)
    if (unsold < 0).any() or not (prices >= 0).all():
        raise ValueError("certified: more units given away than supplied, or a price that is negative or NaN.")
    values, payments = valuation.value(bundles), bundles @ prices
    _, best = valuation.listed().best(prices)
    regret, left = best - (values - payments), float(unsold @ prices)
    gap, bound = float(regret.sum()) + left, float(supply @ prices + best.sum())
    status = Status.SOLVED if gap <= tolerance * bound else otherwise
    return PricedAllocation(prices, bundles, payments, float(values.sum()), bound, gap, left, regret, status)
