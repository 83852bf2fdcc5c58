"""Any concave differentiable valuation: an interior-point method with a block of goods x goods for each agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium, Status
from catallax.equilibria._bend import bend, curves_up, slope_of
from catallax.equilibria._caps import AbstractCap, SpendCap, ValueCap
from catallax.equilibria._certificate import certify, cleared
from catallax.equilibria._mehrotra import Pair, implicit, mehrotra, moved, ridge, search


class Point(NamedTuple):
    """Primal and dual variables; money and every supply add up to 1."""

    prices: Float[Array, " goods"]
    unsold: Float[Array, " goods"]
    """Its pair: units that nobody takes."""
    slack: Float[Array, "agents goods"]
    """`p - beta_i grad v_i(x_i)`."""
    bundles: Float[Array, "agents goods"]
    """Its pair."""
    pacing: Float[Array, " agents"]
    """`beta_i`: what a credit of value may cost."""
    excess: Float[Array, " agents"]
    """Its pair under a value cap: value above the budget."""
    room: Float[Array, " agents"]
    """`1 - beta_i`."""
    cash: Float[Array, " agents"]
    """Its pair: what is missing to the budget."""


class Row(NamedTuple):
    """How an agent's budget holds: `residual = 0`, and its slopes."""

    residual: Float[Array, " agents"]
    by_bundle: Float[Array, "agents goods"]
    by_price: Float[Array, "agents goods"]


class ConcaveInteriorPoint(AbstractEquilibrium):
    """Interior-point method on the optimality conditions, in `O(agents goods^3)` an iteration, for `Separable` in `O(agents goods^2)`.

    Solves `p = beta_i grad v_i(x_i)` where something is bought, and for the budget `v_i(x_i) = w_i` or `beta_i = 1` (value cap: the
    conditions of a convex program), `p x_i = w_i` or `beta_i = 1` (spending cap: no convex program unless the valuations are
    homogeneous, and no guarantee; the certificate tells).

    Source: Mehrotra (1992), on the Karush-Kuhn-Tucker conditions.
    """

    tol: float = 1e-6
    """Largest gap, a share of the stake."""
    steps: int = eqx.field(static=True, default=200)
    """Iterations at most."""

    def solve(
        self, valuation: AbstractValuation, supply: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: Any
    ) -> Equilibrium:
        """See `AbstractEquilibrium.solve`.

        Raises:
            TypeError: for a cap that is neither `ValueCap` nor `SpendCap`.
        """
        if not isinstance(cap, ValueCap | SpendCap):
            raise TypeError(f"ConcaveInteriorPoint: expected ValueCap or SpendCap, got {type(cap).__name__}.")
        market = Scaled(valuation, supply, budgets, cap)
        held = jax.lax.stop_gradient(market)
        begin = start(held)
        point, iterations = search(
            begin, lambda at: newton(held, at), lambda at: held.certified(at, self.tol).gap, self.tol, self.steps
        )
        point = implicit(point, market.pairs(point), lambda at: factored(market, at))
        found = market.certified(point, self.tol)._replace(iterations=iterations)
        convex = curves_up(held.value, begin.bundles) | curves_up(held.value, point.bundles)
        return found._replace(
            gap=jnp.where(convex, jnp.inf, found.gap), status=jnp.where(convex, Status.NOT_CONCAVE, found.status)
        )


