"""Strictly proper scores of probabilities: nobody gains by saying what it does not believe."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.forecasting.scoring._forecasts import distributions, events

Score = Callable[[Any, Any], Float[np.ndarray, " questions"]]
"""From forecasts and what happened to a number for each question."""


def brier(forecasts: Any, happened: Any) -> Float[np.ndarray, " questions"]:
    """`(p - y)^2` of an event, `sum_i (p_i - [i happened])^2` of several outcomes; lower is better.

    An event written as two outcomes scores twice as much, as in Brier's paper.

    Args:
        forecasts: probabilities, axes [questions] of events or [questions, outcomes].
        happened: 0 or 1 for an event, the number of the outcome otherwise.

    Raises:
        ValueError: for what is no probability, does not add up to 1, or does not fit together.

    Source: Brier (1950), "Verification of forecasts expressed in terms of probability".

    >>> brier([0.8, 0.3], [1, 0]).round(2).tolist(), brier([[0.5, 0.3, 0.2]], [0]).round(2).tolist()
    ([0.04, 0.09], [0.38])
    """
    if np.ndim(forecasts) == 1:
        probabilities, happened = events("brier", forecasts, happened)
        return (probabilities - happened) ** 2
    probabilities, happened = distributions("brier", forecasts, happened)
    return ((probabilities - np.eye(probabilities.shape[1])[happened]) ** 2).sum(1)


def log_score(forecasts: Any, happened: Any, base: int | float = math.e) -> Float[np.ndarray, " questions"]:
    """`ln p_y`, at most 0; higher is better, and minus infinity where what happened had been excluded.

    Args:
        forecasts: probabilities, axes [questions] of events or [questions, outcomes].
        happened: 0 or 1 for an event, the number of the outcome otherwise.
        base: e for nats, 2 for bits.

    Raises:
        ValueError: as `brier`, or for a base that is none.

    Source: Good (1952), "Rational decisions".

    >>> log_score([0.5, 0.25], [1, 1], base=2).tolist()
    [-1.0, -2.0]
    """
    if not (0 < base < math.inf and base != 1):
        raise ValueError(f"log_score: the base of a logarithm is a number above 0 other than 1, got {base}.")
    probabilities, happened = distributions("log_score", forecasts, happened)
    with np.errstate(divide="ignore"):
        return np.log(_of_what_happened(probabilities, happened)) / math.log(base)


def spherical(forecasts: Any, happened: Any) -> Float[np.ndarray, " questions"]:
    """`p_y / |p|`, in [0, 1]; higher is better.

    Args:
        forecasts: probabilities, axes [questions] of events or [questions, outcomes].
        happened: 0 or 1 for an event, the number of the outcome otherwise.

    Raises:
        ValueError: as `brier`.

    >>> spherical([[0.6, 0.8 - 0.4]], [0]).round(6).tolist()
    [0.83205]
    """
    probabilities, happened = distributions("spherical", forecasts, happened)
    return _of_what_happened(probabilities, happened) / np.linalg.norm(probabilities, axis=1)


def _of_what_happened(probabilities: np.ndarray, happened: np.ndarray) -> np.ndarray:
    return np.take_along_axis(probabilities, happened[:, None], 1)[:, 0]
