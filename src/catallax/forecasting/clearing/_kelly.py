"""Kelly traders, who hold what maximises the logarithm of their wealth."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Float

from catallax.forecasting._mechanism import Numbers
from catallax.forecasting.clearing._call_market import AbstractCallMarket, Bets, per_price
from catallax.forecasting.clearing._settings import within


class Kelly(AbstractCallMarket):
    """Each trader stakes a fraction of its wealth as it believes: `p_k = sum_i l_i w_i h_ik / sum_i l_i w_i`, `w_i <- w_i (1 - l_i + l_i h_iy / p_y)`.

    With the fraction 1 the update is Bayes' rule with the wealth as prior, and the logarithmic loss of the price is at most that of any
    trader plus `ln(1 / w_i)`; with a common fraction `l`, plus `ln(1 / w_i) / l`. A fraction is as well the belief `l h + (1 - l) p`, and
    the constant betting function of artificial prediction markets.

    Source: Beygelzimer, Langford and Pennock (2012); constant betting: Barbu and Lay (2012).

    >>> import numpy as np
    >>> from catallax.forecasting.clearing import call
    >>> call(Kelly(), np.array([3.0, 1.0]), np.array([[0.8, 0.2], [0.4, 0.6]])).prices.round(9).tolist()
    [0.7, 0.3]
    """

    fraction: Float[Numbers, "*traders"]
    """`l`, of the wealth, above 0 and at most 1; one for all or one each."""

    def __init__(self, fraction: float | Numbers = 1.0) -> None:
        """Give the fraction.

        Raises:
            ValueError: if it is not above 0 and at most 1.
        """
        self.fraction = within("Kelly", "fraction", fraction, most=1.0)

    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """See `AbstractCallMarket.clear`."""
        stakes = self.fraction * wealth
        return jnp.matmul(stakes, beliefs, precision="highest") / jnp.sum(stakes)

    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """See `AbstractCallMarket.bets`."""
        paid = self.fraction * wealth
        return Bets(per_price(paid[:, None] * beliefs, prices), paid)
