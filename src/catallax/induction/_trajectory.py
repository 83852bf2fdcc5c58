"""What an agent with estimates did, and the evidence on whether it is boundedly rational."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int


class Record(NamedTuple):
    """How an agent dealt with one hypothesis."""

    rejections: Int[np.ndarray, " rejections"]
    """Rounds, from 0, in which the hypothesis promised more than the agent estimated."""
    tests: Int[np.ndarray, " tests"]
    """Rounds in which the agent did what it recommended, to test it."""
    score: Float[np.ndarray, " rounds"]
    """`l_T = sum over tests up to T of (reward - promise)`."""


class Overestimation(NamedTuple):
    """`(1 / T) sum_{t <= T} (estimate - reward)`; its upper limit must not be above 0."""

    average: Float[np.ndarray, " rounds"]
    last: float
    worst_of_last_half: float


class Coverage(NamedTuple):
    """Evidence over finitely many rounds on "rejected finitely often, or `l_T -> -infinity` along the rejections"; never a proof."""

    rejections: int
    last_rejection: int
    """Round, from 0; -1 for none."""
    tests: int
    score: float
    """`l_T` at the last rejection; 0 where there was none."""
    score_before: float
    """`l_T` at the last rejection of the first half of the rounds; 0 where there was none."""
    covered: bool
    """No rejection in the last half, or `l` below 0 at the last rejection and lower than at the last one of the first half."""


class Trajectory(NamedTuple):
    """Rounds of an agent, and what the hypotheses said in them."""

    options: tuple[str, ...]
    """Names behind the numbers of choices."""
    choices: Int[np.ndarray, " rounds"]
    estimates: Float[np.ndarray, " rounds"]
    """Of the reward, in [0, 1]."""
    rewards: Float[np.ndarray, " rounds"]
    winners: Int[np.ndarray, " rounds"]
    """Hypothesis that was tested."""
    promises: Float[np.ndarray, "rounds hypotheses"]
    wealth: Float[np.ndarray, " hypotheses"]
    """At the end, credits."""
    allowance: float
    """Given in all, credits."""

    def record(self, hypothesis: int) -> Record:
        """Of a hypothesis of the agent's own: its tests are the rounds it won."""
        return self._record(self.promises[:, hypothesis], self.winners == hypothesis)

    def record_of(self, recommended: Int[np.ndarray, " rounds"], promises: Float[np.ndarray, " rounds"]) -> Record:
        """Of any hypothesis: rounds in which the agent happened to do what it recommended count as its tests."""
        return self._record(promises, self.choices == recommended)

    def _record(self, promises: Float[np.ndarray, " rounds"], tested: Bool[np.ndarray, " rounds"]) -> Record:
        score = np.cumsum(np.where(tested, self.rewards - promises, 0.0))
        return Record(np.flatnonzero(promises > self.estimates), np.flatnonzero(tested), score)

    def average_reward(self) -> Float[np.ndarray, " rounds"]:
        """Mean reward up to each round."""
        return _running_mean(self.rewards)


def check_overestimation(trajectory: Trajectory) -> Overestimation:
    """The agent's estimates beside its rewards, on average.

    Raises:
        ValueError: if no round was played.
    """
    if not trajectory.rewards.size:
        raise ValueError("check_overestimation: no round was played.")
    average = _running_mean(trajectory.estimates - trajectory.rewards)
    return Overestimation(average, float(average[-1]), float(average[average.size // 2 :].max()))


def check_coverage(record: Record) -> Coverage:
    """Whether a hypothesis was rejected for a reason, as far as so many rounds can tell.

    Raises:
        ValueError: if no round was played.
    """
    rounds = record.score.size
    if not rounds:
        raise ValueError("check_coverage: no round was played.")
    early = record.rejections[record.rejections < rounds // 2]
    last = int(record.rejections[-1]) if record.rejections.size else -1
    score = float(record.score[last]) if last >= 0 else 0.0
    before = float(record.score[early[-1]]) if early.size else 0.0
    covered = last < rounds // 2 or (score < 0 and score < before)
    return Coverage(record.rejections.size, last, record.tests.size, score, before, covered)


def _running_mean(values: Float[np.ndarray, " rounds"]) -> Float[np.ndarray, " rounds"]:
    return np.cumsum(values) / np.arange(1, values.size + 1)
