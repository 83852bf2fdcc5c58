"""The planner: shares that climb to the highest welfare it finds."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.markets.production._economy import Economy, Shares, Solution
from catallax.markets.production._mirror_ascent import MirrorAscent
from catallax.markets.production._parts import AbstractAdjoint, AbstractSolver
from catallax.markets.production._share_rule import AbstractShareRule
from catallax.markets.production._simplices import Simplices
from catallax.markets.production._solve import Prices, default_solver, prices


class Course(NamedTuple):
    """How shares went; the axis `steps` has the start as its first entry."""

    shares: Shares
    """At the end."""
    welfare: Float[Array, " steps"]
    """Credits."""
    dispersion: Float[Array, " steps"]
    """`sum y^2 Var(a)`: the rate at which welfare grows under the replicator equation, credits per unit of time."""


@eqx.filter_jit
def dispersion(economy: Economy, shares: Shares, solution: Solution, found: Prices) -> Float[Array, ""]:
    """Fisher's theorem: under `ds = s (c - cbar)` for all at once, `dW/dt = sum_ig y_ig^2 Var_{j ~ s_ig}(a_jg)`.

    The more prices differ between those who get the same good, the faster welfare grows; where all prices are one, it rests.

    Source: Fisher (1930); for production networks Pallavi Sudhir, thesis.
    """
    net = found.inputs[economy.target] - economy.transport
    return jnp.sum(solution.outputs**2 * economy.choices.spread(shares, net))


class Planner(eqx.Module):
    """Climbs welfare by shares; prices are its gradient.

    It sees the whole economy. That it need not is shown by `Protocol`, which takes the same steps by messages alone. What it finds
    is a local optimum: where technologies and utilities are concave in the shares it is the best there is.
    """

    rule: AbstractShareRule = MirrorAscent()
    solver: AbstractSolver | None = None
    """None: as `solve` chooses."""
    adjoint: AbstractAdjoint | None = None
    """None: as `prices` chooses."""

    def fit(self, economy: Economy, shares: Shares, steps: int) -> Course:
        """Take some steps.

        Args:
            economy: of nodes and edges.
            shares: to begin with; only the `choices` move.
            steps: of the rule.

        Raises:
            ValueError: if the shares are none.
        """
        economy.check(shares)
        return _climb(self, economy, shares, steps)


@eqx.filter_jit
def _climb(planner: Planner, economy: Economy, shares: Shares, steps: int) -> Course:
    splits, rule = economy.choices, planner.rule
    solver = default_solver(economy, planner.solver)

    def look(now: Shares) -> tuple[Prices, Array, Array]:
        solution = solver.solve(economy, now)
        found = prices(economy, now, solution, planner.adjoint)
        return found, solution.welfare, dispersion(economy, now, solution, found)

    def worth(chosen: Shares) -> Array:
        return solver.solve(economy, joined(splits, chosen, shares)).welfare

    def step(state: Any, _: None) -> tuple[Any, tuple[Array, Array]]:
        found, welfare, rate = look(joined(splits, rule.shares(splits, state), shares))
        return rule.update(splits, state, found.gradient, worth), (welfare, rate)

    state, (path, rates) = jax.lax.scan(step, rule.init(splits, shares), None, length=steps)
    end = joined(splits, rule.shares(splits, state), shares)
    _, last, rate = look(end)
    return Course(end, jnp.append(path, last), jnp.append(rates, rate))


def joined(splits: Simplices, chosen: Shares, given: Shares) -> Shares:
    """Chosen shares, and those that are given elsewhere."""
    return jnp.where(splits.mask, chosen, given)
