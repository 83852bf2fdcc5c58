"""Meters of a wide market, read off its record, under the names that the traces of deep markets have."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from catallax.lab._metrics import wealth_figures
from catallax.markets import WideRecord

_NEAR_ZERO = 1e-6
"""A price of at most this share of the highest one counts as none."""


def near_zero(
    prices: Float[np.ndarray, "time goods"], supply: Float[np.ndarray, "time goods"]
) -> Float[np.ndarray, " time"]:
    """Share of the goods for sale that cost next to nothing, `p_j <= 1e-6 max p`: all of them where nothing has a price.

    Args:
        prices: credits per unit, axes `[time, goods]`.
        supply: units, axes `[time, goods]`.

    >>> near_zero(np.array([[1.0, 1e-9, 0.0]]), np.array([[2.0, 1.0, 0.0]])).tolist()
    [0.5]
    >>> near_zero(np.zeros((1, 3)), np.array([[2.0, 1.0, 0.0]])).tolist()
    [1.0]
    """
    there = supply > 0
    highest = np.max(np.where(there, prices, 0.0), axis=-1, keepdims=True, initial=0.0)
    free = there & (prices <= _NEAR_ZERO * highest)
    return free.sum(-1) / np.maximum(there.sum(-1), 1)


def wide_trace(record: WideRecord, readings: int = 200) -> dict[str, np.ndarray]:
    """Columns of meters, one row for each of some stretches of a run.

    `alive` and the columns of wealth are those at the end of a stretch; `births`, `deaths` and `bankruptcies` are counted over it;
    `capped`, `near_zero` (shares) and `price_mean` (credits for a right) are means over it, `gap` and `regret` its worst tick.

    Args:
        record: of a `WideRun`.
        readings: stretches at most.
    """
    ticks = len(record.gap)
    parts = np.array_split(np.arange(ticks), min(readings, ticks))
    last = np.array([part[-1] for part in parts])
    free = near_zero(np.asarray(record.prices), np.asarray(record.supply))
    sold = np.asarray(record.winner) >= 0

    def each(values: np.ndarray, how: str) -> np.ndarray:
        return np.array([getattr(np, how)(values[part]) for part in parts], float)

    with np.errstate(invalid="ignore"):
        price = each(np.where(sold, record.pays, 0.0), "sum") / each(sold, "sum")
    wealth = [wealth_figures(np.asarray(record.wealth[at]), np.asarray(record.alive[at])) for at in last]
    return {
        "tick": last + 1.0,
        "alive": np.asarray(record.alive)[last].sum(-1).astype(float),
        **{name: each(np.asarray(getattr(record, name)), "sum") for name in ("births", "deaths", "bankruptcies")},
        **{name: np.array([row[name] for row in wealth]) for name in wealth[0]},
        "price_mean": price,
        "gap": each(np.asarray(record.gap), "max"),
        "regret": each(np.asarray(record.regret), "max"),
        "capped": each(np.asarray(record.capped), "mean"),
        "near_zero": each(free, "mean"),
    }
