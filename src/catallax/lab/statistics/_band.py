"""Intervals of whole curves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from catallax.lab.statistics._interval import finite


class CurveInterval(NamedTuple):
    """A curve and where it may lie, point by point."""

    value: Float[np.ndarray, " time"]
    low: Float[np.ndarray, " time"]
    high: Float[np.ndarray, " time"]


def band(curves: ArrayLike, *, level: float = 0.95, resamples: int = 1_000, seed: int = 0) -> CurveInterval:
    """Interquartile mean over seeds at every point in time, with its percentile bootstrap over whole curves.

    A resample draws seeds, not points, so that what a seed does over time stays together; the interval holds at each point
    alone, not for the whole curve at once.

    Args:
        curves: axes `[seeds, time]`, in the unit of the result.
        level: part of the resampled figures that the interval holds at each point.
        resamples: how many.
        seed: of the draws.

    Returns:
        Three rows with the axis `[time]`; of one seed, `nan` for both ends.

    Raises:
        ValueError: if there is no axis of seeds, a value is not finite, or level or resamples are out of range.

    Source: Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice", section 4.3.

    >>> found = band([[0.0, 1.0], [0.0, 3.0]])
    >>> found.value, found.low, found.high
    (array([0., 2.]), array([0., 1.]), array([0., 3.]))
    """
    rows = finite("band", curves)
    if rows.ndim != 2 or not 0 < level < 1 or resamples < 1:
        raise ValueError(
            f"band: expected curves with the axes [seeds, time], 0 < level < 1 and resamples >= 1, got shape {rows.shape}, "
            f"{level} and {resamples}."
        )
    middle = _middle(rows)
    if len(rows) == 1:
        return CurveInterval(middle, np.full_like(middle, np.nan), np.full_like(middle, np.nan))
    chosen = np.random.default_rng(seed).integers(len(rows), size=(resamples, len(rows)))
    drawn = np.stack([_middle(rows[seeds]) for seeds in chosen])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return CurveInterval(middle, low, high)


def _middle(rows: Float[np.ndarray, "seeds time"]) -> Float[np.ndarray, " time"]:
    return stats.trim_mean(rows, 0.25, axis=0)
