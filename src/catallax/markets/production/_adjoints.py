"""Economies with cycles: prices as the solution of `a = dW/dx + J_F^T a`."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from catallax.markets.production._economy import Bundles, Economy, Shares, Solution
from catallax.markets.production._fixed_points import without
from catallax.markets.production._parts import AbstractAdjoint, AbstractSolver


@eqx.filter_jit
def quote(economy: Economy, shares: Shares, solution: Solution, posts: Bundles) -> Bundles:
    """What each node would pay for a further unit of each input if others pay what they post.

    `pi_i = dU_i/dx + J_i^T (dU_i/dy + sum_j s_ij (p_j - t_ij))`; prices are posts that quoting leaves as they are.
    """
    by_input, by_output = economy.marginal_utility(solution.inputs, solution.outputs)
    return by_input + economy.pull(solution.inputs, by_output + economy.received(shares, posts))


def _handed_back(economy: Economy, shares: Shares, solution: Solution) -> Any:
    """`a -> J_F^T a`: what values of inputs make of the inputs before."""

    def operator(a: Bundles) -> Bundles:
        by = jax.ops.segment_sum(shares * a[economy.target], economy.source, economy.nodes)
        return economy.pull(solution.inputs, by)

    return operator


class LinearAdjoint(AbstractAdjoint):
    """`(I - J_F^T) a = dW/dx` by GMRES; the matrix is never formed."""

    def values(self, economy: Economy, shares: Shares, solution: Solution) -> Bundles:
        """See `AbstractAdjoint.values`."""
        right = quote(economy, shares, solution, jnp.zeros_like(solution.inputs))
        return without(_handed_back(economy, shares, solution), right)


class Neumann(AbstractAdjoint):
    """Quotes that are repeated until they rest, `a = sum_k (J_F^T)^k dW/dx`: what a market does; error `rho^k` after `k` rounds."""

    rounds: int = eqx.field(static=True, default=10_000)
    """At most."""
    tol: float = 1e-14
    """Largest change by a round, relative to the largest price."""

    def values(self, economy: Economy, shares: Shares, solution: Solution) -> Bundles:
        """See `AbstractAdjoint.values`."""
        tol = jnp.maximum(jnp.asarray(self.tol, solution.inputs.dtype), 4 * jnp.finfo(solution.inputs.dtype).eps)

        def going(carry: tuple[Array, Array, Array]) -> Array:
            return (carry[1] > tol) & (carry[2] < self.rounds)

        def step(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            posts = quote(economy, shares, solution, carry[0])
            change = jnp.max(jnp.abs(posts - carry[0])) / jnp.maximum(jnp.max(jnp.abs(posts)), 1e-30)
            return posts, change, carry[2] + 1

        start = jnp.zeros_like(solution.inputs), jnp.full((), jnp.inf, solution.inputs.dtype), jnp.asarray(0)
        return jax.lax.while_loop(going, step, start)[0]


class ImplicitAdjoint(AbstractAdjoint):
    """`a = dW/dr` by differentiation through the solver (implicit where it is a fixed point)."""

    solver: AbstractSolver

    def values(self, economy: Economy, shares: Shares, solution: Solution) -> Bundles:
        """See `AbstractAdjoint.values`."""

        def welfare(endowment: Bundles) -> Array:
            return self.solver.solve(eqx.tree_at(lambda e: e.endowment, economy, endowment), shares).welfare

        return jax.grad(welfare)(economy.endowment)
