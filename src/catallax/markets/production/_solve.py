"""Quantities, prices and welfare of an economy at given shares."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.markets.production._adjoints import LinearAdjoint
from catallax.markets.production._economy import Bundles, Economy, Shares, Solution, each
from catallax.markets.production._fixed_points import Anderson, held
from catallax.markets.production._hawkins_simon import hawkins_simon
from catallax.markets.production._parts import AbstractAdjoint, AbstractSolver, NotProductive
from catallax.markets.production._sweeps import LevelSweep, ReverseSweep
from catallax.markets.production.technologies import known


class Prices(NamedTuple):
    """What units are worth, credits per unit unless said."""

    inputs: Bundles
    """`a_i`: the welfare that a further unit of input would add."""
    outputs: Bundles
    """`b_i`: the same for a unit of output."""
    average: Bundles
    """`abar_i = sum_j s_ij (a_j - t_ij)`: what a unit of output brings where it goes now."""
    gradient: Shares
    """`c_ij = dW/ds_ij = y_i (a_j - t_ij)`: revenue of the whole output on this edge, credits."""
    premium: Shares
    """`a_j - t_ij - abar_i`: what a unit would gain on this edge; the advantage of reinforcement learning."""


def solve(economy: Economy, shares: Shares, solver: AbstractSolver | None = None) -> Solution:
    """The quantities that belong to some shares.

    Args:
        economy: of nodes and edges.
        shares: how each node splits its outputs.
        solver: None: a sweep without cycles, else Anderson's method.

    Returns:
        Quantities. With cycles `radius` is the spectral radius at these quantities, and `converged` says whether they are a fixed point.

    Raises:
        ValueError: if the shares are none.
        NotProductive: if the radius is 1 or more (inside `jit` nothing is raised; look at `radius` and `converged`).
    """
    economy.check(shares)
    found = _solved(economy, shares, solver)
    if known(found.radius) and not bool(found.radius < 1):
        raise NotProductive(
            f"solve: the spectral radius of the shipped marginal products is {float(found.radius):.4g}, and the cycle grows without "
            "end; it must be below 1 (Hawkins and Simon). Unroll it in time: production.unroll(economy, periods)."
        )
    return found


@eqx.filter_jit
def _solved(economy: Economy, shares: Shares, solver: AbstractSolver | None) -> Solution:
    found = default_solver(economy, solver).solve(economy, shares)
    if economy.levels is not None:
        return found._replace(radius=jnp.zeros_like(found.welfare))
    radius = hawkins_simon(*held((economy, shares, found.inputs))).radius
    # quantities that are not numbers have no radius: they exploded on the way
    return found._replace(radius=jnp.where(jnp.isfinite(radius), radius, jnp.inf))


def prices(
    economy: Economy, shares: Shares, solution: Solution | None = None, adjoint: AbstractAdjoint | None = None
) -> Prices:
    """The prices that belong to some shares: price recursion.

    ```
    b_i = dU_i/dy + sum_j s_ij (a_j - t_ij)      a_i = dU_i/dx + J_i^T b_i      c_ij = y_i (a_j - t_ij)
    ```

    Args:
        economy: of nodes and edges.
        shares: how each node splits its outputs.
        solution: the quantities; None: `solve` finds them.
        adjoint: None: a sweep back without cycles, else a linear solution by GMRES.

    Source: Pallavi Sudhir, thesis, chapter on price recursion.
    """
    return _priced(economy, shares, solve(economy, shares) if solution is None else solution, adjoint)


@eqx.filter_jit
def _priced(economy: Economy, shares: Shares, solution: Solution, adjoint: AbstractAdjoint | None) -> Prices:
    if adjoint is None:
        adjoint = LinearAdjoint() if economy.levels is None else ReverseSweep()
    a = adjoint.values(economy, shares, solution)
    average = economy.received(shares, a)
    outputs = economy.marginal_utility(solution.inputs, solution.outputs)[1] + average
    net = a[economy.target] - economy.transport
    gradient = solution.outputs[economy.source] * net
    return Prices(a, outputs, average, gradient, net - average[economy.source])


@eqx.filter_jit
def welfare(economy: Economy, shares: Shares, solver: AbstractSolver | None = None) -> Float[Array, ""]:
    """`W(S)`, credits; any table is taken, so that it can be differentiated by each entry."""
    return default_solver(economy, solver).solve(economy, shares).welfare


@eqx.filter_jit
def profits(economy: Economy, solution: Solution, found: Prices) -> Float[Array, " nodes"]:
    """`b_i (y_i - J_i x_i)`: what a node keeps if inputs are paid at the margin, credits; 0 where returns are constant."""
    x, b = solution.inputs, found.outputs
    return jnp.sum(b * solution.outputs - economy.pull(x, b) * x, 1)


@eqx.filter_jit
def profit_gradients(economy: Economy, solution: Solution, found: Prices) -> tuple[Any, ...]:
    """What each firm would gain by its own parameters at posted prices: the gradient of `b_i f_i(x_i; theta_i)`.

    If posts are the prices of `prices`, it is the gradient of welfare.

    Returns:
        For each group of `economy.technologies` a part whose arrays are gradients.
    """

    def slope(part: Any, x: Bundles, b: Bundles) -> Any:
        return eqx.filter_grad(lambda p: jnp.sum(b * each(p, x)))(part)

    return tuple(
        slope(group.part, solution.inputs[group.members], found.outputs[group.members])
        for group in economy.technologies
    )


def default_solver(economy: Economy, solver: AbstractSolver | None) -> AbstractSolver:
    """The solver, or the one that fits."""
    if solver is not None:
        return solver
    return Anderson() if economy.levels is None else LevelSweep()
