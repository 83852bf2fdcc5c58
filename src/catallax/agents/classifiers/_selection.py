"""Which rules of an action set become parents."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._rows import Classifiers

Luck = Key[Array, ""] | Float[Array, " two"]
"""What is random in one selection: a key, or the two numbers that are all it takes."""


class AbstractSelection(eqx.Module):
    """Draws parents from an action set."""

    def deal(self, key: Key[Array, ""]) -> Luck:
        """The random part of one call; the key itself by default.

        Args:
            key: consumed.
        """
        return key

    @abc.abstractmethod
    def parents(self, luck: Luck, rules: Classifiers, chosen: Bool[Array, " rows"]) -> Int[Array, " two"]:
        """Two rows of the action set, not necessarily different ones.

        Args:
            luck: from `deal`.
            rules: all rows.
            chosen: the action set.
        """


class Roulette(AbstractSelection):
    """Each parent with probability in proportion to its fitness.

    Source: Wilson (1995), recalled.
    """

    def deal(self, key: Key[Array, ""]) -> Luck:
        """See `AbstractSelection.deal`."""
        return jax.random.uniform(key, (2,))

    def parents(self, luck: Luck, rules: Classifiers, chosen: Bool[Array, " rows"]) -> Int[Array, " two"]:
        """See `AbstractSelection.parents`."""
        weights = jnp.where(chosen, rules.fitness, 0.0)
        # where all fitness is too small for a number, every copy has the same chance
        weights = jnp.where(jnp.max(weights) > 0, weights, jnp.where(chosen, rules.numerosity, 0).astype(jnp.float32))
        return jnp.stack([draw(weights, chance) for chance in luck])


class Tournament(AbstractSelection):
    """Each parent is the fittest of a random `share` of the copies in the action set; the fitness is that of one copy.

    A row of n copies takes part with probability `1 - (1 - share) ** n`; where
    nobody takes part, everybody does. Selection then does not depend on how
    fitness is scaled.

    Source: Butz, Sastry and Goldberg (2003).
    """

    share: float = 0.4

    def __check_init__(self) -> None:
        if isinstance(self.share, float | int) and not 0 < self.share <= 1:
            raise ValueError(f"Tournament: share must lie in (0, 1], got {self.share}.")

    def parents(self, luck: Luck, rules: Classifiers, chosen: Bool[Array, " rows"]) -> Int[Array, " two"]:
        """See `AbstractSelection.parents`."""
        copies = rules.numerosity.astype(jnp.float32)
        stays_out = jnp.exp2(copies * jnp.log2(jnp.maximum(1.0 - self.share, 1e-6)))
        own = jnp.where(chosen, rules.fitness / jnp.maximum(copies, 1.0), -1.0)
        # one word a row holds the chances of both tournaments
        words = jax.random.bits(luck, own.shape, jnp.uint32)
        places = []
        for chance in (words >> 16, words & 0xFFFF):
            entered = chosen & (chance.astype(jnp.float32) >= stays_out * 65536.0)
            standing = jnp.where(entered | ~jnp.any(entered), own, -1.0)
            best = jnp.max(standing)
            places.append(jnp.min(jnp.where(standing == best, rules.places, rules.numerosity.shape[0] - 1)))
        return jnp.stack(places)
