"""A society that learns, as a world: an action is a choice of its settings for a period, its income is the reward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

import catallax as cx
from catallax.core import AbstractEnv, Discrete, Step

INSTANCES, ROUND = 4, 16


class Settings(NamedTuple):
    """What a trader may propose; axis `settings`."""

    step: Float[Array, " settings"]
    """Of its agents' learning."""
    tremble: Float[Array, " settings"]
    """Sales that go to anybody."""
    rent: Float[Array, " settings"]
    """Share of a winner's wealth."""
    first: Float[Array, " settings"]
    """Weight of the highest bid in the price: 0 is the second price, 1 the first."""

    @classmethod
    def grid(
        cls, steps: Sequence[float], trembles: Sequence[float], rents: Sequence[float], firsts: Sequence[float]
    ) -> Settings:
        """All combinations."""
        axes = np.meshgrid(steps, trembles, rents, firsts, indexing="ij")
        return cls(*(jnp.asarray(axis.ravel(), jnp.float32) for axis in axes))

    def told(self, place: int) -> str:
        """One of them in words."""
        return f"step {float(self.step[place]):g}, exploration {float(self.tremble[place]):g}, rent {float(self.rent[place]):g}, {'first' if self.first[place] else 'second'} price"


class Inside(NamedTuple):
    """State of the world: the society and the number of the period."""

    society: Any
    period: Int[Array, ""]


class Learning(AbstractEnv):
    """The society learns for a period under the settings chosen; `reward = its income per tick`."""

    worlds: cx.envs.TabularEnv
    """Stacked, axis `worlds`."""
    schedule: Int[Array, " periods"]
    """In which of them each period takes place."""
    settings: Settings
    rounds: int = eqx.field(static=True)
    """Of a period."""
    discount: float = 0.9

    @property
    def observation_space(self) -> Discrete:
        """Nothing is seen: traders know what they earned."""
        return Discrete(1)

    @property
    def action_space(self) -> Discrete:
        """A number of a setting."""
        return Discrete(self.settings.step.shape[0])

    def _market(self, action: Any) -> tuple[cx.DeepMarket, Any]:
        one = jax.tree.map(lambda x: x[action], self.settings)
        actions = self.worlds.successor.shape[2]
        seen = self.worlds.observations
        agents = [
            cx.agents.Tabular(jnp.ones(seen), jnp.zeros(seen, jnp.int32), jnp.asarray(a, jnp.int32), jnp.asarray(0.1), jnp.ones(()), jnp.asarray(jnp.inf))
            for a in range(actions)
        ]  # fmt: skip
        auction = cx.auctions.Trembling(
            cx.auctions.Weighted(one.first, 1.0 - one.first, one.first, 1.0 - one.first), one.tremble
        )
        cohort = cx.Cohort.stack(agents, clones=2, endowment=50.0)
        return cx.DeepMarket(cohort, auction, [cx.levies.Rent(one.rent)], round_ticks=ROUND), one

    def reset(self, key: Key[Array, ""]) -> tuple[Inside, Int[Array, ""]]:
        """A society that knows nothing."""
        market, _ = self._market(0)
        world = jax.tree.map(lambda x: x[self.schedule[0]], self.worlds)
        return Inside(market.init(world, INSTANCES, key), jnp.zeros((), jnp.int32)), jnp.zeros((), jnp.int32)

    def step(self, key: Key[Array, ""], state: Inside, action: Int[Array, ""]) -> Step:
        """A period."""
        market, chosen = self._market(action)
        world = jax.tree.map(lambda x: x[self.schedule[state.period]], self.worlds)
        (cohort,) = state.society.cohorts
        rate = jnp.broadcast_to(chosen.step, cohort.individuals.step.shape)
        society = state.society._replace(cohorts=(eqx.tree_at(lambda c: c.individuals.step, cohort, rate),))
        before = jnp.sum(society.tally.reward)
        society, _ = jax.lax.scan(lambda s, _: (market.round(world, s, key)[0], None), society, length=self.rounds)
        income = (jnp.sum(society.tally.reward) - before) / (self.rounds * ROUND * INSTANCES)
        no = jnp.asarray(False)
        return Step(Inside(society, state.period + 1), jnp.zeros((), jnp.int32), income, no, no, {})
