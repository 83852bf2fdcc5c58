"""What a consumer deducts from its pay for an output."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


def cross_entropy(outputs: Float[Array, " classes"], label: Int[Array, ""]) -> Float[Array, ""]:
    """`-log softmax(outputs)[label]`, nats.

    Args:
        outputs: logits, nats, axis `[classes]`.
        label: index of the right class.

    >>> round(float(cross_entropy(jnp.zeros(4), jnp.asarray(1))), 4)
    1.3863
    """
    return -jax.nn.log_softmax(outputs)[label]


def squared_error(outputs: Float[Array, "*shape"], label: Float[Array, "*shape"]) -> Float[Array, ""]:
    """`|outputs - label|^2 / 2`.

    Args:
        outputs: of any shape, in the unit of the label.
        label: of the same shape.
    """
    return 0.5 * jnp.sum((outputs - label) ** 2)
