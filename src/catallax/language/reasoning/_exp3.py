"""Bids drawn by exponential weights, against opponents that adapt."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from catallax.language.reasoning._bandit import LEVELS, checked
from catallax.language.reasoning._bid_rule import AbstractBidRule, Features, Outcome, View, kind_and_author


class EXP3(AbstractBidRule):
    """Levels drawn with `p_k = (1 - gamma) w_k / sum w + gamma / K`; `w_k *= exp(gamma x / (p_k K))` for the drawn one.

    `x` is profit as a part of twice the bounty plus one half, so that it lies in [0, 1]; a losing bid has profit 0. A profit
    beyond the bounty is cut.

    Args:
        features: what it tells apart; the names together are the context.
        levels: its arms, parts of the bounty.
        exploration: gamma, in (0, 1].
        seed: of its draws, together with the view's; thinkers whose rules have one seed draw alike.

    Raises:
        ValueError: for levels or exploration outside their range.

    Source: Auer, Cesa-Bianchi, Freund and Schapire (2002), Exp3.
    """

    hears_losses = True

    def __init__(
        self,
        features: Features = kind_and_author,
        levels: Sequence[float] = LEVELS,
        exploration: float = 0.1,
        seed: int = 0,
    ) -> None:
        if not 0 < exploration <= 1:
            raise ValueError(f"EXP3: exploration lies in (0, 1], got {exploration}.")
        self.features, self.levels, self.exploration = features, checked("EXP3", levels), exploration
        self.seed = seed
        self._logs: dict[tuple[str, ...], list[float]] = {}
        self._open: dict[tuple[str, int], tuple[int, float]] = {}

    def chances(self, view: View) -> list[float]:
        """Probability of each level."""
        logs = self._logs.get(self.features(view), [0.0] * len(self.levels))
        top = max(logs)
        weights = [math.exp(log - top) for log in logs]
        total, even = sum(weights), self.exploration / len(logs)
        return [(1 - self.exploration) * weight / total + even for weight in weights]

    def bid(self, view: View, wealth: int) -> int:
        chances = self.chances(view)
        (arm,) = random.Random(view.seed ^ self.seed).choices(range(len(chances)), chances)
        self._open[view.episode, view.round] = arm, chances[arm]
        return round(self.levels[arm] * view.question.bounty)

    def learn(self, outcome: Outcome) -> None:
        opened = self._open.pop((outcome.view.episode, outcome.view.round), None)
        if opened is None or not outcome.view.question.bounty:
            return
        arm, chance = opened
        pay = min(1.0, max(0.0, 0.5 + outcome.profit / (2 * outcome.view.question.bounty)))
        logs = self._logs.setdefault(self.features(outcome.view), [0.0] * len(self.levels))
        logs[arm] += self.exploration * pay / (chance * len(logs))

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        return EXP3(self.features, self.levels, self.exploration, self.seed + 1)
