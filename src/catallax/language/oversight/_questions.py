"""Questions of a finite world: a hidden truth, pieces of evidence, and a judge with a weak signal of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import expit

MOST = 10
"""Items of evidence; every set of them is tabulated."""
Sets = Int[np.ndarray, " questions"]
"""A set of items for each question, as a whole number whose bit `i` says whether item `i` is in it."""


@dataclass(frozen=True, eq=False)
class Questions:
    """Many questions at once, each with two answers; evidence is counted for the true one.

    A judge who takes what it is shown at face value believes in the truth by `sigma(prior + sum_{i shown} evidence_i)`.

    Args:
        prior: log odds of the truth by the judge's own signal, nats.
        evidence: log odds that each item adds to the truth, nats; below 0 where it misleads.

    Raises:
        ValueError: for shapes that do not fit, more than `MOST` items, or figures that are not finite.

    >>> one = Questions(np.zeros(1), np.log(np.array([[3.0, 1 / 3]])))
    >>> one.beliefs.round(2).tolist()
    [[0.5, 0.75, 0.25, 0.5]]
    """

    prior: Float[np.ndarray, " questions"]
    evidence: Float[np.ndarray, "questions items"]

    def __post_init__(self) -> None:
        if self.evidence.ndim != 2 or self.prior.shape != self.evidence.shape[:1] or not self.prior.size:
            raise ValueError(
                f"Questions: expected a prior for each question and a row of evidence for each, got the shapes {self.prior.shape} and "
                f"{self.evidence.shape}."
            )
        if not 1 <= self.evidence.shape[1] <= MOST:
            raise ValueError(
                f"Questions: from 1 to {MOST} items can be enumerated, got {self.evidence.shape[1]}; leave some out."
            )
        if not (np.isfinite(self.prior).all() and np.isfinite(self.evidence).all()):
            raise ValueError(
                "Questions: log odds should be finite; evidence that is never wrong has none, make it nearly so."
            )

    @classmethod
    def drawn(
        cls,
        seed: int,
        questions: int,
        items: int = 6,
        accuracies: tuple[float, float] = (0.55, 0.85),
        prior: float = 0.6,
        copied: float = 0.0,
    ) -> Questions:
        """By chance: items are right with accuracies uniform in a range, the judge's signal with one of its own.

        Args:
            seed: of the draws.
            questions: how many.
            items: of evidence for each.
            accuracies: lowest and highest of an item.
            prior: accuracy of the judge's signal.
            copied: chance that an item repeats the one before it, word for word; who takes it at face value counts it twice.

        Raises:
            ValueError: for an accuracy outside (0, 1), or a chance outside [0, 1].
        """
        low, high = accuracies
        if not (0 < low <= high < 1 and 0 < prior < 1 and 0 <= copied <= 1):
            raise ValueError(
                f"Questions.drawn: expected accuracies inside (0, 1) and a chance of copies in [0, 1], got {accuracies}, {prior}, {copied}."
            )
        luck = np.random.default_rng(seed)
        right = luck.uniform(low, high, (questions, items))
        evidence = np.where(luck.random((questions, items)) < right, 1, -1) * np.log(right / (1 - right))
        own = np.where(luck.random(questions) < prior, 1, -1) * np.log(prior / (1 - prior))
        for item in range(1, items):
            again = luck.random(questions) < copied
            evidence[:, item] = np.where(again, evidence[:, item - 1], evidence[:, item])
        return cls(own, evidence)

    def __len__(self) -> int:
        return len(self.prior)

    @property
    def items(self) -> int:
        """Of each question."""
        return self.evidence.shape[1]

    @property
    def rows(self) -> Int[np.ndarray, " questions"]:
        """Their numbers."""
        return np.arange(len(self))

    @property
    def nothing(self) -> Sets:
        """The empty set, of each."""
        return np.zeros(len(self), np.int64)

    @property
    def everything(self) -> Sets:
        """The set of all items, of each."""
        return self.nothing + 2**self.items - 1

    @cached_property
    def members(self) -> Bool[np.ndarray, "sets items"]:
        """Which items each set has."""
        return (np.arange(2**self.items)[:, None] >> np.arange(self.items) & 1).astype(bool)

    @cached_property
    def sizes(self) -> Int[np.ndarray, " sets"]:
        """How many items each set has."""
        return self.members.sum(1)

    @cached_property
    def beliefs(self) -> Float[np.ndarray, "questions sets"]:
        """Probability of the truth to a judge who was shown each set."""
        return expit(self.prior[:, None] + self.evidence @ self.members.T)

    def believed(self, shown: Sets, case: bool) -> Float[np.ndarray, " questions"]:
        """Probability of the answer that is argued, the true one if `case`, to who was shown a set of items."""
        truth = self.beliefs[self.rows, shown]
        return truth if case else 1 - truth

    def worth(self, known: np.ndarray, told: np.ndarray) -> np.ndarray:
        """`W(T, S) = -[q_T (1 - q_S)^2 + (1 - q_T) q_S^2]`: the expected score of a report by who was told `S`, judged by who was told `T`.

        Half of the score of Brier (1950) over both answers, credits.
        """
        rows = self.rows.reshape(-1, *[1] * (max(np.ndim(known), np.ndim(told)) - 1))
        judged, said = self.beliefs[rows, known], self.beliefs[rows, told]
        return -(judged * (1 - said) ** 2 + (1 - judged) * said**2)

    def best(self, case: bool, most: int, among: Bool[np.ndarray, "questions items"] | None = None) -> Sets:
        """The items that help an answer most, none that hurts it.

        Args:
            case: whether the true answer.
            most: how many items at most.
            among: which may be taken; all unless told.
        """
        helps = self.evidence if case else -self.evidence
        helps = np.where(helps > 0, helps, 0.0) if among is None else np.where((helps > 0) & among, helps, 0.0)
        order = np.argsort(-helps, axis=1, kind="stable")[:, :most]
        useful = np.take_along_axis(helps, order, 1) > 0
        return np.where(useful, 1 << order, 0).sum(1)

    def among(self, chosen: Sets) -> Bool[np.ndarray, "questions items"]:
        """The items of a set of each question."""
        return self.members[chosen]
