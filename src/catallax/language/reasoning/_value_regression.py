"""Bids that are what the right to act has been worth."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from catallax.core import to_micro
from catallax.language.reasoning._bid_rule import ABSTAIN, AbstractBidRule, Features, Outcome, View, kind_and_author


class ValueRegression(AbstractBidRule):
    """The expected worth of the state, learned online: `bid = sum_f w_f`, `w_f += step_f (worth - bid) / features`.

    `worth = received - cost`, `step_f = max(rate, 1 / (weight + n_f))` after n_f lessons, and all weights together begin at
    `start`: with one feature the bid is the mean of what was earned and of `weight` imagined lessons at `start`. Optimistic
    starts are tried until they disappoint. A value below 0 is no bid. Under a Vickrey auction the bids approach Q(s, a).

    Args:
        features: what it tells apart.
        start: value of what was never tried, credits.
        weight: imagined lessons, at least 0.
        rate: smallest step, in [0, 1]; above 0 it forgets what was so before the others learned, or the world changed.

    Raises:
        ValueError: for figures outside their range.

    Source: Chang et al. (2020): the market's values are those of Q-learning.
    """

    def __init__(
        self, features: Features = kind_and_author, start: float = 1.0, weight: float = 1.0, rate: float = 0.1
    ) -> None:
        if not weight >= 0 or not 0 <= rate <= 1:
            raise ValueError(f"ValueRegression: weight >= 0 and rate in [0, 1], got {weight} and {rate}.")
        self.features, self.start, self.weight, self.rate = features, to_micro(start), weight, rate
        self._weights: dict[str, float] = {}
        self._lessons: dict[str, int] = {}

    def value(self, view: View) -> float:
        """What it expects, micro-credits."""
        names = self.features(view)
        each = self.start / len(names)
        return sum(self._weights.get(name, each) for name in names)

    def bid(self, view: View, wealth: int) -> int:
        value = self.value(view)
        return round(value) if value >= 0 else ABSTAIN

    def learn(self, outcome: Outcome) -> None:
        names = self.features(outcome.view)
        each = self.start / len(names)
        error = (outcome.worth - self.value(outcome.view)) / len(names)
        for name in names:
            lessons = self._lessons[name] = self._lessons.get(name, 0) + 1
            step = max(self.rate, 1 / (self.weight + lessons))
            self._weights[name] = self._weights.get(name, each) + step * error

    def __deepcopy__(self, memo: dict[int, object]) -> ValueRegression:
        twin = copy.copy(self)  # wide markets copy rules for every appraisal, and numbers need no deeper copy
        twin._weights, twin._lessons = dict(self._weights), dict(self._lessons)
        return twin

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        child = ValueRegression(self.features, 0.0, self.weight, self.rate)
        child.start = self.start
        return child
