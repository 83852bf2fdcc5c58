"""Linear valuations: buyers bid for each good in proportion to what it gave them."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium
from catallax.equilibria._caps import AbstractCap, FisherCap, SpendCap
from catallax.equilibria._certificate import certify, cleared
from catallax.equilibria.valuations import Linear


def first_bids(
    values: Float[Array, "agents goods"], budgets: Float[Array, " agents"], kept: float = 0.5
) -> tuple[Float[Array, "agents goods"], Float[Array, " agents"]]:
    """Bids in proportion to the values, and the share of the money that is kept."""
    total = jnp.sum(values, 1, keepdims=True)
    shares = values / jnp.where(total > 0, total, 1.0)
    return (1 - kept) * budgets[:, None] * shares, kept * budgets


def respond(
    values: Float[Array, "agents goods"],
    budgets: Float[Array, " agents"],
    bids: Float[Array, "agents goods"],
    cash: Float[Array, " agents"],
) -> tuple[Float[Array, "agents goods"], Float[Array, " agents"]]:
    """One day: `p_j = sum_i b_ij`, `u_i = sum_j V_ij b_ij / p_j + d_i`, `b_ij <- w_i V_ij b_ij / (p_j u_i)`, `d_i <- w_i d_i / u_i`.

    Supplies are 1.
    """
    prices = jnp.sum(bids, 0)
    gain = values * bids * (1 / jnp.where(prices > 0, prices, 1.0))[None, :]  # a division a good, not one a pair
    utility = jnp.sum(gain, 1) + cash
    money = budgets / jnp.where(utility > 0, utility, 1.0)
    return gain * money[:, None], cash * money


class ProportionalResponse(AbstractEquilibrium):
    """Proportional response: `b_ij <- w_i V_ij x_ij / u_i`, mirror descent on Shmyrev's program.

    Fast to a gap of 1e-4, slow beyond; also a model of how prices come about. For linear valuations, and budgets that bound
    spending.

    Source: Zhang (2011); Birnbaum, Devanur and Xiao (2011).
    """

    tol: float = 1e-4
    """Largest gap, a share of the stake."""
    steps: int = eqx.field(static=True, default=20_000)
    """Days at most."""
    every: int = eqx.field(static=True, default=25)
    """Days between two looks at the gap."""

    def solve(
        self, valuation: AbstractValuation, supply: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: Any
    ) -> Equilibrium:
        """See `AbstractEquilibrium.solve`; needs `Linear` and a cap on spending.

        Raises:
            TypeError: for another valuation or cap.
        """
        values = _values("ProportionalResponse", valuation, cap) * supply[None, :]

        def found(bids: Array) -> tuple[Array, Array]:
            prices = jnp.sum(bids, 0)
            bought = bids / jnp.where(prices > 0, prices, 1.0)[None, :]
            return prices / jnp.where(supply > 0, supply, 1.0), cleared(bought, supply)

        def judged(bids: Array, days: Array) -> Equilibrium:
            return certify(valuation, supply, budgets, cap, *found(bids), tol=self.tol, iterations=days)

        def unsold(carry: tuple) -> Array:
            return (carry[2].gap > self.tol) & (carry[2].iterations < self.steps)

        def iterate(carry: tuple) -> tuple:
            bids, cash, last = carry
            bids, cash = jax.lax.fori_loop(0, self.every, lambda _, b: respond(values, budgets, *b), (bids, cash))
            return bids, cash, judged(bids, last.iterations + self.every)

        bids, cash = first_bids(values, budgets, 0.5 if cap.paced else 0.0)
        return jax.lax.while_loop(unsold, iterate, (bids, cash, judged(bids, jnp.asarray(0))))[2]


def _values(part: str, valuation: AbstractValuation, cap: AbstractCap) -> Float[Array, "agents goods"]:
    if not isinstance(valuation, Linear) or not isinstance(cap, SpendCap | FisherCap):
        raise TypeError(
            f"{part}: expected valuations.Linear and SpendCap or FisherCap, got {type(valuation).__name__} and "
            f"{type(cap).__name__}; leave `method` out to get one that fits."
        )
    return valuation.weights
