"""Which copy goes when the population is full."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

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

    def __check_init__(self) -> None:
        for name, least in (("experience", self.experience), ("share", self.share)):
            if isinstance(least, float | int) and not least >= 0:
                raise ValueError(f"Deletion: {name} must be >= 0, got {least}.")

    def votes(self, rules: Classifiers) -> Float[Array, " rows"]:
        """The vote of every row; 0 for free rows."""
        copies = rules.numerosity.astype(jnp.float32)
        mean = jnp.sum(rules.fitness) / jnp.maximum(jnp.sum(copies), 1.0)
        own = rules.fitness / jnp.maximum(copies, 1.0)
        poor = (rules.experience > self.experience) & (own < self.share * mean)
        # a floor keeps the vote finite for rules whose fitness has all but vanished
        return rules.niche * copies * jnp.where(poor, mean / jnp.maximum(own, 1e-6 * mean), 1.0)

    def __call__(
        self, rules: Classifiers, chances: Float[Array, " some"], capacity: int | Int[Array, ""]
    ) -> Classifiers:
        """The rules with as many copies less as exceed the capacity, but one per chance at most.

        Votes are counted once; a row that lost a copy has proportionally less.

        Args:
            rules: all rows.
            chances: uniform in [0, 1).
            capacity: copies that the population may hold.
        """
        # counted in floats, as for the votes, so that one sum serves both
        votes, excess = self.votes(rules), jnp.sum(rules.numerosity.astype(jnp.float32)) - capacity
        copies, nowhere = rules.numerosity, rules.numerosity.shape[0]
        emptied = []
        for number, chance in enumerate(chances):
            row = draw(votes, chance)
            left = copies[row] - 1
            due = (excess > number) & (left >= 0)
            copies = copies.at[jnp.where(due, row, nowhere)].add(-1, mode="drop")
            votes = votes.at[row].multiply(left.astype(jnp.float32) / jnp.maximum(left + 1, 1).astype(jnp.float32))
            emptied.append(jnp.where(due & (left == 0), row, nowhere))
        return rules._replace(numerosity=copies, fitness=rules.fitness.at[jnp.stack(emptied)].set(0.0, mode="drop"))
