"""Learners as worlds: an action is a choice of a society's or a network's settings for a period, its income is the reward."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

import catallax as cx
from catallax.core import NOBODY, AbstractEntry, AbstractEnv, Discrete, Newborns, Population, Step

INSTANCES, ROUND = 4, 16
TREMBLE, PURSE, IDLE = 0.05, 50.0, 512
"""Part of the sales that go to anybody; credits of an agent in each instance; ticks without a sale after which it leaves."""
BITS, UNITS, BATCH, FEE = 8, 16, 8, 0.1
"""Of a network: bits of a question, hidden units that there are, questions in a step, credits that all units cost a period."""


class Settings(NamedTuple):
    """What a trader may propose; axis `settings`."""

    step: Float[Array, " settings"]
    """Of its agents' learning."""
    entry: Float[Array, " settings"]
    """Chance of a birth after every round."""
    rent: Float[Array, " settings"]
    """Share of a winner's wealth."""
    first: Float[Array, " settings"]
    """Weight of the highest bid in the price: 0 is the second price, 1 the first."""

    @classmethod
    def grid(
        cls, steps: Sequence[float], entries: Sequence[float], rents: Sequence[float], firsts: Sequence[float]
    ) -> Settings:
        """All combinations."""
        axes = np.meshgrid(steps, entries, rents, firsts, indexing="ij")
        return cls(*(jnp.asarray(axis.ravel(), jnp.float32) for axis in axes))

    def told(self, place: int) -> str:
        """One of them in words."""
        return f"step {float(self.step[place]):g}, entry {float(self.entry[place]):g}, rent {float(self.rent[place]):g}, {'first' if self.first[place] else 'second'} price"

    @property
    def default(self) -> int:
        """The middle step size and the least of all else."""
        return usual(self.step, self.entry, self.rent, self.first)


class Shapes(NamedTuple):
    """What a trader may propose for a network; axis `settings`."""

    step: Float[Array, " settings"]
    """Of its gradients."""
    units: Int[Array, " settings"]
    """Hidden units that take part; 0: no hidden layer."""

    @classmethod
    def grid(cls, steps: Sequence[float], units: Sequence[int]) -> Shapes:
        """All combinations."""
        step, many = np.meshgrid(steps, units, indexing="ij")
        return cls(jnp.asarray(step.ravel(), jnp.float32), jnp.asarray(many.ravel(), jnp.int32))

    def told(self, place: int) -> str:
        """One of them in words."""
        units = int(self.units[place])
        return f"step {float(self.step[place]):g}, {f'a layer of {units}' if units else 'no hidden layer'}"

    @property
    def default(self) -> int:
        """The middle step size, no hidden layer."""
        return usual(self.step, self.units)


def usual(steps: Any, *others: Any) -> int:
    """The place of the middle step size and the least of all else."""
    middle = np.unique(np.asarray(steps))
    chosen = np.asarray(steps) == middle[len(middle) // 2]
    for other in map(np.asarray, others):
        chosen &= other == other.min()
    return int(np.flatnonzero(chosen)[0])


class Births(AbstractEntry):
    """After a round somebody new comes with a chance, for any action, as hopeful as all were in the beginning."""

    newcomer: Any
    actions: int = eqx.field(static=True)
    chance: Float[Array, ""]

    def init(self, key: Key[Array, ""]) -> tuple[()]:
        """Nothing to remember."""
        return ()

    def newborns(self, key: Key[Array, ""], state: tuple[()], population: Population) -> tuple[tuple[()], Newborns]:
        """One, or nobody."""
        which, whether = jax.random.split(key)
        action = jax.random.randint(which, (), 0, self.actions, jnp.int32)
        one = jax.tree.map(lambda x: x[None], eqx.tree_at(lambda a: a.action, self.newcomer, action))
        born = jax.random.uniform(whether, (1,)) < self.chance
        return state, Newborns(one, jnp.full(1, PURSE * INSTANCES), jnp.full(1, NOBODY, jnp.int32), born)


class Inside(NamedTuple):
    """State of the world: the learner and the number of the period."""

    learner: Any
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
            cx.agents.Tabular(jnp.ones(seen), jnp.zeros(seen, jnp.int32), jnp.asarray(a % actions, jnp.int32), one.step, jnp.ones(()), jnp.asarray(jnp.inf))
            for a in range(4 * actions)
        ]  # fmt: skip
        auction = cx.auctions.Trembling(
            cx.auctions.Weighted(one.first, 1.0 - one.first, one.first, 1.0 - one.first), TREMBLE
        )
        # two for every action, and as many free places
        there = jnp.arange(4 * actions) < 2 * actions
        cohort = cx.Cohort(jax.tree.map(lambda *x: jnp.stack(x), *agents), there, PURSE)
        society = cx.DeepMarket(
            cohort, auction, [cx.levies.Rent(one.rent)], round_ticks=ROUND, repayment=None,
            entry=Births(agents[0], actions, one.entry), exits=(cx.agents.Bankrupt(0.05), cx.agents.Idle(IDLE)),
        )  # fmt: skip
        return society, one

    def reset(self, key: Key[Array, ""]) -> tuple[Inside, Int[Array, ""]]:
        """A society that knows nothing."""
        market, _ = self._market(0)
        world = jax.tree.map(lambda x: x[self.schedule[0]], self.worlds)
        return Inside(market.init(world, INSTANCES, key), jnp.zeros((), jnp.int32)), jnp.zeros((), jnp.int32)

    def step(self, key: Key[Array, ""], state: Inside, action: Int[Array, ""]) -> Step:
        """A period."""
        market, chosen = self._market(action)
        world = jax.tree.map(lambda x: x[self.schedule[state.period]], self.worlds)
        (cohort,) = state.learner.cohorts
        rate = jnp.broadcast_to(chosen.step, cohort.individuals.step.shape)
        society = state.learner._replace(cohorts=(eqx.tree_at(lambda c: c.individuals.step, cohort, rate),))
        before = jnp.sum(society.tally.reward)
        society, _ = jax.lax.scan(lambda s, _: (market.round(world, s, key)[0], None), society, length=self.rounds)
        income = (jnp.sum(society.tally.reward) - before) / (self.rounds * ROUND * INSTANCES)
        no = jnp.asarray(False)
        return Step(Inside(society, state.period + 1), jnp.zeros((), jnp.int32), income, no, no, {})


