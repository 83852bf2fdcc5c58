"""A request with a bounty, what its consumer lets suppliers know, and who picks among the offers."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field

from catallax.language.reasoning._goods import Reading
from catallax.language.reasoning._thought import Question, Thought


@dataclass(frozen=True)
class Private:
    """Something a consumer lets some suppliers know.

    Args:
        text: what it is.
        readers: the suppliers that may read it.
        onward: who may read what was written by somebody that had read it; `None` for every supplier.
    """

    text: str = field(repr=False)
    readers: frozenset[str]
    onward: frozenset[str] | None = None

    def may_follow(self, name: str) -> bool:
        """Whether a supplier may read what was made of it."""
        return self.onward is None or name in self.onward or name in self.readers


@dataclass(frozen=True)
class Commission:
    """A request of a consumer.

    Args:
        question: the text and the bounty, which every supplier sees.
        private: by source, what the consumer consents to show, and to whom.
        consumer: the account that pays.

    Raises:
        ValueError: for a negative bounty.
    """

    question: Question
    private: Mapping[str, Private] = field(default_factory=dict)
    consumer: str = "consumer"

    def __post_init__(self) -> None:
        if self.question.bounty < 0:
            raise ValueError(f"Commission: the bounty is 0 or more micro-credits, got {self.question.bounty}.")

    def shown(self, name: str) -> dict[str, str]:
        """The sources that a supplier may read."""
        return {source: private.text for source, private in self.private.items() if name in private.readers}

    def may_read(self, name: str, chain: tuple[Thought, ...]) -> bool:
        """Whether a supplier may read a chain: nobody in it knew a source that must not reach the supplier."""
        authors = {thought.author for thought in chain}
        return all(private.may_follow(name) or authors.isdisjoint(private.readers) for private in self.private.values())


class AbstractAssistant(abc.ABC):
    """Who picks for the consumer. It runs on a copy that is thrown away, so that of offers not picked nothing is kept."""

    @abc.abstractmethod
    async def choose(self, offers: Reading) -> str | None:
        """Id of the thought that is picked, `None` to refuse them all.

        Args:
            offers: the final texts, the best-ranked first.
        """
