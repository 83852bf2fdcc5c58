"""One call for all: checks what it is given, picks a method that fits, and counts in double precision."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium, Status
from catallax.equilibria._caps import AbstractCap, FisherCap, ValueCap
from catallax.equilibria._certificate import certify
from catallax.equilibria._concave_interior_point import ConcaveInteriorPoint
from catallax.equilibria._dual_interior_point import DualInteriorPoint
from catallax.equilibria._exchange_interior_point import ExchangeInteriorPoint
from catallax.equilibria._interior_point import InteriorPoint
from catallax.equilibria.valuations import AbstractSmooth, Linear


def solve(
    valuation: AbstractValuation,
    supply: Float[Array, "*markets goods"],
    budgets: Float[Array, "*markets agents"],
    *,
    cap: AbstractCap | None = None,
    method: AbstractEquilibrium | None = None,
    tol: float = 1e-6,
) -> Equilibrium:
    """Prices and bundles such that the supply is sold and everybody has a best bundle.

    Find `p` and `x` with `sum_a x_a = omega` and each `x_a` best for `a` at prices `p`; what a budget means is up to the cap.

    Args:
        valuation: of bundles.
        supply: units of each good; with a leading axis, as budgets and valuation then have too, many markets are solved at once.
        budgets: credits of each agent; infinite for no bound.
        cap: `ValueCap()` by default, as in the source; `SpendCap()` where prices must hold money.
        method: by default one that fits the valuation, to the tolerance.
        tol: largest gap, for the default method.

    Returns:
        An `Equilibrium` in the precision of the supply, found in double precision; the certificate is of what is returned.
        Inside `jit`, `vmap` and derivatives, which are those of the exact equilibrium, the precision is that around it: enable
        JAX's 64 bits there for gaps below about 1e-3.

    Raises:
        ValueError: for shapes that do not fit, a supply or budget below 0, a good that is not there, nobody with money, money
            that must be spent by an agent that wants nothing.

    Source: Pallavi Sudhir and Tran-Thanh (2025), `Equ` of Algorithm 2.

    >>> import jax.numpy as jnp, catallax as cx
    >>> values = cx.valuations.Linear(jnp.array([[4.0], [2.0]]))
    >>> found = solve(values, jnp.ones(1), jnp.array([1.0, 3.0]), cap=cx.equilibria.SpendCap())
    >>> found.prices.round(3).tolist(), found.bundles.round(3).tolist()
    ([2.0], [[0.5], [0.5]])
    """
    supply, budgets = (given if isinstance(given, jax.Array) else jnp.asarray(given) for given in (supply, budgets))
    cap = ValueCap() if cap is None else cap
    method = method_for(valuation, cap, tol) if method is None else method
    _check_numbers(valuation, supply, budgets)
    if not cap.paced:
        _check_wants(valuation, budgets)
    if any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((method, cap, valuation, supply, budgets))):
        return _solve(method, cap, valuation, supply, budgets)
    # batching and transposing forget the precision that holds inside, so this is for a call from outside alone
    with jax.enable_x64(True):
        return _solve(method, cap, valuation, supply, budgets)


def method_for(valuation: AbstractValuation, cap: AbstractCap, tol: float) -> AbstractEquilibrium:
    """The method that fits a valuation and a cap."""
    if isinstance(valuation, Linear):
        return InteriorPoint(tol)
    if isinstance(valuation, AbstractSmooth):
        return DualInteriorPoint(tol)
    if isinstance(cap, FisherCap):
        return ExchangeInteriorPoint(tol)
    return ConcaveInteriorPoint(tol)


@eqx.filter_jit
def _solve(
    method: AbstractEquilibrium, cap: AbstractCap, valuation: AbstractValuation, supply: Array, budgets: Array
) -> Equilibrium:
    if supply.ndim > 1:
        each = eqx.filter_vmap(_solve, in_axes=(None, None, eqx.if_array(0), 0, 0))
        return each(method, cap, valuation, supply, budgets)
    agents, goods = valuation.shape
    if supply.shape != (goods,) or budgets.shape != (agents,):
        raise ValueError(
            f"solve: {type(valuation).__name__} has {agents} agents and {goods} goods, so supply must have the shape ({goods},) and "
            f"budgets ({agents},), after an axis of markets if there is one; got {supply.shape} and {budgets.shape}."
        )
    given = jnp.result_type(supply.dtype, jnp.float32)
    valuation, supply, budgets = jax.tree.map(widest, (valuation, supply, budgets))
    # more money than anything is worth changes nothing; at that worth itself a capped value would have its kink
    if cap.paced:
        budgets = jnp.minimum(budgets, 2 * _most(valuation, supply))
    found = method.solve(valuation, supply, budgets, cap)
    # the certificate is of what is returned
    prices, bundles = found.prices.astype(given), found.bundles.astype(given)
    judged = certify(
        valuation, supply, budgets, cap, widest(prices), widest(bundles), tol=jnp.inf, iterations=found.iterations
    )
    gap = jnp.where(found.status == Status.NOT_CONCAVE, jnp.inf, judged.gap)
    told = (judged.payments, gap, judged.clearing_error, judged.regret)
    payments, gap, clearing_error, regret = (leaf.astype(given) for leaf in told)
    return Equilibrium(
        prices, bundles, payments, gap, clearing_error, regret,
        found.iterations.astype(jnp.int32), found.status.astype(jnp.int32),
    )  # fmt: skip


def _most(valuation: AbstractValuation, supply: Float[Array, " goods"]) -> Float[Array, " agents"]:
    """Credits that no bundle within the supply is worth more than: by the tangent at equal parts, so also beyond satiation."""
    equal = jnp.broadcast_to(supply / valuation.shape[0], valuation.shape)
    slope = jax.grad(lambda bundles: jnp.sum(valuation.value(bundles)))(equal)
    return valuation.value(equal) + jnp.sum(jnp.maximum(slope * (supply[None, :] - equal), -slope * equal), 1)


def widest(leaf: Any) -> Any:
    """Double precision where it is enabled."""
    return leaf.astype(jax.dtypes.canonicalize_dtype(jnp.float64)) if eqx.is_inexact_array(leaf) else leaf


def _check_numbers(valuation: AbstractValuation, supply: Array, budgets: Array) -> None:
    """As far as they are known: a traced number is not."""
    for name, array, finite in (("supply", supply, True), ("budgets", budgets, False)):
        if isinstance(array, Tracer):
            continue
        numbers = np.asarray(array)
        bad = ~((numbers >= 0) & ((numbers < np.inf) | (not finite)))  # NaN is neither
        if bad.any():
            where = tuple(int(place[0]) for place in np.nonzero(bad))
            raise ValueError(
                f"solve: {name} must be at least 0{' and finite' if finite else ''}, got {numbers[where]} at {where}."
            )
        if name == "supply" and not isinstance(valuation, Linear) and not numbers.all():
            raise ValueError(
                f"solve: there is nothing of good {int(np.nonzero(numbers == 0)[-1][0])}, so it has no price; leave it out."
            )
        if not (numbers > 0).any(-1).all():
            raise ValueError(
                f"solve: all {name} are 0, so there is nothing to price; give some agent money and some good a supply."
            )


def _check_wants(valuation: AbstractValuation, budgets: Array) -> None:
    """Money that must be spent needs something to be spent on."""
    if not isinstance(valuation, Linear) or isinstance(valuation.weights, Tracer) or isinstance(budgets, Tracer):
        return
    stranded = ~np.asarray(valuation.weights).any(-1) & (np.asarray(budgets) > 0)
    if stranded.any():
        raise ValueError(
            f"solve: agent {int(np.nonzero(stranded)[-1][0])} wants nothing, but its money must be spent; leave it out, or use SpendCap."
        )
