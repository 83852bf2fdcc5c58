"""What goods say of a finite world, and what they are worth to one who infers exactly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from catallax.language.bazaar._offers import Receipt
from catallax.language.worlds import Recall, World, everything

HIDDEN = -1
MOST = 20_000
"""Sets of contents that are tabulated at most."""

DIGITS = 9
"""Of a value, at most; Python refuses to read thousands."""

Contents = tuple[int, ...]
"""A value of each signal of the world, or `HIDDEN`."""


class Piece(NamedTuple):
    """A good as a Bayesian sees it."""

    id: str
    signal: int
    """`HIDDEN` where the text is about no signal of the world, and worth nothing."""
    value: int
    price: int


Pieces = tuple[Piece, ...]


class Beliefs:
    """Posterior and payoffs for all contents there can be, in advance: what was looked up must not be told by a cache."""

    def __init__(self, world: World) -> None:
        sizes = world.joint.shape[1:]
        count = math.prod(size + 1 for size in sizes)
        if count > MOST:
            raise ValueError(
                f"Bayesian: a world with {count} sets of contents is too large to tabulate, {MOST} are the most; "
                "sum signals out, or give the bazaar a contractor of your own."
            )
        self.signals = world.signals
        self.sizes = sizes
        self.mass: dict[Contents, float] = {}
        self.posterior: dict[Contents, tuple[float, ...]] = {}
        self.payoffs: dict[Contents, tuple[float, ...]] = {}
        for contents in itertools.product(*(range(HIDDEN, size) for size in sizes)):
            known = {name: value for name, value in zip(world.signals, contents) if value != HIDDEN}
            mass = world.probability(known)
            if mass > 0:
                belief = world.posterior(known)
                self.mass[contents] = mass
                self.posterior[contents] = tuple(belief.tolist())
                self.payoffs[contents] = tuple(world.decision.payoffs(belief).tolist())

    @property
    def nothing(self) -> Contents:
        """No contents."""
        return (HIDDEN,) * len(self.sizes)

    def piece(self, id: str, text: str, price: int) -> Piece:
        """Read a text `signal=value`; anything else says nothing."""
        name, _, told = (part.strip() for part in text.rpartition("="))
        if name in self.signals and told.isdecimal() and len(told) <= DIGITS:
            signal, value = self.signals.index(name), int(told)
            if value < self.sizes[signal]:
                return Piece(id, signal, value, price)
        return Piece(id, HIDDEN, 0, price)

    def known(self, receipts: Iterable[Receipt]) -> Contents | None:
        """What bought texts say together."""
        return self.add(self.nothing, [self.piece(receipt.offer, receipt.text, 0) for receipt in receipts])

    def add(self, contents: Contents | None, pieces: Iterable[Piece]) -> Contents | None:
        """Contents with what some pieces say; None where they contradict each other or cannot be."""
        if contents is None:
            return None
        more = list(contents)
        for piece in pieces:
            if piece.signal != HIDDEN:
                if more[piece.signal] not in (HIDDEN, piece.value):
                    return None
                more[piece.signal] = piece.value
        return found if (found := tuple(more)) in self.mass else None

    def choose(
        self,
        levels: Sequence[Pieces],
        known: Sequence[Pieces],
        purses: Sequence[int | float],
        scale: float,
        recall: Recall = everything,
    ) -> Pieces:
        """The goods of the innermost level that are worth most, judged by one who sees all levels.

        `max_S E[U(report) | all that is in view] - prices`, where whoever decides on the level above sees what was bought
        here, decides in the same way, and so on up to the report, which is made by what was bought alone.

        Args:
            levels: goods, from the outermost level to the one to decide on.
            known: what was bought for each level, and at last for this choice.
            purses: micro-credits for each level.
            scale: micro-credits in a unit of utility.
            recall: what a level still knows of what was bought further in than for itself.
        """
        view = self.add(self.nothing, itertools.chain(*known, *levels))
        if view is None:
            return ()
        belief, best, most = self.posterior[view], (), -math.inf
        for count in range(len(levels[-1]) + 1):
            for chosen in itertools.combinations(levels[-1], count):
                if sum(piece.price for piece in chosen) > purses[-1]:
                    continue
                report, cost = self.end(chosen, levels, known, purses, scale, recall)
                worth = scale * expected(belief, self.payoffs[report]) - cost
                if worth > most + 1e-6:
                    best, most = chosen, worth
        return best

    def end(
        self,
        chosen: Pieces,
        levels: Sequence[Pieces],
        known: Sequence[Pieces],
        purses: Sequence[int | float],
        scale: float,
        recall: Recall,
    ) -> tuple[Contents, int]:
        """What a choice leads to: contents that the report is made by, and micro-credits for all that is bought on the way."""
        price = sum(piece.price for piece in chosen)
        left = [purse - price for purse in purses[:-1]]
        kept = itertools.chain(*recall(((*known[-2], *chosen), known[-1])))
        levels, known = levels[:-1], (*known[:-2], tuple(kept))
        if not levels:
            report = self.add(self.nothing, known[0])
            assert report is not None  # part of what is in view, which can be
            return report, price
        outer = self.choose(levels, known, left, scale, recall)
        report, more = self.end(outer, levels, known, left, scale, recall)
        return report, price + more


@lru_cache(maxsize=64)
def beliefs(world: World) -> Beliefs:
    """The tables of a world."""
    return Beliefs(world)


def expected(belief: Sequence[float], payoffs: Sequence[float]) -> float:
    """`sum q U`, over what can happen."""
    return sum(chance * payoff for chance, payoff in zip(belief, payoffs) if chance > 0)
