"""Protocols in which others are paid for what the judge should know as well."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from catallax.language.oversight._arguments import could
from catallax.language.oversight._judges import AbstractJudge, FaceValue
from catallax.language.oversight._kernel import Replies, replies
from catallax.language.oversight._protocol import AbstractProtocol, Arguer, Run, Transcript
from catallax.language.oversight._questions import Questions, Sets


@dataclass(frozen=True)
class MarginalValue(AbstractProtocol[Arguer, Questions]):
    """The agent argues, and informers who know everything go on as long as that pays: each is paid for what its items turn out to be worth.

    Args:
        price: credits an item costs whoever tells it; the judge's report is worth up to 1.
        judge: who hears the first argument; it may conclude from it what was kept back.

    Source: the marginal value mechanism of "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606; the
    first move is the agent's, forced, since it has to argue for one side.
    """

    name: str = "market, marginal value"
    price: float = 0.01
    judge: AbstractJudge = field(default_factory=FaceValue)

    def first(self, agent: Arguer, question: Questions, case: bool) -> tuple[Sets, Sets]:
        """What the agent shows, and what the judge concludes."""
        shown = question.best(case, agent.items, could(question, agent))
        return shown, self.judge.concludes(question, {case: shown}, agent.items, could(question, agent))

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        shown, known = self.first(agent, question, case)
        end = replies(question, self.price).ended(known)
        read = question.sizes[shown | (end & ~known)].astype(float)  # what was concluded was not read
        return Run(Transcript((shown, end), read, read), question.believed(end, case))

    def pay(self, agent: Arguer, question: Questions, case: bool, answers: Replies | None = None) -> np.ndarray:
        """What the agent is paid for its argument, credits a question."""
        _, known = self.first(agent, question, case)
        return (answers or replies(question, self.price)).paid(known)


@dataclass(frozen=True)
class Bazaar(AbstractProtocol[Arguer, Questions]):
    """The agent argues; then items are for sale, and a contractor that reads all of them, and forgets, buys what the judge should know.

    With all items on level 0, `bought = argmax_S W(all, S) - c |S|` beyond what was argued. With some on level 1 a second contractor
    first buys of those, for the one who buys: it keeps them for itself (`successive`) or hands them up to the judge as well (recursive).

    Args:
        price: credits an item.
        above: how many of the items, the last ones, are offered on level 1.
        hands_up: whether the judge is told what was bought for its contractor.

    Source: "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606; `worlds.one_level`, `worlds.successive`
    and `worlds.recursive` are the same without an agent, for any table.
    """

    name: str = "market, one-shot"
    price: float = 0.01
    above: int = 0
    hands_up: bool = True

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        shown = question.best(case, agent.items, could(question, agent))
        upper = (2**self.above - 1) << (question.items - self.above)
        chosen = self.bought(question, shown, upper)
        cost = question.sizes[chosen].astype(float)
        read = np.full(len(question), question.items * (2.0 if self.above else 1.0))
        return Run(Transcript((shown, chosen), cost, read), question.believed(chosen, case))

    def bought(self, question: Questions, shown: Sets, upper: int) -> Sets:
        """What the judge knows in the end; of equally good purchases the smallest number."""
        everything = 2**question.items - 1
        goods = subsets(everything & ~upper)
        notes = subsets(upper)
        ends, values = [], []
        for note in notes:
            known = shown | everything & ~upper | note  # what the lower contractor has read
            told = (shown | (note if self.hands_up else 0))[:, None] | goods
            new = question.sizes[told] - question.sizes[shown | (note if self.hands_up else 0)][:, None]
            worth = question.worth(known[:, None], told) - self.price * new
            best = (worth > worth.max(1, keepdims=True) - 1e-12).argmax(1)
            end = told[question.rows, best]
            cost = self.price * (new[question.rows, best] + question.sizes[note & ~shown])
            ends.append(end)
            values.append(question.worth(question.everything, end) - cost)
        best = (np.array(values) > np.max(values, 0) - 1e-12).argmax(0)
        return np.array(ends)[best, question.rows]


def subsets(of: int) -> np.ndarray:
    """All subsets of a set, the smallest number first."""
    return np.array([chosen for chosen in range(of + 1) if chosen & ~of == 0])
