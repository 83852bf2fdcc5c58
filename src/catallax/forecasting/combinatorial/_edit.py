"""An edit of a conditional probability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

LOWEST = 1e-6
"""No edit may lead a probability below this, or above 1 less this: no combination ever becomes impossible by trade."""


@dataclass(frozen=True)
class Edit:
    """A conditional probability moved, or a quote for that."""

    trader: str
    variable: str
    given: tuple[tuple[str, int], ...]
    """The condition."""
    before: tuple[float, ...]
    """Probability of each state of the variable under the condition."""
    after: tuple[float, ...]
    minimum: float
    """The least that the trader's assets can be worth afterwards, credits."""


def moved(
    part: str, variable: str, state: int, to: float | int | Sequence[float | int], prices: Float[np.ndarray, " states"]
) -> Float[np.ndarray, " states"]:
    """Logarithms of the prices after an edit, the other states keeping their proportions where one alone is named.

    Args:
        part: told in errors.
        variable: whose probability moves.
        state: which of its states.
        to: its new probability, or those of all states.
        prices: logarithms of the prices before.

    Raises:
        ValueError: for probabilities out of range, or that do not add up to 1.
    """
    whole = np.asarray(to, np.float64)
    if whole.ndim == 0:
        price = float(whole)
        if not LOWEST <= price <= 1 - LOWEST:
            raise ValueError(f"{part}: a probability can be moved to between {LOWEST:g} and 1 - {LOWEST:g}, got {to}.")
        others = np.arange(len(prices)) != state
        rest = prices - np.log(np.exp(prices[others]).sum()) + math.log1p(-price)
        return np.where(others, rest, math.log(price))
    if whole.shape != prices.shape or not np.all(whole >= LOWEST) or abs(whole.sum() - 1) > 1e-9:
        raise ValueError(
            f"{part}: {variable!r} needs {len(prices)} probabilities of at least {LOWEST:g} that add up to 1, got {to}."
        )
    return np.log(whole / whole.sum())


def within(
    prices: Float[np.ndarray, " states"], wanted: Float[np.ndarray, " states"], nats: float
) -> Float[np.ndarray, " states"]:
    """As far on the straight way from prices to others as no state falls by more than so many nats; all of them logarithms."""
    if (prices - wanted).max() <= nats:
        return wanted
    fall = -np.expm1(wanted - prices)
    return prices + np.log1p(fall * math.expm1(-nats) / fall.max())
