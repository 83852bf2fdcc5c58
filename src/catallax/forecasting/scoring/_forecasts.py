"""Forecasts and what happened, checked once for every score."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

TOLERANCE = 1e-6
"""By which probabilities may miss 1 together; they are used as they are."""


def events(
    part: str, forecasts: Any, happened: Any
) -> tuple[Float[np.ndarray, " questions"], Int[np.ndarray, " questions"]]:
    """Probabilities of events, and whether they happened.

    Raises:
        ValueError: unless they are as many, probabilities, and each happened (1) or did not (0).
    """
    probabilities = finite(part, "forecasts", forecasts)
    if probabilities.ndim != 1 or not probabilities.size:
        raise ValueError(
            f"{part}: expected one probability for each question, axes [questions], got the shape {probabilities.shape}."
        )
    _check_range(part, probabilities)
    return probabilities, _happened(part, happened, probabilities.size, 2)


def distributions(
    part: str, forecasts: Any, happened: Any
) -> tuple[Float[np.ndarray, "questions outcomes"], Int[np.ndarray, " questions"]]:
    """Probabilities of outcomes, and which one happened; of an event `[not, event]`.

    Raises:
        ValueError: unless probabilities add up to 1 for each question and the outcomes exist.
    """
    if np.ndim(forecasts) == 1:
        probabilities, happened = events(part, forecasts, happened)
        return np.stack([1 - probabilities, probabilities], -1), happened
    probabilities = finite(part, "forecasts", forecasts)
    if probabilities.ndim != 2 or not probabilities.size or probabilities.shape[1] < 2:
        raise ValueError(
            f"{part}: expected axes [questions] of events or [questions, outcomes], got the shape {probabilities.shape}."
        )
    _check_range(part, probabilities)
    sums = probabilities.sum(1)
    if np.any(wrong := np.abs(sums - 1) > TOLERANCE):
        first = int(np.argmax(wrong))
        raise ValueError(
            f"{part}: probabilities of outcomes add up to 1; those of question {first} add up to {sums[first]:.9g} ({int(wrong.sum())} of "
            f"{sums.size} questions). Divide each row by its sum."
        )
    return probabilities, _happened(part, happened, *probabilities.shape)


def finite(part: str, name: str, numbers: Any) -> np.ndarray:
    """An array of numbers in double precision.

    Raises:
        ValueError: if they are none, or one of them is not finite.
    """
    try:
        array = np.asarray(numbers, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{part}: {name} should be numbers in rows of the same length: {error}.") from error
    if not np.all(good := np.isfinite(array)):
        if not array.ndim:
            raise ValueError(f"{part}: {name} must be a finite number, got {array}.")
        where = np.argwhere(~good)[0].tolist()
        raise ValueError(
            f"{part}: {name} must be finite; {int((~good).sum())} of {array.size} are not, the first at {where}. Leave these out."
        )
    return array


def _check_range(part: str, probabilities: np.ndarray) -> None:
    if np.any(wrong := (probabilities < 0) | (probabilities > 1)):
        raise ValueError(
            f"{part}: a probability lies in [0, 1], got {probabilities[wrong][0]:.9g} ({int(wrong.sum())} of {wrong.size})."
        )


def _happened(part: str, happened: Any, questions: int, outcomes: int) -> Int[np.ndarray, " questions"]:
    known = finite(part, "happened", happened)
    if known.shape != (questions,):
        raise ValueError(f"{part}: expected what happened for {questions} questions, got the shape {known.shape}.")
    if np.any(wrong := (known != np.round(known)) | (known < 0) | (known >= outcomes)):
        raise ValueError(
            f"{part}: happened is a whole number from 0 to {outcomes - 1} for each question, got {known[wrong][0]:g}."
        )
    return known.astype(np.int64)
