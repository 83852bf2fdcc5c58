"""Linear betting."""

from __future__ import annotations

from jaxtyping import Float

from catallax.forecasting._mechanism import Numbers
from catallax.forecasting.clearing._betting import AbstractBetting


class LinearBetting(AbstractBetting):
    """`phi_ik = (1 - p_k) h_ik`: the dearer an outcome, the less goes on it.

    Source: Barbu and Lay (2012).
    """

    def parts(
        self, beliefs: Float[Numbers, "traders outcomes"], prices: Float[Numbers, " outcomes"]
    ) -> Float[Numbers, "traders outcomes"]:
        """See `AbstractBetting.parts`."""
        return (1 - prices)[None] * beliefs
