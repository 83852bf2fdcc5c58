"""A market for a number whose securities pay the number and its square."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from catallax.forecasting._mechanism import Numbers, doubled
from catallax.forecasting.clearing import AbstractCallMarket, Bets
from catallax.forecasting.clearing._settings import within


class GaussianCARA(AbstractCallMarket):
    """CARA traders with normal beliefs, tolerance `t_i = w_i / a`, who trade securities that pay `y` and `y ** 2`.

    A belief is its natural parameters `theta = (mu / s ** 2, -1 / (2 s ** 2))`; the market's are their mean weighted by tolerance, prices are the moments
    `m` of that normal distribution, trader i holds `t_i (theta_i - theta)` and gains `t_i (theta_i - theta) . ((y, y ** 2) - m)`. Gains have no bound in
    `y`: outcomes are cut at the ends of a range, and where somebody could lose more than it has there, all orders are filled in the same smaller part.

    The axis `outcomes` holds `y`, `y ** 2` and 1.

    Source: Abernethy, Kutty, Lahaie and Sami (2014), securities of sufficient statistics; the gains are derived.
    """

    aversion: Float[Numbers, ""]
    """`a`, per wealth."""
    ends: Float[Numbers, " 2"]
    """Of the range of outcomes."""

    def __init__(self, aversion: float, ends: Float[np.ndarray, " 2"]) -> None:
        """Give aversion and range.

        Raises:
            ValueError: if the aversion is not one number above 0.
        """
        if np.ndim(aversion):
            raise ValueError(f"GaussianCARA: aversion (risk) must be one number for all traders, got {aversion}.")
        self.aversion = within("GaussianCARA", "aversion", aversion)
        self.ends = doubled(ends)

    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """Moments: `E y`, `E y ** 2`, 1."""
        pooled = jnp.matmul(wealth, beliefs, precision="highest") / jnp.sum(wealth)
        variance = -0.5 / pooled[1]
        mean = pooled[0] * variance
        return jnp.stack([mean, mean**2 + variance, jnp.ones_like(mean)])

    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """Securities held, and the loss in the worst outcome."""
        mean, variance = prices[0], prices[1] - prices[0] ** 2
        pooled = jnp.stack([mean / variance, -0.5 / variance, jnp.zeros_like(mean)])
        shares = (wealth / self.aversion)[:, None] * (beliefs - pooled[None])
        worst = self._worst(shares, prices)
        rich = jnp.where(wealth > 0, wealth, 1.0)
        filled = 1 / jnp.maximum(1.0, jnp.max(jnp.where(wealth > 0, worst / rich, 0.0)))
        return Bets(filled * shares, filled * worst)

    def profits(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Float[Numbers, "traders outcomes"]:
        """Coefficients of the gain in `y`, `y ** 2` and 1."""
        shares, _ = self.bets(wealth, beliefs, prices)
        return jnp.concatenate([shares[:, :2], -(shares[:, :2] @ prices[:2])[:, None]], 1)

    def _worst(
        self, shares: Float[Numbers, "traders outcomes"], prices: Float[Numbers, " outcomes"]
    ) -> Float[Numbers, " traders"]:
        linear, square = shares[:, 0], shares[:, 1]
        bowl = square > 0
        lowest = jnp.where(bowl, -linear / jnp.where(bowl, 2 * square, 1.0), self.ends[0])
        at = [self.ends[0] * jnp.ones_like(linear), self.ends[1] * jnp.ones_like(linear)]
        at.append(jnp.clip(lowest, self.ends[0], self.ends[1]))
        gains = [linear * y + square * y**2 for y in at]
        least = jnp.minimum(jnp.minimum(gains[0], gains[1]), gains[2])
        return jnp.maximum(shares[:, :2] @ prices[:2] - least, 0.0)
