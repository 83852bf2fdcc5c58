"""Which copy goes when the population is full."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._rows import Classifiers


class Deletion(eqx.Module):
    """Removes a copy with probability in proportion to the vote `as n`, times `mean F / F` where experience shows F is low.

    F is here the fitness per copy; low means below `share` of the population's mean.

    Source: Kovacs (1999); Butz and Wilson (2001), DELETE FROM POPULATION.
    """

    experience: float = 20.0
    """`theta_del`: updates before fitness counts."""
    share: float = 0.1
    """`delta`."""

    def votes(self, rules: Classifiers) -> Float[Array, " rows"]:
        """The vote of every row; 0 for free rows."""
        copies = rules.numerosity.astype(jnp.float32)
        mean = jnp.sum(rules.fitness) / jnp.maximum(jnp.sum(copies), 1.0)
        own = rules.fitness / jnp.maximum(copies, 1.0)
        poor = (rules.experience > self.experience) & (own < self.share * mean)
        # a floor keeps the vote finite for rules whose fitness has all but vanished
        return rules.niche * copies * jnp.where(poor, mean / jnp.maximum(own, 1e-6 * mean), 1.0)

    def __call__(self, rules: Classifiers, chance: Float[Array, ""], when: Bool[Array, ""]) -> Classifiers:
        """The rules with one copy less, if `when`.

        Args:
            rules: all rows.
            chance: uniform in [0, 1).
            when: whether a copy has to go.
        """
        row = draw(self.votes(rules), chance)
        gone = (rules.places == row) & when & (rules.numerosity > 0)
        return rules.remove(gone.astype(jnp.int32))


def overfull(rules: Classifiers, capacity: int | Int[Array, ""]) -> Bool[Array, ""]:
    """Whether there are more copies than the population may hold."""
    return jnp.sum(rules.numerosity) > capacity
