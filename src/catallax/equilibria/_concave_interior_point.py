"""Any concave differentiable valuation: an interior-point method with a block of goods x goods for each agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium
from catallax.equilibria._caps import AbstractCap, SpendCap, ValueCap
from catallax.equilibria._certificate import certify, cleared
from catallax.equilibria._mehrotra import Pair, mehrotra, moved


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
    """Interior-point method on the optimality conditions, in `O(agents goods^3)` an iteration.

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
        money = jnp.sum(budgets)
        share = jnp.maximum(budgets / money, 1e-12 / budgets.size)

        def value(bundles: Array) -> Array:
            return valuation.value(bundles * supply) / money

        def judged(point: Point, iterations: Array) -> Equilibrium:
            bundles, prices = cleared(point.bundles, supply), point.prices * money / supply
            return certify(valuation, supply, budgets, cap, prices, bundles, tol=self.tol, iterations=iterations)

        def unsolved(carry: tuple[Point, Equilibrium]) -> Array:
            return (carry[1].gap > self.tol) & (carry[1].iterations < self.steps)

        def iterate(carry: tuple[Point, Equilibrium]) -> tuple[Point, Equilibrium]:
            point = newton(value, share, cap, carry[0])
            return point, judged(point, carry[1].iterations + 1)

        begin = start(value, share, cap, supply.size)
        return jax.lax.while_loop(unsolved, iterate, (begin, judged(begin, jnp.asarray(0))))[1]


Value = Callable[[Float[Array, "agents goods"]], Float[Array, " agents"]]


def slopes(value: Value, bundles: Array) -> tuple[Array, Array]:
    """Gradient and curvature (minus the Hessian) of each agent's value."""

    def slope(x: Array) -> Array:
        return jax.grad(lambda y: jnp.sum(value(y)))(x)

    basis = jnp.eye(bundles.shape[1])
    along = jax.vmap(lambda way: jax.jvp(slope, (bundles,), (jnp.broadcast_to(way, bundles.shape),))[1])(basis)
    return slope(bundles), -jnp.moveaxis(along, 0, 1)


def start(value: Value, budgets: Array, cap: AbstractCap, goods: int) -> Point:
    """Nine tenths of everything in equal parts, at prices above what anybody would give."""
    agents = budgets.size
    bundles = jnp.full((agents, goods), 0.9 / agents)
    slope, _ = slopes(value, bundles)
    half = jnp.full(agents, 0.5)
    prices = jnp.max(slope, 0) * half[0] * 1.1 + 1e-3 / goods
    excess = budgets / 2 if cap.linear else jnp.zeros(agents)
    return Point(
        prices, jnp.full(goods, 0.1), prices - half[:, None] * slope, bundles, half, excess, half, budgets / 2
    )  # fmt: skip


def newton(value: Value, budgets: Array, cap: AbstractCap, at: Point) -> Point:
    """One predictor and corrector step."""
    pairs = (Pair("prices", "unsold"), Pair("slack", "bundles"), Pair("room", "cash"))
    pairs += (Pair("pacing", "excess"),) if cap.linear else ()
    off = jnp.sum(at.prices * jnp.abs(1 - jnp.sum(at.bundles, 0) - at.unsold))
    step, primal, dual = mehrotra(at, pairs, factored(value, budgets, cap, at), off)
    return moved(at, step, pairs, primal, dual)


def budget_row(value: Array, slope: Array, budgets: Array, cap: AbstractCap, at: Point) -> Row:
    """The budget of the value cap, `v + cash = w + excess`, or of the spending cap, `p x + cash = w`."""
    if cap.linear:
        return Row(value + at.cash - at.excess - budgets, slope, jnp.zeros_like(slope))
    prices = jnp.broadcast_to(at.prices, slope.shape)
    return Row(at.bundles @ at.prices + at.cash - budgets, prices, at.bundles)


def factored(
    value: Value, budgets: Array, cap: AbstractCap, at: Point
) -> Callable[[Mapping[str, Array]], Point]:  # fmt: skip
    """The Newton system of a point with all but the prices eliminated: right sides in, direction out."""
    slope, curvature = slopes(value, at.bundles)
    row = budget_row(value(at.bundles), slope, budgets, cap, at)
    density = at.bundles / at.slack
    goods = at.prices.size
    bend = at.pacing[:, None, None] * curvature
    give = jnp.linalg.inv(bend + jnp.eye(goods) / density[:, None, :])
    keep = at.cash / at.room
    hold = at.excess / at.pacing  # 0 without a pair

    def answer(pull: Array) -> Array:
        """How bundles answer to a pull on each good."""
        return jnp.einsum("ajk,ak->aj", give, pull)

    wish, press = answer(slope), answer(row.by_bundle) - row.by_price
    agent = jnp.sum(row.by_bundle * wish, 1) + keep + hold
    spare = at.unsold / at.prices
    system = jnp.sum(give, 0) - wish.T @ (press / agent[:, None]) + jnp.diag(spare)
    scale = 1 / jnp.sqrt(jnp.maximum(jnp.diag(system), jnp.finfo(system.dtype).tiny))
    factor = jax.scipy.linalg.lu_factor(system * scale[:, None] * scale + 1e-13 * jnp.eye(goods))
    off = at.slack - (at.prices - at.pacing[:, None] * slope)
    left = 1 - jnp.sum(at.bundles, 0) - at.unsold

    def toward(right: Mapping[str, Array]) -> Point:
        pacing_right = right.get("pacing", jnp.zeros_like(at.pacing))
        pull = right["slack"] / density + off
        first = answer(pull)
        rest = -(row.residual + jnp.sum(row.by_bundle * first, 1) + right["room"] - pacing_right)
        side = jnp.sum(first + wish * (rest / agent)[:, None], 0) + right["prices"] - left
        prices = scale * jax.scipy.linalg.lu_solve(factor, scale * side)
        pacing = (rest + press @ prices) / agent
        bundles = answer(pull - prices + slope * pacing[:, None])
        slack = prices - slope * pacing[:, None] + jnp.einsum("ajk,ak->aj", bend, bundles) - off
        return Point(
            prices, right["prices"] - spare * prices, slack, bundles, pacing, pacing_right - hold * pacing, -pacing,
            right["room"] + keep * pacing,
        )  # fmt: skip

    return toward
