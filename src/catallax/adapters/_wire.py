"""Several arrays as one: every array that crosses to the host costs tens of microseconds, so one crosses.

All of catallax is 32 bits wide, so a message is an `int32` array with axes `instances words`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from catallax.core import Bits, Box, Discrete, Space


class Field(NamedTuple):
    """One array of a message: shape without the instances axis, and type (`bool` travels as 0 and 1)."""

    shape: tuple[int, ...]
    dtype: type

    @property
    def words(self) -> int:
        """How many columns it takes."""
        return math.prod(self.shape)


WORD, FLAG, REAL, SEED = Field((), np.int32), Field((), bool), Field((), np.float32), Field((), np.uint32)


def field_of(space: Space) -> Field:
    """How the elements of a space travel."""
    if isinstance(space, Discrete):
        return Field((), np.int32)
    if isinstance(space, Bits):
        return Field((space.words,), np.uint32)
    if isinstance(space, Box):
        return Field(space.shape, np.float32)
    raise TypeError(f"expected Discrete, Bits or Box to cross to the host, got {space}.")


def width(fields: tuple[Field, ...]) -> int:
    """Columns of a whole message."""
    return sum(field.words for field in fields)


def pack(fields: tuple[Field, ...], arrays: tuple[Array, ...]) -> Int[Array, "instances words"]:
    """A message from arrays on the device."""
    columns = []
    for field, array in zip(fields, arrays, strict=True):
        plain = jnp.asarray(array).astype(jnp.int32 if field.dtype is bool else field.dtype)
        words = jax.lax.bitcast_convert_type(plain, jnp.int32)
        columns.append(words.reshape(words.shape[0], field.words))
    return jnp.concatenate(columns, axis=1)


def unpack(fields: tuple[Field, ...], message: Int[Array, "instances words"]) -> tuple[Array, ...]:
    """The arrays of a message on the device."""
    arrays, at = [], 0
    for field in fields:
        words = message[:, at : at + field.words].reshape(message.shape[0], *field.shape)
        at += field.words
        arrays.append(words != 0 if field.dtype is bool else jax.lax.bitcast_convert_type(words, field.dtype))
    return tuple(arrays)


def host_pack(fields: tuple[Field, ...], arrays: tuple[np.ndarray, ...]) -> Int[np.ndarray, "instances words"]:
    """A message from arrays on the host."""
    columns = []
    for field, array in zip(fields, arrays, strict=True):
        plain = np.ascontiguousarray(array, np.int32 if field.dtype is bool else field.dtype)
        columns.append(plain.view(np.int32).reshape(len(array), field.words))
    return np.concatenate(columns, axis=1)


def host_unpack(fields: tuple[Field, ...], message: Int[np.ndarray, "instances words"]) -> tuple[np.ndarray, ...]:
    """The arrays of a message on the host."""
    arrays, at = [], 0
    for field in fields:
        words = np.ascontiguousarray(message[:, at : at + field.words])
        at += field.words
        plain = words.view(np.int32 if field.dtype is bool else field.dtype).reshape(len(message), *field.shape)
        arrays.append(plain != 0 if field.dtype is bool else plain)
    return tuple(arrays)
