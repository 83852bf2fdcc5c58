"""Sequences of grabs and drops, as actions of rules."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from catallax.core import split_by

_HANDS = ("grab", "drop")


class GrabsAndDrops(eqx.Module):
    """At most `length` moves, grabs and drops in turn, since nothing else is legal.

    A sequence is a number with the digits 1 to 6 (grab 1, 2, 3, drop 1, 2, 3) to the base 7, the first move
    lowest, as `envs.Sequences` reads it.

    >>> GrabsAndDrops(2).readable(jnp.asarray(1 + 7 * 5))
    'grab 1, drop 2'
    """

    length: int = eqx.field(static=True, default=4)

    def __check_init__(self) -> None:
        if not 1 <= self.length <= 11:
            raise ValueError(f"GrabsAndDrops: length must lie in 1 ... 11, got {self.length}; more have no number.")

    def random(self, key: Key[Array, ""]) -> Int[Array, ""]:
        """Short sequences are as likely as long ones."""
        return self._code(*self._drawn(key))

    def mutate(self, key: Key[Array, ""], action: Int[Array, ""], rate: Any) -> Int[Array, ""]:
        """Each stack, the first hand and the length are redrawn with probability `rate`."""
        fresh, moves, shape = split_by(key, "fresh", "moves", "shape")
        changed = jax.random.bernoulli(shape, rate, (2,))
        moved = jax.random.bernoulli(moves, rate, (self.length,))
        (start, stacks, length), (start_, stacks_, length_) = self._shape(action), self._drawn(fresh)
        # a place that was not in use has no stack to keep
        new = moved | (jnp.arange(self.length) >= length)
        return self._code(
            jnp.where(changed[0], start_, start),
            jnp.where(new, stacks_, stacks),
            jnp.where(changed[1], length_, length),
        )

    def readable(self, action: Int[Array, ""]) -> str:
        """Such as `grab 1, drop 2`."""
        start, stacks, length = self._shape(action)
        return ", ".join(f"{_HANDS[(int(start) + k) % 2]} {int(stacks[k]) + 1}" for k in range(int(length)))

    def _drawn(self, key: Key[Array, ""]) -> tuple[Int[Array, ""], Int[Array, " length"], Int[Array, ""]]:
        """As `_shape`, at random; stacks for all places, used or not."""
        start, stacks, length = split_by(key, "start", "stacks", "length")
        return (
            jax.random.randint(start, (), 0, 2),
            jax.random.randint(stacks, (self.length,), 0, 3),
            jax.random.randint(length, (), 1, self.length + 1),
        )

    def _shape(self, action: Int[Array, ""]) -> tuple[Int[Array, ""], Int[Array, " length"], Int[Array, ""]]:
        """Whether it begins with a drop, the stacks (0, 1, 2), and how many moves."""
        digits = jnp.stack([action // 7**place % 7 for place in range(self.length)])
        return (digits[0] > 3).astype(jnp.int32), (digits - 1) % 3, jnp.sum(digits > 0, dtype=jnp.int32)

    def _code(self, start: Int[Array, ""], stacks: Int[Array, " length"], length: Int[Array, ""]) -> Int[Array, ""]:
        place = jnp.arange(self.length, dtype=jnp.int32)
        digits = jnp.where(place < length, 1 + stacks + 3 * ((start + place) % 2), 0)
        return jnp.sum(digits * jnp.asarray([7**p for p in range(self.length)], jnp.int32), dtype=jnp.int32)
