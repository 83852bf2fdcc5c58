"""Judges of evidence: one that takes it at face value, and one that knows why it was picked."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from catallax.language.oversight._questions import Questions, Sets


@dataclass(frozen=True)
class AbstractJudge(abc.ABC):
    """Believes by what it was shown and what follows from it."""

    @abc.abstractmethod
    def concludes(self, question: Questions, shown: Mapping[bool, Sets], most: int, among: np.ndarray) -> Sets:
        """Which items it knows after those were shown that helped most, none that hurt.

        Args:
            question: the questions.
            shown: by whether the true answer was argued, what was shown for it.
            most: how many items could be shown for each.
            among: which items could be shown, axes `questions items`.
        """


@dataclass(frozen=True)
class FaceValue(AbstractJudge):
    """Knows what it was shown: `L = prior + sum_shown evidence`."""

    def concludes(self, question: Questions, shown: Mapping[bool, Sets], most: int, among: np.ndarray) -> Sets:
        return np.bitwise_or.reduce(list(shown.values()))


@dataclass(frozen=True)
class Sceptic(AbstractJudge):
    """Knows the accuracy of every item, and that the strongest are shown that help: what was kept back, hurts.

    An item that is not shown for an answer, though it is stronger than one that is, or though more could have been shown, speaks against
    that answer. So the judge knows it as if it had been told, which is Bayes' rule here; and to show the strongest is still the agent's
    best reply, since what it keeps back is held against it.

    Source: Grossman (1981) and Milgrom (1981), on the unravelling of disclosure.
    """

    def concludes(self, question: Questions, shown: Mapping[bool, Sets], most: int, among: np.ndarray) -> Sets:
        known = FaceValue().concludes(question, shown, most, among)
        strength = np.abs(question.evidence)
        for items in shown.values():
            said = question.among(items)
            weakest = np.where(said, strength, np.inf).min(1, initial=np.inf, keepdims=True)
            full = said.sum(1, keepdims=True) >= most
            kept = ~said & among & (~full | (strength > weakest))
            known = known | (kept @ (1 << np.arange(question.items)))
        return known
