"""Aggressive betting."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Float

from catallax.forecasting._mechanism import Numbers
from catallax.forecasting.clearing._betting import AbstractBetting
from catallax.forecasting.clearing._settings import within


class AggressiveBetting(AbstractBetting):
    """`phi_ik = h_ik` up to the price `h_ik - e`, 0 from `h_ik` on, a straight line between: only who finds an outcome cheap bets on it.

    Source: Barbu and Lay (2012).
    """

    ramp: Float[Numbers, ""]
    """`e`, of a price: how much cheaper than the belief an outcome must be for the full bet."""

    def __init__(self, ramp: float | Numbers = 0.01) -> None:
        """Give the ramp.

        Raises:
            ValueError: if it is not above 0 and at most 1.
        """
        self.ramp = within("AggressiveBetting", "ramp", ramp, most=1.0)

    def parts(
        self, beliefs: Float[Numbers, "traders outcomes"], prices: Float[Numbers, " outcomes"]
    ) -> Float[Numbers, "traders outcomes"]:
        """See `AbstractBetting.parts`."""
        return beliefs * jnp.clip((beliefs - prices[None]) / self.ramp, 0.0, 1.0)
