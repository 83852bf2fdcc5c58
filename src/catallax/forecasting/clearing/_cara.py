"""Traders of constant absolute risk aversion, whose price is a product of their beliefs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Float

from catallax.forecasting._mechanism import Numbers
from catallax.forecasting.clearing._averse import AbstractAverse
from catallax.forecasting.clearing._call_market import Bets, as_bought


class CARA(AbstractAverse):
    """Traders of utility `-exp(-a_i x)`, aversions `a_i` per credit: prices are the logarithmic pool `p_k = prod_i h_ik ** (t_i / sum t) / Z` with tolerances `t_i = 1 / a_i`.

    Trader i gains `t_i (ln(h_iy / p_y) + KL(p || h_i))` in outcome y. Such traders know no budget: wealth does not move the price, and may
    become negative; see `ProportionalCARA` for traders who bet in proportion. Beliefs must be above 0.

    Source: the utility, Storkey (2011); the gains are derived.

    >>> import numpy as np
    >>> from catallax.forecasting.clearing import call
    >>> call(CARA(1.0), np.ones(2), np.array([[0.8, 0.2], [0.5, 0.5]])).prices.round(6).tolist()
    [0.666667, 0.333333]
    """

    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """See `AbstractCallMarket.clear`."""
        return _pool(jnp.broadcast_to(1 / self.aversion, wealth.shape), beliefs)

    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """See `AbstractCallMarket.bets`."""
        return _held(jnp.broadcast_to(1 / self.aversion, wealth.shape), beliefs, prices)


class ProportionalCARA(AbstractAverse):
    """`CARA` traders who look at what they have: tolerance `t_i = w_i / a_i`, aversions without unit, so that the logarithmic pool is weighted by wealth.

    Of every order the part `1 / (1 + m)` is filled, `m` the largest loss over wealth that anybody risks, which leaves the prices as they are: nobody is ever ruined.

    Source: ours, from `CARA`.
    """

    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """See `AbstractCallMarket.clear`."""
        return _pool(wealth / self.aversion, beliefs)

    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """See `AbstractCallMarket.bets`."""
        shares, paid = _held(wealth / self.aversion, beliefs, prices)
        filled = 1 / (1 + jnp.max(jnp.where(wealth > 0, paid / jnp.where(wealth > 0, wealth, 1.0), 0.0)))
        return Bets(filled * shares, filled * paid)


def _pool(
    tolerance: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
) -> Float[Numbers, " outcomes"]:
    # a trader without tolerance has no say, not even by a belief of 0
    said = jnp.where(tolerance[:, None] > 0, jnp.log(beliefs), 0.0)
    return jax.nn.softmax(jnp.matmul(tolerance, said, precision="highest") / jnp.sum(tolerance))


def _held(
    tolerance: Float[Numbers, " traders"],
    beliefs: Float[Numbers, "traders outcomes"],
    prices: Float[Numbers, " outcomes"],
) -> Bets:
    taken = (tolerance[:, None] > 0) & (beliefs > 0) & (prices[None] > 0)
    nats = jnp.where(taken, jnp.log(jnp.where(taken, beliefs / jnp.where(taken, prices[None], 1.0), 1.0)), 0.0)
    return as_bought(tolerance[:, None] * (nats - (nats @ prices)[:, None]))
