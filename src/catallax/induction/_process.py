"""What comes to be listed and proved, day by day."""

from __future__ import annotations

import abc
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from catallax.induction._formula import Atom, Formula, sentence

Pricing = Callable[[Formula], float]
"""The last price of a sentence, NaN for one that was never listed."""


class News(NamedTuple):
    """What happens before the prices of a day are set."""

    listed: tuple[Formula, ...] = ()
    """Sentences that can be traded from today on."""
    proved: tuple[Formula, ...] = ()
    """Theorems that are new."""
    closed: tuple[Formula, ...] = ()
    """Sentences that cannot be traded any more; shares in them are kept."""


class AbstractProcess(abc.ABC):
    """A deductive process `D_1 ⊆ D_2 ⊆ ...`, and which sentences are priced when."""

    @abc.abstractmethod
    def news(self, day: int, price: Pricing) -> News:
        """News of a day.

        Args:
            day: from 1.
            price: prices so far; a sentence may be about its own price.
        """


@dataclass(frozen=True)
class Schedule(AbstractProcess):
    """A small theory: all sentences are priced every day, theorems come on fixed days.

    >>> Schedule(("a", "b"), {3: ("a | b",)}).news(3, lambda _: 0.5).proved[0].atoms == {"a", "b"}
    True
    """

    sentences: tuple[Formula | str, ...]
    """Listed on the first day."""
    proved: Mapping[int, tuple[Formula | str, ...]]
    """Theorems by the day of their proof."""

    def news(self, day: int, price: Pricing) -> News:
        return News(_all(self.sentences) if day == 1 else (), _all(self.proved.get(day, ())))


@dataclass(frozen=True)
class Stream(AbstractProcess):
    """A sentence a day, `x1, x2, ...`, traded on its day and decided some days later."""

    truth: Callable[[int, float], bool]
    """Whether the sentence of a day is true, given its price on that day."""
    delay: int = 5
    """Days until it is proved, or its negation is; at least 1."""
    name: str = "x"
    """Of the atoms."""

    def __post_init__(self) -> None:
        if self.delay < 1:
            raise ValueError(
                f"Stream: a sentence is decided at least a day after it is traded, got delay={self.delay}."
            )

    def sentence(self, day: int) -> Formula:
        """The one of a day."""
        return Atom(f"{self.name}{day}")

    def news(self, day: int, price: Pricing) -> News:
        old = day - self.delay
        proved: tuple[Formula, ...] = ()
        if old >= 1:
            atom = self.sentence(old)
            proved = (atom,) if self.truth(old, price(atom)) else (~atom,)
        return News((self.sentence(day),), proved, (self.sentence(day - 1),) if day > 1 else ())


def hash_uniform(key: int, *numbers: int) -> float:
    """A number in [0, 1) from a keyed hash: pseudo-random, the same on every machine.

    >>> hash_uniform(0, 1) == hash_uniform(0, 1) != hash_uniform(1, 1)
    True
    """
    text = ",".join(map(str, numbers)).encode()
    digest = hashlib.blake2b(text, digest_size=8, key=str(key).encode()).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def _all(of: Iterable[Formula | str]) -> tuple[Formula, ...]:
    return tuple(sentence(one) for one in of)
