"""What every bid rule can do."""

from __future__ import annotations

import abc
import copy
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, NamedTuple

from catallax.language.reasoning._thought import View

ABSTAIN = -1
"""A bid that takes no part."""

Features = Callable[[View], tuple[str, ...]]
"""What a rule that learns tells apart: names of the features that a view has."""


class Quote(NamedTuple):
    """A bid that had to be asked for."""

    amount: int
    """Micro-credits; `ABSTAIN` for none."""
    cost: int = 0
    """What asking was billed, micro-credits."""


class Outcome(NamedTuple):
    """What became of a bid, known when the episode is over."""

    view: View
    bid: int
    won: bool
    paid: int = 0
    """For the state, micro-credits."""
    received: int = 0
    """From the next buyer or the consumer, micro-credits."""
    cost: int = 0
    """Bill of the work, micro-credits."""

    @property
    def worth(self) -> int:
        """What the right to act brought, `received - cost`: the bid that would have broken even."""
        return self.received - self.cost

    @property
    def profit(self) -> int:
        """`received - cost - paid`."""
        return self.worth - self.paid


class AbstractBidRule(abc.ABC):
    """How much a thinker bids, and what it learns from what it gets."""

    hears_losses: ClassVar[bool] = False
    """Whether it learns from bids that lost as well."""
    asking: int = 0
    """The most a bid may cost to be found, micro-credits."""

    @abc.abstractmethod
    def bid(self, view: View, wealth: int) -> int | Awaitable[Quote]:
        """Micro-credits; below 0 for no bid. More than the thinker can pay is cut to that.

        Args:
            view: what is for sale.
            wealth: of the thinker, with its debts and the dearest bill of its work taken off, micro-credits.
        """

    def learn(self, outcome: Outcome) -> None:  # noqa: B027 (most rules learn nothing)
        """Take in what a bid led to."""

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        """The rule of a thinker that is born from this one's: a copy by default; rules that learn begin anew."""
        return copy.deepcopy(self)


def kind_and_author(view: View) -> tuple[str, ...]:
    """One feature: the kind of question, with the last author.

    >>> from catallax.language.reasoning import Question
    >>> kind_and_author(View(Question("2 + 3 =", 10, "sum"), (), "consumer", "1", 0, 0))
    ('sum|',)
    """
    return (f"{view.question.kind}|{view.state[-1].author if view.state else ''}",)
