"""Observations as feature vectors."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from catallax.core import Bits, Box, Discrete, Space


def encoder(space: Space) -> tuple[str, int]:
    """How observations of a space become features, and how many there are."""
    if isinstance(space, Discrete):
        return "one-hot", space.n
    if isinstance(space, Bits):
        return "bits", space.n
    if isinstance(space, Box):
        return "flat", math.prod(space.shape)
    raise TypeError(
        f"expected Discrete, Bits or Box observations, got {space}; wrap the world in one that shows these."
    )


def features(encode: str, width: int, obs: PyTree) -> Float[Array, " features"]:
    """One-hot of an index, bits as 0 and 1, or a flattened array."""
    if encode == "one-hot":
        return jax.nn.one_hot(obs, width)
    if encode == "bits":
        place = jnp.arange(width)
        return ((obs[place // 32] >> (place % 32).astype(jnp.uint32)) & 1).astype(jnp.float32)
    return jnp.asarray(obs, jnp.float32).reshape(width)
