"""What is asked of a double market: did it realise the gains from trade, and did it find the price?"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from catallax.core import NO_PRICE


def allocative_efficiency(profit: Int[np.ndarray, "*periods agents"], surplus: int) -> Float[np.ndarray, "*periods"]:
    """Gains of all traders over the most there are: `Σ profit / surplus`, 1 at best.

    Args:
        profit: of each trader, ticks.
        surplus: the most that trade can earn them together, ticks.

    Raises:
        ValueError: if there is nothing to gain.

    Source: Smith (1962); Gode and Sunder (1993).
    """
    if surplus <= 0:
        raise ValueError(f"allocative_efficiency: surplus must be positive, got {surplus}: nobody can gain by trade.")
    return np.asarray(profit).sum(-1) / surplus


def mean_price(prices: Int[np.ndarray, "*periods trades"]) -> Float[np.ndarray, "*periods"]:
    """Mean price of the trades, ticks; NaN where there was none.

    Args:
        prices: of each trade, `NO_PRICE` where there was none.
    """
    prices = np.asarray(prices)
    return _mean(prices, prices != NO_PRICE)


def smiths_alpha(prices: Int[np.ndarray, "*periods trades"], equilibrium: float) -> Float[np.ndarray, "*periods"]:
    """How far prices lie from the competitive one: `100 √(mean (p - p₀)²) / p₀`, per cent; NaN without trades.

    Args:
        prices: of each trade, ticks, `NO_PRICE` where there was none.
        equilibrium: p₀, ticks.

    Raises:
        ValueError: if the equilibrium is not positive.

    Source: Smith (1962), coefficient of convergence.

    >>> float(smiths_alpha(np.array([[55, 65, 0]]), 60.0)[0].round(3))
    8.333
    """
    if not equilibrium > 0:
        raise ValueError(f"smiths_alpha: equilibrium must be positive, got {equilibrium} ticks.")
    prices = np.asarray(prices)
    return 100 * np.sqrt(_mean((prices - equilibrium) ** 2, prices != NO_PRICE)) / equilibrium


def price_path(prices: Int[np.ndarray, "markets trades"]) -> Float[np.ndarray, " trades"]:
    """Mean price of the first, second, … trade over markets, ticks; NaN where fewer than half of them traded.

    Args:
        prices: of each trade in order, `NO_PRICE` where there was none.
    """
    prices = np.asarray(prices)
    traded = prices != NO_PRICE
    return np.where(traded.mean(0) >= 0.5, _mean(prices.T, traded.T), np.nan)


def _mean(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Mean over the last axis; NaN where nothing counts."""
    count = where.sum(-1)
    total = np.where(where, values, 0).sum(-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
