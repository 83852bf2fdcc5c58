"""What protocols of oversight share."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from jaxtyping import Float


class Transcript(NamedTuple):
    """What was said, question by question."""

    shown: tuple[Any, ...]
    """What the judge had been shown after each move: sets of items, or the words of speakers."""
    cost: Float[np.ndarray, " questions"]
    """Items, or tokens, that the judge read."""
    read: Float[np.ndarray, " questions"]
    """Items, or tokens, that were read in all: by those who chose for the judge as well."""


class Run(NamedTuple):
    """What a protocol made of an agent's arguments."""

    transcript: Transcript
    probs: Float[np.ndarray, " questions"]
    """Of the answer that the agent argued for, to the judge."""


Agent = TypeVar("Agent")
Asked = TypeVar("Asked")


class AbstractProtocol(abc.ABC, Generic[Agent, Asked]):
    """A way for a judge to hear an agent that knows more.

    It is run twice on every question: once the agent argues for the true answer, once for the false one.
    """

    name: str

    @abc.abstractmethod
    def run(self, agent: Agent, question: Asked, case: bool, luck: np.random.Generator) -> Run:
        """What the judge believes in the end.

        Args:
            agent: who argues.
            question: one batch of questions.
            case: whether the agent argues for the true answer.
            luck: chance, the same for both cases.
        """


@dataclass(frozen=True)
class Arguer:
    """An agent that knows evidence and shows what helps its side, or keeps silent; it cannot forge.

    Args:
        items: that it may show in a turn.
        knows: of the items, the first ones; all unless told. Fewer make it less capable.

    Raises:
        ValueError: for numbers below 0.
    """

    items: int = 2
    knows: int | None = None

    def __post_init__(self) -> None:
        if self.items < 0 or (self.knows is not None and self.knows < 0):
            raise ValueError(f"Arguer: expected items and knows of 0 or more, got {self.items} and {self.knows}.")

    def known(self, items: int) -> np.ndarray:
        """Which of the items of a question it knows."""
        return np.arange(items) < (items if self.knows is None else self.knows)
