"""Macro-classifiers as the rows of fixed arrays; a row of numerosity 0 is free."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from catallax.core import Bits

BLOCK = 32
"""Rows come in multiples of this, so that they can be summed and drawn from block by block."""

EXACT = 2**24
"""Whole numbers below this are exact in `float32`; XLA reduces floats several times faster than integers on CPU."""


class Classifiers(NamedTuple):
    """One rule, or a population of them along the last axis `rows`.

    A free row has numerosity and fitness 0 and takes part in nothing.

    Source: the record of Butz and Wilson (2001); packed conditions as in `Rule`.
    """

    value: UInt32[Array, "words ..."]
    care: UInt32[Array, "words ..."]
    action: Int[Array, "*rows"]
    prediction: Float[Array, "*rows"]
    """Payoff it expects, in units of reward."""
    error: Float[Array, "*rows"]
    """Mean absolute error of the prediction, in units of reward."""
    fitness: Float[Array, "*rows"]
    """Its share of the accuracy in its action sets, 0 to 1, all copies together."""
    experience: Int[Array, "*rows"]
    """Updates so far."""
    stamp: Int[Array, "*rows"]
    """When the genetic algorithm last visited its action set, in problems."""
    niche: Float[Array, "*rows"]
    """Mean size of its action sets, in copies."""
    numerosity: Int[Array, "*rows"]
    """Copies that the row stands for."""

    @classmethod
    def empty(cls, capacity: int, bits: int) -> Classifiers:
        """Free rows for `capacity` distinct rules and the two that a genetic algorithm adds before it deletes.

        Raises:
            ValueError: if rows times bits are too many to be numbered in `float32`.
        """
        rows, many = -(-(capacity + 2) // BLOCK) * BLOCK, Bits(bits).words
        if rows * (32 * many + 1) > EXACT:
            most = EXACT // (32 * many + 1) // BLOCK * BLOCK - 2
            raise ValueError(f"Classifiers: capacity must be at most {most} with {bits} bits, got {capacity}.")
        words = jnp.zeros((many, rows), jnp.uint32)
        real, whole = jnp.zeros(rows, jnp.float32), jnp.zeros(rows, jnp.int32)
        return cls(words, words, whole, real, real, real, whole, whole, real, whole)

    @property
    def places(self) -> Int[Array, " rows"]:
        """Row numbers."""
        return jnp.arange(self.numerosity.shape[0], dtype=jnp.int32)

    def match(self, obs: UInt32[Array, " words"]) -> Bool[Array, " rows"]:
        """The match set: `((obs ^ value) & care) == 0` in every word, free rows left out."""
        return jnp.all(((obs[:, None] ^ self.value) & self.care) == 0, axis=0) & (self.numerosity > 0)

    def row(self, place: Int[Array, "*places"]) -> Classifiers:
        """One rule, or several by an axis of places."""
        return jax.tree.map(lambda x: x[..., place], self)

    def find(self, rule: Classifiers) -> tuple[Int[Array, ""], Bool[Array, ""]]:
        """The row with the same condition and action, else the first free row; and whether it is the former."""
        size, taken = self.numerosity.shape[0], self.numerosity > 0
        alike = (self.value == rule.value[:, None]) & (self.care == rule.care[:, None])
        same = jnp.all(alike, axis=0) & (self.action == rule.action) & taken
        # one pass for both, in floats (see `EXACT`): free rows count as `size` places further away
        places = self.places.astype(jnp.float32)
        nearest = jnp.min(jnp.where(same, places, jnp.where(taken, 2.0 * size, places + size))).astype(jnp.int32)
        return nearest % size, nearest < size

    def add(
        self, rule: Classifiers, place: Int[Array, ""], known: Bool[Array, ""], when: Bool[Array, ""]
    ) -> Classifiers:
        """One more copy in a row; unless the row is known, the rule is written into it first."""
        # out of bounds means nowhere; writing single rows spares passes over all of them
        nowhere = self.numerosity.shape[0]
        fresh, here = jnp.where(when & ~known, place, nowhere), jnp.where(when, place, nowhere)
        written = jax.tree.map(lambda old, new: old.at[..., fresh].set(new, mode="drop"), self, rule)
        # a free row has 0 copies, so that both cases add one
        return written._replace(numerosity=self.numerosity.at[here].add(1, mode="drop"))

    def remove(self, copies: Int[Array, " rows"]) -> Classifiers:
        """Fewer copies; rows left without any become free."""
        left = self.numerosity - copies
        return self._replace(numerosity=left, fitness=jnp.where(left > 0, self.fitness, 0.0))


def newborn(
    value: UInt32[Array, " words"],
    care: UInt32[Array, " words"],
    action: Int[Array, ""],
    prediction: Float[Array, ""],
    error: Float[Array, ""],
    fitness: Float[Array, ""],
    niche: Float[Array, ""],
    time: Int[Array, ""],
) -> Classifiers:
    """A single copy without experience.

    Args:
        value: bits of the condition, packed, axis `[words]`.
        care: which of them count, packed, axis `[words]`.
        action: index of its action.
        prediction: payoff it expects, credits.
        error: of its prediction, credits.
        fitness: without unit.
        niche: size of the action sets it is in, rows.
        time: tick of its birth.
    """
    one = jnp.ones((), jnp.int32)
    return Classifiers(value, care, action, prediction, error, fitness, 0 * one, time, niche, one)
