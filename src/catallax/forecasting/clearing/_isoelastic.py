"""Traders of constant relative risk aversion: a mixture of beliefs at 1, a milder one above."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from catallax.forecasting._mechanism import Numbers
from catallax.forecasting.clearing._averse import AbstractAverse
from catallax.forecasting.clearing._call_market import Bets, per_price

STEPS = 100
"""At most; a few are the rule."""


class Isoelastic(AbstractAverse):
    """Traders of utility `x ** (1 - r) / (1 - r)`, aversions `r` without unit, who spend all they have: `s_ik = w_i (h_ik / p_k) ** (1 / r) / sum_j p_j (h_ij / p_j) ** (1 / r)`.

    Prices solve `sum_i s_ik = sum_i w_i`. With one `r` for all they are `p_k = (sum_i (w_i / W) h_ik ** (1 / r) / Z_i) ** r`, and at `r = 1` the mixture
    of `Kelly`. Aversions may differ between traders: the prices minimise `sum_k p_k W - sum_i w_i ln e_i(p)`, `e_i` what a unit of utility costs,
    which is convex in the prices, and are found by Newton's method with steps that never climb.

    Source: Storkey, Millin and Geras (2012), demand; the convex program is that of Eisenberg and Gale (1959); the method is ours.

    >>> import numpy as np
    >>> from catallax.forecasting.clearing import call
    >>> call(Isoelastic(0.5), np.ones(2), np.array([[0.8, 0.2], [0.5, 0.5]])).prices.round(6).tolist()
    [0.634092, 0.365908]
    """

    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """See `AbstractCallMarket.clear`."""
        return _solve(jnp.broadcast_to(self.aversion, wealth.shape), wealth / jnp.sum(wealth), beliefs)

    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """See `AbstractCallMarket.bets`."""
        aversion = jnp.broadcast_to(self.aversion, wealth.shape)
        shares = per_price(wealth[:, None] * _spent(aversion, beliefs, jnp.log(_positive(prices))), prices)
        return Bets(shares, wealth)


class _Search(NamedTuple):
    log_prices: Float[Array, " outcomes"]
    reach: Float[Array, ""]
    """How far a step may go, in any logarithm of a price."""
    residual: Float[Array, ""]
    """The largest share of all wealth by which an outcome is spent on too much or too little."""
    steps: Int[Array, ""]


def _solve(
    aversion: Float[Numbers, " traders"],
    weights: Float[Numbers, " traders"],
    beliefs: Float[Numbers, "traders outcomes"],
) -> Float[Numbers, " outcomes"]:
    mixture = jnp.matmul(weights, beliefs, precision="highest")
    wanted, slope = mixture > 0, 1 - 1 / aversion
    tiny = jnp.finfo(mixture.dtype).eps

    def spending(log_prices: Array) -> tuple[Any, Any, Any]:
        spent = _spent(aversion, beliefs, log_prices)
        prices = jnp.where(wanted, jnp.exp(log_prices), 0.0)
        return spent, prices, jnp.matmul(weights, spent, precision="highest") - prices

    def step(now: _Search) -> _Search:
        spent, prices, excess = spending(now.log_prices)
        move = _newton(weights, slope, spent, excess, wanted)
        longest = jnp.max(jnp.abs(move))
        move = move * jnp.minimum(1.0, now.reach / jnp.maximum(longest, tiny))
        better = _change(weights, slope, spent, prices, move) <= tiny
        after = jnp.where(better, now.log_prices + move, now.log_prices)
        reach = jnp.where(better, jnp.minimum(2 * now.reach, 4.0), jnp.minimum(now.reach, longest) / 4)
        return _Search(after, reach, jnp.max(jnp.abs(spending(after)[2])), now.steps + 1)

    begin = jnp.log(_positive(mixture))
    first = _Search(begin, jnp.ones_like(begin[0]), jnp.max(jnp.abs(spending(begin)[2])), jnp.asarray(0))
    found = jax.lax.while_loop(lambda now: (now.residual > 4 * tiny) & (now.steps < STEPS), step, first)
    prices = jnp.where(wanted, jnp.exp(found.log_prices), 0.0)
    return prices / jnp.sum(prices)


def _newton(
    weights: Float[Numbers, " traders"],
    slope: Float[Numbers, " traders"],
    spent: Float[Numbers, "traders outcomes"],
    excess: Float[Numbers, " outcomes"],
    wanted: Bool[Numbers, " outcomes"],
) -> Float[Numbers, " outcomes"]:
    """The step in logarithms of prices; its matrix is positive definite everywhere, so that it leads down."""
    own = jnp.matmul(weights * (1 - slope), spent, precision="highest")
    crossed = jnp.matmul((spent * (weights * slope)[:, None]).T, spent, precision="highest")
    return jnp.linalg.solve(jnp.diag(jnp.where(wanted, own, 1.0)) + crossed, jnp.where(wanted, excess, 0.0))


def _change(
    weights: Float[Numbers, " traders"],
    slope: Float[Numbers, " traders"],
    spent: Float[Numbers, "traders outcomes"],
    prices: Float[Numbers, " outcomes"],
    move: Float[Numbers, " outcomes"],
) -> Float[Numbers, ""]:
    """By how much a step raises what the prices minimise; differences of logarithms, so that nothing cancels."""
    near = jnp.where(jnp.abs(slope) < 1e-4, 1e-4, slope)
    dearer = jnp.log1p(jnp.sum(spent * jnp.expm1(near[:, None] * move[None]), 1)) / near
    return prices @ jnp.expm1(move) - weights @ dearer


def _spent(
    aversion: Float[Numbers, " traders"],
    beliefs: Float[Numbers, "traders outcomes"],
    log_prices: Float[Numbers, " outcomes"],
) -> Float[Numbers, "traders outcomes"]:
    """The part of its wealth that a trader spends on each outcome: `h ** (1 / r) p ** (1 - 1 / r)`, scaled to add up to 1."""
    powers = jnp.log(beliefs) / aversion[:, None] + (1 - 1 / aversion)[:, None] * log_prices[None]
    return jax.nn.softmax(powers, 1)


def _positive(prices: Float[Numbers, " outcomes"]) -> Float[Numbers, " outcomes"]:
    return jnp.where(prices > 0, prices, 1.0)
