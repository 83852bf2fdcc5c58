"""Economies with cycles: quantities as the fixed point `x = F(x)`, `F(x) = r + S^T f(x)`."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.markets.production._economy import Bundles, Economy, Shares, Solution
from catallax.markets.production._parts import AbstractSolver

Round = Callable[[Bundles], Bundles]


class _Search(NamedTuple):
    x: Bundles
    residual: Float[Array, ""]
    iterations: Int[Array, ""]
    memory: tuple[Array, ...]


def held(tree: Any) -> Any:
    """The same numbers, of which no derivative is taken; functions in it stay as they are."""
    return jax.tree.map(lambda leaf: jax.lax.stop_gradient(leaf) if eqx.is_array(leaf) else leaf, tree)


def one_round(economy: Economy, shares: Shares) -> Round:
    """`F`: every node works, every edge ships."""
    return lambda x: economy.ship(shares, economy.produce(x))


def without(operator: Round, right: Bundles) -> Bundles:
    """`(I - M)^-1 b` by GMRES; `M` is given by what it makes of a vector.

    Source: Saad and Schultz (1986).
    """
    tiny = float(jnp.finfo(right.dtype).eps)
    found, _ = jax.scipy.sparse.linalg.gmres(
        lambda v: v - operator(v), right, tol=10 * tiny, atol=tiny**2, restart=min(right.size, 40), maxiter=20
    )
    return found


@eqx.filter_custom_jvp
def exact(x: Bundles, economy: Economy, shares: Shares) -> Bundles:
    """Inputs that a search found, with the derivatives of the exact fixed point: `dx = (I - J)^-1 dF`."""
    return x


@exact.def_jvp
def _implicit(primals: tuple, tangents: tuple) -> tuple[Bundles, Bundles]:
    x, economy, shares = primals
    _, by_economy, by_shares = tangents
    _, moved = eqx.filter_jvp(lambda e, s: one_round(e, s)(x), (economy, shares), (by_economy, by_shares))
    _, push = jax.linearize(one_round(economy, shares), x)
    pull = jax.linear_transpose(push, x)
    change = jax.lax.custom_linear_solve(
        lambda v: v - push(v),
        moved,
        solve=lambda _, right: without(push, right),
        transpose_solve=lambda _, right: without(lambda v: pull(v)[0], right),
    )
    return x, change


def finished(economy: Economy, shares: Shares, found: _Search, tol: Float[Array, ""]) -> Solution:
    """What follows from the inputs."""
    x = exact(jax.lax.stop_gradient(found.x), economy, shares)
    y = economy.produce(x)
    flows = shares * y[economy.source]
    return Solution(
        x, y, flows, economy.welfare_of(x, y, flows), found.residual, found.residual <= tol, found.iterations,
        jnp.full((), jnp.nan, x.dtype),
    )  # fmt: skip


def searched(solver: AbstractFixedPoint, economy: Economy, shares: Shares) -> Solution:
    """Steps of a method until a round changes nothing any more."""
    fixed, at = held((economy, shares))
    function, kind = one_round(fixed, at), economy.endowment.dtype
    tol = jnp.maximum(jnp.asarray(solver.tol, kind), 8 * jnp.finfo(kind).eps)

    def residual(x: Bundles) -> Float[Array, ""]:
        return jnp.max(jnp.abs(function(x) - x)) / jnp.maximum(jnp.max(jnp.abs(x)), 1.0)

    def going(search: _Search) -> Array:
        # an economy that explodes is let go
        return (search.residual > tol) & (search.iterations < solver.steps) & jnp.isfinite(search.residual)

    def step(search: _Search) -> _Search:
        x, memory = solver.step(function, search.x, search.memory, search.iterations)
        return _Search(x, residual(x), search.iterations + 1, memory)

    x = function(fixed.endowment)
    start = _Search(x, residual(x), jnp.asarray(1), solver.remember(x))
    return finished(economy, shares, jax.lax.while_loop(going, step, start), tol)


class AbstractFixedPoint(AbstractSolver):
    """A method that goes from inputs to better ones."""

    tol: eqx.AbstractVar[float]
    steps: eqx.AbstractVar[int]

    def solve(self, economy: Economy, shares: Shares) -> Solution:
        """See `AbstractSolver.solve`."""
        return searched(self, economy, shares)

    def remember(self, x: Bundles) -> tuple[Array, ...]:
        """What the method keeps from step to step (default: nothing)."""
        return ()

    @abc.abstractmethod
    def step(
        self, function: Round, x: Bundles, memory: tuple[Array, ...], number: Int[Array, ""]
    ) -> tuple[Bundles, tuple[Array, ...]]:
        """The next inputs."""


class Picard(AbstractFixedPoint):
    """`x <- F(x)`: the economy works period after period until it rests; error `rho^k` after `k` rounds."""

    tol: float = 1e-12
    """Largest change by a round, relative to the largest input (or to 1)."""
    steps: int = eqx.field(static=True, default=10_000)

    def step(
        self, function: Round, x: Bundles, memory: tuple[Array, ...], number: Int[Array, ""]
    ) -> tuple[Bundles, tuple[Array, ...]]:
        """See `AbstractFixedPoint.step`."""
        return function(x), memory


class Newton(AbstractFixedPoint):
    """`x <- x + (I - J)^-1 (F(x) - x)`, the linear systems by GMRES on derivatives along a direction."""

    tol: float = 1e-12
    steps: int = eqx.field(static=True, default=50)

    def step(
        self, function: Round, x: Bundles, memory: tuple[Array, ...], number: Int[Array, ""]
    ) -> tuple[Bundles, tuple[Array, ...]]:
        """See `AbstractFixedPoint.step`."""
        value, push = jax.linearize(function, x)
        return x + without(push, value - x), memory


class Anderson(AbstractFixedPoint):
    """The mixture `sum_k m_k F(x_k)` of the last rounds whose residuals cancel best: `min |sum_k m_k (F(x_k) - x_k)|`, `sum_k m_k = 1`.

    Source: Anderson (1965).
    """

    tol: float = 1e-12
    steps: int = eqx.field(static=True, default=1_000)
    depth: int = eqx.field(static=True, default=5)
    """Rounds that are mixed."""

    def remember(self, x: Bundles) -> tuple[Array, ...]:
        """Inputs and residuals of the last rounds."""
        rows = jnp.zeros((self.depth, x.size), x.dtype)
        return rows, rows

    def step(
        self, function: Round, x: Bundles, memory: tuple[Array, ...], number: Int[Array, ""]
    ) -> tuple[Bundles, tuple[Array, ...]]:
        """See `AbstractFixedPoint.step`."""
        value = function(x)
        slot = (number - 1) % self.depth
        made, missed = (
            rows.at[slot].set(new.reshape(-1)) for rows, new in zip(memory, (value, value - x), strict=True)
        )
        # residuals differ by orders of magnitude and soon depend on each other: each is brought to length 1, and a ridge above rounding kept
        size = jnp.linalg.norm(missed, axis=1)
        scale = jnp.where(size > 0, 1 / jnp.where(size > 0, size, 1.0), 0.0)
        gram = (scale[:, None] * missed) @ (scale[:, None] * missed).T
        ridge = 10 * self.depth * jnp.finfo(gram.dtype).eps
        mix = scale * jnp.linalg.solve(gram + ridge * jnp.eye(self.depth), scale / jnp.max(scale))
        mixed = ((mix / jnp.sum(mix)) @ made).reshape(x.shape)
        # a mixture can go where no round goes, below nothing
        return jnp.where((mixed < 0) & (value >= 0), value, mixed), (made, missed)
