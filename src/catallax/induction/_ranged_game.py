"""The ranged verification-falsification game: quantifiers replaced by finite sets, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

Sets = tuple[frozenset[int], ...]
"""What was named for each quantifier so far."""


@dataclass(frozen=True)
class Quantified:
    """A sentence `Q1 x1 Q2 x2 ... holds(x1, x2, ...)` over the natural numbers, whose instances can be observed.

    >>> largest = Quantified("there is a largest number", "EA", lambda x, y: x >= y)
    >>> [largest.within((frozenset(range(n)), frozenset(range(n)))) for n in (3, 10, 50)]
    [True, True, True]
    """

    name: str
    quantifiers: str
    """`A` (for all) and `E` (there is), the leading one first."""
    holds: Callable[..., bool]
    """Truth of an instance, a number for each quantifier."""

    def __post_init__(self) -> None:
        if not self.quantifiers or set(self.quantifiers) - {"A", "E"}:
            raise ValueError(f"Quantified: quantifiers are letters A and E, at least one, got {self.quantifiers!r}.")

    def within(self, sets: Sets) -> bool:
        """Truth of the bounded sentence in which each quantifier ranges over a set.

        Raises:
            ValueError: if there is not one set for each quantifier.
        """
        if len(sets) != len(self.quantifiers):
            raise ValueError(f"Quantified: {self.name!r} needs {len(self.quantifiers)} sets, got {len(sets)}.")
        return self._truth(sets, ())

    def _truth(self, sets: Sets, numbers: tuple[int, ...]) -> bool:
        if len(numbers) == len(sets):
            return bool(self.holds(*numbers))
        every = all if self.quantifiers[len(numbers)] == "A" else any
        return every(self._truth(sets, (*numbers, number)) for number in sets[len(numbers)])


class Turn(NamedTuple):
    """A move to make."""

    sentence: Quantified
    day: int
    sets: Sets
    """Those named before; the next quantifier is `sentence.quantifiers[len(sets)]`."""


Player = Callable[[Turn], Collection[int]]
"""Names a finite set of numbers, at least 0; as verifier for `E`, as falsifier for `A`."""


def play(sentence: Quantified, verifier: Player, falsifier: Player, day: int = 0) -> tuple[bool, Sets]:
    """Play one game; whether the verifier won, and what was named.

    Args:
        sentence: played about.
        verifier: moves at `E`, wins where the bounded sentence is true.
        falsifier: moves at `A`.
        day: told to the players.

    Raises:
        ValueError: if a move is not a finite set of numbers of at least 0.

    >>> mortal = Quantified("every man dies", "AE", lambda man, year: year >= man)
    >>> play(mortal, lambda turn: [max(turn.sets[0])], lambda turn: range(4))[0]
    True
    """
    sets: Sets = ()
    for place, quantifier in enumerate(sentence.quantifiers):
        player, seat = (falsifier, "falsifier") if quantifier == "A" else (verifier, "verifier")
        named = player(Turn(sentence, day, sets))
        if not isinstance(named, Collection) or not all(_natural(number) for number in named):
            raise ValueError(
                f"play: the {seat} of {sentence.name!r} must name a finite collection of whole numbers of at least 0 for quantifier "
                f"{place}, got {named!r}."
            )
        sets = (*sets, frozenset(int(number) for number in named))
    return sentence.within(sets), sets


class RangedValue(NamedTuple):
    """What best play brings where only the sizes of the sets matter."""

    sizes: tuple[int, ...]
    """Named by the two in turn."""
    win: float
    """Probability that the verifier wins."""
    verifier: float
    """The same less what its moves cost, credits."""
    falsifier: float
    """Probability that the falsifier wins less its costs, credits."""


def ranged_value(
    quantifiers: str, win: Float[np.ndarray, ...], verifier_cost: float = 0.0, falsifier_cost: float = 0.0
) -> RangedValue:
    """Best play by backward induction, where each element of a named set costs something.

    Prices of seats are biased by these costs; without them the value is the probability of the sentence on the window.

    Args:
        quantifiers: `A` and `E`.
        win: probability that the bounded sentence is true, by the sizes of the sets from 0, an axis for each quantifier.
        verifier_cost: credits per element.
        falsifier_cost: credits per element.

    Raises:
        ValueError: if the axes do not fit the quantifiers.

    >>> ranged_value("E", 1 - 0.8 ** np.arange(60), verifier_cost=0.03).sizes
    (9,)
    """
    if win.ndim != len(quantifiers) or not quantifiers or set(quantifiers) - {"A", "E"}:
        raise ValueError(f"ranged_value: expected an axis for each of the quantifiers {quantifiers!r}, got {win.ndim}.")
    sizes = np.indices(win.shape)
    spent = {
        mine: sum((sizes[k] for k, q in enumerate(quantifiers) if q == mine), np.zeros(win.shape)) for mine in "AE"
    }
    payoff = {"E": win - verifier_cost * spent["E"], "A": 1 - win - falsifier_cost * spent["A"]}
    outcome = np.stack([win, payoff["E"], payoff["A"], *sizes], -1)
    for quantifier in reversed(quantifiers):
        axis = outcome.ndim - 2
        best = np.argmax(outcome[..., 1 if quantifier == "E" else 2], axis)
        outcome = np.take_along_axis(outcome, best[..., None, None], axis)[..., 0, :]
    chance, for_it, against, *named = outcome.tolist()
    return RangedValue(tuple(int(size) for size in named), chance, for_it, against)


def _natural(number: object) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool) and int(number) >= 0
