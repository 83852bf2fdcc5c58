"""How good prices and bundles are, whatever found them."""

from __future__ import annotations

from functools import singledispatch

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import AbstractValuation, Equilibrium, Status
from catallax.equilibria._caps import AbstractCap
from catallax.equilibria.valuations import AbstractHomogeneous, Diminishing


def certify(
    valuation: AbstractValuation,
    supply: Float[Array, " goods"],
    budgets: Float[Array, " agents"],
    cap: AbstractCap,
    prices: Float[Array, " goods"],
    bundles: Float[Array, "agents goods"],
    *,
    tol: Float[Array, ""] | float,
    iterations: Int[Array, ""] | int = 0,
) -> Equilibrium:
    """The equilibrium that prices and bundles are, with bounds on what is wrong with them.

    With `D(p)` the planner's dual at the prices and `P(x)` what the planner maximises, at these bundles, no allocation
    reaches more than `D`, and so `gap = (D - P) / stake`. Prices below 0 bound nothing: their gap is infinite.

    Args:
        valuation: of bundles.
        supply: units.
        budgets: credits.
        cap: what a budget means.
        prices: credits per unit.
        bundles: units; see `cleared`.
        tol: largest gap and clearing error that count as solved.
        iterations: told in the result.
    """
    payments = bundles @ prices
    stake, gap, regret = bounds(valuation, supply, budgets, cap, prices, bundles, payments)
    stake = jnp.where(stake > 0, stake, 1.0)  # where nothing is worth anything: in credits
    gap = jnp.where(jnp.any(prices < 0), jnp.inf, gap / stake)
    error = clearing_error(supply, prices, bundles, stake)
    good = (gap <= tol) & (error <= tol)
    return Equilibrium(
        prices, bundles, payments, gap, error, jnp.max(regret) / stake,
        jnp.asarray(iterations), jnp.where(good, Status.SOLVED, Status.NOT_CONVERGED),
    )  # fmt: skip


def clearing_error(supply: Array, prices: Array, bundles: Array, stake: Array) -> Float[Array, ""]:
    """The largest of what is missing of a good or held below 0, a share of its supply, and of what unsold goods cost."""
    left = supply - jnp.sum(bundles, 0)
    missing = jnp.maximum(-left, -jnp.min(bundles, 0)) / jnp.where(supply > 0, supply, 1.0)
    return jnp.max(jnp.maximum(jnp.maximum(missing, prices * left / stake), 0))


def cleared(bundles: Float[Array, "agents goods"], supply: Float[Array, " goods"]) -> Float[Array, "agents goods"]:
    """Bundles scaled good by good until they add up to the supply; a good that nobody takes stays where it is."""
    sold = jnp.sum(bundles, 0)
    return bundles * (supply / jnp.where(sold > 0, sold, 1.0))[None, :]


@singledispatch
def bounds(
    valuation: AbstractValuation, supply: Array, budgets: Array, cap: AbstractCap, prices: Array, bundles: Array, payments: Array
) -> tuple[Array, Array, Array]:  # fmt: skip
    """What is at stake, the gap and each agent's regret, credits, for concave valuations.

    A concave value lies below its tangent, `v(y) <= v(x) + g (y - x)`. So with any pacing `beta` in [0, 1] no bundle within the supply
    beats the present one by more than `beta (v - g x) + sum_j max(0, beta g_j - p_j) omega_j` above what it would at a cost of `beta`
    for a credit of value.
    """
    value = valuation.value(bundles)
    slope = jax.grad(lambda x: jnp.sum(valuation.value(x)))(bundles)
    worth = jnp.sum(slope * bundles, 1)
    # who holds nothing that is worth anything holds back nothing
    pacing = jnp.where(worth > 0, jnp.maximum(payments, 0) / jnp.where(worth > 0, worth, 1.0), 1.0)
    # where money has no other use a credit of value may cost anything
    pacing = jnp.minimum(pacing, 1) if cap.paced else pacing
    surplus = pacing * (value - worth) + jnp.maximum(pacing[:, None] * slope - prices[None, :], 0) @ supply
    regret = lacking(surplus + cap.regret(pacing, value, payments, budgets), payments, budgets)
    return cap.stake(value, budgets), jnp.sum(regret) + unsold(supply, prices, bundles), regret


def lacking(regret: Array, payments: Array, budgets: Array) -> Float[Array, " agents"]:
    """What each agent would gain, and what it spends above its budget; the one does not make up for the other."""
    return jnp.maximum(regret, 0) + jnp.maximum(payments - budgets, 0)


def unsold(supply: Array, prices: Array, bundles: Array) -> Float[Array, ""]:
    """What the goods that nobody has cost, credits."""
    return prices @ jnp.maximum(supply - jnp.sum(bundles, 0), 0)


@bounds.register
def _(
    valuation: AbstractHomogeneous, supply: Array, budgets: Array, cap: AbstractCap, prices: Array, bundles: Array, payments: Array
) -> tuple[Array, Array, Array]:  # fmt: skip
    value = valuation.value(bundles)
    pacing = valuation.unit_cost(prices)
    pacing = jnp.minimum(pacing, 1) if cap.paced else pacing
    gap = prices @ supply + jnp.sum(cap.cost(pacing, budgets)) - jnp.sum(cap.utility(value, budgets))
    regret = lacking(cap.regret(pacing, value, payments, budgets), payments, budgets)
    return cap.stake(value, budgets), gap, regret


@bounds.register
def _(
    valuation: Diminishing, supply: Array, budgets: Array, cap: AbstractCap, prices: Array, bundles: Array, payments: Array
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The best level of the aggregate is known, also where its value has a kink."""
    value, unit_cost = valuation.value(bundles), valuation.inner.unit_cost(prices)
    if cap.paced:
        level = cap.level(unit_cost, budgets, valuation.free(unit_cost), valuation.reach(budgets))
        counted = jnp.minimum(value, budgets) if cap.linear else value
        regret = valuation.worth(level) - unit_cost * level - (counted - payments)
    else:
        regret = budgets - unit_cost * valuation.inner.value(bundles)
    regret = lacking(regret, payments, budgets)
    return cap.stake(value, budgets), jnp.sum(regret) + unsold(supply, prices, bundles), regret
