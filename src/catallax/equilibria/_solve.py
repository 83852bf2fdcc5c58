"""One call for all: checks what it is given, picks a method that fits, and counts in double precision."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium
from catallax.equilibria._caps import AbstractCap, ValueCap
from catallax.equilibria._certificate import certify
from catallax.equilibria._concave_interior_point import ConcaveInteriorPoint
from catallax.equilibria._dual_interior_point import DualInteriorPoint
from catallax.equilibria._interior_point import InteriorPoint
from catallax.equilibria.valuations import AbstractSmooth, Linear


def solve(
    valuation: AbstractValuation,
    supply: Float[Array, " goods"],
    budgets: Float[Array, " agents"],
    *,
    cap: AbstractCap | None = None,
    method: AbstractEquilibrium | None = None,
    tol: float = 1e-6,
) -> Equilibrium:
    """Prices and bundles such that the supply is sold and everybody has a best bundle.

    Find `p` and `x` with `sum_a x_a = omega` and each `x_a` best for `a` at prices `p`; what a budget means is up to the cap.

    Args:
        valuation: of bundles.
        supply: units of each good.
        budgets: credits of each agent; infinite for no bound.
        cap: `ValueCap()` by default, as in the source; `SpendCap()` where prices must hold money.
        method: by default one that fits the valuation, to the tolerance.
        tol: largest gap, for the default method.

    Returns:
        An `Equilibrium` in the precision of the supply. It is found in double precision, its certificate is of what is returned.
        Under `jit` and `vmap` too; derivatives are those of the exact equilibrium.

    Raises:
        ValueError: for shapes that do not fit, a supply or budget below 0, a good that is not there, nobody with money.

    Source: Pallavi Sudhir and Tran-Thanh (2025), `Equ` of Algorithm 2.

    >>> import jax.numpy as jnp, catallax as cx
    >>> values = cx.valuations.Linear(jnp.array([[4.0], [2.0]]))
    >>> found = solve(values, jnp.ones(1), jnp.ones(2), cap=cx.equilibria.SpendCap())
    >>> found.prices.round(4), found.bundles.round(4).tolist()
    (Array([2.], dtype=float32), [[0.5], [0.5]])
    """
    supply, budgets = jnp.asarray(supply), jnp.asarray(budgets)
    _check(valuation, supply, budgets)
    cap = ValueCap() if cap is None else cap
    method = method_for(valuation, tol) if method is None else method
    return _solve(method, cap, valuation, supply, budgets)


def method_for(valuation: AbstractValuation, tol: float) -> AbstractEquilibrium:
    """The method that fits a valuation."""
    if isinstance(valuation, Linear):
        return InteriorPoint(tol)
    if isinstance(valuation, AbstractSmooth):
        return DualInteriorPoint(tol)
    return ConcaveInteriorPoint(tol)


@eqx.filter_jit
def _solve(
    method: AbstractEquilibrium, cap: AbstractCap, valuation: AbstractValuation, supply: Array, budgets: Array
) -> Equilibrium:
    given = jnp.result_type(supply.dtype, jnp.float32)
    with jax.enable_x64(True):
        valuation, supply, budgets = jax.tree.map(_double, (valuation, supply, budgets))
        if cap.paced:  # nobody pays more than all there is is worth to it: more money changes nothing
            everything = jnp.broadcast_to(supply, valuation.shape)
            budgets = jnp.minimum(budgets, valuation.value(everything))
        found = method.solve(valuation, supply, budgets, cap)
        # the certificate is of what is returned
        prices, bundles = (leaf.astype(given) for leaf in (found.prices, found.bundles))
        judged = certify(
            valuation, supply, budgets, cap, _double(prices), _double(bundles), tol=jnp.inf, iterations=found.iterations
        )
        rounded = jax.tree.map(
            lambda leaf: leaf.astype(given) if eqx.is_inexact_array(leaf) else leaf.astype(jnp.int32), judged
        )
        return rounded._replace(prices=prices, bundles=bundles, status=found.status.astype(jnp.int32))


def _double(leaf: Any) -> Any:
    return leaf.astype(jnp.float64) if eqx.is_inexact_array(leaf) else leaf


def _check(valuation: AbstractValuation, supply: Array, budgets: Array) -> None:
    """As far as the numbers are known: under `jit` only the shapes are."""
    agents, goods = valuation.shape
    if supply.shape != (goods,) or budgets.shape != (agents,):
        raise ValueError(
            f"solve: {type(valuation).__name__} has {agents} agents and {goods} goods, so supply must have the shape ({goods},) and "
            f"budgets ({agents},); got {supply.shape} and {budgets.shape}. For many markets at once use jax.vmap."
        )
    for name, array, finite in (("supply", supply, True), ("budgets", budgets, False)):
        if isinstance(array, jax.core.Tracer):
            continue
        numbers = np.asarray(array)
        if np.isnan(numbers).any() or (numbers < 0).any() or (finite and np.isinf(numbers).any()):
            where = int(np.argmax(np.isnan(numbers) | (numbers < 0) | np.isinf(numbers)))
            raise ValueError(
                f"solve: {name} must be at least 0{' and finite' if finite else ''}, got {numbers[where]} at {where}."
            )
        if not (numbers > 0).any():
            raise ValueError(
                f"solve: all {name} are 0, so there is nothing to price; give some agent money and some good a supply."
            )
