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
from catallax.equilibria._mehrotra import Pair, implicit, mehrotra, moved, ridge, search
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
        market = Scaled(valuation, supply, budgets, cap)
        held = jax.lax.stop_gradient(market)

        point, iterations = search(
            start(held), lambda at: newton(held, at), lambda at: held.certified(at, self.tol).gap, self.tol, self.steps
        )
        point = implicit(point, market.pairs(point), lambda at: factored(market, at))
        return market.certified(point, self.tol)._replace(iterations=iterations)


class Scaled(eqx.Module):
    """The market in shares of money and supply."""

    valuation: AbstractSmooth
    supply: Float[Array, " goods"]
    budgets: Float[Array, " agents"]
    cap: AbstractCap

    @property
    def money(self) -> Float[Array, ""]:
        """Of all, credits."""
        return jnp.sum(self.budgets)

    @property
    def shares(self) -> Float[Array, " agents"]:
        """Of the money."""
        return jnp.maximum(self.budgets / self.money, 1e-12 / self.budgets.size)

    def pairs(self, at: Point) -> tuple[Pair, ...]:
        """Of the variables of a point."""
        unit, money = at.pacing + at.saving, self.shares
        return (
            Pair("prices", "unsold", None, (1 / at.prices.size, 1.0)),
            Pair("saving", "value", None, (unit, money / unit)),
            Pair("room", "cash", None, (1.0, money)),
            Pair("pacing", "utility", None if self.cap.linear else money, (1.0, money)),
        )

    def cost(self, prices: Float[Array, " goods"]) -> tuple[Float[Array, " agents"], Float[Array, "agents goods"]]:
        """Unit cost and unit demand."""
        each = prices / self.supply
        # without cash a credit of value may be worth anything: so much that no money would be kept
        worth = self.money if self.cap.paced else 0.5 / self.valuation.unit_cost(1 / self.supply)
        return worth * self.valuation.unit_cost(each), jnp.reshape(worth, (-1, 1)) * self.valuation.unit_demand(
            each
        ) / self.supply[None, :]

    def certified(self, at: Point, tol: Any) -> Equilibrium:
        """The equilibrium that a point stands for."""
        bundles = cleared(at.value[:, None] * self.cost(at.prices)[1], self.supply)
        prices = at.prices * self.money / self.supply
        return certify(self.valuation, self.supply, self.budgets, self.cap, prices, bundles, tol=tol)


def start(market: Scaled) -> Point:
    """Equal prices, half of the money spent."""
    goods = market.supply.size
    prices, half = jnp.full(goods, 1 / goods), jnp.full(goods, 0.5)
    unit, _ = market.cost(prices)
    pacing = jnp.minimum(1, unit) / 2
    utility = market.shares / pacing
    return Point(prices, half, pacing, utility, unit - pacing, utility / 2, 1 - pacing, utility / 2)


def newton(market: Scaled, at: Point) -> Point:
    """One predictor and corrector step."""
    # while markets do not clear the barrier waits: with all prices at 0 nothing would ever clear them
    off = jnp.sum(at.prices * jnp.abs(1 - at.value @ market.cost(at.prices)[1] - at.unsold))
    pairs = market.pairs(at)
    step, primal, dual = mehrotra(at, pairs, factored(market, at), off)
    return moved(at, step, pairs, primal, shortened(market, at, step, dual))


def shortened(market: Scaled, at: Point, step: Point, dual: Array) -> Array:
    """A shorter step of the dual variables where the unit costs bend, so that none is below half of what its slope foretells."""
    unit, demand = market.cost(at.prices)
    slope = demand @ step.prices

    def bent(length: Array) -> Array:
        return jnp.any(market.cost(at.prices + length * step.prices)[0] < (unit + length * slope) / 2)

    return jax.lax.while_loop(bent, lambda length: 0.7 * length, dual)


def factored(market: Scaled, at: Point) -> Callable[[Mapping[str, Array]], Point]:
    """The Newton system of a point with all but the prices eliminated: aims in, direction out."""
    unit, demand = market.cost(at.prices)
    elasticity = market.valuation.substitution()
    push, keep, hold = at.value / at.saving, at.cash / at.room, at.utility / at.pacing
    agent = push + keep + hold
    good = at.unsold / at.prices + (elasticity * at.value) @ demand / at.prices
    steep = push * (keep + hold) / agent
    curve = steep - elasticity * at.value / unit
    scale = 1 / jnp.sqrt(good + steep @ (demand * demand))
    system = jnp.diag(good) + demand.T @ (curve[:, None] * demand)
    factor = jax.scipy.linalg.cho_factor(system * scale[:, None] * scale[None, :] + ridge(good.size))
    due = market.cap.linear * market.shares
    off = unit - at.pacing - at.saving

    def toward(aims: Mapping[str, Array]) -> Point:
        worth = aims["saving"] - push * off
        rest = due - (worth + aims["room"] - aims["pacing"])
        side = aims["prices"] - 1 + (worth + push * rest / agent) @ demand
        prices = scale * jax.scipy.linalg.cho_solve(factor, scale * side)
        cheaper = demand @ prices
        pacing = (rest + push * cheaper) / agent
        return Point(
            prices,
            aims["prices"] - at.unsold - at.unsold / at.prices * prices,
            pacing,
            aims["pacing"] - at.utility - hold * pacing,
            cheaper - pacing + off,
            worth - at.value - push * (cheaper - pacing),
            -pacing,
            aims["room"] - at.cash + keep * pacing,
        )

    return toward
