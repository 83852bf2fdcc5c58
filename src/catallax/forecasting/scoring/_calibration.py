"""Whether what is said to happen three times in ten does."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from catallax.forecasting.scoring._bins import Binning, equal_width, places
from catallax.forecasting.scoring._forecasts import events


class Reliability(NamedTuple):
    """Forecasts and frequencies, bin by bin; NaN in bins without a forecast."""

    forecast: Float[np.ndarray, " bins"]
    """Mean forecast."""
    frequency: Float[np.ndarray, " bins"]
    """How often it happened."""
    count: Int[np.ndarray, " bins"]
    """Forecasts: the sharpness histogram."""
    low: Float[np.ndarray, " bins"]
    """Lower end of the band in which frequencies of a calibrated forecaster lie."""
    high: Float[np.ndarray, " bins"]
    """Upper end."""
    edges: Float[np.ndarray, " edges"]
    """Of the bins."""


def reliability(
    forecasts: Any,
    happened: Any,
    bins: Binning = equal_width(10),  # noqa: B008 - a function without state
    *,
    level: float = 0.9,
    samples: int = 1_000,
    seed: int = 0,
) -> Reliability:
    """Mean forecast and frequency of each bin, and the band in which the frequency of a calibrated forecaster would lie.

    The band is found by consistency resampling: forecasts are drawn from those given, and each then happens with its own probability.

    Args:
        forecasts: probabilities of events, axes [questions].
        happened: 0 or 1.
        bins: how forecasts are put together.
        level: of the band, bin by bin.
        samples: draws for the band.
        seed: of the draws.

    Raises:
        ValueError: as `brier`, or for a level outside of (0, 1) or no samples.

    Source: Bröcker and Smith (2007), "Increasing the reliability of reliability diagrams".

    >>> found = reliability([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1], equal_width(2))
    >>> found.forecast.round(6).tolist(), found.frequency.tolist(), found.count.tolist()
    ([0.15, 0.85], [0.5, 1.0], [2, 2])
    """
    probabilities, came = events("reliability", forecasts, happened)
    if not 0 < level < 1 or samples < 1:
        raise ValueError(f"reliability: expected a level between 0 and 1 and samples, got {level} and {samples}.")
    edges = bins(probabilities)
    said, frequency, count = _binned(probabilities, came, edges)
    rng = np.random.default_rng(seed)
    drawn = np.empty((samples, count.size))
    for row in drawn:
        sample = rng.choice(probabilities, probabilities.size)
        row[:] = _binned(sample, rng.random(sample.size) < sample, edges)[1]
    tail = (1 - level) / 2
    low, high = (
        np.array([np.quantile(column, q) if (column := part[np.isfinite(part)]).size else np.nan for part in drawn.T])
        for q in (tail, 1 - tail)
    )
    return Reliability(said, frequency, count, low, high, edges)


def calibration_error(
    forecasts: Any,
    happened: Any,
    bins: Binning = equal_width(10),  # noqa: B008 - a function without state
) -> float:
    """Expected calibration error, `sum_k n_k/N |f_k - o_k|`; lower is better.

    It is above 0 for a calibrated forecaster too, by chance, the more the smaller the bins; `bootstrap` gives a band, which for small errors
    lies too high for the same reason, and `reliability` shows what chance alone does.

    Args:
        forecasts: probabilities of events, axes [questions].
        happened: 0 or 1.
        bins: `equal_width` or `equal_mass`.

    Raises:
        ValueError: as `brier`.

    Source: Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian binning".

    >>> round(calibration_error([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1], equal_width(2)), 6)
    0.25
    """
    gap, count = _gaps("calibration_error", forecasts, happened, bins)
    return float(gap @ count / count.sum())


def largest_calibration_error(
    forecasts: Any,
    happened: Any,
    bins: Binning = equal_width(10),  # noqa: B008 - a function without state
) -> float:
    """Maximum calibration error, `max_k |f_k - o_k|` over bins that hold a forecast; lower is better.

    Args:
        forecasts: probabilities of events, axes [questions].
        happened: 0 or 1.
        bins: `equal_width` or `equal_mass`.

    Raises:
        ValueError: as `brier`.

    >>> round(largest_calibration_error([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 1], equal_width(2)), 6)
    0.35
    """
    return float(_gaps("largest_calibration_error", forecasts, happened, bins)[0].max())


def sharpness(forecasts: Any) -> float:
    """Variance of forecasts round their mean: 0 for one who always says the same, at most 1/4; good only if calibrated as well.

    Args:
        forecasts: probabilities of events, axes [questions].

    Raises:
        ValueError: for what is no probability.

    >>> round(sharpness([0.1, 0.9]), 6)
    0.16
    """
    probabilities, _ = events("sharpness", forecasts, np.zeros(np.shape(forecasts)))
    return float(probabilities.var())


def _gaps(part: str, forecasts: Any, happened: Any, bins: Binning) -> tuple[np.ndarray, np.ndarray]:
    """Distance of forecast and frequency in each bin that is not empty, and its forecasts."""
    probabilities, came = events(part, forecasts, happened)
    said, frequency, count = _binned(probabilities, came, bins(probabilities))
    return np.abs(said - frequency)[count > 0], count[count > 0]


def _binned(
    probabilities: np.ndarray, came: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean forecast, frequency and number in each bin."""
    place = places(probabilities, edges)
    count = np.bincount(place, minlength=edges.size - 1)
    with np.errstate(invalid="ignore"):
        said, frequency = (np.bincount(place, x, edges.size - 1) / count for x in (probabilities, came))
    return said, frequency, count
