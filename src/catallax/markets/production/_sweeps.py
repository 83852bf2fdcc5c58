"""Economies without cycles: one pass forward for the quantities, one pass back for the prices."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from catallax.markets.production._economy import Bundles, Economy, Shares, Solution, each
from catallax.markets.production._levels import Levels
from catallax.markets.production._nodes import Group
from catallax.markets.production._parts import AbstractAdjoint, AbstractSolver


def forward(economy: Economy, shares: Shares) -> Solution:
    """Algorithm G1, forward: `x_j = r_j + sum_i s_ij y_i`, `y_j = f_j(x_j)`, level by level."""
    schedule = _levels(economy)

    def work(carry: tuple[Bundles, Bundles], block: tuple) -> tuple[tuple[Bundles, Bundles], None]:
        x, y = carry
        positions, edges = block
        for group, at in zip(economy.technologies, positions, strict=True):
            nodes, there, part = _rows(group, at, economy.nodes)
            y = y.at[nodes].set(each(part, _bundle(x, nodes, there)), mode="drop")
        source, target, _, share = _shipped(economy, shares, edges)
        return (x.at[target].add(share * y[source], mode="drop"), y), None

    start = economy.endowment, jnp.zeros_like(economy.endowment)
    (x, y), _ = jax.lax.scan(work, start, (schedule.positions, schedule.edges))
    flows = shares * y[economy.source]
    nothing = jnp.zeros((), x.dtype)
    welfare = economy.welfare_of(x, y, flows)
    return Solution(x, y, flows, welfare, nothing, jnp.asarray(True), jnp.asarray(schedule.depth), nothing)


def backward(economy: Economy, shares: Shares, solution: Solution) -> Bundles:
    """Algorithm G1, backward: `b_i = dU_i/dy + sum_j s_ij (a_j - t_ij)`, `a_i = dU_i/dx + J_i^T b_i`; the `a`."""
    schedule = _levels(economy)
    x = solution.inputs
    by_input, by_output = economy.marginal_utility(x, solution.outputs)

    def work(carry: tuple[Bundles, Bundles], block: tuple) -> tuple[tuple[Bundles, Bundles], None]:
        a, b = carry
        positions, edges = block
        source, target, cost, share = _shipped(economy, shares, edges)
        worth = share * (a.at[target].get(mode="clip") - cost)
        b = b.at[source].add(worth, mode="drop")
        for group, at in zip(economy.technologies, positions, strict=True):
            nodes, there, part = _rows(group, at, economy.nodes)
            _, pull = jax.vjp(lambda rows, part=part: each(part, rows), _bundle(x, nodes, there))
            value = by_input.at[nodes].get(mode="clip") + pull(b.at[nodes].get(mode="clip"))[0]
            a = a.at[nodes].set(value, mode="drop")
        return (a, b), None

    start = jnp.zeros_like(x), by_output
    (a, _), _ = jax.lax.scan(work, start, (schedule.positions, schedule.edges), reverse=True)
    return a


def _levels(economy: Economy) -> Levels:
    if economy.levels is None:
        raise ValueError("sweeps need an economy without cycles; this one has a cycle: use Anderson, Picard or Newton.")
    return economy.levels


def _rows(group: Group, at: Int[Array, " width"], nodes: int) -> tuple[Array, Array, Any]:
    """Nodes at some positions of a group, which of them are there, and their parts; the others are beyond the last node."""
    there = at < group.members.shape[0]
    return jnp.where(there, group.members.at[at].get(mode="clip"), nodes), there, group.rows(at)


def _bundle(x: Bundles, nodes: Array, there: Array) -> Array:
    """Inputs of some nodes; where there is none, a harmless bundle."""
    return jnp.where(there[:, None], x.at[nodes].get(mode="clip"), 1.0)


def _shipped(economy: Economy, shares: Shares, edges: Array) -> tuple[Array, Array, Array, Array]:
    """Source, target, cost and share of some edges; where there is none, nothing goes from the first node to nowhere."""
    there = edges < economy.source.shape[0]
    source = jnp.where(there, economy.source.at[edges].get(mode="clip"), 0)
    target = jnp.where(there, economy.target.at[edges].get(mode="clip"), economy.nodes)
    cost, share = (
        jnp.where(there[:, None], table.at[edges].get(mode="clip"), 0.0) for table in (economy.transport, shares)
    )
    return source, target, cost, share


class LevelSweep(AbstractSolver):
    """Quantities of an economy without cycles, exact after one pass; see `forward`."""

    def solve(self, economy: Economy, shares: Shares) -> Solution:
        """See `AbstractSolver.solve`."""
        return forward(economy, shares)


class ReverseSweep(AbstractAdjoint):
    """Prices of an economy without cycles, exact after one pass; see `backward`."""

    def values(self, economy: Economy, shares: Shares, solution: Solution) -> Bundles:
        """See `AbstractAdjoint.values`."""
        return backward(economy, shares, solution)
