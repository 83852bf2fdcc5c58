"""Whether an economy with cycles is productive, and prices as an eigenvector."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from catallax.markets.production._economy import Bundles, Economy, Shares


class HawkinsSimon(NamedTuple):
    """Bounds of the spectral radius of `M[(j,g), (i,h)] = s_ij,g J_i[g,h]`, which holds if no marginal product is negative."""

    radius: Float[Array, ""]
    """By power iteration."""
    lower: Float[Array, ""]
    """No smaller than this, `min_k (M v)_k / v_k`; it needs a chain of suppliers between any two entries to be tight."""
    upper: Float[Array, ""]
    """No larger than this, `max_k (M v)_k / v_k` (Collatz and Wielandt)."""

    @property
    def productive(self) -> Bool[Array, ""]:
        """`rho(M) < 1`: for every endowment there is one set of quantities, none of them negative."""
        return self.radius < 1


@eqx.filter_jit
def hawkins_simon(economy: Economy, shares: Shares, inputs: Bundles, rounds: int = 500) -> HawkinsSimon:
    """The condition of Hawkins and Simon for all goods together, at some inputs.

    Goods are coupled by the technologies, so good by good the condition is not enough. `M` is never formed.

    Args:
        economy: with technologies whose marginal products are at least 0.
        shares: of the outputs.
        inputs: at which the marginal products are taken, units.
        rounds: of power iteration.

    Source: Hawkins and Simon (1949).
    """
    if economy.levels is not None:
        nothing = jnp.zeros((), inputs.dtype)
        return HawkinsSimon(nothing, nothing, nothing)
    _, push = jax.linearize(economy.produce, inputs)

    def shipped(v: Bundles) -> Bundles:
        return jax.ops.segment_sum(shares * push(v)[economy.source], economy.target, economy.nodes)

    return _bounds(shipped, *_grown(shipped, inputs, rounds))


@eqx.filter_jit
def stationary_prices(
    economy: Economy, shares: Shares, inputs: Bundles, rounds: int = 1_000
) -> tuple[Bundles, Float[Array, ""]]:
    """Prices of an economy without consumers: the eigenvector `g a = J_F^T a` to the largest eigenvalue.

    The prices add up to 1: only ratios mean anything. The eigenvalue is the factor by which the economy grows in a period at these
    shares, and `1 / g` the discount at which prices stay as they are.

    Args:
        economy: with technologies whose marginal products are at least 0.
        shares: of the outputs.
        inputs: at which the marginal products are taken, units.
        rounds: of power iteration.

    Returns:
        Prices, and the eigenvalue.
    """

    def handed_back(a: Bundles) -> Bundles:
        return economy.pull(
            inputs, jax.ops.segment_sum(shares * a[economy.target], economy.source, economy.nodes)
        )  # fmt: skip

    prices, growth = _grown(handed_back, inputs, rounds)
    return prices / jnp.sum(prices), growth


def _grown(operator: Callable[[Bundles], Bundles], like: Bundles, rounds: int) -> tuple[Bundles, Float[Array, ""]]:
    """The leading eigenvector of a non-negative operator and its eigenvalue."""

    def step(v: Bundles, _: None) -> tuple[Bundles, Float[Array, ""]]:
        # half of v stays, or an economy whose cycles have all an even length would swing for ever
        mixed = 0.5 * (v + operator(v))
        size = jnp.sum(jnp.abs(mixed))
        return mixed / size, 2 * size - 1

    start = jnp.ones_like(like) / like.size
    v, sizes = jax.lax.scan(step, start, None, length=rounds)
    return v, sizes[-1]


def _bounds(operator: Callable[[Bundles], Bundles], v: Bundles, radius: Array) -> HawkinsSimon:
    there = v > 0
    ratio = operator(v) / jnp.where(there, v, 1.0)
    return HawkinsSimon(
        radius, jnp.min(jnp.where(there, ratio, jnp.inf)), jnp.max(jnp.where(there, ratio, -jnp.inf))
    )  # fmt: skip
