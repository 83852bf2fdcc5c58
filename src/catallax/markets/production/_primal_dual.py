"""Limits on flows: shares climb, tolls rise where a limit is passed, until nothing moves."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from catallax.markets.production._economy import Economy, Shares
from catallax.markets.production._mirror_ascent import MirrorAscent
from catallax.markets.production._planner import joined
from catallax.markets.production._share_rule import AbstractShareRule
from catallax.markets.production._solve import default_solver, prices
from catallax.markets.production.technologies import require


class Limits(eqx.Module):
    """`sum over the flows of a group, weight times flow, <= limit`."""

    group: Int[Array, "edges goods"]
    """Which limit a flow counts for; -1: none."""
    weight: Float[Array, "edges goods"]
    """Units of the limited thing that a unit of flow takes."""
    limit: Float[Array, " limits"]

    def __check_init__(self) -> None:
        require(lambda limit: limit >= 0, "Limits", "a limit must be at least 0", self.limit)

    @classmethod
    def on_flows(cls, economy: Economy, limit: Float[Array, "edges goods"]) -> Limits:
        """So many units along each edge; infinite: no limit."""
        table = np.asarray(limit)
        there = np.isfinite(table)
        group = np.where(there, np.cumsum(there.reshape(-1)).reshape(table.shape) - 1, -1)
        return cls(jnp.asarray(group, jnp.int32), jnp.ones(table.shape), jnp.asarray(table[there], float))

    @classmethod
    def on_stores(cls, economy: Economy, limit: Float[Array, " nodes"]) -> Limits:
        """So many units of all goods together delivered to each node, room in a store; infinite: no limit."""
        group = jnp.broadcast_to(economy.target[:, None], economy.carries.shape)
        return cls(group, jnp.ones(economy.carries.shape), limit)

    @classmethod
    def on_spending(cls, economy: Economy, limit: Float[Array, " nodes"], cost: Float[Array, " goods"]) -> Limits:
        """So many credits for what is delivered to each node, at given costs of a unit of each good; infinite: no limit."""
        group = jnp.broadcast_to(economy.target[:, None], economy.carries.shape)
        return cls(group, jnp.broadcast_to(cost[None, :], economy.carries.shape), limit)

    def use(self, flows: Float[Array, "edges goods"]) -> Float[Array, " limits"]:
        """What counts for each limit."""
        there = self.group >= 0
        taken = jnp.where(there, self.weight * flows, 0.0)
        index = jnp.where(there, self.group, 0)
        return jnp.zeros_like(self.limit).at[index.reshape(-1)].add(taken.reshape(-1))

    def toll(self, duals: Float[Array, " limits"]) -> Float[Array, "edges goods"]:
        """What a unit of each flow costs if each limit has a price."""
        return jnp.where(self.group >= 0, self.weight * duals.at[self.group].get(mode="clip"), 0.0)


class Constrained(NamedTuple):
    """Shares under limits, and how good they are."""

    shares: Shares
    duals: Float[Array, " limits"]
    """What a further unit of each limit would be worth, credits."""
    welfare: Float[Array, ""]
    """Credits, without the tolls."""
    excess: Float[Array, ""]
    """Largest passing of a limit, relative to it (or to 1)."""
    stationarity: Float[Array, ""]
    """Largest of `q |a_j - t - toll - abar|` and of premiums net of tolls, credits."""
    complementarity: Float[Array, ""]
    """Largest of dual times what is left of a limit, credits."""
    iterations: Int[Array, ""]
    converged: Bool[Array, ""]
    """Whether the three residuals are below the tolerance."""


class PrimalDual(eqx.Module):
    """Augmented Lagrangian: steps of a share rule at tolls `max(0, mu + rho (use - limit))`, then `mu` is the toll.

    Tolls are costs of transport, so a limit that binds drives a wedge between prices, and one that does not has no dual: prices
    are then those of the economy without it. Limits may be passed on the way. Where all ways of a node are full nothing can be
    found, and `converged` is false: give it an edge to somebody who throws goods away.

    Source: Hestenes (1969), Powell (1969).
    """

    rule: AbstractShareRule = MirrorAscent(0.5)
    penalty: float | Float[Array, ""] = 1.0
    """`rho`, credits per squared unit of the limited thing."""
    inner: int = eqx.field(static=True, default=25)
    """Steps of the rule between two changes of the duals."""
    tol: float = 1e-6
    """Of each residual."""
    rounds: int = eqx.field(static=True, default=2_000)
    """Changes of the duals at most."""

    def fit(self, economy: Economy, shares: Shares, limits: Limits) -> Constrained:
        """Climb until the residuals are small.

        Raises:
            ValueError: if the shares are none.
        """
        economy.check(shares)
        return _constrained(self, economy, shares, limits)


@eqx.filter_jit
def _constrained(method: PrimalDual, economy: Economy, shares: Shares, limits: Limits) -> Constrained:
    splits, rule = economy.choices, method.rule
    solver = default_solver(economy, None)

    def tolled(duals: Array, flows: Shares) -> tuple[Economy, Array]:
        raised = jnp.maximum(duals + method.penalty * (limits.use(flows) - limits.limit), 0.0)
        return eqx.tree_at(lambda e: e.transport, economy, economy.transport + limits.toll(raised)), raised

    def at(state: Any) -> Shares:
        return joined(splits, rule.shares(splits, state), shares)

    def lagrangian(chosen: Shares, duals: Array) -> Array:
        solution = solver.solve(economy, joined(splits, chosen, shares))
        raised = tolled(duals, solution.flows)[1]
        return solution.welfare - jnp.sum(raised**2) / (2 * method.penalty)

    def climb(state: Any, duals: Array) -> Any:
        def step(state: Any, _: None) -> tuple[Any, None]:
            now = at(state)
            solution = solver.solve(economy, now)
            gradient = prices(tolled(duals, solution.flows)[0], now, solution).gradient
            return rule.update(splits, state, gradient, lambda s: lagrangian(s, duals)), None

        return jax.lax.scan(step, state, None, length=method.inner)[0]

    def judge(state: Any, duals: Array, number: Array) -> Constrained:
        now = at(state)
        solution = solver.solve(economy, now)
        with_toll = eqx.tree_at(lambda e: e.transport, economy, economy.transport + limits.toll(duals))
        premium = prices(with_toll, now, solution).premium
        gap = jnp.max(jnp.where(splits.mask, jnp.abs(solution.flows * premium), 0.0))
        slack = jnp.max(jnp.where(splits.mask, premium, 0.0))
        left = limits.limit - limits.use(solution.flows)
        excess = jnp.max(jnp.maximum(-left, 0.0) / jnp.maximum(limits.limit, 1.0))
        complementarity = jnp.max(jnp.where(duals > 0, jnp.abs(duals * left), 0.0))  # a limit may be infinite
        stationarity = jnp.maximum(gap, slack)
        good = jnp.maximum(jnp.maximum(excess, stationarity), complementarity) <= method.tol
        return Constrained(now, duals, solution.welfare, excess, stationarity, complementarity, number, good)

    def going(carry: tuple[Any, Constrained]) -> Array:
        return ~carry[1].converged & (carry[1].iterations < method.rounds)

    def outer(carry: tuple[Any, Constrained]) -> tuple[Any, Constrained]:
        state, last = carry
        state = climb(state, last.duals)
        raised = tolled(last.duals, solver.solve(economy, at(state)).flows)[1]
        return state, judge(state, raised, last.iterations + 1)

    state = rule.init(splits, shares)
    start = judge(state, jnp.zeros_like(limits.limit), jnp.asarray(0))
    return jax.lax.while_loop(going, outer, (state, start))[1]
