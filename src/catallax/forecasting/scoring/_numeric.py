"""Scores of forecasts of a number; lower is better, in the unit of the number."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

from catallax.forecasting.scoring._forecasts import finite


def crps(members: Any, happened: Any) -> Float[np.ndarray, " questions"]:
    """Continuous ranked probability score of draws, `sum_i |x_i - y| / n - sum_ij |x_i - x_j| / (2 n (n - 1))`: the fair one.

    Its mean over draws is the score `E|X - y| - E|X - X'| / 2` of the law that they are from, however few they are; so the best draws are from
    what is believed. It may be below 0. `ensemble_crps` takes the draws themselves for the forecast.

    Args:
        members: draws from the forecast, two or more, axes [questions, members].
        happened: the number, axes [questions].

    Raises:
        ValueError: for numbers that are not finite, shapes that do not fit, or a single draw, which says nothing of the spread.

    Source: Ferro (2014), "Fair scores for ensemble forecasts".

    >>> crps([[0.0, 1.0, 5.0]], [0.0]).round(6).tolist()
    [0.333333]
    """
    draws, came = _ensembles("crps", members, happened)
    size = draws.shape[1]
    if size < 2:
        raise ValueError("crps: one draw says nothing of the spread; give two or more, or use ensemble_crps.")
    return np.abs(draws - came[:, None]).mean(1) - _pairs(draws) / (size * (size - 1))


def ensemble_crps(members: Any, happened: Any) -> Float[np.ndarray, " questions"]:
    """Continuous ranked probability score of the step function that members make, `sum_i |x_i - y| / n - sum_ij |x_i - x_j| / (2 n^2)`.

    For members that are the forecast, as a fixed set of scenarios. Of few draws from a belief it is best when they lie closer together than
    the belief does; see `crps`.

    Args:
        members: equally likely numbers, axes [questions, members].
        happened: the number, axes [questions].

    Raises:
        ValueError: for numbers that are not finite, or shapes that do not fit.

    Source: Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation".

    >>> ensemble_crps([[0.0, 1.0]], [0.0]).tolist(), ensemble_crps([[2.0]], [5.0]).tolist()
    ([0.25], [3.0])
    """
    draws, came = _ensembles("ensemble_crps", members, happened)
    return np.abs(draws - came[:, None]).mean(1) - _pairs(draws) / draws.shape[1] ** 2


def _ensembles(part: str, members: Any, happened: Any) -> tuple[np.ndarray, np.ndarray]:
    draws, came = finite(part, "members", members), finite(part, "happened", happened)
    if draws.ndim != 2 or not draws.size or came.shape != draws.shape[:1]:
        raise ValueError(
            f"{part}: expected members with the axes [questions, members] and one number for each question, got {draws.shape} and {came.shape}."
        )
    return draws, came


def _pairs(draws: np.ndarray) -> np.ndarray:
    """`sum_ij |x_i - x_j| / 2 = sum_i (2 i - n - 1) x_(i)`."""
    size = draws.shape[1]
    return np.sort(draws, 1) @ (2.0 * np.arange(1, size + 1) - size - 1)


def gaussian_crps(mean: Any, deviation: Any, happened: Any) -> Float[np.ndarray, " questions"]:
    """CRPS of a normal distribution, `s (z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi))` with `z = (y - m) / s`.

    Args:
        mean: `m`, axes [questions].
        deviation: `s`, above 0.
        happened: `y`.

    Raises:
        ValueError: for numbers that are not finite, deviations not above 0, or shapes that do not fit.

    Source: Gneiting et al. (2005), "Calibrated probabilistic forecasting using ensemble model output statistics".

    >>> gaussian_crps([0.0], [1.0], [0.0]).round(6).tolist()
    [0.233695]
    """
    names = ("mean", "deviation", "happened")
    m, s, y = (finite("gaussian_crps", name, x) for name, x in zip(names, (mean, deviation, happened), strict=True))
    if not m.shape == s.shape == y.shape or m.ndim != 1:
        raise ValueError(f"gaussian_crps: expected three arrays [questions], got {m.shape}, {s.shape} and {y.shape}.")
    if np.any(s <= 0):
        raise ValueError(f"gaussian_crps: a deviation is above 0, got {s.min():g}.")
    z = (y - m) / s
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return s * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi))


def pinball(quantiles: Any, levels: Any, happened: Any) -> Float[np.ndarray, "questions levels"]:
    """`max(a (y - q), (a - 1) (y - q))`: best is to report the a-quantile.

    Args:
        quantiles: `q`, axes [questions, levels].
        levels: `a`, between 0 and 1, axes [levels].
        happened: `y`, axes [questions].

    Raises:
        ValueError: for numbers that are not finite, levels outside of (0, 1), or shapes that do not fit.

    Source: Koenker and Bassett (1978), "Regression quantiles".

    >>> pinball([[1.0, 3.0]], [0.1, 0.9], [4.0]).round(6).tolist()
    [[0.3, 0.9]]
    """
    q, a, y = (
        finite("pinball", name, x)
        for name, x in zip(("quantiles", "levels", "happened"), (quantiles, levels, happened), strict=True)
    )
    if q.ndim != 2 or a.shape != q.shape[1:] or y.shape != q.shape[:1]:
        raise ValueError(
            f"pinball: expected quantiles with the axes [questions, levels], got {q.shape} for the levels {a.shape} and {y.shape} questions."
        )
    if np.any((a <= 0) | (a >= 1)):
        raise ValueError(f"pinball: a level lies between 0 and 1, got {a}.")
    over = y[:, None] - q
    return np.maximum(a[None] * over, (a[None] - 1) * over)
