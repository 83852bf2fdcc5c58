"""A place in a market where a learner sells what it knows."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from catallax.core import MICRO, to_credits, to_micro
from catallax.language.bazaar import AbstractInformer, Bazaar, Buyer, Informer, Offer, Reason, Result, View
from catallax.language.bazaar._till import bond_account, informer_account
from catallax.language.feedback._proposals import AbstractReader, JsonReader, Proposal
from catallax.language.feedback._settlements import AbstractSettlement, Audited
from catallax.language.worlds import World

Arena = Callable[[Sequence[AbstractInformer], int], Bazaar]
"""A bazaar for some learners and a seed, made anew each time with the competitors it is to have: so they stay as they are."""


class Sale(NamedTuple):
    """What became of a proposal."""

    wealth: int
    """Micro-credits that its informer gained."""
    inspected: bool
    bought: bool
    buyer: float
    """Credits that the buyer gained: what its decision pays by what happened, less what that of a buyer who bought nothing would have
    paid, less what it spent. Settlements are not counted."""
    stopped: Reason | None = None
    """Why the market ended early, or the buyer decided nothing; it then counts as one that keeps to the prior."""


@dataclass(frozen=True)
class Stall:
    """A market in which learners sell a signal of a finite world, one proposal each.

    A goal is a whole number: it draws what nature tells and what happens, and seeds the bazaar. The same proposals for the same goal
    get the same money.

    Args:
        world: what there is to know.
        signal: the one the learners are told.
        buyer: who buys, at a price it is free to refuse; it decides by a probability for each outcome of the world, and what it gains is
            known from what happens, not from how it likes the text.
        arena: makes the bazaar, with learners and competitors.
        settlement: what follows from the truth.
        reader: of completions.
        scale: credits that count as a reward of 1.
        penalty: the reward of a completion that is no proposal; never `None`, which trainers leave out. It should be the worst there is.
        seed: of all goals.

    Raises:
        ValueError: for a signal that the world has not, a scale that is not positive, a penalty that is none, or a world that the
            settlement cannot settle.

    Source: the idea is "reinforcement learning from market feedback" by A. P. Sudhir.
    """

    world: World
    signal: str
    buyer: Buyer
    arena: Arena
    settlement: AbstractSettlement = field(default_factory=Audited)
    reader: AbstractReader = field(default_factory=JsonReader)
    scale: float = 1.0
    penalty: float = -1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.signal not in self.world.signals:
            raise ValueError(f"Stall: there is no signal {self.signal!r}; the signals are {self.world.signals}.")
        if not 0 < self.scale < math.inf or not -math.inf < self.penalty < 0:
            raise ValueError(
                f"Stall: expected a scale above 0 and a penalty below 0, got {self.scale} and {self.penalty}."
            )

        self.settlement.check(self.world)

    def nature(self, goal: int) -> dict[str, int]:
        """What happens, by the name of the question, and all signals.

        Raises:
            ValueError: for a goal below 0.
        """
        if goal < 0:
            raise ValueError(f"Stall: a goal is a whole number of at least 0, got {goal}.")
        outcome, signals = self.world.draw(np.random.default_rng([self.seed, goal]))
        return {self.world.question: outcome, **signals}

    def prompt(self, goal: int) -> str:
        """What a language model is asked."""
        told = f"{self.signal}={self.nature(goal)[self.signal]}"
        example = json.dumps({"info": f"{self.signal}=...", "price": 0.1, "bid": 0.01})
        return (
            f"A buyer with {self.buyer.budget:g} credits asks: {self.buyer.goal.text}\n"
            f"You alone know: {told}\n"
            "Sell it. You get the price if the buyer reads your information and wants it; to be read, bid for a slot of its attention "
            f"against others. False information is found out. Answer with JSON alone, such as {example}, with prices and bids "
            f"from 0 to {self.reader.dearest:g} credits."
        )

    def rows(self, goals: Sequence[int], conversational: bool = True) -> list[dict]:
        """A data set for a trainer: `prompt` and `goal_id`."""
        asked = [(goal, self.prompt(goal)) for goal in goals]
        return [
            {"prompt": [{"role": "user", "content": text}] if conversational else text, "goal_id": goal}
            for goal, text in asked
        ]

    async def sell(self, proposals: Sequence[Proposal], goal: int) -> list[Sale]:
        """Play the market once, with a learner for each proposal.

        Args:
            proposals: at least one; those of one call compete.
            goal: which.

        Returns:
            A sale for each.

        Raises:
            ValueError: if the arena left a learner out, or the buyer says no probabilities of the outcomes.
        """
        learners = [self._learner(number, proposal, goal) for number, proposal in enumerate(proposals)]
        # for each seed of the stall others, and goals themselves where that is 0
        bazaar, truth = self.arena(learners, goal + (self.seed << 32)), self.nature(goal)
        absent = [learner.name for learner in learners if learner.name not in bazaar.seats]
        if absent:
            raise ValueError(
                f"Stall: the arena made a bazaar without {', '.join(absent)}, who could never sell; put all learners that it is handed "
                "among the informers: Bazaar([*learners, ...])."
            )
        before = [wealth(bazaar, learner.name) for learner in learners]
        result = await bazaar.arun(self.buyer, truth)
        self.settlement.settle(bazaar, self.buyer, result, self.world, truth)
        if bazaar.journal.audit():
            raise RuntimeError(
                "Stall: the books of the bazaar do not add up."
            )  # a fault of the program, not of a learner
        gained = self._gained(result, truth)
        return [
            Sale(wealth(bazaar, learner.name) - had, *looked_at(result, learner.name), gained, result.stopped)
            for learner, had in zip(learners, before, strict=True)
        ]

    def _learner(self, number: int, proposal: Proposal, goal: int) -> AbstractInformer:
        """An informer that answers the buyer, and nobody else, with its one proposal."""

        def offering(view: View) -> list[Offer]:
            if view.brief.parent is not None:
                return []
            return [Offer.of(*proposal, self.signal, salt=f"{self.seed}/{goal}/{number}")]

        return Informer(f"learner{number}", offering, signal=self.signal)

    def _gained(self, result: Result, truth: Mapping[str, int]) -> float:
        """Credits that the buyer gained by what it bought."""
        outcome = truth[self.world.question]
        informed, prior = (
            float(self.world.decision.payoffs(belief)[outcome]) for belief in (self._reported(result), self.world.prior)
        )
        return (informed - prior) * self.buyer.goal.scale / MICRO - to_credits(result.spent)

    def _reported(self, result: Result) -> np.ndarray:
        """What the buyer holds for probable in the end."""
        prior = self.world.prior
        if result.output is None and result.stopped is not None:
            return prior
        try:
            belief = np.array(result.output, np.float64)
        except (TypeError, ValueError):
            belief = np.empty(0)
        if belief.shape != prior.shape or not np.all(belief >= 0) or not abs(belief.sum() - 1) < 1e-6:
            raise ValueError(
                f"Stall: a buyer decides by a probability for each of the {len(prior)} outcomes of {self.world.question!r}, got "
                f"{result.output!r:.80}; give it a decider that does."
            )
        return belief

    def reward(self, sale: Sale) -> float:
        """`wealth / scale`."""
        return sale.wealth / to_micro(self.scale)


def wealth(bazaar: Bazaar, name: str) -> int:
    """Micro-credits of an informer, with its bond."""
    return sum(bazaar.journal.balances.get(account, 0) for account in (informer_account(name), bond_account(name)))


def looked_at(result: Result, name: str) -> tuple[bool, bool]:
    """Whether an informer's offer was inspected, and bought."""
    slips = [slip for slip in result.market.slips if slip.informer == name]
    return any(slip.paid is not None and slip.reason is None for slip in slips), any(slip.bought for slip in slips)
