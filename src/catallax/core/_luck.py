"""Numbers out of random words, for loops that draw all their words beforehand."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, UInt32


def uniform(word: UInt32[Array, "*draws"]) -> Float[Array, "*draws"]:
    """A number in [0, 1) from the upper 24 of 32 random bits, as many as a `float32` holds.

    Args:
        word: random words of 32 bits, axes `[*draws]`.
    """
    return (word >> 8).astype(jnp.float32) * jnp.float32(2.0**-24)


def whole(
    word: UInt32[Array, "*draws"], low: Int[Array, "*#draws"] | int, high: Int[Array, "*#draws"] | int
) -> Int[Array, "*draws"]:
    """A whole number from `low … high`, each as likely as the others up to one part in `2**24 / (high - low + 1)`.

    Args:
        word: random words of 32 bits, axes `[*draws]`.
        low: least number, axes `[*draws]` or one for all.
        high: largest number, likewise.

    >>> [int(whole(jnp.uint32(word), 1, 6)) for word in (0, 2**31, 2**32 - 1)]
    [1, 4, 6]
    """
    return low + jnp.floor(uniform(word) * (high - low + 1)).astype(jnp.int32)
