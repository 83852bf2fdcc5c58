"""Protocols in which agents argue and nobody is paid for rebuttals."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from catallax.language.oversight._judges import AbstractJudge, FaceValue
from catallax.language.oversight._protocol import AbstractProtocol, Arguer, Run, Transcript
from catallax.language.oversight._questions import Questions, Sets


def heard(question: Questions, case: bool, known: Sets, moves: tuple[Sets, ...]) -> Run:
    """The judge's belief and what it read."""
    cost = question.sizes[moves[-1]].astype(float) if moves else np.zeros(len(question))
    return Run(Transcript(moves, cost, cost), question.believed(known, case))


def could(question: Questions, agent: Arguer) -> np.ndarray:
    """Which items an agent could show."""
    return np.broadcast_to(agent.known(question.items), question.evidence.shape)


@dataclass(frozen=True)
class NaiveJudge(AbstractProtocol[Arguer, Questions]):
    """Nobody is heard: the agent is paid for agreeing with the judge, as in supervised learning."""

    name: str = "naive judge"

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        return heard(question, case, question.nothing, ())


@dataclass(frozen=True)
class OpenTrust(AbstractProtocol[Arguer, Questions]):
    """Whatever is argued is believed, with a fixed probability: no reason to argue for the truth."""

    name: str = "open trust"
    trust: float = 0.95

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        return heard(question, case, question.nothing, ())._replace(probs=np.full(len(question), self.trust))


@dataclass(frozen=True)
class Propaganda(AbstractProtocol[Arguer, Questions]):
    """One argument, then the judge: reinforcement learning from a judge's approval."""

    name: str = "propaganda"
    judge: AbstractJudge = field(default_factory=FaceValue)

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        shown = question.best(case, agent.items, could(question, agent))
        known = self.judge.concludes(question, {case: shown}, agent.items, could(question, agent))
        return heard(question, case, known, (shown,))


@dataclass(frozen=True)
class Consultancy(AbstractProtocol[Arguer, Questions]):
    """The judge asks for items by chance, and the agent answers where that helps.

    Args:
        asked: items asked for.
    """

    name: str = "consultancy"
    asked: int = 4
    judge: AbstractJudge = field(default_factory=FaceValue)

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        asked = luck.random(question.evidence.shape).argsort(1).argsort(1) < self.asked
        asked = asked & could(question, agent)
        shown = question.best(case, question.items, asked)
        return heard(question, case, self.judge.concludes(question, {case: shown}, question.items, asked), (shown,))


@dataclass(frozen=True)
class Debate(AbstractProtocol[Arguer, Questions]):
    """Two equal agents argue for opposite answers.

    Args:
        turns: of both together, an even number.
        simultaneous: whether both speak before they hear the other.

    Evidence adds up, so what helps most does not depend on what was said: the order makes no difference here but for items that were said.
    """

    name: str = "debate"
    turns: int = 2
    simultaneous: bool = True
    judge: AbstractJudge = field(default_factory=FaceValue)

    def __post_init__(self) -> None:
        if self.turns < 2 or self.turns % 2:
            raise ValueError(f"Debate: each side has as many turns as the other, so an even number; got {self.turns}.")

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        shown: dict[bool, Sets] = dict.fromkeys((case, not case), question.nothing)
        moves, may = [], could(question, agent)
        for _ in range(self.turns // 2):
            before = dict(shown)
            for side in (case, not case):
                heard_by = before if self.simultaneous else shown
                left = may & ~question.among(heard_by[side] | heard_by[not side])
                shown[side] = shown[side] | question.best(side, agent.items, left)
                moves.append(shown[side] | shown[not side])
        known = self.judge.concludes(question, shown, agent.items * self.turns // 2, may)
        return heard(question, case, known, tuple(moves))


@dataclass(frozen=True)
class AllEvidence(AbstractProtocol[Arguer, Questions]):
    """The judge reads everything: what a protocol can reach with this judge."""

    name: str = "all evidence"

    def run(self, agent: Arguer, question: Questions, case: bool, luck: np.random.Generator) -> Run:
        return heard(question, case, question.everything, (question.everything,))
