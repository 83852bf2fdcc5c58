"""Figures that a single lucky seed does not move."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy import stats

from catallax.lab.statistics._interval import finite


def interquartile_mean(values: ArrayLike) -> float:
    """Mean of the middle half of all values, seeds and tasks together.

    Args:
        values: axes `[seeds]` or `[seeds, tasks]`; tasks in the same unit, as parts of the best return for example.

    Returns:
        In the same unit.

    Raises:
        ValueError: if there is no value or one is not finite.

    Source: Agarwal et al. (2021), "Deep reinforcement learning at the edge of the statistical precipice", section 4.

    >>> interquartile_mean([0.0, 0.5, 0.7, 100.0])
    0.6
    """
    return float(stats.trim_mean(finite("interquartile_mean", values).ravel(), 0.25))


def performance_profile(values: ArrayLike, thresholds: ArrayLike) -> Float[np.ndarray, " thresholds"]:
    """Part of all runs that scored above each threshold, `F(τ) = mean 1[value > τ]`.

    Args:
        values: axes `[seeds]` or `[seeds, tasks]`.
        thresholds: in the unit of the values.

    Raises:
        ValueError: if there is no value or one is not finite.

    Source: Agarwal et al. (2021), section 4, after Dolan and Moré (2002).

    >>> performance_profile([[0.2, 0.9], [0.6, 0.8]], [0.0, 0.5, 0.85])
    array([1.  , 0.75, 0.25])
    """
    rows = finite("performance_profile", values).ravel()
    return (rows[:, None] > np.asarray(thresholds, float)[None]).mean(0)