class Scaled(eqx.Module):
    """The market in shares of money and supply."""

    valuation: AbstractValuation
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
        price, money = at.prices[None, :], self.shares
        pairs = (
            Pair("prices", "unsold", None, (1 / at.prices.size, 1.0)),
            Pair("slack", "bundles", None, (price, money[:, None] / price)),
            Pair("room", "cash", None, (1.0, money)),
        )
        return (*pairs, Pair("pacing", "excess", None, (1.0, money))) if self.cap.linear else pairs

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        """Of bundles."""
        return self.valuation.value(bundles * self.supply[None, :]) / self.money

    def row(self, value: Array, slope: Array, at: Point) -> Row:
        """The budget of the value cap, `v + cash = w + excess`, or of the spending cap, `p x + cash = w`."""
        if self.cap.linear:
            return Row(value + at.cash - at.excess - self.shares, slope, jnp.zeros_like(slope))
        prices = jnp.broadcast_to(at.prices, slope.shape)
        return Row(at.bundles @ at.prices + at.cash - self.shares, prices, at.bundles)

    def certified(self, at: Point, tol: Any) -> Equilibrium:
        """The equilibrium that a point stands for."""
        bundles, prices = cleared(at.bundles, self.supply), at.prices * self.money / self.supply
        return certify(self.valuation, self.supply, self.budgets, self.cap, prices, bundles, tol=tol)


def start(market: Scaled) -> Point:
    """Nine tenths of everything in equal parts, at prices above what anybody would give."""
    agents, goods = market.budgets.size, market.supply.size
    bundles, half = jnp.full((agents, goods), 0.9 / agents), jnp.full(agents, 0.5)
    slope = slope_of(market.value)(bundles)
    prices = jnp.maximum(jnp.max(slope, 0), 0) * 0.55 + 1e-3 / goods
    cash = market.shares / 2
    excess = cash if market.cap.linear else jnp.zeros(agents)
    return Point(prices, jnp.full(goods, 0.1), prices[None, :] - slope / 2, bundles, half, excess, half, cash)


def newton(market: Scaled, at: Point) -> Point:
    """One predictor and corrector step."""
    # while markets do not clear the barrier waits: with all prices at 0 nothing would ever clear them
    off = jnp.sum(at.prices * jnp.abs(1 - jnp.sum(at.bundles, 0) - at.unsold))
    pairs = market.pairs(at)
    step, primal, dual = mehrotra(at, pairs, factored(market, at), off)
    return moved(at, step, pairs, primal, dual)


def factored(market: Scaled, at: Point) -> Callable[[Mapping[str, Array]], Point]:
    """The Newton system of a point with all but the prices eliminated: aims in, direction out."""
    density = at.bundles / at.slack
    slope, answer, total, stiffness = bend(market.valuation, market.value, at.bundles, at.pacing, 1 / density)
    row = market.row(market.value(at.bundles), slope, at)
    goods = at.prices.size
    keep = at.cash / at.room
    hold = at.excess / at.pacing  # 0 without a pair
    wish, press = answer(slope), answer(row.by_bundle) - row.by_price
    agent = jnp.sum(row.by_bundle * wish, 1) + keep + hold
    spare = at.unsold / at.prices
    system = total - wish.T @ (press / agent[:, None]) + jnp.diag(spare)
    scale = 1 / jnp.sqrt(jnp.maximum(jnp.diag(system), jnp.finfo(system.dtype).tiny))
    factor = jax.scipy.linalg.lu_factor(system * scale[:, None] * scale[None, :] + ridge(goods))
    off = at.slack - (at.prices[None, :] - at.pacing[:, None] * slope)
    left = 1 - jnp.sum(at.bundles, 0) - at.unsold

    def toward(aims: Mapping[str, Array]) -> Point:
        excess = aims.get("pacing", at.excess) - at.excess
        unsold, cash = aims["prices"] - at.unsold, aims["room"] - at.cash
        pull = (aims["slack"] - at.bundles) / density + off
        first = answer(pull)
        rest = -(row.residual + jnp.sum(row.by_bundle * first, 1) + cash - excess)
        side = jnp.sum(first + wish * (rest / agent)[:, None], 0) + unsold - left
        prices = scale * jax.scipy.linalg.lu_solve(factor, scale * side)
        pacing = (rest + press @ prices) / agent
        bundles = answer(pull - prices[None, :] + slope * pacing[:, None])
        slack = prices[None, :] - slope * pacing[:, None] + stiffness(bundles) - off
        return Point(
            prices, unsold - spare * prices, slack, bundles, pacing, excess - hold * pacing, -pacing, cash + keep * pacing,
        )  # fmt: skip

    return toward
