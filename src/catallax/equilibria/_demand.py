"""What everybody asks for at given prices, where that is one bundle."""

from __future__ import annotations

from functools import singledispatch

import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractValuation
from catallax.equilibria._caps import AbstractCap
from catallax.equilibria.valuations import AbstractSmooth, Diminishing


@singledispatch
def demand(
    valuation: AbstractValuation, prices: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: AbstractCap
) -> Float[Array, "agents goods"]:
    """Each agent's best bundle at the prices, `x_a = argmax u_a(x, p)`.

    Args:
        valuation: `CES`, `CobbDouglas`, `Leontief` or `Diminishing`; with others the best bundle jumps or has no formula.
        prices: credits per unit, above 0.
        budgets: credits; in an exchange `endowments @ prices`.
        cap: what a budget means; in an exchange `FisherCap()`.

    Raises:
        TypeError: for another valuation.

    >>> import jax.numpy as jnp, catallax as cx
    >>> halves = cx.valuations.CobbDouglas(jnp.ones((1, 2)))
    >>> demand(halves, jnp.array([1.0, 2.0]), jnp.array([4.0]), cx.equilibria.FisherCap()).round(3).tolist()
    [[2.0, 1.0]]
    """
    raise TypeError(
        f"demand: expected valuations.CES, CobbDouglas, Leontief or Diminishing, got {type(valuation).__name__}; near Linear "
        "lies CES with a high elasticity."
    )


@demand.register
def _(
    valuation: AbstractSmooth, prices: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: AbstractCap
) -> Float[Array, "agents goods"]:
    unit_cost = valuation.unit_cost(prices)
    free = jnp.where(unit_cost <= 1, jnp.inf, 0.0)  # a credit of value for at most a credit
    level = cap.level(unit_cost, budgets, free, budgets)
    return level[:, None] * valuation.unit_demand(prices)


@demand.register
def _(
    valuation: Diminishing, prices: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: AbstractCap
) -> Float[Array, "agents goods"]:
    unit_cost = valuation.inner.unit_cost(prices)
    level = cap.level(unit_cost, budgets, valuation.free(unit_cost), valuation.reach(budgets))
    return level[:, None] * valuation.inner.unit_demand(prices)
