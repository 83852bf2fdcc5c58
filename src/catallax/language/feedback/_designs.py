"""How the completions of a group meet the market: each alone, or all together."""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catallax.language.feedback._proposals import MalformedError, Proposal
from catallax.language.feedback._stall import Sale, Stall


class Feedback(NamedTuple):
    """What the market says of a completion."""

    reward: float
    proposal: Proposal | None = None
    """`None` where the completion is none."""
    sale: Sale | None = None
    fault: str = ""
    """Why it is no proposal."""


@dataclass(frozen=True)
class AbstractDesign(abc.ABC):
    """From completions to rewards.

    Args:
        stall: where they are sold.
    """

    stall: Stall

    @abc.abstractmethod
    async def feedback(self, completions: Sequence[str], goals: Sequence[int]) -> list[Feedback]:
        """What the market says of each completion.

        Args:
            completions: texts.
            goals: of each.

        Raises:
            ValueError: if there are not as many goals.
        """

    def read(self, completion: str) -> Proposal | Feedback:
        """The proposal in a completion, or the penalty where there is none."""
        try:
            return self.stall.reader.read(completion)
        except MalformedError as error:
            return Feedback(self.stall.penalty, fault=str(error))

    async def together(self, completions: Sequence[str], goal: int) -> list[Feedback]:
        """Completions of one goal in one market; those that are no proposals stay outside."""
        read = [self.read(completion) for completion in completions]
        proposals = [found for found in read if isinstance(found, Proposal)]
        sales = iter(await self.stall.sell(proposals, goal) if proposals else ())
        return [
            Feedback(self.stall.reward(sale := next(sales)), found, sale) if isinstance(found, Proposal) else found
            for found in read
        ]


@dataclass(frozen=True)
class Counterfactual(AbstractDesign):
    """Each completion plays alone, against the same competitors with the same chance: `reward = (wealth after - before) / scale`. The
    default: what differs between the rewards of a group is what its members said.

    >>> import asyncio
    >>> from catallax.language import Bazaar, Buyer, Forecast, program_informer
    >>> from catallax.language.worlds import fact_check
    >>> joint = fact_check()
    >>> def arena(learners, seed):
    ...     return Bazaar([*learners, program_informer(joint, "I2")], seed=seed)
    >>> stall = Stall(joint, "I1", Buyer(Forecast("E", prior=0.1), budget=1.0), arena)
    >>> offers = ['{"info": "I1=0", "price": 0.002, "bid": 0.002}', '{"info": "I1=1", "price": 0.2, "bid": 0.1}', "Hello"]
    >>> stall.nature(0), [round(f.reward, 4) for f in asyncio.run(Counterfactual(stall).feedback(offers, [0, 0, 0]))]
    ({'E': 1, 'I1': 0, 'I2': 1}, [0.0008, -0.0012, -1.0])
    """

    async def feedback(self, completions: Sequence[str], goals: Sequence[int]) -> list[Feedback]:
        pairs = zip(completions, goals, strict=True)
        found = await asyncio.gather(*(self.together([completion], goal) for completion, goal in pairs))
        return [one for (one,) in found]


@dataclass(frozen=True)
class Joint(AbstractDesign):
    """The completions of a group compete in one market, so that rewards are relative by construction.

    They know the same, and of offers that say the same the cheapest is admitted: prices fall to what competition leaves.

    Args:
        stall: where they are sold.
        group: completions of a prompt; they follow each other.

    Raises:
        ValueError: for a group below 1.
    """

    group: int = 8

    def __post_init__(self) -> None:
        if self.group < 1:
            raise ValueError(f"Joint: a group has at least 1 completion, got {self.group}.")

    async def feedback(self, completions: Sequence[str], goals: Sequence[int]) -> list[Feedback]:
        starts = range(0, len(goals), self.group)
        parts = [(completions[n : n + self.group], goals[n : n + self.group]) for n in starts]
        if len(completions) != len(goals) or any(len(g) != self.group or len(set(g)) != 1 for _, g in parts):
            raise ValueError(
                f"Joint: expected whole groups of {self.group} completions with one goal each, got {len(completions)} with the goals "
                f"{list(goals)}; set group to the trainer's number of generations and train in one process, or use Counterfactual."
            )
        found = await asyncio.gather(*(self.together(texts, same[0]) for texts, same in parts))
        return [one for group in found for one in group]
