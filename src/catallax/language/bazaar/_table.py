"""The table of a market: who sits at it, what world they share, what nature tells them, and the money they come with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from catallax.core import Journal, to_micro
from catallax.language.bazaar._informers import AbstractInformer
from catallax.language.bazaar._seats import Seat
from catallax.language.bazaar._till import MINT
from catallax.language.worlds import World


@dataclass(frozen=True)
class Table:
    """Informers as they sat down.

    Args:
        seats: by name.
        worlds: the finite worlds that they know of.
    """

    seats: Mapping[str, Seat]
    worlds: tuple[World, ...]

    @classmethod
    def of(cls, informers: Iterable[AbstractInformer]) -> Table:
        """Seat them.

        Raises:
            ValueError: if two share a name.
        """
        informers = tuple(informers)
        seats = [Seat.of(informer) for informer in informers]
        names = [seat.name for seat in seats]
        if len(set(names)) < len(names):
            raise ValueError(f"Bazaar: two informers share a name among {names}; an account has one owner.")
        found = [world for i in informers if isinstance(world := getattr(i, "world", None), World)]
        worlds = {id(world): world for world in found}
        return cls(dict(zip(names, seats, strict=True)), tuple(worlds.values()))

    def common(self, otherwise: str) -> World:
        """The one world of all of them.

        Raises:
            ValueError: if they have more, or none; with what is to be done.
        """
        if len(self.worlds) != 1:
            raise ValueError(f"Bazaar: the informers share {len(self.worlds)} finite worlds and not 1; {otherwise}")
        return self.worlds[0]

    def nature(self, seed: int, run: str) -> dict[str, int]:
        """What nature tells in a run: the outcome, by the name of the question, and all signals of the common world, if any."""
        if len(self.worlds) != 1:
            return {}
        (world,) = self.worlds
        outcome, signals = world.draw(np.random.default_rng([seed, *run.encode()]))
        return {world.question: outcome, **signals}


def seed_for(*what: object) -> str:
    """A seed for one purpose, the same in each run of the same program."""
    return hashlib.sha256("/".join(map(str, what)).encode()).hexdigest()[:16]


def endow(journal: Journal, account: str, credits: float) -> None:
    """Mint the money that somebody comes with, once."""
    journal.post({MINT: -to_micro(credits), account: to_micro(credits)}, f"endow {account}", "endow")
