"""What bundles of divisible goods are worth: the usual concave classes and any concave function."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from catallax.core import AbstractValuation

__all__ = [
    "AbstractHomogeneous",
    "AbstractSmooth",
    "CES",
    "CobbDouglas",
    "Concave",
    "Diminishing",
    "Leontief",
    "Linear",
    "Separable",
]


def _weights(part: str, weights: Any, *, positive: bool) -> None:
    """Weights are two-dimensional, finite and of one sign, as far as they are known."""
    if isinstance(weights, Tracer) or not eqx.is_array_like(weights):
        return
    array = np.asarray(weights)  # not of JAX, which would trace known numbers too inside a transformation
    if array.ndim < 2:
        raise ValueError(f"{part}: expected weights with the axes agents and goods, got shape {array.shape}.")
    if not (array.min(initial=0) >= 0 and array.max(initial=0) < np.inf):  # NaN is neither; nothing is copied
        raise ValueError(
            f"{part}: weights must be finite and at least 0 credits; a bad is no good with a price below 0."
        )
    if positive and not bool(np.all(np.sum(array, -1) > 0)):
        raise ValueError(f"{part}: every agent must want some good; leave agents out whose weights are all 0.")


class AbstractHomogeneous(AbstractValuation):
    """Concave, and worth twice as much where there is twice as much: `v(c x) = c v(x)`."""

    weights: eqx.AbstractVar[Float[Array, "agents goods"]]

    @property
    def shape(self) -> tuple[int, int]:
        agents, goods = self.weights.shape[-2:]
        return agents, goods

    @abc.abstractmethod
    def unit_cost(self, prices: Float[Array, " goods"]) -> Float[Array, " agents"]:
        """The cheapest way to a credit of value, `e_a(p) = min {p x : v_a(x) >= 1}`; concave in the prices."""


class AbstractSmooth(AbstractHomogeneous):
    """Homogeneous with a constant elasticity of substitution `s`, so that the unit cost is a smooth function of the prices."""

    @abc.abstractmethod
    def substitution(self) -> Float[Array, " agents"]:
        """The elasticity of each agent; 0: fixed proportions, 1: fixed shares of the money."""

    @abc.abstractmethod
    def unit_demand(self, prices: Float[Array, " goods"]) -> Float[Array, "agents goods"]:
        """Units that the cheapest way to a credit of value takes: the gradient of the unit cost (Shephard's lemma)."""


class Linear(AbstractHomogeneous):
    """Goods are substitutes: `v_a(x) = sum_j V_aj x_j`.

    >>> import jax.numpy as jnp
    >>> Linear(jnp.array([[2.0, 1.0]])).value(jnp.array([[1.0, 3.0]]))
    Array([5.], dtype=float32)
    """

    weights: Float[Array, "agents goods"]
    """Credits per unit."""

    def __check_init__(self) -> None:
        _weights("Linear", self.weights, positive=False)

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        return jnp.sum(self.weights * bundles, -1)

    def unit_cost(self, prices: Float[Array, " goods"]) -> Float[Array, " agents"]:
        return jnp.min(_where_wanted(self.weights, prices[None, :]), -1)


class Leontief(AbstractSmooth):
    """Goods are used in fixed proportions: `v_a(x) = min_j x_j / A_aj` over the goods with `A_aj > 0`.

    >>> import jax.numpy as jnp
    >>> Leontief(jnp.array([[2.0, 1.0]])).value(jnp.array([[1.0, 3.0]]))
    Array([0.5], dtype=float32)
    """

    weights: Float[Array, "agents goods"]
    """Units of each good that a credit of value takes."""

    def __check_init__(self) -> None:
        _weights("Leontief", self.weights, positive=True)

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        return jnp.min(_where_wanted(self.weights, bundles), -1)

    def unit_cost(self, prices: Float[Array, " goods"]) -> Float[Array, " agents"]:
        return self.weights @ prices

    def substitution(self) -> Float[Array, " agents"]:
        return jnp.zeros(self.shape[0])

    def unit_demand(self, prices: Float[Array, " goods"]) -> Float[Array, "agents goods"]:
        return self.weights


class CobbDouglas(AbstractSmooth):
    """A fixed share of the money goes to each good: `v_a(x) = c_a prod_j (x_j / A_aj)^A_aj`, the shares `A` adding up to 1.

    So `e_a(p) = prod_j p_j^A_aj / c_a`.

    >>> import jax.numpy as jnp
    >>> CobbDouglas(jnp.array([[1.0, 1.0]])).value(jnp.array([[1.0, 4.0]]))
    Array([4.], dtype=float32)
    """

    weights: Float[Array, "agents goods"]
    """In proportion to the shares of money."""
    scale: Any = 1.0
    """Credits, a number or one for each agent."""

    def __check_init__(self) -> None:
        _weights("CobbDouglas", self.weights, positive=True)

    @property
    def shares(self) -> Float[Array, "agents goods"]:
        """The weights, scaled to add up to 1."""
        return self.weights / jnp.sum(self.weights, -1, keepdims=True)

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        return self.scale * jnp.exp(
            jnp.sum(_xlogy(self.shares, bundles / jnp.where(self.weights > 0, self.shares, 1.0)), -1)
        )

    def unit_cost(self, prices: Float[Array, " goods"]) -> Float[Array, " agents"]:
        return jnp.exp(jnp.sum(_xlogy(self.shares, prices[None, :]), -1)) / self.scale

    def substitution(self) -> Float[Array, " agents"]:
        return jnp.ones(self.shape[0])

    def unit_demand(self, prices: Float[Array, " goods"]) -> Float[Array, "agents goods"]:
        return self.shares * self.unit_cost(prices)[:, None] / prices[None, :]


class CES(AbstractSmooth):
    """Constant elasticity of substitution `s`: `v_a(x) = (sum_j A_aj^(1/s) x_j^((s-1)/s))^(s/(s-1))`.

    `e_a(p) = (sum_j A_aj p_j^(1-s))^(1/(1-s))`; substitutes where `s > 1`, complements where `s < 1`; towards
    `s = 0`, 1 and infinity lie `Leontief`, `CobbDouglas` and `Linear`.

    >>> import jax.numpy as jnp
    >>> CES(jnp.array([[1.0, 1.0]]), 2.0).value(jnp.array([[1.0, 4.0]]))
    Array([9.], dtype=float32)
    """

    weights: Float[Array, "agents goods"]
    elasticity: Any = 2.0
    """A number, or one for each agent."""

    def __check_init__(self) -> None:
        _weights("CES", self.weights, positive=True)
        known = not isinstance(self.elasticity, Tracer) and eqx.is_array_like(self.elasticity)
        if known and not np.all((np.asarray(self.elasticity) > 0) & (np.asarray(self.elasticity) != 1)):
            raise ValueError(
                f"CES: elasticity must be above 0 and not 1, got {self.elasticity}; at 1 it is CobbDouglas, at 0 Leontief."
            )

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        s = self.substitution()
        return _power_sum(self.weights, 1 / s, bundles, (s - 1) / s)

    def unit_cost(self, prices: Float[Array, " goods"]) -> Float[Array, " agents"]:
        s = self.substitution()
        return _power_sum(self.weights, jnp.ones_like(s), prices[None, :], 1 - s)

    def substitution(self) -> Float[Array, " agents"]:
        return jnp.broadcast_to(jnp.asarray(self.elasticity, self.weights.dtype), self.weights.shape[:1])

    def unit_demand(self, prices: Float[Array, " goods"]) -> Float[Array, "agents goods"]:
        return self.weights * (self.unit_cost(prices)[:, None] / prices[None, :]) ** self.substitution()[:, None]


class Diminishing(AbstractValuation):
    """Diminishing returns to the whole bundle: `v_a(x) = c_a h_a(x)^r` with `h` homogeneous and `0 < r < 1`.

    >>> import jax.numpy as jnp
    >>> Diminishing(Leontief(jnp.array([[2.0, 1.0]])), 0.5).value(jnp.array([[8.0, 9.0]]))
    Array([2.], dtype=float32)
    """

    inner: AbstractSmooth
    """What is homogeneous: `CES`, `CobbDouglas` or `Leontief`."""
    exponent: Any = 0.5
    """`r`, a number or one for each agent."""
    scale: Any = 1.0
    """Credits, a number or one for each agent."""

    def __check_init__(self) -> None:
        known = not isinstance(self.exponent, Tracer) and eqx.is_array_like(self.exponent)
        if known and not np.all((np.asarray(self.exponent) > 0) & (np.asarray(self.exponent) < 1)):
            raise ValueError(
                f"Diminishing: exponent must be between 0 and 1, got {self.exponent}; at 1 it is what is inside."
            )

    @property
    def shape(self) -> tuple[int, int]:
        return self.inner.shape

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        return self.worth(self.inner.value(bundles))

    def worth(self, level: Float[Array, " agents"]) -> Float[Array, " agents"]:
        """Credits that a level of the aggregate `h` is worth."""
        return self.scale * level**self.exponent

    def free(self, unit_cost: Float[Array, " agents"]) -> Float[Array, " agents"]:
        """The level at which a little more is worth what it costs."""
        return (self.exponent * self.scale / unit_cost) ** (1 / (1 - self.exponent))

    def reach(self, worth: Float[Array, " agents"]) -> Float[Array, " agents"]:
        """The level that is worth so many credits."""
        return (worth / self.scale) ** (1 / self.exponent)


class Separable(AbstractValuation):
    """Goods neither help nor replace each other: `v_a(x) = sum_j f(theta_aj, x_j)`, each term concave and increasing.

    >>> import jax.numpy as jnp
    >>> Separable(lambda scale, x: scale * jnp.sqrt(x), jnp.array([[1.0, 2.0]])).value(jnp.array([[4.0, 9.0]]))
    Array([8.], dtype=float32)
    """

    function: Callable[[Any, Float[Array, ""]], Float[Array, ""]] = eqx.field(static=True)
    parameters: Any
    """A pytree with the leading axes `agents` and `goods`."""

    @property
    def shape(self) -> tuple[int, int]:
        agents, goods = jax.tree.leaves(self.parameters)[0].shape[:2]
        return agents, goods

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        return jnp.sum(jax.vmap(jax.vmap(self.function))(self.parameters, bundles), -1)


class Concave(AbstractValuation):
    """Any concave, increasing, differentiable function of one bundle: `v_a(x) = f(theta_a, x)`.

    >>> import jax.numpy as jnp
    >>> root = Concave(lambda scale, x: scale * jnp.sum(jnp.sqrt(x)), jnp.array([1.0, 2.0]), goods=2)
    >>> root.value(jnp.ones((2, 2)))
    Array([2., 4.], dtype=float32)
    """

    function: Callable[[Any, Float[Array, " goods"]], Float[Array, ""]] = eqx.field(static=True)
    parameters: Any
    """A pytree with the leading axis `agents`."""
    goods: int = eqx.field(static=True)

    @property
    def shape(self) -> tuple[int, int]:
        return jax.tree.leaves(self.parameters)[0].shape[0], self.goods

    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        return jax.vmap(self.function)(self.parameters, bundles)


def _power_sum(weights: Array, outer: Array, x: Array, power: Array) -> Array:
    """`(sum_j A_j^outer x_j^power)^(1/power)` over the goods with a weight, in logarithms, since powers may be huge."""
    wanted = weights > 0
    logs = [jnp.log(jnp.where(wanted, array, 1.0)) for array in (weights, x)]
    terms = outer[:, None] * logs[0] + power[:, None] * logs[1]
    return jnp.exp(jax.nn.logsumexp(terms, axis=1, where=wanted) / power)


def _where_wanted(weights: Array, x: Array) -> Array:
    """`x / weights`, and infinite where the weight is 0."""
    return jnp.where(weights > 0, x / jnp.where(weights > 0, weights, 1.0), jnp.inf)


def _xlogy(weights: Array, x: Array) -> Array:
    """`weights log x`, and 0 where the weight is."""
    return jnp.where(weights > 0, weights * jnp.log(jnp.where(weights > 0, x, 1.0)), 0.0)
