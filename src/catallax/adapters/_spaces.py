"""Spaces and their members, from Gymnasium and gymnax and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from catallax.adapters._extras import need
from catallax.core import Bits, Box, Discrete, Record, Space


def from_space(space: Any) -> Space:
    """The catallax space of a Gymnasium or gymnax one.

    `Discrete` (counted from 0 whatever its `start`), `Box` of any shape and number
    (carried as `float32`; bounds that differ by coordinate become the widest) and
    `MultiBinary` in one dimension (carried as `Bits`).

    Args:
        space: `gymnasium.spaces.Space` or `gymnax.environments.spaces.Space`.

    Raises:
        TypeError: for any other kind of space.

    >>> import gymnasium
    >>> from_space(gymnasium.spaces.Discrete(4))
    Discrete(n=4)
    """
    # by name: gymnax has classes of its own, and this room does not import both
    kind = type(space).__name__
    if kind == "Discrete":
        return Discrete(int(space.n))
    if kind == "Box":
        return Box(tuple(int(n) for n in space.shape), float(np.min(space.low)), float(np.max(space.high)))
    if kind == "MultiBinary" and len(space.shape) == 1:
        return Bits(int(space.shape[0]))
    raise TypeError(
        f"from_space: no catallax space for {space}; expected Discrete, Box or a MultiBinary in one dimension. "
        "Wrap the environment (gymnasium.wrappers.FlattenObservation, or a wrapper that numbers the actions)."
    )


def to_space(space: Space) -> Any:
    """The Gymnasium space of a catallax one: `Discrete`, `Box` of `float32`, `MultiBinary` for `Bits`.

    >>> to_space(Box((2,), 0.0, 1.0))
    Box(0.0, 1.0, (2,), float32)
    """
    spaces = need("gymnasium.spaces")
    if isinstance(space, Discrete):
        return spaces.Discrete(space.n)
    if isinstance(space, Bits):
        return spaces.MultiBinary(space.n)
    if isinstance(space, Record):
        return spaces.Tuple([to_space(part) for part in space.parts])
    return spaces.Box(space.low, space.high, space.shape, np.float32)


def from_member(space: Any, value: Any) -> Any:
    """An element of a Gymnasium space as catallax carries it (NumPy)."""
    kind = type(space).__name__
    if kind == "Discrete":
        return np.int32(int(value) - int(space.start))
    if kind == "MultiBinary":
        return _to_words(np.asarray(value))
    return np.asarray(value, np.float32)


def to_member(space: Any, value: Any) -> Any:
    """An element of a Gymnasium space from what catallax carries."""
    kind = type(space).__name__
    if kind == "Discrete":
        return int(value) + int(space.start)
    if kind == "MultiBinary":
        return _to_bits(np.asarray(value), space.shape[0])
    if kind == "Tuple":
        return tuple(to_member(part, piece) for part, piece in zip(space.spaces, value, strict=True))
    return np.asarray(value).reshape(space.shape).astype(space.dtype)


def _to_words(bits: np.ndarray) -> np.ndarray:
    padded = np.zeros(32 * -(-bits.size // 32), np.uint8)
    padded[: bits.size] = bits
    return np.packbits(padded, bitorder="little").view("<u4").astype(np.uint32)


def _to_bits(words: np.ndarray, n: int) -> np.ndarray:
    whole = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return whole[:n].astype(np.int8)
