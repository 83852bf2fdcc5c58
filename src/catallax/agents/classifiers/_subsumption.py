"""Accurate general rules take the place of special ones."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from catallax.agents._settings import at_least
from catallax.agents.classifiers._accuracy import AbstractAccuracy
from catallax.agents.classifiers._rows import EXACT, Classifiers


class Absorbed(NamedTuple):
    """Whether a child is taken in by a row, and by which."""

    row: Int[Array, ""]
    yes: Bool[Array, ""]


class AbstractSubsumption(eqx.Module):
    """What an action set and a birth do about rules that a more general accurate rule covers."""

    def absorb(self, rules: Classifiers, chosen: Bool[Array, " rows"], accuracy: AbstractAccuracy) -> Classifiers:
        """The rules after the action set was looked through; unchanged by default."""
        return rules

    def parent(self, parents: Classifiers, places: Int[Array, " two"], child: Classifiers, accuracy: AbstractAccuracy) -> Absorbed:  # fmt: skip
        """Which of two parents takes the child in; none by default."""
        return Absorbed(places[0], jnp.zeros((), bool))


class NoSubsumption(AbstractSubsumption):
    """Every rule stands for itself, as in Wilson (1995)."""


class GASubsumption(AbstractSubsumption):
    """A child that an accurate, experienced, more general parent covers becomes one more copy of that parent.

    Source: Wilson (1998); Butz and Wilson (2001), DOES SUBSUME.
    """

    experience: float = 20.0
    """`theta_sub`: updates before a rule may take others in."""

    def __check_init__(self) -> None:
        at_least("GASubsumption", 0, experience=self.experience)

    def parent(self, parents: Classifiers, places: Int[Array, " two"], child: Classifiers, accuracy: AbstractAccuracy) -> Absorbed:  # fmt: skip
        """The first parent that covers the child."""
        able = (parents.experience > self.experience) & accuracy.accurate(parents.error)
        able &= (parents.action == child.action) & wider(parents, child)
        return Absorbed(jnp.where(able[0], places[0], places[1]), jnp.any(able))


class Subsumption(AbstractSubsumption):
    """`GASubsumption`, and the most general accurate rule of each action set takes in all it covers there.

    Source: Wilson (1998); Butz and Wilson (2001), DO ACTION SET SUBSUMPTION. Of
    equally general rules the one in the lowest row takes the others' place.
    """

    experience: float = 20.0
    """`theta_sub`: updates before a rule may take others in."""

    def __check_init__(self) -> None:
        at_least("Subsumption", 0, experience=self.experience)

    def parent(self, parents: Classifiers, places: Int[Array, " two"], child: Classifiers, accuracy: AbstractAccuracy) -> Absorbed:  # fmt: skip
        """As in `GASubsumption`."""
        return GASubsumption(self.experience).parent(parents, places, child, accuracy)

    def absorb(self, rules: Classifiers, chosen: Bool[Array, " rows"], accuracy: AbstractAccuracy) -> Classifiers:
        """Move the copies of covered rules of the action set to the rule that covers them."""
        able = chosen & (rules.experience > self.experience) & accuracy.accurate(rules.error)
        rows = rules.numerosity.shape[0]
        cares = jnp.sum(jax.lax.population_count(rules.care), axis=0).astype(jnp.float32)
        # fewest cared-for places first, then lowest row, in one pass over floats (see `EXACT`)
        best = jnp.min(jnp.where(able, cares * rows + rules.places.astype(jnp.float32), float(EXACT)))
        row = best.astype(jnp.int32) % rows
        # all match the same observation, so that what the general cares for needs no comparison of values
        general = rules.care[:, row][:, None]
        covered = jnp.all((general & ~rules.care) == 0, axis=0) & jnp.any(rules.care != general, axis=0)
        taken = jnp.where(chosen & covered & (best < EXACT), rules.numerosity.astype(jnp.float32), 0.0)
        gain = jnp.where(rules.places == row, jnp.sum(taken), 0.0)
        return rules.remove((taken - gain).astype(jnp.int32))


def wider(general: Classifiers, special: Classifiers) -> Bool[Array, "*rows"]:
    """Whether each condition of `special`, one rule, is that of `general` with more places cared for."""
    value, care = (x.reshape(-1, *[1] * (general.care.ndim - 1)) for x in (special.value, special.care))
    inside = ((general.care & ~care) == 0) & (((general.value ^ value) & general.care) == 0)
    return jnp.all(inside, axis=0) & jnp.any(general.care != care, axis=0)
