"""One pool for each answer of a question, kept so that the answers' prices add up to 1."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from catallax.core import in_double
from catallax.forecasting._mechanism import AbstractMaker, Numbers
from catallax.forecasting._search import crossing, reached

FARTHEST = 60.0
"""Logarithm of how many times its size a pool is moved at most."""


class AnswerPools(AbstractMaker):
    """A yes-or-no pool `y^p n^(1 - p)` for each answer, and complete sets traded until the prices add up to 1.

    A pool asks `c_i(x)` for x shares of yes, at the price `p n / ((1 - p) y + p n)`. Exactly one answer will be right, so that a share of
    each is worth a credit: with every trade s such sets are bought from the pools, answer by answer, and redeemed, or the other way round;
    `C(q) = min_s sum_i c_i(q_i + s) - s`, and at the minimum `sum_i price_i = 1`. A pool that is off by itself is thus in line with the others at
    once, and the gain of that arbitrage is the trader's.

    Source: after the code of Manifold's markets with many answers, whose arbitrage step does this; the formula is derived here.

    >>> pools = AnswerPools(np.full((3, 2), 100.0), weights=np.array([0.5, 0.3, 0.2]))
    >>> trade = pools.quote(0, spend=10.0)
    >>> trade.after.round(4).tolist(), round(float(trade.after.sum()), 12)
    ([0.5285, 0.2837, 0.1878], 1.0)
    """

    opening: Float[Numbers, " outcomes sides"]
    """Reserves at the opening, once their prices add up to 1."""
    reserves: Float[Numbers, " outcomes sides"]
    """Shares of yes and of no in each pool."""
    weights: Float[Numbers, " outcomes"]
    """`p` of each pool."""

    def __init__(
        self, reserves: Float[Numbers, " outcomes sides"], weights: Float[Numbers, " outcomes"] | None = None
    ) -> None:
        """Pools, after a first arbitrage among them, which is the house's with itself.

        Args:
            reserves: shares of yes and of no of at least 2 answers, above 0.
            weights: `p`, above 0 and below 1; by default 1/2. With as many shares of yes as of no it is the price.

        Raises:
            ValueError: for anything else, or where the first arbitrage would take more than doubles can hold.
        """
        held = np.asarray(reserves, np.float64)
        if held.ndim != 2 or held.shape[1] != 2 or len(held) < 2 or not np.all(np.isfinite(held) & (held > 0)):
            raise ValueError(
                f"AnswerPools: reserves must be shares of yes and no, above 0, of at least 2 answers, got {reserves}."
            )
        power = np.full(len(held), 0.5) if weights is None else np.asarray(weights, np.float64)
        if power.shape != (len(held),) or not np.all((power > 0) & (power < 1)):
            raise ValueError(f"AnswerPools: weights must be {len(held)} numbers above 0 and below 1, got {weights}.")
        self.weights = power
        self.opening = self.reserves = held
        self.opening = self.reserves = _levelled(self)
        if not np.all(np.isfinite(self.reserves) & (self.reserves > 0)):
            raise ValueError(
                f"AnswerPools: no complete sets bring the prices of these pools to a sum of 1; give reserves and weights whose prices "
                f"p n / ((1 - p) y + p n) add up to about 1, got {reserves} and {weights}."
            )

    @property
    def prices(self) -> Float[Numbers, "*markets outcomes"]:
        """`p n / ((1 - p) y + p n)` of each pool."""
        return _prices(self)

    @property
    def state(self) -> Float[Numbers, "*markets outcomes sides"]:
        """The reserves."""
        return self.reserves

    @property
    def worst_case_loss(self) -> Float[Numbers, "*markets"]:
        """`max_i (y_i + sum_(j != i) n_j)` at the opening, credits: what the pools are worth if an answer is right, and may lose."""
        return _worth(self)

    def cost(self, shares: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """`sum_i c_i(x_i + s) - s`."""
        return self.sell(shares)[1]

    def after(self, shares: Float[Numbers, " outcomes"]) -> AnswerPools:
        """Each pool less `x_i + s` shares."""
        return self.sell(shares)[0]

    def sell(self, shares: Float[Numbers, " outcomes"]) -> tuple[AnswerPools, Float[Numbers, ""]]:
        """With one search for the sets."""
        sets = self._sets(shares)
        moved = self._at(self._odds(shares + sets))
        return eqx.tree_at(lambda pools: pools.reserves, self, moved), jnp.sum((moved - self.reserves)[:, 1]) - sets

    def shares_to(self, outcome: Int[Numbers, ""], price: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """The other pools are moved by sets alone, until their prices add up to what is left."""
        others = self._others(outcome)
        sets = reached(lambda s: jnp.sum(others * _price(self._odds(s))), 1 - price, self._scale)
        return self._bought(outcome, jnp.log(price) - jnp.log1p(-price)) - sets

    def shares_for(self, outcome: Int[Numbers, ""], spend: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """Found by halving the number of sets, on which the price of the outcome depends, and on that its shares and the cost."""
        others = self._others(outcome)

        def odds(sets: Array) -> Array:
            """The other pools give up the sets; the price of the outcome is what is left by theirs."""
            found = self._odds(sets)
            rest = jnp.sum(others * _price(found))
            return jnp.where(others == 1, found, jnp.log1p(-rest) - jnp.log(rest))

        def cost(sold: Array) -> Array:
            return jnp.sum(self._at(odds(-sold))[:, 1] - self.reserves[:, 1]) + sold

        sold = reached(cost, spend, self._scale, size=jnp.max(self.reserves))
        return self._bought(outcome, jnp.sum((1 - others) * odds(-sold))) + sold

    @property
    def _scale(self) -> Array:
        return jnp.min(self.reserves) / 100

    def _others(self, outcome: Int[Numbers, ""]) -> Array:
        return (jnp.arange(self.reserves.shape[0]) != outcome).astype(float)

    def _sets(self, shares: Numbers) -> Array:
        """Complete sets to be bought from the pools and redeemed, so that prices add up to 1."""
        return reached(lambda s: jnp.sum(_price(self._odds(shares + s))), jnp.ones(()), self._scale)

    def _bought(self, outcome: Int[Numbers, ""], log_odds: Numbers) -> Array:
        """Shares of yes that bring a pool to a price."""
        return jnp.sum((1 - self._others(outcome)) * self._sold(jnp.broadcast_to(log_odds, self.weights.shape)))

    def _odds(self, sold: Numbers) -> Array:
        """Logarithm of the odds of each pool once it has sold so many shares of yes; not a number where the shares are none."""
        far = FARTHEST / jnp.minimum(self.weights, 1 - self.weights)
        return jnp.where(jnp.isfinite(sold), crossing(lambda odds: self._sold(odds) >= sold, -far, far), jnp.nan)

    def _sold(self, log_odds: Numbers) -> Numbers:
        """Shares of yes that a pool gives for what it takes in, `y - y' + n' - n`."""
        moved = self._at(log_odds)
        return self.reserves[:, 0] - moved[:, 0] + moved[:, 1] - self.reserves[:, 1]

    def _at(self, log_odds: Numbers) -> Array:
        """Reserves at odds, the invariant `k = y^p n^(1 - p)` as it is: with `r = n / y` these are `k r^(p - 1)` and `k r^p`."""
        p = self.weights
        log_k = p * jnp.log(self.reserves[:, 0]) + (1 - p) * jnp.log(self.reserves[:, 1])
        log_r = log_odds + jnp.log1p(-p) - jnp.log(p)
        return jnp.exp(jnp.stack([log_k - (1 - p) * log_r, log_k + p * log_r], 1))


def _price(log_odds: Array) -> Array:
    return jnp.asarray(jax.nn.sigmoid(log_odds))


@in_double
def _levelled(pools: AnswerPools) -> Any:
    return pools.after(jnp.zeros(pools.weights.shape)).reserves


@in_double
def _prices(pools: AnswerPools) -> Numbers:
    yes, no = pools.reserves[..., 0] * (1 - pools.weights), pools.reserves[..., 1] * pools.weights
    return no / (yes + no)


@in_double
def _worth(pools: AnswerPools) -> Numbers:
    yes, no = pools.opening[..., 0], pools.opening[..., 1]
    return jnp.max(yes - no, -1) + jnp.sum(no, -1)
