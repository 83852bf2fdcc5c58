"""Exchange with linear or any concave valuations: an interior-point method in which incomes follow the prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium, Status
from catallax.equilibria._bend import bend, curves_up
from catallax.equilibria._caps import FisherCap
from catallax.equilibria._certificate import cleared
from catallax.equilibria._exchange import AbstractExchange, certify_exchange
from catallax.equilibria._mehrotra import Pair, as_far_as_guessed, implicit, mehrotra, moved, search
from catallax.equilibria.valuations import Linear


class Point(NamedTuple):
    """Primal and dual variables; every supply is 1."""

    prices: Float[Array, " goods"]
    slack: Float[Array, "agents goods"]
    """`p - beta_i grad v_i(x_i)`."""
    bundles: Float[Array, "agents goods"]
    """Its pair."""
    pacing: Float[Array, " agents"]
    """`beta_i`: what a credit of value costs."""


class ExchangeInteriorPoint(AbstractEquilibrium, AbstractExchange):
    """Interior-point method on the optimality conditions of all agents at once; for exchange, and for `FisherCap`.

    Solves `p - beta_i grad v_i(x_i) = s_i >= 0`, `s_ij x_ij = tau`, `sum_i x_i = 1` and `p x_i = (1 - t) p e_i + m tau` with
    `t = n m tau / sum p`, for `tau` towards 0. The last is what everybody can spend; so scaled it adds up over agents to what
    goods cost for every `tau`, and one equation too many stands beside one unknown too many, the level of all prices. All but
    the prices is eliminated: `O(agents goods^2)` an iteration for `Linear` and `Separable`, `O(agents goods^3)` else.

    The equilibria of a linear exchange are a convex set (Gale 1976). A concave exchange may have several apart, and nothing
    guarantees that this finds one: the certificate tells.

    Source: Ye (2008), a path to the equilibrium of linear exchange; Mehrotra (1992).
    """

    tol: float = 1e-6
    """Largest gap and clearing error, a share of all incomes."""
    steps: int = eqx.field(static=True, default=200)
    """Iterations at most."""

    def exchange(self, valuation: AbstractValuation, endowments: Float[Array, "agents goods"]) -> Equilibrium:
        """See `AbstractExchange.exchange`."""
        economy = Economy(valuation, endowments)
        held = jax.lax.stop_gradient(economy)
        begin = start(held)
        point, iterations = search(
            begin, lambda at: newton(held, at), lambda at: held.certified(at, self.tol).gap, self.tol, self.steps
        )
        point = implicit(point, economy.pairs(point), lambda at: factored(economy, at))
        found = economy.certified(point, self.tol)._replace(iterations=iterations)
        if isinstance(valuation, Linear):
            return found
        convex = curves_up(held.value, begin.bundles) | curves_up(held.value, point.bundles)
        return found._replace(
            gap=jnp.where(convex, jnp.inf, found.gap), status=jnp.where(convex, Status.NOT_CONCAVE, found.status)
        )

    def solve(
        self, valuation: AbstractValuation, supply: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: Any
    ) -> Equilibrium:
        """See `AbstractEquilibrium.solve`; money that must be spent is an exchange in which everybody owns its share of each good.

        Raises:
            TypeError: for another cap than `FisherCap`.
        """
        if not isinstance(cap, FisherCap):
            raise TypeError(f"ExchangeInteriorPoint: expected FisherCap, got {type(cap).__name__}.")
        money = jnp.sum(budgets)
        shares = jnp.maximum(budgets / money, 1e-12 / budgets.size)
        found = self.exchange(valuation, shares[:, None] * supply[None, :])
        prices = found.prices * money / jnp.sum(found.prices * supply)
        return found._replace(prices=prices, payments=found.bundles @ prices)


class Economy(eqx.Module):
    """The exchange in shares of the supplies."""

    valuation: AbstractValuation
    endowments: Float[Array, "agents goods"]

    @property
    def supply(self) -> Float[Array, " goods"]:
        """Units."""
        return jnp.sum(self.endowments, 0)

    @property
    def owned(self) -> Float[Array, "agents goods"]:
        """Shares of the supplies."""
        return self.endowments / self.supply[None, :]

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        """Of bundles."""
        return self.valuation.value(bundles * self.supply[None, :])

    def pairs(self, at: Point) -> tuple[Pair, ...]:
        """Of the variables of a point."""
        price = at.prices[None, :]
        return (Pair("slack", "bundles", None, (price, (self.owned @ at.prices)[:, None] / price)),)

    def certified(self, at: Point, tol: Any) -> Equilibrium:
        """The equilibrium that a point stands for."""
        bundles, prices = cleared(at.bundles, self.supply), at.prices / self.supply
        return certify_exchange(self.valuation, self.endowments, prices, bundles, tol=tol)


def start(economy: Economy) -> Point:
    """Everything in equal parts, every agent's pacing half of what its dearest good allows."""
    agents, goods = economy.endowments.shape
    bundles, prices = jnp.full((agents, goods), 1 / agents), jnp.full(goods, 1 / goods)
    slope = jax.grad(lambda x: jnp.sum(economy.value(x)))(bundles)
    pacing = 0.5 / (goods * jnp.max(slope, 1))
    return Point(prices, prices[None, :] - pacing[:, None] * slope, bundles, pacing)


