"""Who is born: enumeration, chance, mutation of the rich, replacement of the broke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key, PyTree

from catallax.agents._family import AbstractFamily
from catallax.agents._settings import at_least
from catallax.core import NOBODY, AbstractEntry, Newborns, Population

Mutation = Callable[[Key[Array, ""], Any], Any]
"""`(key, parent) -> child`; traceable."""


class Enumeration(AbstractEntry):
    """Agents of a countable family enter one by one, each with an allowance.

    Source: Pallavi Sudhir and Tran-Thanh (2025), remark after Definition 2.1.
    """

    family: AbstractFamily
    allowance: float
    """Credits each newborn gets from the house, per instance."""
    per_round: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        at_least("Enumeration", 0, allowance=self.allowance)
        at_least("Enumeration", 1, per_round=self.per_round)

    def init(self, key: Key[Array, ""]) -> Int[Array, ""]:
        """The next number."""
        return jnp.zeros((), jnp.int32)

    def newborns(self, key: Key[Array, ""], state: Int[Array, ""], population: Population) -> tuple[Array, Newborns]:
        """The next members; numbers advance only by as many as find a free slot."""
        count = self.per_round
        individuals = jax.vmap(self.family.individual)(state + jnp.arange(count, dtype=jnp.int32))
        born = jnp.minimum(jnp.sum(~population.alive, dtype=jnp.int32), count)
        return state + born, house_born(individuals, self.allowance, jnp.ones(count, bool))


class RandomBirths(AbstractEntry):
    """Random members of a family enter."""

    family: AbstractFamily
    allowance: float
    """Credits each newborn gets from the house, per instance."""
    per_round: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        at_least("RandomBirths", 0, allowance=self.allowance)
        at_least("RandomBirths", 1, per_round=self.per_round)

    def init(self, key: Key[Array, ""]) -> tuple[()]:
        """Nothing to remember."""
        return ()

    def newborns(self, key: Key[Array, ""], state: tuple[()], population: Population) -> tuple[tuple[()], Newborns]:
        """Members with uniformly drawn numbers."""
        numbers = jax.random.randint(key, (self.per_round,), 0, self.family.size)
        individuals = jax.vmap(self.family.individual)(numbers)
        return state, house_born(individuals, self.allowance, jnp.ones(self.per_round, bool))


class MutateTheRich(AbstractEntry):
    """Mutants of agents drawn in proportion to their wealth above a line enter, paid for by the house."""

    mutate: Mutation = eqx.field(static=True)
    allowance: float
    """Credits each newborn gets, per instance."""
    per_round: int = eqx.field(static=True, default=1)
    line: float = 0.0
    """Credits per instance that everybody has and that do not count as riches."""

    def __check_init__(self) -> None:
        at_least("MutateTheRich", 0, allowance=self.allowance, line=self.line)
        at_least("MutateTheRich", 1, per_round=self.per_round)

    def init(self, key: Key[Array, ""]) -> tuple[()]:
        """Nothing to remember."""
        return ()

    def newborns(self, key: Key[Array, ""], state: tuple[()], population: Population) -> tuple[tuple[()], Newborns]:
        """Children of the rich; none while nobody is."""
        parent_key, child_key = jax.random.split(key)
        wealth = jnp.where(population.alive, jnp.maximum(population.wealth - self.line, 0.0), 0.0)
        parents = _draw_by_weight(parent_key, wealth, self.per_round)
        children = _children(self.mutate, child_key, population, parents)
        valid = jnp.broadcast_to(jnp.max(wealth) > 0, (self.per_round,))
        return state, house_born(children, self.allowance, valid)


class InvestAndRepay(AbstractEntry):
    """Rich agents pay for mutants of themselves and are repaid from the children's profit.

    An agent invests when its wealth exceeds `threshold * endowment`; one child
    each per round, the richest first. The market collects the repayment.

    Source: after Baum (1996); the threshold of 10 endowments is recalled, not re-read.
    """

    mutate: Mutation = eqx.field(static=True)
    endowment: float
    """Credits a child gets from its creator, per instance."""
    threshold: float = 10.0
    per_round: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        at_least("InvestAndRepay", 0, endowment=self.endowment, threshold=self.threshold)
        at_least("InvestAndRepay", 1, per_round=self.per_round)

    def init(self, key: Key[Array, ""]) -> tuple[()]:
        """Nothing to remember."""
        return ()

    def newborns(self, key: Key[Array, ""], state: tuple[()], population: Population) -> tuple[tuple[()], Newborns]:
        """Children of the richest who can afford one."""
        wealth = jnp.where(population.alive, population.wealth, -1.0)
        richest, parents = jax.lax.top_k(wealth, self.per_round)
        children = _children(self.mutate, key, population, parents)
        newborns = house_born(children, self.endowment, richest > self.threshold * self.endowment)
        return state, newborns._replace(creator=jnp.where(newborns.valid, parents, NOBODY))


class ReplaceTheBroke(AbstractEntry):
    """Free slots are filled from another rule only up to a wanted population size."""

    entry: AbstractEntry
    size: int = eqx.field(static=True)
    """Living agents wanted."""

    def __check_init__(self) -> None:
        at_least("ReplaceTheBroke", 1, size=self.size)

    def init(self, key: Key[Array, ""]) -> PyTree:
        """The inner rule's state."""
        return self.entry.init(key)

    def newborns(self, key: Key[Array, ""], state: PyTree, population: Population) -> tuple[PyTree, Newborns]:
        """As many of the inner rule's newborns as are missing."""
        missing = self.size - jnp.sum(population.alive)
        # the inner rule must see no more free slots than it may fill, or a counting one would skip members
        taken = population.alive | (jnp.cumsum(~population.alive) > missing)
        new_state, newborns = self.entry.newborns(key, state, population._replace(alive=taken))
        return new_state, newborns._replace(valid=newborns.valid & (jnp.cumsum(newborns.valid) <= missing))


def house_born(individuals: eqx.Module, allowance: Any, valid: Bool[Array, " newborns"]) -> Newborns:
    """Newborns whose allowance the house pays."""
    count = valid.shape[0]
    allowances = jnp.broadcast_to(jnp.asarray(allowance, jnp.float32), (count,))
    return Newborns(individuals, allowances, jnp.full(count, NOBODY, jnp.int32), valid)


def _draw_by_weight(key: Key[Array, ""], weight: Array, count: int) -> Int[Array, " newborns"]:
    edges = jnp.cumsum(weight)
    # from the right, and no further than the last weight, so that nobody without weight is drawn at either end
    drawn = jnp.searchsorted(edges, jax.random.uniform(key, (count,)) * edges[-1], side="right")
    return jnp.minimum(drawn, jnp.searchsorted(edges, edges[-1])).astype(jnp.int32)


def _children(
    mutate: Mutation, key: Key[Array, ""], population: Population, parents: Int[Array, " newborns"]
) -> eqx.Module:
    chosen = jax.tree.map(lambda leaf: leaf[parents], population.individuals)
    return jax.vmap(mutate)(jax.random.split(key, parents.shape[0]), chosen)