class Weights(NamedTuple):
    """Of a network whose hidden units can be left out."""

    inner: Float[Array, "bits units"]
    shift: Float[Array, " units"]
    outer: Float[Array, "units answers"]
    past: Float[Array, "bits answers"]
    """From the questions to the answers, past the hidden layer."""
    last: Float[Array, " answers"]


class Network(AbstractEnv):
    """A network learns a period's questions under the settings chosen; `reward = part that it answered rightly before it was told - FEE units / UNITS`."""

    labels: Int[Array, "tasks questions"]
    """The right answers to all questions of `BITS` bits."""
    schedule: Int[Array, " periods"]
    """Which task each period has."""
    settings: Shapes
    rounds: int = eqx.field(static=True)
    """Steps of `BATCH` questions in a period, in eights."""
    discount: float = 0.9

    @property
    def observation_space(self) -> Discrete:
        """Nothing is seen: traders know what they earned."""
        return Discrete(1)

    @property
    def action_space(self) -> Discrete:
        """A number of a setting."""
        return Discrete(self.settings.step.shape[0])

    def reset(self, key: Key[Array, ""]) -> tuple[Inside, Int[Array, ""]]:
        """A network that knows nothing."""
        one, two = jax.random.split(key)
        weights = Weights(
            jax.random.normal(one, (BITS, UNITS)) * BITS**-0.5, jnp.zeros(UNITS), 0.1 * jax.random.normal(two, (UNITS, 2)),
            jnp.zeros((BITS, 2)), jnp.zeros(2),
        )  # fmt: skip
        return Inside(weights, jnp.zeros((), jnp.int32)), jnp.zeros((), jnp.int32)

    def step(self, key: Key[Array, ""], state: Inside, action: Int[Array, ""]) -> Step:
        """A period."""
        chosen = jax.tree.map(lambda x: x[action], self.settings)
        labels = self.labels[self.schedule[state.period]]
        on = (jnp.arange(UNITS) < chosen.units).astype(jnp.float32)

        def said(weights: Weights, x: Array) -> Array:
            hidden = jax.nn.relu(x @ weights.inner + weights.shift[None]) * on[None]
            return hidden @ weights.outer + x @ weights.past + weights.last[None]

        def loss(weights: Weights, x: Array, y: Array) -> tuple[Array, Array]:
            scores = said(weights, x)
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), y[:, None], 1)), jnp.argmax(scores, 1) == y

        def learn(weights: Weights, key: Key[Array, ""]) -> tuple[Weights, Array]:
            drawn = jax.random.randint(key, (BATCH,), 0, labels.size)
            x = 2.0 * (drawn[:, None] >> jnp.arange(BITS)[None] & 1) - 1.0
            slope, right = jax.grad(loss, has_aux=True)(weights, x, labels[drawn])
            return jax.tree.map(lambda w, g: w - chosen.step * g, weights, slope), jnp.mean(right)

        weights, right = jax.lax.scan(learn, state.learner, jax.random.split(key, 8 * self.rounds))
        no = jnp.asarray(False)
        income = jnp.mean(right) - FEE * chosen.units / UNITS
        return Step(Inside(weights, state.period + 1), jnp.zeros((), jnp.int32), income, no, no, {})
