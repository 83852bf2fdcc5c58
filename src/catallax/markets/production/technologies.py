"""What a node makes of its inputs: `y = f(x)`, bundles of goods in, bundles of goods out."""

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

__all__ = [
    "AbstractTechnology",
    "CES",
    "CobbDouglas",
    "Leontief",
    "Linear",
    "Neural",
    "PassThrough",
    "ReLULinear",
    "SmoothLeontief",
]


def real(values: Any) -> Array:
    """An array of the default real type."""
    return jnp.asarray(values, float)


def known(values: Any) -> bool:
    """Whether the numbers can be looked at: not while a program is being traced."""
    return not isinstance(values, Tracer)


def require(holds: Callable[..., Any], part: str, clause: str, *values: Any) -> None:
    """Raise a `ValueError` that names the part unless the clause holds for all of the numbers; traced ones pass."""
    if all(known(value) for value in values) and not np.all(holds(*(np.asarray(value) for value in values))):
        raise ValueError(f"{part}: {clause}.")


def meant_for(part: Any, table: Array, x: Array) -> None:
    """Refuse numbers for one good where there are several: NumPy would repeat them in silence."""
    if table.shape[-1] != x.shape[-1]:
        raise ValueError(f"{type(part).__name__}: has numbers for {table.shape[-1]} goods, bundles have {x.shape[-1]}.")


