"""Births from a language: strangers; several entry rules at once; births by chance."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Key, PyTree

from catallax.agents._entry import house_born
from catallax.agents._settings import at_least, share
from catallax.core import AbstractEntry, Newborns, Population, split_by


class Strangers(AbstractEntry):
    """Random individuals enter, endowed by the house.

    Args:
        random: `key -> individual`, traceable; the `random` of a language.
        allowance: credits each gets from the house, per instance.
        per_round: how many a round.
    """

    random: Callable[[Key[Array, ""]], eqx.Module]
    allowance: float
    per_round: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        at_least("Strangers", 0, allowance=self.allowance)
        at_least("Strangers", 1, per_round=self.per_round)

    def init(self, key: Key[Array, ""]) -> tuple[()]:
        """Nothing to remember."""
        return ()

    def newborns(self, key: Key[Array, ""], state: tuple[()], population: Population) -> tuple[tuple[()], Newborns]:
        """Drawn afresh each round."""
        drawn = jax.vmap(self.random)(jax.random.split(key, self.per_round))
        return state, house_born(drawn, self.allowance, jnp.ones(self.per_round, bool))


class AllOf(AbstractEntry):
    """The newborns of several rules, the first rule's first in line for free slots."""

    entries: tuple[AbstractEntry, ...]

    def __check_init__(self) -> None:
        at_least("AllOf", 1, entries=len(self.entries))

    def init(self, key: Key[Array, ""]) -> PyTree:
        """Each rule's own state."""
        return tuple(rule.init(jax.random.fold_in(key, place)) for place, rule in enumerate(self.entries))

    def newborns(self, key: Key[Array, ""], state: PyTree, population: Population) -> tuple[PyTree, Newborns]:
        """All of them."""
        each = [
            rule.newborns(jax.random.fold_in(key, place), own, population)
            for place, (rule, own) in enumerate(zip(self.entries, state, strict=True))
        ]
        born = jax.tree.map(lambda *rows: jnp.concatenate(rows), *(newborns for _, newborns in each))
        return tuple(own for own, _ in each), born


class Sometimes(AbstractEntry):
    """Each newborn of another rule enters with some probability; all of them where nobody is alive.

    Args:
        entry: the rule.
        chance: in [0, 1].
    """

    entry: AbstractEntry
    chance: float

    def __check_init__(self) -> None:
        share("Sometimes", chance=self.chance)

    def init(self, key: Key[Array, ""]) -> PyTree:
        """The inner rule's state."""
        return self.entry.init(key)

    def newborns(self, key: Key[Array, ""], state: PyTree, population: Population) -> tuple[PyTree, Newborns]:
        """Those of the inner rule that chance lets in."""
        birth, chance = split_by(key, "birth", "chance")
        state, born = self.entry.newborns(birth, state, population)
        lucky = jax.random.bernoulli(chance, self.chance, born.valid.shape)
        return state, born._replace(valid=born.valid & (lucky | ~jnp.any(population.alive)))