def newton(economy: Economy, at: Point) -> Point:
    """One predictor and corrector step."""
    # while incomes and spending differ the barrier waits
    off = jnp.sum(jnp.abs(economy.owned @ at.prices - at.bundles @ at.prices))
    pairs = economy.pairs(at)
    step, primal, dual = mehrotra(at, pairs, factored(economy, at), off, as_far_as_guessed)
    # prices and pacings have no pair that would keep them above 0
    steepest = jnp.maximum(jnp.max(-step.prices / at.prices), jnp.max(-step.pacing / at.pacing))
    dual = jnp.minimum(dual, 0.9 / jnp.maximum(steepest, 0.9))
    return moved(at, step, pairs, primal, dual)


def factored(economy: Economy, at: Point) -> Callable[[Mapping[str, Array]], Point]:
    """The Newton system of a point with all but the prices eliminated: aims in, direction out."""
    slope, answer, total, stiffness = bend(
        economy.valuation, economy.value, at.bundles, at.pacing, at.slack / at.bundles
    )
    wish = answer(slope)
    press = answer(jnp.broadcast_to(at.prices, slope.shape)) - at.bundles + economy.owned
    agent = wish @ at.prices
    system = total - wish.T @ (press / agent[:, None])
    # in relative changes of prices rows and columns add up to 0 at an equilibrium; that of all prices together is chosen to be 0
    system = system * at.prices[:, None] * at.prices[None, :]
    factor = jax.scipy.linalg.lu_factor(system + jnp.mean(jnp.diag(system)))
    off = at.slack - (at.prices[None, :] - at.pacing[:, None] * slope)
    left, incomes, paid = 1 - jnp.sum(at.bundles, 0), economy.owned @ at.prices, at.bundles @ at.prices

    def toward(aims: Mapping[str, Array]) -> Point:
        # what the pairs shall add up to: the barrier and its correction
        held = jnp.sum(at.slack * aims["slack"], 1)
        rest = incomes * (1 - jnp.sum(held) / jnp.sum(at.prices)) + held - paid
        pull = (aims["slack"] / at.bundles - 1) * at.slack + off
        first = answer(pull)
        rest = rest - first @ at.prices
        side = jnp.sum(first, 0) + wish.T @ (rest / agent) - left
        prices = at.prices * jax.scipy.linalg.lu_solve(factor, at.prices * side)
        pacing = (rest + press @ prices) / agent
        bundles = answer(pull - prices[None, :] + slope * pacing[:, None])
        slack = prices[None, :] - slope * pacing[:, None] + stiffness(bundles) - off
        return Point(prices, slack, bundles, pacing)

    return toward
