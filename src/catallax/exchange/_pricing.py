"""What shares of outcomes cost: the logarithmic market scoring rule in whole micro-shares and micro-credits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from catallax.core import in_double
from catallax.forecasting import LMSR

MOST_OUTCOMES = 20
_MAKER = LMSR(MOST_OUTCOMES, 1.0)
"""One program for all questions: liquidity is the unit, and outcomes that a question lacks are shares of minus infinity."""


class Move(NamedTuple):
    """What a bundle would do."""

    cost: int
    """Micro-credits, rounded up: what is lost by rounding, the maker wins."""
    prices: list[float]
    """Afterwards."""


def cover(sold: Sequence[int], liquidity: int) -> int:
    """What must be there for shares sold: `max_i q_i + ceil(b ln sum_j exp((q_j - max_i q_i) / b))`, the cost function rounded up.

    It is never below the payout of any outcome, also in floating point: the logarithm of a sum that holds `exp(0)` is at least 0.

    >>> cover([0, 0], 1_000_000), cover([5_000_000, 0], 1_000_000)
    (693148, 5006716)
    """
    top = max(sold)
    return top + math.ceil(liquidity * math.log(math.fsum(math.exp((q - top) / liquidity) for q in sold)))


def move(sold: Sequence[int], liquidity: int, fund: int, shares: Sequence[int]) -> Move:
    """What a bundle costs now: `ceil(C(q + x) - C(q))`, never so little that the fund would not cover what is sold, never nothing.

    Args:
        sold: micro-shares of each outcome that traders hold.
        liquidity: `b`, micro-credits.
        fund: micro-credits there are for them.
        shares: micro-shares of each outcome to the trader; negative: from the trader.
    """
    cost, prices = _moved(_MAKER, _scaled(sold, liquidity, -np.inf), _scaled(shares, liquidity, 0.0))
    least = cover([q + x for q, x in zip(sold, shares, strict=True)], liquidity) - fund
    if min(shares) >= 0 < max(shares):  # a price can be below what a float tells from 0
        least = max(least, 1)
    return Move(max(math.ceil(float(cost) * liquidity), least), [float(p) for p in prices[: len(sold)]])


def shares_to(sold: Sequence[int], liquidity: int, outcome: int, price: float) -> int:
    """Micro-shares of an outcome that bring its price somewhere, to the nearest; negative: to be sold."""
    return round(float(_reached(_MAKER, _scaled(sold, liquidity, -np.inf), outcome, price)) * liquidity)


@cache
def ready() -> None:
    """Compile, once in a process: about a second, which no transaction should wait for."""
    move([0, 0], 1, 1, [0, 0])
    shares_to([0, 0], 1, 0, 0.5)


def _scaled(numbers: Sequence[int], liquidity: int, missing: float) -> np.ndarray:
    filled = np.full(MOST_OUTCOMES, missing)
    filled[: len(numbers)] = np.asarray(numbers, np.float64) / liquidity
    return filled


@in_double
def _moved(maker: LMSR, sold: Any, shares: Any) -> tuple[Any, Any]:
    now = maker.after(sold)
    return now.cost(shares), now.after(shares).prices


@in_double
def _reached(maker: LMSR, sold: Any, outcome: Any, price: Any) -> Any:
    return maker.after(sold).shares_to(outcome, price)
