"""Random keys, split by purpose so that adding a draw does not reshuffle the others."""

from __future__ import annotations

import zlib

import jax
from jaxtyping import Array, Key


def as_key(key: Key[Array, ""] | int) -> Key[Array, ""]:
    """The key itself, or `jax.random.key(number)`.

    >>> bool((jax.random.key_data(as_key(3)) == jax.random.key_data(jax.random.key(3))).all())
    True
    """
    return jax.random.key(key) if isinstance(key, int) else key


def split_by(key: Key[Array, ""], *purposes: str) -> tuple[Key[Array, ""], ...]:
    """One key for each named purpose: `fold_in(key, crc32(purpose))`.

    Args:
        key: consumed.
        purposes: names; the key of a name does not depend on the other names.

    Returns:
        Keys in the order of the names.

    >>> a, b = split_by(jax.random.key(0), "auction", "world")
    >>> (c,) = split_by(jax.random.key(0), "world")
    >>> bool((jax.random.key_data(b) == jax.random.key_data(c)).all())
    True
    """
    return tuple(jax.random.fold_in(key, zlib.crc32(name.encode()) & 0x7FFFFFFF) for name in purposes)
