"""Where new rules come from: two parents of an action set."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.agents._rule import pack
from catallax.agents._settings import at_least, share
from catallax.agents.classifiers._accuracy import AbstractAccuracy
from catallax.agents.classifiers._deletion import Deletion
from catallax.agents.classifiers._rows import Classifiers, newborn
from catallax.agents.classifiers._selection import AbstractSelection, Luck, Roulette
from catallax.agents.classifiers._subsumption import AbstractSubsumption
from catallax.core import split_by


class Chances(NamedTuple):
    """Everything random in one call of the genetic algorithm, dealt beforehand for many problems at once."""

    parents: Luck
    """For the selection."""
    crossed: Bool[Array, ""]
    swapped: UInt32[Array, " words"]
    """Places that the children exchange; none unless crossed."""
    mutated: UInt32[Array, "two words"]
    turned: Int[Array, " two"]
    """Added to the children's actions, modulo their number."""
    deleted: Float[Array, " two"]


class Genetic(eqx.Module):
    """Two children of two parents, if the action set was not visited for `period` problems.

    Two-point crossover averages prediction, error and fitness. A mutated place
    becomes `#`, or takes the observation's bit, so that children match what
    their parents matched. A child has a tenth of its parents' fitness per copy.

    Source: Wilson (1995, 1998); Butz and Wilson (2001), RUN GA.
    """

    selection: AbstractSelection = Roulette()
    period: float = 25.0
    """`theta_GA`, in problems."""
    crossover: float = 0.8
    """`chi`, probability."""
    mutation: float | Float[Array, " bits"] = 0.04
    """`mu`, probability, the same in all places or one for each."""
    turning: float | None = None
    """Probability that the action changes; None: `mutation`, as in the sources."""
    inherit: float = 0.1
    """Share of the parents' fitness that a child starts with."""
    places: Int[Array, ""] | None = None
    """The crossover cuts among so many first places of the condition; None: among all."""

    def __check_init__(self) -> None:
        at_least("Genetic", 0, period=self.period)
        share("Genetic", crossover=self.crossover, mutation=self.mutation, turning=self.turning, inherit=self.inherit)

    def deal(self, key: Key[Array, ""], bits: int, actions: int) -> Chances:
        """The random part of one call.

        Args:
            key: consumed.
            bits: length of the condition.
            actions: how many there are.
        """
        parents, cross, cuts, places, turns, others, rooms = split_by(
            key, "parents", "cross", "cuts", "places", "turns", "others", "rooms"
        )
        crossed = jax.random.bernoulli(cross, self.crossover)
        last = bits if self.places is None else self.places
        low, high = jnp.sort(jax.random.randint(cuts, (2,), 0, last + 1))
        place = jnp.arange(bits)
        turned = jax.random.bernoulli(turns, self.mutation if self.turning is None else self.turning, (2,))
        return Chances(
            parents=self.selection.deal(parents),
            crossed=crossed,
            swapped=pack(crossed & (low <= place) & (place < high)),
            mutated=jax.vmap(pack)(jax.random.bernoulli(places, jnp.broadcast_to(self.mutation, (2, bits)))),
            turned=jnp.where(turned, jax.random.randint(others, (2,), 1, max(actions, 2)), 0),
            deleted=jax.random.uniform(rooms, (2,)),
        )

    def __call__(
        self,
        chances: Chances,
        rules: Classifiers,
        chosen: Bool[Array, " rows"],
        obs: UInt32[Array, " words"],
        time: Int[Array, ""],
        *,
        actions: int,
        capacity: int | Int[Array, ""],
        accuracy: AbstractAccuracy,
        subsumption: AbstractSubsumption,
        deletion: Deletion,
    ) -> Classifiers:
        """The rules after the genetic algorithm had its look at an action set.

        Args:
            chances: from `deal`.
            rules: all rows.
            chosen: the action set; its rules match `obs`.
            obs: the situation.
            time: problems so far.
            actions: how many there are.
            capacity: copies that the population may hold.
            accuracy: says who may take in others.
            subsumption: whether parents take children in.
            deletion: makes room.
        """
        # mean of (time - stamp) over the copies > period, in one sum
        beyond = rules.numerosity.astype(jnp.float32) * ((time - rules.stamp).astype(jnp.float32) - self.period)
        due = jnp.sum(jnp.where(chosen, beyond, 0.0)) > 0
        rules = rules._replace(stamp=jnp.where(chosen & due, time, rules.stamp))
        places = self.selection.parents(chances.parents, rules, chosen)
        parents = rules.row(places)
        for child in self.children(chances, parents, obs, time, actions):
            absorbed = subsumption.parent(parents, places, child, accuracy)
            place, known = rules.find(child)
            place = jnp.where(absorbed.yes, absorbed.row, place)
            rules = rules.add(child, place, known | absorbed.yes, due)
        return deletion(rules, chances.deleted, capacity)

    def children(
        self,
        chances: Chances,
        parents: Classifiers,
        obs: UInt32[Array, " words"],
        time: Int[Array, ""],
        actions: int,
    ) -> tuple[Classifiers, Classifiers]:
        """Two newborns that match the situation."""

        def blend(x: Float[Array, " two"]) -> Float[Array, " two"]:
            return jnp.where(chances.crossed, jnp.mean(x), x)

        first, second = parents.care[:, 0], parents.care[:, 1]
        different = (first ^ second) & chances.swapped
        # parents match the situation, so a child's value is the situation wherever it cares
        cares = (first ^ different ^ chances.mutated[0], second ^ different ^ chances.mutated[1])
        own = parents.fitness / jnp.maximum(parents.numerosity, 1).astype(jnp.float32)
        fitness = self.inherit * blend(own)
        prediction, error = blend(parents.prediction), blend(parents.error)
        action = (parents.action + chances.turned) % actions
        a, b = (
            newborn(obs & care, care, action[n], prediction[n], error[n], fitness[n], parents.niche[n], time)
            for n, care in enumerate(cares)
        )
        return a, b
