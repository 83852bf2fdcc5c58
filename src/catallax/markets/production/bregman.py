"""Convex functions on the simplex: proper scores, divergences and mirror steps, one family each."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

__all__ = ["AbstractBregman", "Log", "Quadratic", "Spherical", "Tsallis"]

Distribution = Float[Array, " outcomes"]


class AbstractBregman(eqx.Module):
    """A convex function `G` of distributions.

    ```
    cross       G(p, q) = G(q) + grad G(q) (p - q)        score  S(x, q) = G(delta_x, q)
    divergence  D(p || q) = G(p) - G(p, q) >= 0            step   grad G(x') = grad G(x) + eta g + a constant
    ```
    The score is proper: if outcomes come from `p`, no report has a higher mean score than `p` itself.

    Source: Savage (1971); Gneiting and Raftery (2007).
    """

    @abc.abstractmethod
    def value(self, p: Distribution) -> Float[Array, ""]:
        """`G(p)`."""

    @abc.abstractmethod
    def step(self, p: Distribution, gradient: Distribution, rate: float | Float[Array, ""]) -> Distribution:
        """The distribution that maximises `rate gradient p' - D(p' || p)`."""

    def gradient(self, p: Distribution) -> Distribution:
        """`grad G(p)`, the mirror map."""
        return jax.grad(self.value)(p)

    def cross(self, p: Distribution, q: Distribution) -> Float[Array, ""]:
        """Mean score of the report `q` where outcomes come from `p`."""
        return self.value(q) + jnp.sum(self.gradient(q) * (p - q))

    def score(self, outcome: Int[Array, ""] | int, q: Distribution) -> Float[Array, ""]:
        """What the report `q` earns when the outcome is known."""
        return self.cross(jax.nn.one_hot(outcome, q.shape[0], dtype=q.dtype), q)

    def divergence(self, p: Distribution, q: Distribution) -> Float[Array, ""]:
        """`D(p || q)`: what a wrong report loses on average."""
        return self.value(p) - self.cross(p, q)


class Log(AbstractBregman):
    """`G = sum p log p`: the logarithmic score, Kullback and Leibler's divergence, multiplicative weights.

    >>> [round(float(p), 3) for p in Log().step(jnp.array([0.5, 0.5]), jnp.log(jnp.array([3.0, 1.0])), 1.0)]
    [0.75, 0.25]
    """

    def value(self, p: Distribution) -> Float[Array, ""]:
        return jnp.sum(jnp.where(p > 0, p * jnp.log(jnp.where(p > 0, p, 1.0)), 0.0))

    def gradient(self, p: Distribution) -> Distribution:
        """`log p + 1`."""
        return jnp.log(p) + 1

    def cross(self, p: Distribution, q: Distribution) -> Float[Array, ""]:
        """`sum p log q`, also where a report is 0 and nothing of it happens."""
        return jnp.sum(jnp.where(p > 0, p * jnp.log(q), 0.0))

    def step(self, p: Distribution, gradient: Distribution, rate: float | Float[Array, ""]) -> Distribution:
        """`p exp(rate g) / Z`."""
        return jax.nn.softmax(jnp.log(p) + rate * gradient)


class Quadratic(AbstractBregman):
    """`G = |p|^2 - 1`: the score of Brier, squared distance, the projected gradient (of half the rate).

    The cross term is `2 p q - |q|^2 - 1`.
    """

    def value(self, p: Distribution) -> Float[Array, ""]:
        return jnp.sum(p**2) - 1

    def step(self, p: Distribution, gradient: Distribution, rate: float | Float[Array, ""]) -> Distribution:
        """The point of the simplex next to `p + rate g / 2`."""
        values = p + rate * gradient / 2
        falling = jnp.sort(values)[::-1]
        level = (jnp.cumsum(falling) - 1) / jnp.arange(1, values.shape[0] + 1)
        last = jnp.sum(falling > level) - 1
        return jnp.maximum(values - level[last], 0.0)


class Spherical(AbstractBregman):
    """`G = |p|`: the spherical score, `S(x, q) = q_x / |q|`."""

    def value(self, p: Distribution) -> Float[Array, ""]:
        return jnp.linalg.norm(p)

    def step(self, p: Distribution, gradient: Distribution, rate: float | Float[Array, ""]) -> Distribution:
        """The direction `u = p / |p| + rate g - nu`, of length 1, is stretched until it adds up to 1; within the simplex alone."""
        up = p / jnp.linalg.norm(p) + rate * gradient
        n, mean = up.shape[0], jnp.mean(up)
        # |up - nu| = 1 has two solutions; the smaller nu leaves all entries as positive as can be
        room = jnp.maximum((1 - jnp.sum((up - mean) ** 2)) / n, 0.0)
        direction = jnp.maximum(up - mean + jnp.sqrt(room), 0.0)
        return direction / jnp.sum(direction)


class Tsallis(AbstractBregman):
    """`G = (sum p^q - 1) / (q - 1)`, towards `Log` as `q` tends to 1."""

    q: float = 1.5

    def __check_init__(self) -> None:
        if not 1 < self.q <= 2:
            raise ValueError(f"Tsallis: q must lie in (1, 2], got {self.q}.")

    def value(self, p: Distribution) -> Float[Array, ""]:
        return (jnp.sum(p**self.q) - 1) / (self.q - 1)

    def step(self, p: Distribution, gradient: Distribution, rate: float | Float[Array, ""]) -> Distribution:
        """`p'^(q - 1) = max(0, p^(q - 1) + (q - 1) (rate g - nu) / q)`, `nu` by bisection."""
        power = self.q - 1
        up = p**power + power / self.q * rate * gradient

        def total(level: Array) -> Distribution:
            return jnp.maximum(up - level, 0.0) ** (1 / power)

        def halve(_: Array, bounds: tuple[Array, Array]) -> tuple[Array, Array]:
            middle = (bounds[0] + bounds[1]) / 2
            high = jnp.sum(total(middle)) > 1
            return jnp.where(high, middle, bounds[0]), jnp.where(high, bounds[1], middle)

        low, _ = jax.lax.fori_loop(0, 100, halve, (jnp.max(up) - 1, jnp.max(up)))
        found = total(low)
        return found / jnp.sum(found)
