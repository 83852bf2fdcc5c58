"""What is bought and decided in a world by those who see only what they may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.language.worlds._world import Contents, World, expected

Offers = Sequence[Sequence[str]]
"""Names of the signals offered to each level: the first to who decides, the next to who chooses among the first, and so on."""
Purchase = tuple[str, ...]
"""Names of the signals that one level buys."""
History = tuple[Purchase, ...]
"""What was bought by the levels above one, the nearest first."""


class Played(NamedTuple):
    """What happened in one case."""

    bought: History
    """By level 1, level 2, ...."""
    belief: Float[np.ndarray, " outcomes"]
    """Of who decides."""
    spent: float
    """Credits for all that was bought, at every level."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A decision rule for each level: level `n` buys among the offers to level `n - 1`, and level 0 decides.

    Args:
        world: where it is played.
        offers: for each level.
        beliefs: for everything that may have been bought, what level 0 believes, axes as in the world; the axis of a signal that it does
            not see has length 1.
        purchases: for each level from 1 on and everything that may have been bought above it, the number of its choice in
            `options(offers[level - 1])`, for each value of the signals that it sees.
    """

    world: World
    offers: tuple[tuple[str, ...], ...]
    beliefs: Mapping[History, Float[np.ndarray, "outcomes ..."]]
    purchases: tuple[Mapping[History, Int[np.ndarray, "... _"]], ...]

    @property
    def value(self) -> float:
        """`E[U(x) - sum of prices]`, credits: of the decision less everything that was bought at any level."""
        return expected(self.world.joint, self.payoffs(len(self.purchases), ()))

    def payoffs(self, level: int, history: History) -> Float[np.ndarray, "outcomes ..."]:
        """What this level and those below make of a history, credits: for each outcome and value of what they see."""
        if level == 0:
            return self.world.decision.payoffs(self.beliefs[history])
        options = [self.after(level, option, history) for option in self.options(level)]
        return chosen(options, self.purchases[level - 1][history])

    def after(self, level: int, option: Purchase, history: History) -> Float[np.ndarray, "outcomes ..."]:
        """What is made of a purchase by this level, its price taken off, credits."""
        return self.payoffs(level - 1, (option, *history)) - self.world.cost(option)

    def options(self, level: int) -> list[Purchase]:
        """What a level can buy."""
        return options(self.offers[level - 1])

    def chance(self, level: int, history: History) -> Float[np.ndarray, "... _"]:
        """1 where the levels above this one buy just this, 0 elsewhere, for each value of all signals."""
        where = np.ones(self.world.joint.shape[1:])
        for n, bought in enumerate(history, level + 1):
            choice = self.purchases[n - 1][history[n - level :]]
            where = where * (choice == self.options(n).index(bought))
        return where

    def play(self, contents: Contents) -> Played:
        """What is bought and believed when the signals have these values.

        Raises:
            ValueError: for values that do not exist.
            KeyError: if a rule depends on a signal whose value is not given.
        """
        self.world.probability(contents)  # complains of values that do not exist
        history: History = ()
        for level in range(len(self.purchases), 0, -1):
            history = (self.purchase(level, history, contents), *history)
        spent = sum((self.world.cost(bought) for bought in history), 0.0)
        return Played(history, self.belief(history, contents), spent)

    def purchase(self, level: int, history: History, contents: Contents) -> Purchase:
        """What a level buys after a history, in view of these values.

        Raises:
            KeyError: if its rule depends on a signal whose value is not given.
        """
        rule = self.purchases[level - 1][history]
        return self.options(level)[int(rule[self._where(rule.shape, contents)])]

    def belief(self, history: History, contents: Contents) -> Float[np.ndarray, " outcomes"]:
        """What is believed after a history, in view of these values.

        Raises:
            KeyError: if the belief depends on a signal whose value is not given.
        """
        rule = self.beliefs[history]
        return rule[(slice(None), *self._where(rule.shape[1:], contents))]

    def _where(self, shape: tuple[int, ...], contents: Contents) -> tuple[int, ...]:
        """Where in a rule some values are; axes of what it does not depend on have length 1."""
        return tuple(contents[name] if size > 1 else 0 for name, size in zip(self.world.signals, shape, strict=True))


def options(offers: Sequence[str]) -> list[Purchase]:
    """All subsets of some offers, smaller ones first."""
    return [subset for size in range(len(offers) + 1) for subset in combinations(offers, size)]


def histories(offers: Offers, level: int) -> list[History]:
    """All that can be bought by the levels above one."""
    found: list[History] = [()]
    for above in reversed(range(level, len(offers))):
        found = [(option, *history) for history in found for option in options(offers[above])]
    return found


def chosen(tables: list[Float[np.ndarray, "outcomes ..."]], choice: Int[np.ndarray, "... _"]) -> np.ndarray:
    """From several tables, the entry of the one that was chosen, for each value of what is seen."""
    shape = np.broadcast_shapes(*(table.shape for table in tables), (1, *choice.shape))
    return np.choose(np.broadcast_to(choice, shape), [np.broadcast_to(table, shape) for table in tables])


def checked(world: World, offers: Offers) -> tuple[tuple[str, ...], ...]:
    """The offers, each signal to one level only.

    Raises:
        ValueError: for what is no signal, and a signal that is offered twice.
    """
    names = [name for level in offers for name in level]
    if isinstance(offers, str) or any(isinstance(level, str) for level in offers):
        raise ValueError(
            f"offers should be a sequence of names for each level, as [['I1', 'I2'], ['I3']], got {offers!r}."
        )
    if len(set(names)) < len(names):
        raise ValueError(f"each signal can be offered to one level, once; got {offers!r}.")
    world.cost(names)  # complains of what is no signal
    return tuple(tuple(level) for level in offers)
