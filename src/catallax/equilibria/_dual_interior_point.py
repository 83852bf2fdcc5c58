"""Cobb-Douglas, CES and Leontief valuations: an interior-point method in the prices alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium
from catallax.equilibria._caps import AbstractCap
from catallax.equilibria._certificate import certify, cleared
from catallax.equilibria._mehrotra import Pair, mehrotra, moved
from catallax.equilibria.valuations import AbstractSmooth


class Point(NamedTuple):
    """Dual variables, slacks and multipliers; money and every supply add up to 1. Products of pairs go to 0."""

    prices: Float[Array, " goods"]
    unsold: Float[Array, " goods"]
    """Its pair: units that nobody takes."""
    pacing: Float[Array, " agents"]
    utility: Float[Array, " agents"]
    """Its pair: value of bundle and cash; where the cost is not linear in the pacing, the product is the budget."""
    saving: Float[Array, " agents"]
    """The unit cost less the pacing."""
    value: Float[Array, " agents"]
    """Its pair: value of the bundle."""
    room: Float[Array, " agents"]
    """1 less the pacing."""
    cash: Float[Array, " agents"]
    """Its pair: money that is kept."""


class DualInteriorPoint(AbstractEquilibrium):
    """Interior-point method for valuations with a smooth unit cost, in `O(agents goods^2)` an iteration.

    Minimises `omega p + sum_i w_i h(beta_i)` over `beta_i <= e_i(p)`, `0 <= beta_i <= 1`, `p >= 0`: goods + agents unknowns, since
    a bundle is a multiple of the unit demand, `x_i = u_i grad e_i(p)`. All but the prices is eliminated from each Newton system.

    Source: Mehrotra (1992), on the dual of Eisenberg and Gale (1959).
    """

    tol: float = 1e-6
    """Largest gap, a share of the stake."""
    steps: int = eqx.field(static=True, default=200)
    """Iterations at most."""

    def solve(
        self, valuation: AbstractValuation, supply: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: Any
    ) -> Equilibrium:
        """See `AbstractEquilibrium.solve`; needs `Leontief`, `CobbDouglas` or `CES`.

        Raises:
            TypeError: for another valuation.
        """
        if not isinstance(valuation, AbstractSmooth):
            raise TypeError(
                f"DualInteriorPoint: expected valuations.Leontief, CobbDouglas or CES, got {type(valuation).__name__}; "
                "leave `method` out to get one that fits."
            )
        money = jnp.sum(budgets)
        # where value is worth so much, no money is kept
        worth = money if cap.paced else jnp.ones(budgets.size) / (2 * valuation.unit_cost(1 / supply))
        share = jnp.maximum(budgets / money, 1e-12 / budgets.size)

        def cost(prices: Array) -> tuple[Array, Array]:
            """Unit cost and demand, in shares of money and supply."""
            each = prices / supply
            return worth * valuation.unit_cost(each), (worth * valuation.unit_demand(each).T).T / supply

        def judged(point: Point, iterations: Array) -> Equilibrium:
            bundles = cleared(point.value[:, None] * cost(point.prices)[1], supply)
            return certify(
                valuation,
                supply,
                budgets,
                cap,
                point.prices * money / supply,
                bundles,
                tol=self.tol,
                iterations=iterations,
            )

        def unsolved(carry: tuple[Point, Equilibrium]) -> Array:
            return (carry[1].gap > self.tol) & (carry[1].iterations < self.steps)

        def iterate(carry: tuple[Point, Equilibrium]) -> tuple[Point, Equilibrium]:
            point = newton(cost, valuation.substitution(), share, cap, carry[0])
            return point, judged(point, carry[1].iterations + 1)

        begin = start(cost, share, supply.size)
        return jax.lax.while_loop(unsolved, iterate, (begin, judged(begin, jnp.asarray(0))))[1]


Cost = Callable[[Array], tuple[Array, Array]]


def start(cost: Cost, budgets: Array, goods: int) -> Point:
    """Equal prices, half of the money spent."""
    prices = jnp.full(goods, 1 / goods)
    unit, _ = cost(prices)
    pacing = jnp.minimum(1, unit) / 2
    return Point(
        prices,
        jnp.full(goods, 0.5),
        pacing,
        budgets / pacing,
        unit - pacing,
        budgets / pacing / 2,
        1 - pacing,
        budgets / pacing / 2,
    )


def newton(cost: Cost, elasticity: Array, budgets: Array, cap: AbstractCap, at: Point) -> Point:
    """One predictor and corrector step."""
    pairs = (
        Pair("prices", "unsold"),
        Pair("saving", "value"),
        Pair("room", "cash"),
        Pair("pacing", "utility", None if cap.linear else budgets),
    )
    toward = factored(cost, elasticity, budgets * cap.linear, at)
    # while markets do not clear the barrier waits: with all prices at 0 nothing would ever clear them
    off = jnp.sum(at.prices * jnp.abs(1 - at.value @ cost(at.prices)[1] - at.unsold))
    step, primal, dual = mehrotra(at, pairs, toward, off)
    return moved(at, step, pairs, primal, shortened(cost, at, step, dual))


def shortened(cost: Cost, at: Point, step: Point, dual: Array) -> Array:
    """A shorter step of the dual variables where the unit costs bend, so that none is below half of what its slope foretells."""
    unit, demand = cost(at.prices)
    slope = demand @ step.prices

    def bent(length: Array) -> Array:
        return jnp.any(cost(at.prices + length * step.prices)[0] < (unit + length * slope) / 2)

    return jax.lax.while_loop(bent, lambda length: 0.7 * length, dual)


def factored(cost: Cost, elasticity: Array, due: Array, at: Point) -> Callable[[Mapping[str, Array]], Point]:
    """The Newton system of a point with all but the prices eliminated: right sides in, direction out."""
    unit, demand = cost(at.prices)
    push, keep, hold = at.value / at.saving, at.cash / at.room, at.utility / at.pacing
    agent = push + keep + hold
    sold = at.value @ demand
    good = at.unsold / at.prices + (elasticity * at.value) @ demand / at.prices
    steep = push * (keep + hold) / agent
    curve = steep - elasticity * at.value / unit
    scale = 1 / jnp.sqrt(good + steep @ (demand * demand))
    system = jnp.diag(good) + demand.T @ (curve[:, None] * demand)
    factor = jax.scipy.linalg.cho_factor(system * scale[:, None] * scale + 1e-13 * jnp.eye(good.size))
    unbalanced = at.value + at.cash - at.utility - due
    off = unit - at.pacing - at.saving
    left = 1 - sold - at.unsold

    def toward(right: Mapping[str, Array]) -> Point:
        spare = right["saving"] - push * off
        rest = -(unbalanced + spare + right["room"] - right["pacing"])
        prices = scale * jax.scipy.linalg.cho_solve(
            factor, scale * (right["prices"] - left + (spare + push * rest / agent) @ demand)
        )
        cheaper = demand @ prices
        pacing = (rest + push * cheaper) / agent
        return Point(
            prices,
            right["prices"] - at.unsold / at.prices * prices,
            pacing,
            right["pacing"] - hold * pacing,
            cheaper - pacing + off,
            spare - push * (cheaper - pacing),
            -pacing,
            right["room"] + keep * pacing,
        )

    return toward
