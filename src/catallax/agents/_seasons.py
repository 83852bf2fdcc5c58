"""Seasons: births for a while, then rest, so that selection can do its work."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Key, PyTree

from catallax.agents._settings import at_least
from catallax.core import AbstractEntry, Newborns, Population


class Seasons(AbstractEntry):
    """Another rule's newborns enter in the first ticks of every season only.

    Newcomers outbid whoever is there, right or wrong. While they never cease, the
    best agents never win and leave as idle; in a rest the wrong ones go broke.
    """

    entry: AbstractEntry
    births: int = eqx.field(static=True)
    """Ticks with births."""
    rest: int = eqx.field(static=True)
    """Ticks without."""

    def __check_init__(self) -> None:
        at_least("Seasons", 1, births=self.births)
        at_least("Seasons", 0, rest=self.rest)

    def init(self, key: Key[Array, ""]) -> PyTree:
        """The inner rule's state."""
        return self.entry.init(key)

    def newborns(self, key: Key[Array, ""], state: PyTree, population: Population) -> tuple[PyTree, Newborns]:
        """The inner rule's newborns, or nobody."""
        after, born = self.entry.newborns(key, state, population)
        # a round ends at this tick: its births belong to the ticks before
        open_ = (population.tick - 1) % (self.births + self.rest) < self.births
        return after, born._replace(valid=born.valid & open_)
