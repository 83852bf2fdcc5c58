"""Who leaves a society of thinkers, who comes, and what the newborn are made of."""

from __future__ import annotations

import abc
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from catallax.core import to_micro
from catallax.language.reasoning._thinker import AbstractThinker

Role = Callable[[AbstractThinker], str]
"""What a thinker is for."""


@runtime_checkable
class Society(Protocol):
    """What rules of population see of a market."""

    thinkers: dict[str, AbstractThinker]
    played: int
    seed: int

    @property
    def wealth(self) -> Mapping[str, int]: ...


class AbstractDepartures(abc.ABC):
    """Who leaves after an episode."""

    @abc.abstractmethod
    def leavers(self, society: Society) -> list[str]:
        """Names of those who leave; whoever still owns a state stays on."""


class Bankruptcy(AbstractDepartures):
    """Whose wealth is below `least` leaves, except the last of its role.

    Args:
        least: credits.
        role: what no last thinker of leaves; by default nobody is kept.
    """

    def __init__(self, least: float = 0.0, role: Role | None = None) -> None:
        self.least, self.role = to_micro(least), role

    def leavers(self, society: Society) -> list[str]:
        poor = [name for name, wealth in society.wealth.items() if wealth < self.least]
        if self.role is None or not poor:
            return poor
        leaving: list[str] = []
        left = [self.role(thinker) for thinker in society.thinkers.values()]
        for name in sorted(poor, key=society.wealth.__getitem__):
            role = self.role(society.thinkers[name])
            if left.count(role) > 1:
                left.remove(role)
                leaving.append(name)
        return leaving


class AbstractMutation(abc.ABC):
    """How a newborn differs from its parent."""

    @abc.abstractmethod
    async def child(
        self, parent: AbstractThinker, name: str, veterans: Sequence[AbstractThinker], luck: random.Random
    ) -> AbstractThinker:
        """A thinker under a new name."""


class AbstractBirths(abc.ABC):
    """Who comes after an episode."""

    async def replacements(self, society: Society, gone: Sequence[AbstractThinker]) -> list[AbstractThinker]:
        """Thinkers that take the place of those who just left, before anything else happens; nobody by default."""
        return []

    @abc.abstractmethod
    async def newborns(self, society: Society, gone: Sequence[AbstractThinker]) -> list[AbstractThinker]:
        """Thinkers to admit; the market endows them.

        Args:
            society: as it is, without those who left.
            gone: who left after this episode.
        """


class PeriodicBirths(AbstractBirths):
    """Every `every` episodes, `many` mutants of parents drawn in proportion to wealth.

    Args:
        mutation: what makes a child of a parent.
        every: episodes.
        many: newborns each time.
        capacity: most thinkers; no births beyond it.

    Raises:
        ValueError: for counts below 1.
    """

    def __init__(self, mutation: AbstractMutation, every: int = 100, many: int = 1, capacity: int = 64) -> None:
        if min(every, many, capacity) < 1:
            raise ValueError(
                f"PeriodicBirths: every, many and capacity are at least 1, got {every}, {many}, {capacity}."
            )
        self.mutation, self.every, self.many, self.capacity = mutation, every, many, capacity

    async def newborns(self, society: Society, gone: Sequence[AbstractThinker]) -> list[AbstractThinker]:
        if society.played % self.every:
            return []
        now = society.played  # another episode may end while a child is made
        luck = random.Random(f"{society.seed}|births|{now}")
        veterans, wealth = list(society.thinkers.values()), society.wealth
        if not veterans:
            return []
        weights = [max(1, wealth[thinker.name]) for thinker in veterans]
        room = max(0, min(self.many, self.capacity - len(veterans)))
        parents = luck.choices(veterans, weights, k=room)
        return [
            await self.mutation.child(parent, born(parent, now, number), veterans, luck)
            for number, parent in enumerate(parents)
        ]


def born(parent: AbstractThinker, played: int, number: int) -> str:
    """A name that nobody had: the parent's stem and when it was born.

    >>> from catallax.language.reasoning import FixedBid, ProgramThinker
    >>> born(ProgramThinker("ann'3.0", FixedBid(1.0), lambda view: None), 7, 1)
    "ann'7.1"
    """
    return f"{stem(parent)}'{played}.{number}"


def stem(thinker: AbstractThinker) -> str:
    """The name of its first ancestor."""
    return thinker.name.partition("'")[0]
