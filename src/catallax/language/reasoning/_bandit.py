"""Bids found by trying levels: the level is an arm, its pay is profit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from catallax.language.reasoning._bid_rule import AbstractBidRule, Features, Outcome, View, kind_and_author

LEVELS = tuple(level / 10 for level in range(11))
"""Bids as parts of the bounty."""


def checked(part: str, levels: Sequence[float]) -> tuple[float, ...]:
    """Levels, in order."""
    if not levels or not all(0 <= level <= 1 for level in levels):
        raise ValueError(f"{part}: levels are parts of the bounty in [0, 1], at least one, got {tuple(levels)}.")
    return tuple(sorted(levels))


class Bandit(AbstractBidRule):
    """The bid with the highest upper confidence bound of profit: `mean_k + width * bounty * sqrt(2 ln n / n_k)`.

    It shades where that pays, as under first price. An arm that lost has profit 0.

    Args:
        features: what it tells apart; the names together are the context.
        levels: its arms, parts of the bounty.
        width: of the confidence bound, in bounties.

    Raises:
        ValueError: for levels outside [0, 1], or a negative width.

    Source: Auer, Cesa-Bianchi and Fischer (2002), UCB1.
    """

    hears_losses = True

    def __init__(
        self, features: Features = kind_and_author, levels: Sequence[float] = LEVELS, width: float = 0.25
    ) -> None:
        if not width >= 0:
            raise ValueError(f"Bandit: width is at least 0, got {width}.")
        self.features, self.levels, self.width = features, checked("Bandit", levels), width
        self._tried: dict[tuple[str, ...], tuple[list[int], list[float]]] = {}
        self._open: dict[tuple[str, int], int] = {}

    def bid(self, view: View, wealth: int) -> int:
        tries, means = self._arms(self.features(view))
        arm = max(range(len(tries)), key=lambda k: self._bound(tries, means, k, view.question.bounty))
        self._open[view.episode, view.round] = arm
        return round(self.levels[arm] * view.question.bounty)

    def learn(self, outcome: Outcome) -> None:
        arm = self._open.pop((outcome.view.episode, outcome.view.round), None)
        if arm is None:
            return
        tries, means = self._arms(self.features(outcome.view))
        tries[arm] += 1
        means[arm] += (outcome.profit - means[arm]) / tries[arm]

    def _arms(self, context: tuple[str, ...]) -> tuple[list[int], list[float]]:
        if context not in self._tried:
            self._tried[context] = [0] * len(self.levels), [0.0] * len(self.levels)
        return self._tried[context]

    def _bound(self, tries: list[int], means: list[float], arm: int, bounty: int) -> float:
        if not tries[arm]:
            return math.inf
        return means[arm] + self.width * bounty * math.sqrt(2 * math.log(sum(tries)) / tries[arm])

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        return Bandit(self.features, self.levels, self.width)
