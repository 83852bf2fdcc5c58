"""Linear valuations: a primal-dual interior-point method whose systems are as large as the number of goods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium
from catallax.equilibria._caps import AbstractCap
from catallax.equilibria._certificate import bounds, certify, cleared
from catallax.equilibria._mehrotra import Pair, implicit, mehrotra, moved, ridge, search, total
from catallax.equilibria._proportional_response import first_bids, respond
from catallax.equilibria.valuations import Linear


class Point(NamedTuple):
    """Primal and dual variables; money and every supply add up to 1."""

    prices: Float[Array, " goods"]
    slack: Float[Array, "agents goods"]
    """`p_j - V_ij beta_i`."""
    bundles: Float[Array, "agents goods"]
    """Its multiplier."""
    pacing: Float[Array, " agents"]
    """`beta_i`: what a credit of value may cost."""
    utility: Float[Array, " agents"]
    """Its multiplier: value of bundle and cash; where the cost is not linear in the pacing, the product is the budget."""
    room: Float[Array, " agents"]
    """`1 - beta_i`."""
    cash: Float[Array, " agents"]
    """Its multiplier: money that is kept."""


class InteriorPoint(AbstractEquilibrium):
    """Primal-dual interior-point method for linear valuations, in `O(agents goods^2)` an iteration.

    Minimises `omega p + sum_i w_i h(beta_i)` over `p_j >= V_ij beta_i`, `0 <= beta_i <= 1`, with `h(beta) = 1 - beta` (value cap) or
    `-log(beta)` (spending cap). The multipliers of the first constraints are the bundles. All but the prices is eliminated from
    each Newton system, and predictor and corrector share its Cholesky factor.

    Source: Mehrotra (1992), on the dual of Cole et al. (2017).
    """

    tol: float = 1e-6
    """Largest gap, a share of the stake."""
    steps: int = eqx.field(static=True, default=100)
    """Iterations at most."""
    warm: int = eqx.field(static=True, default=10)
    """Steps of proportional response to begin with."""

    def __check_init__(self) -> None:
        if isinstance(self.tol, float | int) and not self.tol > 0:
            raise ValueError(f"InteriorPoint: tol must be above 0, got {self.tol}.")

    def solve(
        self,
        valuation: AbstractValuation,
        supply: Float[Array, " goods"],
        budgets: Float[Array, " agents"],
        cap: Any,
    ) -> Equilibrium:
        """See `AbstractEquilibrium.solve`; needs `Linear`.

        Raises:
            TypeError: for another valuation.
        """
        if not isinstance(valuation, Linear):
            raise TypeError(
                f"InteriorPoint: expected valuations.Linear, got {type(valuation).__name__}; leave `method` out to get one that fits."
            )
        values = valuation.weights * supply[None, :]
        if not cap.paced:  # where a credit of value is worth so much, no money is kept
            values = values * (2 * jnp.sum(budgets) / jnp.max(values, -1, keepdims=True))
        money = jnp.sum(budgets)
        share = jnp.maximum(budgets / money, 1e-12 / budgets.size)
        values = values / money
        whole = jnp.ones_like(supply)

        held, budget = jax.lax.stop_gradient((values, share))

        def certified(point: Point) -> Array:
            x = cleared(point.bundles, whole)
            stake, gap, _ = bounds(Linear(held), whole, budget, cap, point.prices, x, x @ point.prices)
            return gap / stake

        def gap(point: Point) -> Array:
            """What the pairs still add up to, until the certificate may be within the tolerance: it takes several passes."""
            rest = total(point, pairs_of(budget, cap, point))
            return jax.lax.cond(rest > 100 * self.tol, lambda: rest, lambda: certified(point))

        begin = start(held, budget, cap, self.warm)
        point, iterations = search(begin, lambda at: newton(held, budget, cap, at), gap, self.tol, self.steps)

        def system(at: Point) -> Callable[[Mapping[str, Array]], Point]:
            off = values * at.pacing[:, None]
            return factored(values, share * cap.linear, at, off - jax.lax.stop_gradient(off))

        point = implicit(point, pairs_of(share, cap, point), system)
        prices = point.prices * money / jnp.where(supply > 0, supply, 1.0)
        # nobody sells a good of which there is none: its price is the highest bid
        prices = jnp.where(supply > 0, prices, jnp.max(point.pacing[:, None] * valuation.weights, 0))
        bundles = cleared(point.bundles, supply)
        return certify(valuation, supply, budgets, cap, prices, bundles, tol=self.tol, iterations=iterations)


def start(values: Array, budgets: Array, cap: AbstractCap, warm: int) -> Point:
    """A point well inside, near where proportional response leads."""
    bids, cash = jax.lax.fori_loop(0, warm, lambda _, b: respond(values, budgets, *b), first_bids(values, budgets))
    agents, goods = values.shape
    prices = jnp.sum(bids, 0)
    bought = bids / jnp.where(prices > 0, prices, 1.0)[None, :]
    utility = jnp.sum(values * bought, 1) + cash
    pacing = jnp.minimum(1, budgets / utility) / 2
    # above what is bid, and above 0 where nothing is
    prices = jnp.maximum(jnp.maximum(prices, jnp.max(values * pacing[:, None], 0) / 0.9), 1e-3 / goods)
    slack, room = prices[None, :] - values * pacing[:, None], 1 - pacing
    bundles = bought / 2 + 0.5 / agents
    barrier = 0.1 * (jnp.sum(bundles * slack) + jnp.sum(cash * room)) / (agents * goods + agents)
    utility = jnp.maximum(1 / agents, barrier / pacing) if cap.linear else utility
    return Point(
        prices, slack, jnp.maximum(bundles, barrier / slack), pacing, utility, room, jnp.maximum(cash, barrier / room)
    )


def pairs_of(budgets: Array, cap: AbstractCap, at: Point) -> tuple[Pair, ...]:
    """The pairs of a point."""
    price, money = at.prices[None, :], budgets[:, None]
    return (
        Pair("slack", "bundles", None, (price, money / price)),
        Pair("room", "cash", None, (1.0, budgets)),
        Pair("pacing", "utility", None if cap.linear else budgets, (1.0, budgets)),
    )


def newton(values: Array, budgets: Array, cap: AbstractCap, at: Point) -> Point:
    """One predictor and corrector step."""
    pairs = pairs_of(budgets, cap, at)
    step, primal, dual = mehrotra(at, pairs, factored(values, budgets * cap.linear, at))
    return moved(at, step, pairs, primal, dual)


def factored(values: Array, due: Array, at: Point, off: Array | None = None) -> Callable[[Mapping[str, Array]], Point]:
    """The Newton system of a point with all but the prices eliminated: aims in, direction out.

    Args:
        values: shares of money for a whole supply.
        due: value of bundle and cash, less `utility`.
        at: the point.
        off: the slack less `p_j - V_ij beta_i`; 0 without.
    """
    density = at.bundles * (1 / at.slack)
    pull = density * values
    keep, hold = at.cash / at.room, at.utility / at.pacing
    agent = jnp.sum(pull * values, 1) + keep + hold
    scale = 1 / jnp.sqrt(agent)
    good = 1 / jnp.sqrt(jnp.sum(density, 0))
    half = pull * scale[:, None]
    system = jnp.eye(good.size) + ridge(good.size) - (half.T @ half) * good[:, None] * good[None, :]
    factor = jax.scipy.linalg.cho_factor(system)

    def toward(aims: Mapping[str, Array]) -> Point:
        held = aims["slack"] if off is None else aims["slack"] + density * off
        rest = due - (jnp.sum(values * held, 1) + aims["room"] - aims["pacing"])
        side = jnp.sum(held, 0) - 1 + (rest * scale) @ half
        prices = good * jax.scipy.linalg.cho_solve(factor, good * side)
        pacing = scale * (rest * scale + half @ prices)
        slack = prices[None, :] - values * pacing[:, None]
        bundles = held - at.bundles - density * slack
        utility, cash = aims["pacing"] - at.utility - hold * pacing, aims["room"] - at.cash + keep * pacing
        return Point(prices, slack, bundles, pacing, utility, -pacing, cash)

    return toward
