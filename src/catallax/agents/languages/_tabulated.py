"""Programs worked out once for all: where observations are few, a table answers."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.agents._settings import at_least
from catallax.agents.languages._language import AbstractLanguage
from catallax.agents.languages._post_systems import PostSystem, PostSystems
from catallax.core import ABSTAIN, AbstractAgent


class TabulatedPost(AbstractAgent):
    """A Post system whose answers to all observations were derived at its birth; it bids and acts just the same."""

    system: PostSystem
    actions: Int[Array, " obs"]
    """-1 where it does not end in a move."""
    steps: Int[Array, " obs"]

    def bid(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Float[Array, ""]:
        """Its price, or no bid where its rules do not end in a move."""
        return jnp.where(self.actions[obs] >= 0, self.system.price, ABSTAIN)

    def act(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Int[Array, ""]:
        """The action its string ends in."""
        return jnp.maximum(self.actions[obs], 0)

    def effort(self, obs: Int[Array, ""]) -> Float[Array, ""]:
        """Rules it would apply."""
        return self.steps[obs].astype(jnp.float32)

    @property
    def price(self) -> Float[Array, ""]:
        """Credits."""
        return self.system.price

    @property
    def unpriced(self) -> Bool[Array, ""]:
        """Whether the market still has to set its price."""
        return self.system.novice

    def priced(self, price: Float[Array, ""]) -> TabulatedPost:
        """The same rules with a price for life."""
        return eqx.tree_at(lambda a: a.system, self, self.system.priced(price))


class Tabulated(AbstractLanguage):
    """Post systems with tables; a run of a million ticks then derives every string once and not every tick.

    Args:
        language: of the systems.
        observations: how many there are.
    """

    language: PostSystems = eqx.field(static=True)
    observations: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        at_least("Tabulated", 1, observations=self.observations)

    def tabulate(self, system: PostSystem) -> TabulatedPost:
        """The agent with its table."""
        valid, action, steps = jax.vmap(system.answer)(jnp.arange(self.observations, dtype=jnp.int32))
        return TabulatedPost(system, jnp.where(valid, action, -1).astype(jnp.int32), steps)

    def random(self, key: Key[Array, ""]) -> TabulatedPost:
        """A random system."""
        return self.tabulate(self.language.random(key))

    def mutate(self, key: Key[Array, ""], individual: AbstractAgent) -> TabulatedPost:
        """A mutant of the system."""
        assert isinstance(individual, TabulatedPost)
        return self.tabulate(self.language.mutate(key, individual.system))

    def readable(self, individual: AbstractAgent) -> str:
        """The rules."""
        assert isinstance(individual, TabulatedPost)
        return self.language.readable(individual.system)
