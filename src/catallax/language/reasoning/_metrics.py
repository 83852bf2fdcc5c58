"""What many episodes came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from catallax.core import MICRO, gini
from catallax.language.reasoning._episode import Ending, Episode


class Summary(NamedTuple):
    """Means over episodes."""

    accuracy: float
    """Score; 0 for what was not delivered."""
    value: float
    """`score * bounty - bill`, credits."""
    bill: float
    """Work and asking, credits."""
    length: float
    """Thoughts."""
    delivered: float
    """Part of the episodes that ended with an answer."""
    failures: float
    """Acts that failed, an episode."""
    bid_bias: float
    """Winning bid less what the state was worth, `received - cost`, credits: above 0 for overbidding."""
    bid_error: float
    """Mean size of that difference, credits."""
    gini: float
    """Of wealth, with debts counted as nothing."""


def summarise(episodes: Sequence[Episode], wealth: Mapping[str, int]) -> Summary:
    """Accuracy, value, bill, length, calibration of bids and inequality of wealth.

    Args:
        episodes: at least one.
        wealth: by thinker, micro-credits.

    Raises:
        ValueError: without an episode.
    """
    if not episodes:
        raise ValueError("summarise: expected at least one episode.")
    gaps = [
        bid.amount - (episode.received(number) - done.cost)
        for episode in episodes
        for number, done in enumerate(episode.rounds)
        for bid in done.bids
        if bid.bidder == done.winner
    ]
    gap = np.array(gaps or [0]) / MICRO

    def mean(values: Sequence[int | float]) -> float:
        return float(np.mean(values))

    return Summary(
        mean([episode.score for episode in episodes]),
        mean([episode.value for episode in episodes]) / MICRO,
        mean([episode.bill for episode in episodes]) / MICRO,
        mean([len(episode.state) for episode in episodes]),
        mean([episode.ending is Ending.DELIVERED for episode in episodes]),
        mean([sum(done.thought is None for done in episode.rounds) for episode in episodes]),
        float(gap.mean()),
        float(np.abs(gap).mean()),
        gini(np.maximum(np.array(list(wealth.values()), float), 0.0)),
    )
