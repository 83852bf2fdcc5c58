"""The quadratic cost function."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from catallax.forecasting._cost_function import AbstractCostFunction
from catallax.forecasting._mechanism import Numbers, doubled, require_outcomes, require_positive


class Quadratic(AbstractCostFunction):
    """Quadratic scoring rule: `C(q) = max_x <x, q> - b/2 |x|^2` over the simplex; prices are `q / b` projected onto it.

    Prices reach 0 and 1 with finitely many shares, and a bet on one condition moves the price of another: unlike `LMSR` it is not modular.

    Source: Abernethy, Chen and Wortman Vaughan (2013); online gradient descent.

    >>> maker = Quadratic(outcomes=2, liquidity=10.0)
    >>> maker.quote(0, shares=4.0).after.round(6).tolist(), float(maker.worst_case_loss)
    ([0.7, 0.3], 2.5)
    """

    liquidity: Float[Numbers, ""]
    """`b`, credits."""
    sold: Float[Numbers, " outcomes"]

    def __init__(self, outcomes: int, liquidity: float | Numbers) -> None:
        """A maker with all prices alike.

        Args:
            outcomes: number of them, at least 2.
            liquidity: `b`, credits: what brings the price of one of two outcomes from 0 to 1 is twice as many shares.

        Raises:
            ValueError: for fewer outcomes or a liquidity that is not above 0.
        """
        require_outcomes("Quadratic", outcomes)
        require_positive("Quadratic", "liquidity", liquidity)
        self.liquidity = doubled(liquidity)
        self.sold = np.zeros(outcomes)

    @property
    def scale(self) -> Float[Numbers, ""]:
        """The liquidity."""
        return self.liquidity

    @property
    def worst_case_loss(self) -> Float[Numbers, ""]:
        """`b (1 - 1/n) / 2`, credits: the regulariser at a corner less that in the middle."""
        return np.asarray(self.liquidity * (1 - 1 / self.sold.shape[-1]) / 2)

    def potential(self, sold: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """`<x, q> - b/2 |x|^2` at the projection x, which does not count for the slope."""
        x = _onto_simplex(sold / self.liquidity)
        return x @ sold - self.liquidity / 2 * (x @ x)


def _onto_simplex(point: Numbers) -> Numbers:
    """The nearest distribution: what is above a level, the level chosen so that it adds up to 1."""
    fall = -jnp.sort(-point)
    count = jnp.arange(1, point.size + 1)
    level = (jnp.cumsum(fall) - 1) / count
    last = jnp.sum(fall > level) - 1
    return jnp.maximum(point - level[last], 0)
