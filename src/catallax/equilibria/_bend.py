"""How concave valuations bend, and how much the bundle of each agent gives way to a pull: the agents' part of a Newton system."""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.core import AbstractValuation
from catallax.equilibria.valuations import Linear, Separable

Value = Callable[[Array], Array]
"""Of bundles, in the units of the method."""


class Bend(NamedTuple):
    """How bundles answer to a pull on each good."""

    slope: Float[Array, "agents goods"]
    """Of the values."""
    answer: Callable[[Array], Array]
    """From pulls to changes of bundles, both agents x goods."""
    total: Float[Array, "goods goods"]
    """The answers of all agents together to a pull that is the same for all."""
    stiffness: Callable[[Array], Array]
    """From changes of bundles to changes of `- beta grad v`."""


@singledispatch
def bend(
    valuation: AbstractValuation,
    value: Value,
    bundles: Float[Array, "agents goods"],
    pacing: Float[Array, " agents"],
    barrier: Float[Array, "agents goods"],
) -> Bend:
    """Answers of any concave valuation: `(diag(barrier) - beta Hessian)^-1`, a block of goods x goods for each agent.

    Args:
        valuation: decides how much of the Hessian there is.
        value: of bundles.
        bundles: where.
        pacing: `beta`.
        barrier: what holds each bundle besides, slack over bundle.
    """
    slope, curvature = slopes(value, bundles)
    stiff = pacing[:, None, None] * curvature
    give = jnp.linalg.inv(stiff + jnp.eye(bundles.shape[1])[None] * barrier[:, None, :])
    return Bend(
        slope,
        lambda pull: jnp.einsum("ajk,ak->aj", give, pull),
        jnp.sum(give, 0),
        lambda change: jnp.einsum("ajk,ak->aj", stiff, change),
    )


@bend.register
def _(valuation: Linear, value: Value, bundles: Array, pacing: Array, barrier: Array) -> Bend:
    give = 1 / barrier
    return Bend(slope_of(value)(bundles), lambda pull: give * pull, jnp.diag(jnp.sum(give, 0)), jnp.zeros_like)


@bend.register
def _(valuation: Separable, value: Value, bundles: Array, pacing: Array, barrier: Array) -> Bend:
    # the Hessian has a diagonal alone
    slope, curvature = jax.jvp(slope_of(value), (bundles,), (jnp.ones_like(bundles),))
    stiff = -pacing[:, None] * curvature
    give = 1 / (stiff + barrier)
    return Bend(slope, lambda pull: give * pull, jnp.diag(jnp.sum(give, 0)), lambda change: stiff * change)


def slope_of(value: Value) -> Value:
    """The gradient of each agent's value by its own bundle."""
    return jax.grad(lambda bundles: jnp.sum(value(bundles)))


def slopes(value: Value, bundles: Array) -> tuple[Array, Array]:
    """Gradient and curvature (minus the Hessian) of each agent's value."""
    slope, basis = slope_of(value), jnp.eye(bundles.shape[1])
    along = jax.vmap(lambda way: jax.jvp(slope, (bundles,), (jnp.broadcast_to(way, bundles.shape),))[1])(basis)
    return slope(bundles), -jnp.moveaxis(along, 0, 1)


def curves_up(value: Value, bundles: Array) -> Array:
    """Whether some value is not concave at its bundle."""
    bends = jnp.linalg.eigvalsh(slopes(value, bundles)[1])
    rounding = jnp.maximum(
        1e-9, 64 * jnp.finfo(bends.dtype).eps
    )  # along a homogeneous function's own ray there is no bend
    return jnp.any(bends[:, 0] < -rounding * jnp.max(jnp.abs(bends), 1))
