"""Who judges sealed goods, and who decides at last."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from catallax.language.bazaar._goals import Brief, Goal
from catallax.language.bazaar._offers import Inspection, Opened, Receipt, Seen, Verdict
from catallax.language.bazaar._till import escrow_account
from catallax.language.worlds import Recall, everything


class Level(NamedTuple):
    """A goal and the goods that are offered for it, opened."""

    brief: Brief
    exhibits: tuple[Opened, ...]


@dataclass(frozen=True)
class Case:
    """What a contractor knows, all of it.

    Args:
        levels: from the buyer's own goal with the goods offered for it, down to the goods this contractor decides on.
        known: what was bought for this decision and for those it serves.
        purses: micro-credits that the goods of each level may cost together; what is spent further in is missing further out.
        seed: for what is done by chance.
        attempt: how often this was tried before.
        recall: what the levels further out will know of what was bought further in than for them.
    """

    levels: tuple[Level, ...]
    known: tuple[Receipt, ...]
    purses: tuple[int, ...]
    seed: str
    attempt: int = 0
    recall: Recall = everything

    @property
    def purse(self) -> int:
        """Micro-credits that the goods to decide on may cost together."""
        return self.purses[-1]

    @property
    def bought(self) -> tuple[tuple[Receipt, ...], ...]:
        """What is known, by the level whose account paid for it, the buyer's own first; at last what was bought further in."""
        accounts = [escrow_account(level.brief.id) for level in self.levels]
        own = tuple(tuple(receipt for receipt in self.known if receipt.buyer == account) for account in accounts)
        return *own, tuple(receipt for receipt in self.known if receipt.buyer not in accounts)

    @property
    def exhibits(self) -> tuple[Opened, ...]:
        """The goods to decide on."""
        return self.levels[-1].exhibits


@dataclass(frozen=True)
class AbstractContractor(abc.ABC):
    """Judges goods in a context of its own, which is gone afterwards. A frozen dataclass has nowhere to keep what it read."""

    @abc.abstractmethod
    async def judge(self, case: Case) -> Inspection:
        """Which of the goods to buy.

        Raises:
            InspectionError: if there is no verdict. Any other error counts as `Reason.BROKEN`, and its text goes nowhere.
        """

    def check(self, goal: Goal) -> None:  # noqa: B027 - most go with anything
        """Whether it can judge for such a goal; anything by default.

        Raises:
            ValueError: if not.
        """

    def quote(self, case: Case) -> int:
        """Micro-dollars at most that this judgement will cost at a provider; this is what is booked, whatever it costs.

        Args:
            case: with texts of about the length, in place of what they say.
        """
        return 0


class AbstractDecider(abc.ABC):
    """Decides for the buyer, by what it bought."""

    def check(self, goal: Goal) -> None:  # noqa: B027 - most go with anything
        """Whether it can decide on such a goal; on anything by default.

        Raises:
            ValueError: if not.
        """

    def dearest(self, brief: Brief, known: tuple[Receipt, ...], seen: tuple[Seen, ...] = ()) -> int:
        """Micro-dollars at most that `decide` will cost at a provider; booked before it is asked."""
        return 0

    @abc.abstractmethod
    async def decide(self, brief: Brief, known: tuple[Receipt, ...], seen: tuple[Seen, ...] = ()) -> Any:
        """The output.

        Args:
            brief: the goal.
            known: what was bought.
            seen: what was looked at and bought in each round.
        """


@dataclass(frozen=True)
class Contractor(AbstractContractor):
    """A function from a case to the ids it buys, plain or asynchronous: for programs, scripts and tests.

    >>> everything = Contractor(lambda case: frozenset(exhibit.id for exhibit in case.exhibits))
    """

    verdict: Callable[[Case], Any]

    async def judge(self, case: Case) -> Inspection:
        found = self.verdict(case)
        found = await found if inspect.isawaitable(found) else found
        return found if isinstance(found, Inspection) else Inspection(found)


@dataclass(frozen=True)
class Decider(AbstractDecider):
    """A function from what is known to the output."""

    output: Callable[[Brief, tuple[Receipt, ...]], Any]

    async def decide(self, brief: Brief, known: tuple[Receipt, ...], seen: tuple[Seen, ...] = ()) -> Any:
        return self.output(brief, known)


def affordable(bought: Verdict, case: Case) -> bool:
    """Whether a verdict names goods of the case alone, within the purse."""
    prices = {exhibit.id: exhibit.price for exhibit in case.exhibits}
    return bought <= prices.keys() and sum(prices[name] for name in bought) <= case.purse