class AbstractTechnology(eqx.Module):
    """A production function; nodes that share one are stacked and mapped over."""

    @property
    @abc.abstractmethod
    def degree(self) -> Any:
        """Degree of homogeneity, `f(c x) = c^degree f(x)`: a number, or one for each output; None: not homogeneous."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        """Units made of the units `x`."""


class PassThrough(AbstractTechnology):
    """What comes in goes out: `y = x`; resources, shops, and nodes that only route."""

    @property
    def degree(self) -> float:
        return 1.0

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        return x


class Linear(AbstractTechnology):
    """`y = M x`.

    >>> Linear([[0.0, 0.0], [2.0, 0.0]])(jnp.array([3.0, 1.0]))
    Array([0., 6.], dtype=float32)
    """

    matrix: Float[Array, "outputs inputs"] = eqx.field(converter=real)
    """Units of output per unit of input."""

    @property
    def degree(self) -> float:
        return 1.0

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        return self.matrix @ x


class ReLULinear(AbstractTechnology):
    """`y = max(0, M x)`: a layer of a network without biases (these are a good of their own, see `from_mlp`).

    >>> ReLULinear([[1.0, -1.0], [-1.0, 1.0]])(jnp.array([3.0, 1.0]))
    Array([2., 0.], dtype=float32)
    """

    matrix: Float[Array, "outputs inputs"] = eqx.field(converter=real)

    @property
    def degree(self) -> float:
        return 1.0

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        return jax.nn.relu(self.matrix @ x)


class CobbDouglas(AbstractTechnology):
    """`y_g = A_g prod_h x_h^E_gh`; without one of the inputs it needs a firm makes nothing.

    There the marginal product is taken as 0: an input that nobody delivers has no price.

    >>> CobbDouglas([0.0, 2.0], [[0.0, 0.0], [0.5, 0.5]])(jnp.array([4.0, 1.0]))
    Array([0., 4.], dtype=float32)
    """

    scale: Float[Array, " outputs"] = eqx.field(converter=real)
    exponents: Float[Array, "outputs inputs"] = eqx.field(converter=real)

    def __check_init__(self) -> None:
        require(lambda e: e >= 0, "CobbDouglas", "exponents must be at least 0", self.exponents)
        gift = "an output with a scale needs an input; use an endowment for gifts"
        require(lambda a, e: (a == 0) | (e.sum(-1) > 0), "CobbDouglas", gift, self.scale, self.exponents)

    @property
    def degree(self) -> Array:
        return jnp.sum(self.exponents, -1)

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        meant_for(self, self.exponents, x)
        there = (x > 0)[None, :]
        needed = self.exponents > 0
        logs = jnp.where(there, jnp.log(jnp.where(there, x[None, :], 1.0)), 0.0)
        made = self.scale * jnp.exp(jnp.sum(self.exponents * logs, -1))
        return jnp.where(jnp.all(there | ~needed, -1), made, 0.0)


class CES(AbstractTechnology):
    """Constant elasticity of substitution `s`: `y_g = A_g (sum_h W_gh x_h^rho)^(k / rho)`, `rho = (s - 1) / s`.

    Below `s = 1` every weighted input is needed. Where an input is missing its marginal product is taken as 0.

    >>> CES([0.0, 1.0], [[0.0, 0.0], [1.0, 1.0]], elasticity=2.0)(jnp.array([4.0, 1.0]))
    Array([0., 9.], dtype=float32)
    """

    scale: Float[Array, " outputs"] = eqx.field(converter=real)
    weights: Float[Array, "outputs inputs"] = eqx.field(converter=real)
    elasticity: Any = eqx.field(converter=real, default=2.0)
    """`s`, above 0 and not 1."""
    returns: Any = eqx.field(converter=real, default=1.0)
    """`k`: twice the inputs make `2^k` times the output."""

    def __check_init__(self) -> None:
        require(lambda w: w >= 0, "CES", "weights must be at least 0", self.weights)
        limits = "elasticity must be above 0 and not 1; at 1 it is CobbDouglas, at 0 Leontief"
        require(lambda e: (e > 0) & (e != 1), "CES", limits, self.elasticity)

    @property
    def degree(self) -> Array:
        return self.returns

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        meant_for(self, self.weights, x)
        rho = (self.elasticity - 1) / self.elasticity
        wanted = self.weights > 0
        there = wanted & (x > 0)[None, :]
        works = jnp.where(rho < 0, jnp.all(there | ~wanted, -1), jnp.any(there, -1)) & jnp.any(wanted, -1)
        logs = rho * jnp.log(jnp.where(there, x[None, :], 1.0)) + jnp.log(jnp.where(wanted, self.weights, 1.0))
        # where nothing is made the sum runs over something harmless, or its logarithm spoils the gradients
        logs = jnp.where(works[:, None], logs, 0.0)
        total = jax.nn.logsumexp(logs, axis=-1, where=there | ~works[:, None])
        made = self.scale * jnp.exp(self.returns / rho * total)
        return jnp.where(works, made, 0.0)


class Leontief(AbstractTechnology):
    """A technique with fixed proportions: `y = outputs * min_h x_h / needs_h`.

    At the kink, where two inputs run out together, it has no derivative: prices there are those of one side or a mixture.

    >>> Leontief(needs=[2.0, 1.0, 0.0], outputs=[0.0, 0.0, 3.0])(jnp.array([2.0, 5.0, 0.0]))
    Array([0., 0., 3.], dtype=float32)
    """

    needs: Float[Array, " goods"] = eqx.field(converter=real)
    """Units of each input per unit of activity."""
    outputs: Float[Array, " goods"] = eqx.field(converter=real)
    """Units of each output per unit of activity."""

    def __check_init__(self) -> None:
        _technique("Leontief", self.needs)

    @property
    def degree(self) -> float:
        return 1.0

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        meant_for(self, self.needs, x)
        return self.outputs * jnp.min(_activities(self.needs, x))


class SmoothLeontief(AbstractTechnology):
    """`Leontief` with a smooth minimum, `(sum_h (x_h / needs_h)^-p)^(-1/p)`: a CES function of elasticity `1 / (1 + p)`.

    >>> SmoothLeontief([2.0, 1.0], [0.0, 1.0], sharpness=100.0)(jnp.array([2.0, 5.0]))
    Array([0., 1.], dtype=float32)
    """

    needs: Float[Array, " goods"] = eqx.field(converter=real)
    outputs: Float[Array, " goods"] = eqx.field(converter=real)
    sharpness: Any = eqx.field(converter=real, default=10.0)
    """`p`; the larger, the closer to the kink."""

    def __check_init__(self) -> None:
        _technique("SmoothLeontief", self.needs)
        require(lambda p: p > 0, "SmoothLeontief", "sharpness must be above 0", self.sharpness)

    @property
    def degree(self) -> float:
        return 1.0

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        meant_for(self, self.needs, x)
        needed = self.needs > 0
        works = jnp.all((x > 0) | ~needed)
        logs = jnp.log(jnp.where(needed & works, x, 1.0)) - jnp.log(jnp.where(needed, self.needs, 1.0))
        least = -jax.nn.logsumexp(-self.sharpness * logs, where=needed) / self.sharpness
        return jnp.where(works, self.outputs * jnp.exp(least), 0.0)


class Neural(AbstractTechnology):
    """Any differentiable map of bundles: an Equinox module, whose arrays are the firm's own parameters, or a plain function.

    Nodes are stacked where their modules differ in numbers alone.

    >>> Neural(jnp.tanh)(jnp.zeros(2))
    Array([0., 0.], dtype=float32)
    """

    network: Callable[[Array], Array]

    @property
    def degree(self) -> None:
        return None

    def __call__(self, x: Float[Array, " goods"]) -> Float[Array, " goods"]:
        return self.network(x)


def _technique(part: str, needs: Array) -> None:
    require(lambda n: n >= 0, part, "needs must be at least 0", needs)
    require(lambda n: (n > 0).any(-1), part, "at least one input must be needed; use an endowment for gifts", needs)


def _activities(needs: Array, x: Array) -> Array:
    """How much of the activity each input allows."""
    return jnp.where(needs > 0, x / jnp.where(needs > 0, needs, 1.0), jnp.inf)
