"""Traders of logarithmic utility who come to a market maker one after the other."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import in_double
from catallax.forecasting._mechanism import Numbers, doubled, require_positive
from catallax.forecasting._search import crossing
from catallax.forecasting.clearing._call_market import AbstractCallMarket, Bets, as_bought
from catallax.forecasting.clearing._settings import require_beliefs, require_wealth

NEWTONS = 12
"""Steps to double precision from the starts below."""


class SequentialLMSR(AbstractCallMarket):
    """No call but a queue: a maker with a logarithmic market scoring rule opens at equal prices, and each trader moves them as its logarithmic utility likes best.

    Trader i gains `b ln(p_iy / p_(i-1)y)`. The house pays: all together gain `b ln(p_y n)`, so that wealth is not conserved as in a call. Who comes
    last has the last word, the more the richer it is beside `b`.

    Source: the maker, Hanson (2003); the trader's rule is derived, see `log_utility_prices`.
    """

    liquidity: Float[Numbers, ""]
    """`b`, credits per nat."""

    def __init__(self, liquidity: float | Numbers = 1.0) -> None:
        """Give the maker's liquidity.

        Raises:
            ValueError: if it is not above 0.
        """
        require_positive("SequentialLMSR", "liquidity", liquidity)
        self.liquidity = doubled(liquidity)

    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """The prices that the last trader leaves behind."""
        return self._path(wealth, beliefs)[-1]

    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """What each trader holds, bought at the prices that it found; `prices` are not used."""
        path = jnp.log(self._path(wealth, beliefs))
        return as_bought(self.liquidity * jnp.diff(path, axis=0))

    def _path(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, "visits outcomes"]:
        def visit(prices: Any, trader: Any) -> Any:
            after = _best(prices, trader[1], trader[0], self.liquidity)
            return after, after

        opening = jnp.ones_like(beliefs[0]) / beliefs.shape[1]
        queue: Any = (wealth, beliefs)
        return jnp.concatenate([opening[None], jax.lax.scan(visit, opening, queue)[1]])


def log_utility_prices(
    prices: Float[Numbers, " outcomes"],
    belief: Float[Numbers, " outcomes"],
    wealth: float | Numbers,
    liquidity: float | Numbers,
) -> Float[Numbers, " outcomes"]:
    """Where a trader of logarithmic utility leaves the prices of an LMSR: `r` that maximises `sum_k h_k ln(w + b ln(r_k / p_k))`.

    At the best `r_k W_k` is in proportion to `h_k`, with `W_k = w + b ln(r_k / p_k)` the wealth in outcome k; the factor lies between `w` and
    `w + b max_k ln(1 / p_k)` and is bisected. A rich trader leaves its belief, a poor one moves little.

    Args:
        prices: `p`, above 0, that add up to 1.
        belief: `h`, at least 0, that adds up to 1.
        wealth: `w`, credits, at least 0.
        liquidity: `b`, credits per nat.

    Raises:
        ValueError: where prices are not above 0, the belief is none, wealth is negative, or the liquidity is not above 0.

    Source: derived; for two outcomes `r / (1 - r) = h / (1 - h) W_0 / W_1`.

    >>> import numpy as np
    >>> log_utility_prices(np.array([0.4, 0.6]), np.array([0.7, 0.3]), wealth=5.0, liquidity=10.0).round(5).tolist()
    [0.50189, 0.49811]
    """
    require_beliefs("log_utility_prices", "prices", prices, positive=True)
    require_beliefs("log_utility_prices", "belief", belief)
    require_wealth("log_utility_prices", wealth)
    require_positive("log_utility_prices", "liquidity", liquidity)
    return _best_in_double(prices, belief, wealth, liquidity)


def _best(
    prices: Float[Numbers, " outcomes"],
    belief: Float[Numbers, " outcomes"],
    wealth: Float[Numbers, ""],
    liquidity: Float[Numbers, ""],
) -> Float[Numbers, " outcomes"]:
    rich = wealth / liquidity
    # for t the factor over b: v = W / b solves v + ln v = ln(t h / p) + w / b
    known = jnp.log(belief) - jnp.log(prices) + rich

    def at(factor: Any) -> Any:
        return prices * jnp.exp(_product_log(jnp.log(factor) + known) - rich)

    low = rich * jnp.ones_like(prices[0])
    factor = crossing(lambda t: jnp.sum(at(t)) >= 1, low, low - jnp.log(jnp.min(prices)))
    after = at(factor)
    return after / jnp.sum(after)


_best_in_double: Any = in_double(_best)


LEAST = -80.0
"""A logarithm below which a wealth is none: in single precision its exponential is still above 0."""


def _product_log(log: Float[Array, " outcomes"]) -> Any:
    """`v` with `v + ln v` as given: Newton's method, from a start below the root or one step above it."""
    target = jnp.maximum(log, LEAST)
    large = jnp.where(log > 1, log, 1.0)
    v = jnp.where(log > 1, large - jnp.log(large), jnp.exp(jnp.minimum(target, 1.0)))
    v = jax.lax.fori_loop(0, NEWTONS, lambda _, v: v * (1 + target - jnp.log(v)) / (1 + v), v)
    return jnp.where(log > LEAST, v, 0.0)
