"""One choice for everything that a row of a batch holds."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool


def choose(mask: Bool[Array, "*batch"], new: Array, old: Array) -> Array:
    """`new` where the mask holds, `old` elsewhere, over the leading axes that the mask has.

    Args:
        mask: where to take the new, axes `[*batch]`.

    >>> import jax.numpy as jnp
    >>> choose(jnp.asarray([True, False]), jnp.ones((2, 3)), jnp.zeros((2, 3))).sum(axis=1).tolist()
    [3.0, 0.0]
    """
    return jnp.where(mask.reshape(mask.shape + (1,) * (new.ndim - mask.ndim)), new, old)
