"""What the bundle that a node holds is worth to it: `U(x, y)`, credits."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.markets.production.technologies import meant_for, real, require

__all__ = ["AbstractUtility", "LinearUtility", "LogUtility", "NeuralUtility", "PowerUtility"]

LEAST = 1e-12
"""Units below which steep utilities go on along their tangent, so that the price of a good that nobody has is finite."""


class AbstractUtility(eqx.Module):
    """Utility of inputs and outputs; nodes that share a class are stacked and mapped over."""

    @property
    @abc.abstractmethod
    def degree(self) -> Any:
        """Degree of homogeneity; None: not homogeneous."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, " goods"], y: Float[Array, " goods"]) -> Float[Array, ""]:
        """Credits; `x` is what came in and `y` what was made of it."""


class LinearUtility(AbstractUtility):
    """`U = u x + v y`; below 0 it is a cost of using inputs or making outputs.

    >>> LinearUtility([1.0, 2.0])(jnp.array([3.0, 1.0]), jnp.zeros(2))
    Array(5., dtype=float32)
    """

    inputs: Float[Array, " goods"] = eqx.field(converter=real)
    """Credits per unit of input."""
    outputs: Any = eqx.field(converter=real, default=0.0)
    """Credits per unit of output, a number or one for each good."""

    @property
    def degree(self) -> float:
        return 1.0

    def __call__(self, x: Float[Array, " goods"], y: Float[Array, " goods"]) -> Float[Array, ""]:
        meant_for(self, self.inputs, x)
        return jnp.sum(self.inputs * x + self.outputs * y)


class PowerUtility(AbstractUtility):
    """`U = sum_g u_g x_g^p`; below 1e-12 units along the tangent.

    >>> PowerUtility([3.0])(jnp.array([4.0]), jnp.zeros(1))
    Array(6., dtype=float32)
    """

    weights: Float[Array, " goods"] = eqx.field(converter=real)
    power: Any = eqx.field(converter=real, default=0.5)

    def __check_init__(self) -> None:
        require(lambda p: (p > 0) & (p <= 1), "PowerUtility", "power must lie in (0, 1]", self.power)

    @property
    def degree(self) -> Array:
        return self.power

    def __call__(self, x: Float[Array, " goods"], y: Float[Array, " goods"]) -> Float[Array, ""]:
        meant_for(self, self.weights, x)
        held = jnp.maximum(x, LEAST)
        slope = self.power * LEAST ** (self.power - 1)
        return jnp.sum(self.weights * (held**self.power + slope * jnp.minimum(x - LEAST, 0)))


class LogUtility(AbstractUtility):
    """`U = sum_g u_g log(1 + x_g / k_g)`.

    >>> float(LogUtility([1.0])(jnp.array([1.0]), jnp.zeros(1))) == float(jnp.log(2.0))
    True
    """

    weights: Float[Array, " goods"] = eqx.field(converter=real)
    knee: Any = eqx.field(converter=real, default=1.0)
    """Units at which a further unit is worth half of the first."""

    def __check_init__(self) -> None:
        require(lambda k: k > 0, "LogUtility", "knee must be above 0", self.knee)

    @property
    def degree(self) -> None:
        return None

    def __call__(self, x: Float[Array, " goods"], y: Float[Array, " goods"]) -> Float[Array, ""]:
        meant_for(self, self.weights, x)
        return jnp.sum(self.weights * jnp.log1p(x / self.knee))


class NeuralUtility(AbstractUtility):
    """Any differentiable function of inputs and outputs: an Equinox module or a plain function.

    >>> NeuralUtility(lambda x, y: -jnp.sum((x - 1) ** 2))(jnp.ones(2), jnp.ones(2))
    Array(-0., dtype=float32)
    """

    function: Callable[[Array, Array], Array]

    @property
    def degree(self) -> None:
        return None

    def __call__(self, x: Float[Array, " goods"], y: Float[Array, " goods"]) -> Float[Array, ""]:
        return self.function(x, y)
