"""What a good is worth to a firm: the same whatever it sees, or more for some inputs than for others."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


class ConstantValue(eqx.Module):
    """The same for every input, as in Theorem 3.1.

    >>> float(ConstantValue(2.0)(jnp.zeros(3)))
    2.0
    """

    amount: Float[Array, ""] | float
    """Credits; negative: no bid."""

    def __call__(self, goods: Float[Array, "*shape"]) -> Float[Array, ""]:
        """Credits."""
        return jnp.asarray(self.amount, jnp.float32)


class LinearValue(eqx.Module):
    """`max(w . h + c, 0)`: the firm wants some inputs more than others, so that the path depends on the input.

    >>> float(LinearValue(jnp.asarray([1.0, -1.0]), 0.5)(jnp.asarray([2.0, 1.0])))
    1.5
    """

    weight: Float[Array, " inputs"]
    """Credits per unit of each activation."""
    offset: Float[Array, ""] | float
    """Credits."""

    def __call__(self, goods: Float[Array, " inputs"]) -> Float[Array, ""]:
        """Credits, at least 0."""
        return jnp.maximum(self.weight @ goods + self.offset, 0.0).astype(jnp.float32)
