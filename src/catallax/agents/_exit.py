"""Who is removed: the bankrupt, the idle, the poor, the one too many."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from catallax.agents._settings import at_least, share
from catallax.core import AbstractExit, Population


class Bankrupt(AbstractExit):
    """Agents whose wealth is at or below a floor leave."""

    floor: float = 0.0
    """Credits per instance."""

    def leavers(self, population: Population) -> Bool[Array, " agents"]:
        """True for those who go."""
        return population.wealth <= self.floor


class Idle(AbstractExit):
    """Agents that have not won for too long leave."""

    ticks: int | Int[Array, ""]
    """Ticks without a win (or since birth)."""

    def __check_init__(self) -> None:
        at_least("Idle", 1, ticks=self.ticks)

    def leavers(self, population: Population) -> Bool[Array, " agents"]:
        """True for those who go."""
        return population.idle >= self.ticks


class PoorerThan(AbstractExit):
    """Agents whose wealth fell below a share of what they were born with leave."""

    share: float
    """Of the endowment, in [0, 1]."""

    def __check_init__(self) -> None:
        share("PoorerThan", share=self.share)

    def leavers(self, population: Population) -> Bool[Array, " agents"]:
        """True for those who go."""
        return population.wealth < jnp.asarray(self.share) * population.endowment


class Crowded(AbstractExit):
    """Where every slot is taken, the agent that has not won for longest leaves."""

    def leavers(self, population: Population) -> Bool[Array, " agents"]:
        """True for the one who makes room."""
        longest = jnp.arange(population.alive.shape[0]) == jnp.argmax(population.idle)
        return longest & jnp.all(population.alive)
