"""A rule for a situation in which the system is weak."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, UInt32

from catallax.agents._rule import pack
from catallax.agents.classifiers._strong import StrengthRules
from catallax.core import uniform, whole


class CoverChances(NamedTuple):
    """Everything random in one call."""

    care: UInt32[Array, " words"]
    action: Int[Array, ""]
    deleted: Float[Array, ""]


class Covered(NamedTuple):
    """What became of the rules."""

    rules: StrengthRules
    matched: Bool[Array, " rows"]
    """The match set, the new rule among it."""
    row: Int[Array, ""]
    """Where the new rule is; beyond the last row if there is none."""
    made: Float[Array, ""]
    """Strength that came out of nothing, credits."""
    lost: Float[Array, ""]
    """Strength that went with the rule deleted, credits."""


class StrengthCovering(eqx.Module):
    """Where the match set's strength is below `phi` times the mean of a rule: one more rule, of mean strength.

    It is made from the observation, each place `#` with probability `wildcard`, with
    a random action; the rule whose row it takes is drawn by `1 / strength`.

    Source: Wilson (1994).
    """

    threshold: float = 0.5
    """`phi`, in mean strengths of a rule."""
    wildcard: float = 0.33
    """`P#`."""

    def __check_init__(self) -> None:
        if isinstance(self.threshold, float | int) and not 0 <= self.threshold <= 1:
            raise ValueError(f"StrengthCovering: threshold must lie in [0, 1], as one rule is added at most; got {self.threshold}.")  # fmt: skip
        if isinstance(self.wildcard, float | int) and not 0 <= self.wildcard <= 1:
            raise ValueError(f"StrengthCovering: wildcard must be a probability, got {self.wildcard}.")

    @staticmethod
    def words(bits: int) -> int:
        """Random words that one call takes."""
        return 2 + bits

    def deal(self, luck: UInt32[Array, " luck"], bits: int, actions: int) -> CoverChances:
        """The random part of one call.

        Args:
            luck: `words(bits)` random words.
            bits: length of the condition.
            actions: how many there are.
        """
        return CoverChances(pack(uniform(luck[2:]) >= self.wildcard), whole(luck[0], 0, actions - 1), uniform(luck[1]))

    def __call__(self, chances: CoverChances, rules: StrengthRules, obs: UInt32[Array, " words"]) -> Covered:
        """The rules, and the match set, which is never empty.

        Args:
            chances: from `deal`.
            rules: all rows.
            obs: the situation.
        """
        matched, nowhere = rules.match(obs), rules.action.shape[0]
        mean = jnp.sum(rules.strength) / jnp.sum(rules.taken)
        backing = jnp.sum(jnp.where(matched, rules.strength, 0.0))
        due = (backing < self.threshold * mean) | ~jnp.any(matched)
        out = rules.weak(chances.deleted, jnp.asarray(nowhere))
        row = jnp.where(due, out, nowhere)
        rule = StrengthRules(obs & chances.care, chances.care, chances.action, mean)
        lost = jnp.where(due, rules.strength[out], 0.0)
        matched = matched.at[row].set(True, mode="drop")
        return Covered(rules.write(rule, row), matched, row, jnp.where(due, mean, 0.0), lost)
