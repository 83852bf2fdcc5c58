"""What a trader knows when it trades."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from catallax.induction._formula import Formula

Strategy = Callable[[Float[np.ndarray, " sentences"]], Float[np.ndarray, "traders sentences"]]
"""Shares that each trader buys (negative: sells) of each sentence, as a continuous function of the prices of the day."""


class Prices(NamedTuple):
    """Prices of one day."""

    listed: Int[np.ndarray, " sentences"]
    """Which sentences, by their place in the order of listing."""
    prices: Float[np.ndarray, " sentences"]
    """Probabilities."""


class Day(NamedTuple):
    """A day before its prices are set."""

    number: int
    """From 1."""
    sentences: tuple[Formula, ...]
    """Those that can be traded today."""
    listed: Int[np.ndarray, " sentences"]
    """Their places in the order of listing, from 0."""
    truth: Bool[np.ndarray, "worlds sentences"]
    """Their truth in each plausible world; where a column is constant the sentence is decided."""
    settled: Float[np.ndarray, " listed"]
    """1 or 0 for every sentence ever listed that is decided, NaN for the others."""
    history: Sequence[Prices]
    """Prices of all days before."""
