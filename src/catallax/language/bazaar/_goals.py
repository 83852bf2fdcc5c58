"""What a buyer wants to know, and what is told about it in public."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from catallax.core import MICRO


class Valued:
    """A goal that is worth something to its buyer."""

    value: float

    @property
    def scale(self) -> float:
        """Micro-credits in a unit of utility."""
        return self.value * MICRO


@dataclass(frozen=True)
class Answer(Valued):
    """An answer to a question.

    Args:
        question: as it is told to everybody.
        value: credits that a full answer is worth.
    """

    question: str
    value: float = 1.0
    kind: ClassVar[str] = "answer"

    @property
    def text(self) -> str:
        """The goal in words."""
        return self.question


@dataclass(frozen=True)
class Forecast:
    """A probability of an event, paid as a trader at an LMSR is: `b ln(r_y / p_y)`.

    Args:
        event: its name.
        prior: its probability without information.
        subsidy: `b`, credits per nat.

    Raises:
        ValueError: for a prior outside of (0, 1), or a subsidy that is not positive.
    """

    event: str
    prior: float
    subsidy: float = 1.0
    kind: ClassVar[str] = "forecast"

    def __post_init__(self) -> None:
        if not 0 < self.prior < 1 or not 0 < self.subsidy < float("inf"):
            raise ValueError(
                f"Forecast: expected a prior in (0, 1) and a subsidy above 0, got {self.prior} and {self.subsidy}."
            )

    @property
    def text(self) -> str:
        """The goal in words."""
        return f"How probable is {self.event}? Held for {self.prior:g} so far, {self.subsidy:g} credits per nat."

    @property
    def scale(self) -> float:
        """Micro-credits in a nat."""
        return self.subsidy * MICRO


@dataclass(frozen=True)
class Choose(Valued):
    """One of several options.

    Args:
        question: as it is told to everybody.
        options: what there is to choose from.
        value: credits in a unit of utility.
    """

    question: str
    options: tuple[str, ...]
    value: float = 1.0
    kind: ClassVar[str] = "choose"

    @property
    def text(self) -> str:
        """The goal in words."""
        return f"{self.question} Options: {', '.join(self.options)}."


@dataclass(frozen=True)
class Write(Valued):
    """A text for a task.

    Args:
        task: as it is told to everybody.
        value: credits that a perfect text is worth.
    """

    task: str
    value: float = 1.0
    kind: ClassVar[str] = "write"

    @property
    def text(self) -> str:
        """The goal in words."""
        return self.task


class Good(NamedTuple):
    """What everybody sees of an offer that is looked at."""

    id: str
    teaser: str
    price: int
    """Micro-credits."""


@dataclass(frozen=True)
class Buy:
    """Which of some offers to buy: the goal of a contractor. It names the goods, and not what is in them.

    Args:
        goods: the offers, as everybody sees them.
    """

    goods: tuple[Good, ...]
    kind: ClassVar[str] = "buy"

    @property
    def text(self) -> str:
        """The goal in words."""
        return "Which of these to buy? " + "; ".join(
            f"{g.teaser or 'no teaser'} for {g.price / MICRO:g}" for g in self.goods
        )


Goal = Answer | Buy | Forecast | Choose | Write


@dataclass(frozen=True)
class Brief:
    """The public part of a goal.

    Args:
        id: where in a run it stands.
        goal: what is wanted.
        budget: micro-credits that can be spent on it.
        tags: what it is about.
        deadline: seconds that informers have; `None` for as long as the bazaar waits.
        parent: the brief this one serves; a contractor is told what its verdict is for.
    """

    id: str
    goal: Goal
    budget: int
    tags: tuple[str, ...] = ()
    deadline: float | None = None
    parent: Brief | None = None

    def copy(self) -> Brief:
        """The same in objects that nobody else can reach and alter."""
        parent = None if self.parent is None else self.parent.copy()
        return Brief(self.id, copy(self.goal), self.budget, tuple(self.tags), self.deadline, parent)

    @property
    def depth(self) -> int:
        """0 for a buyer's own, 1 for its contractor's, and so on."""
        return 0 if self.parent is None else 1 + self.parent.depth

    @property
    def root(self) -> Brief:
        """The buyer's own."""
        return self if self.parent is None else self.parent.root

    @property
    def tag(self) -> str:
        """What learning informers count by."""
        return "/".join((self.goal.kind, *self.tags))
