"""Rules with a strength, one row each, in populations of a fixed size."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.agents._rule import pack
from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._rows import BLOCK
from catallax.core import uniform, whole

LEAST = 1e-6
"""Strength below which a rule is no more likely to be deleted."""


class StrengthRules(NamedTuple):
    """A population along the last axis `rows`, which never grows or shrinks; a newborn takes the row of one that is deleted.

    Rows beyond the capacity only fill up to a multiple of a block: their action is -1 and their strength 0.

    Source: the record of Wilson (1994); packed conditions as in `Rule`.
    """

    value: UInt32[Array, "words ..."]
    care: UInt32[Array, "words ..."]
    action: Int[Array, "*rows"]
    strength: Float[Array, "*rows"]
    """Credits."""

    @classmethod
    def random(
        cls,
        key: Key[Array, ""],
        capacity: int,
        bits: int,
        actions: int,
        *,
        wildcard: float | Float[Array, ""],
        strength: float | Float[Array, ""],
    ) -> StrengthRules:
        """Random conditions and actions, equal strengths.

        Args:
            key: consumed.
            capacity: number of rules.
            bits: length of the conditions.
            actions: how many there are.
            wildcard: probability of `#` in each place.
            strength: of every rule, credits.
        """
        rows = -(-capacity // BLOCK) * BLOCK
        # one draw of words for all: many small draws take long to compile
        luck = jax.random.bits(key, (rows, 2 * bits + 1))
        care = jax.vmap(pack, out_axes=1)(uniform(luck[:, :bits]) >= wildcard)
        value = jax.vmap(pack, out_axes=1)(uniform(luck[:, bits:-1]) < 0.5)
        taken = jnp.arange(rows) < capacity
        action = jnp.where(taken, whole(luck[:, -1], 0, actions - 1), -1)
        return cls(value & care, care, action, jnp.where(taken, jnp.asarray(strength, jnp.float32), 0.0))

    @property
    def taken(self) -> Bool[Array, "*rows"]:
        """Which rows hold rules."""
        return self.action >= 0

    def match(self, obs: UInt32[Array, " words"]) -> Bool[Array, " rows"]:
        """The match set: `((obs ^ value) & care) == 0` in every word."""
        return jnp.all(((obs[:, None] ^ self.value) & self.care) == 0, axis=0) & self.taken

    def row(self, places: Int[Array, "*places"]) -> StrengthRules:
        """One rule, or several by an axis of places."""
        return jax.tree.map(lambda x: x[..., places], self)

    def write(self, rule: StrengthRules, place: Int[Array, ""]) -> StrengthRules:
        """A rule in the place of another; a place beyond the last row is nowhere."""
        return jax.tree.map(lambda old, new: old.at[..., place].set(new, mode="drop"), self, rule)

    def weak(self, chance: Float[Array, ""], spared: Int[Array, ""]) -> Int[Array, ""]:
        """A row with probability in proportion to `1 / strength`.

        Args:
            chance: uniform in [0, 1).
            spared: a row that is not drawn; any number beyond the last for none.
        """
        open_rows = self.taken & (jnp.arange(self.action.shape[0]) != spared)
        return draw(jnp.where(open_rows, 1.0 / jnp.maximum(self.strength, LEAST), 0.0), chance)
