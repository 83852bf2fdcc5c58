"""Keys whose draws melt into the loop around them: Threefry with its rounds written out."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import define_prng_impl
from jaxtyping import Array, Key, UInt32

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)


def fused(key: Key[Array, "*keys"]) -> Key[Array, "*keys"]:
    """The same key for the same draws, several times cheaper where a loop draws a few numbers at a time.

    On a CPU, JAX runs the 20 rounds of Threefry as a loop, of which each pass
    goes through memory. Written out they compile more slowly, but to one
    kernel together with what uses the number.

    Args:
        key: an ordinary key (`jax.random.key`).

    Raises:
        TypeError: for a key of another generator.

    Source: Salmon, Moraes, Dror and Shaw (2011), Threefry-2x32-20.

    >>> key = jax.random.key(7)
    >>> bool((jax.random.bits(fused(key), (3,)) == jax.random.bits(key, (3,))).all())
    True
    """
    if key.dtype == _FUSED_TYPE:
        return key
    if key.dtype != _ORDINARY_TYPE:
        raise TypeError(f"fused: expected a key of the default generator, threefry2x32, got {key.dtype}.")
    return jax.random.wrap_key_data(jax.random.key_data(key), impl=_FUSED)


def _threefry(key: UInt32[Array, " words"], high: Array, low: Array) -> tuple[Array, Array]:
    """Twenty rounds on a 64-bit counter."""
    keys = (key[0], key[1], key[0] ^ key[1] ^ _PARITY)
    x, y = high + keys[0], low + keys[1]
    for group in range(5):
        for turn in _ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << np.uint32(turn)) | (y >> np.uint32(32 - turn)))
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x, y


def _pair(x: Array, y: Array) -> Array:
    """Both words side by side; a choice is computed many at a time, a concatenation one by one."""
    return jnp.where(jnp.arange(2) == 0, x[..., None], y[..., None])


def _counters(shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Numbers of the draws as two words; fewer than 2**32 of them."""
    low = jnp.arange(int(np.prod(shape, dtype=np.int64)), dtype=jnp.uint32).reshape(shape)
    return jnp.zeros_like(low), low


def _seed(seed: Array) -> UInt32[Array, " words"]:
    return jax.random.key_data(jax.random.key(seed, impl="threefry2x32"))


def _fold_in(key: UInt32[Array, " words"], data: Any) -> UInt32[Array, " words"]:
    data = jnp.asarray(data).astype(jnp.uint32)
    return _pair(*_threefry(key, jnp.zeros_like(data), data))


def _split(key: UInt32[Array, " words"], shape: tuple[int, ...]) -> Array:
    return _pair(*_threefry(key, *_counters(shape)))


def _bits(key: UInt32[Array, " words"], bit_width: int, shape: tuple[int, ...]) -> Array:
    high, low = _threefry(key, *_counters(shape))
    if bit_width == 64:
        return (high.astype("uint64") << 32) | low.astype("uint64")
    return (high ^ low).astype(f"uint{bit_width}")


_FUSED = define_prng_impl(
    key_shape=(2,), seed=_seed, split=_split, random_bits=_bits, fold_in=_fold_in, name="fused_threefry", tag="fused"
)
_FUSED_TYPE = jax.eval_shape(lambda: jax.random.wrap_key_data(jnp.zeros(2, jnp.uint32), impl=_FUSED)).dtype
_ORDINARY_TYPE = jax.eval_shape(lambda: jax.random.key(0, impl="threefry2x32")).dtype
