"""Messages as goods: what anybody may see of them, what a reader is shown, and what a licence cost and brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catallax.language.reasoning._thought import Question, Thought, View

Portion = tuple[str, ...]
"""Ids of the messages that are read together, sorted."""


@dataclass(frozen=True)
class Listing:
    """The public side of a message.

    Args:
        id: its name.
        author: who wrote it and is paid by its readers.
        parents: the messages that were read to write it.
        teaser: what its author says of it to everybody.
        ask: the price of reading it, micro-credits.
        depth: the longest way to it from the task.
        readers: how many bought it so far.
        final: whether it is an answer.
    """

    id: str
    author: str
    parents: Portion = ()
    teaser: str = ""
    ask: int = 0
    depth: int = 0
    readers: int = 0
    final: bool = False


@dataclass(frozen=True)
class Reading:
    """What a reader is shown: the question, and the texts of a portion.

    Args:
        question: the public part of the task.
        thoughts: the messages of the portion; the task itself is no thought.
        listings: their public sides, in the same order.
        seed: for programs that draw; the same in a repeated run.
        private: what the consumer lets this reader know, by source.
        last: whether only an answer can still be sold.
        free: what the reader can pay, micro-credits.
    """

    question: Question
    thoughts: tuple[Thought, ...]
    listings: tuple[Listing, ...] = ()
    seed: int = 0
    private: Mapping[str, str] = field(default_factory=dict, repr=False)
    last: bool = False
    free: int = 0

    @property
    def text(self) -> str:
        """Text of the last thought, or of the question."""
        return self.thoughts[-1].text if self.thoughts else self.question.text

    @property
    def view(self) -> View:
        """The same for a bid rule or a thinker of the deep market."""
        owner = self.thoughts[-1].author if self.thoughts else "consumer"
        return View(self.question, self.thoughts, owner, "", 0, self.seed)


@dataclass(frozen=True)
class Draft:
    """A message that is offered for sale.

    Args:
        text: what it says; read by those who pay.
        ask: micro-credits a reader has to pay.
        teaser: what everybody may read.
        final: whether it is an answer to the task.
    """

    text: str
    ask: int = 0
    teaser: str = ""
    final: bool = False


@dataclass(frozen=True)
class Work:
    """What somebody wrote after reading.

    Args:
        drafts: the messages.
        cost: the bill for writing them, micro-credits.
    """

    drafts: tuple[Draft, ...] = ()
    cost: int = 0


@dataclass(frozen=True)
class Holding:
    """A licence after the episode: what it cost and what was earned with it.

    `profit = income - paid - cost`

    Args:
        reader: who held it.
        reading: what was read.
        paid: for reading, micro-credits.
        cost: of writing, micro-credits.
        income: from the readers of what was written, and from the final reward, micro-credits.
    """

    reader: str
    reading: Reading
    paid: int
    cost: int
    income: int

    @property
    def profit(self) -> int:
        """Micro-credits."""
        return self.income - self.paid - self.cost


@dataclass(frozen=True)
class Mishap:
    """Something that was asked of an agent and not given.

    Args:
        agent: of whom.
        call: `wants`, `appraise`, `act`, `bid`, `choose` or `learn`.
        reason: the kind of failure (`timeout`, `malformed`, of a model, or `broken`), never a text.
    """

    agent: str
    call: str
    reason: str
