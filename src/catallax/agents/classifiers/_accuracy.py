"""How a rule's error becomes its accuracy."""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


class AbstractAccuracy(eqx.Module):
    """Accuracy 1 below the tolerated error, less above it."""

    tolerance: eqx.AbstractVar[float]
    """Error below which a rule counts as accurate, in units of reward; 1 % of the payoff range is usual."""

    def accurate(self, error: Float[Array, "*rows"]) -> Bool[Array, "*rows"]:
        """Whether the error is tolerated."""
        return error < self.tolerance

    def accuracy(self, error: Float[Array, "*rows"]) -> Float[Array, "*rows"]:
        """Between 0 and 1.

        Args:
            error: mean absolute errors, in units of reward.
        """
        return jnp.exp2(self.logarithm(error))

    def logarithm(self, error: Float[Array, "*rows"]) -> Float[Array, "*rows"]:
        """The accuracy to base 2, at most 0: far from the tolerance the accuracy itself is no `float32` any more.

        Args:
            error: mean absolute errors, in units of reward.
        """
        return jnp.where(self.accurate(error), 0.0, self.beyond(error))

    @abc.abstractmethod
    def beyond(self, error: Float[Array, "*rows"]) -> Float[Array, "*rows"]:
        """The logarithm, to base 2, of the accuracy of a rule that is not accurate."""


class PowerLaw(AbstractAccuracy):
    """`kappa = alpha (eps / eps0) ** -nu` where `eps >= eps0`, else 1.

    Source: Butz and Wilson (2001).

    >>> [round(float(k), 4) for k in PowerLaw().accuracy(jnp.array([5.0, 10.0, 20.0]))]
    [1.0, 0.1, 0.0031]
    """

    tolerance: float = 10.0
    scale: float = 0.1
    """`alpha`: accuracy just above the tolerance."""
    power: float = 5.0
    """`nu`."""

    def __check_init__(self) -> None:
        _check("PowerLaw", self.tolerance, self.scale)
        if isinstance(self.power, float | int) and not self.power >= 0:
            raise ValueError(f"PowerLaw: power must be >= 0, got {self.power}.")

    def beyond(self, error: Float[Array, "*rows"]) -> Float[Array, "*rows"]:
        """See the class."""
        ratio = jnp.maximum(error / self.tolerance, 1.0)
        return jnp.log2(self.scale) - self.power * jnp.log2(ratio)


class Exponential(AbstractAccuracy):
    """`kappa = exp(ln(alpha) (eps - eps0) / eps0)` where `eps >= eps0`, else 1.

    Source: Wilson (1995).

    >>> [round(float(k), 4) for k in Exponential().accuracy(jnp.array([5.0, 10.0, 20.0]))]
    [1.0, 1.0, 0.1]
    """

    tolerance: float = 10.0
    scale: float = 0.1
    """`alpha`: accuracy at twice the tolerance."""

    def __check_init__(self) -> None:
        _check("Exponential", self.tolerance, self.scale)

    def beyond(self, error: Float[Array, "*rows"]) -> Float[Array, "*rows"]:
        """See the class."""
        excess = jnp.maximum(error / self.tolerance - 1.0, 0.0)
        return jnp.log2(self.scale) * excess


def _check(part: str, tolerance: object, scale: object) -> None:
    if isinstance(tolerance, float | int) and not tolerance > 0:
        raise ValueError(f"{part}: tolerance must be > 0 units of reward, got {tolerance}.")
    if isinstance(scale, float | int) and not 0 < scale <= 1:
        raise ValueError(f"{part}: scale must lie in (0, 1], got {scale}.")
