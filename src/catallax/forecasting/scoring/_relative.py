"""Scores beside those of others, and over the life of a question."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.forecasting.scoring._forecasts import finite
from catallax.forecasting.scoring._proper import Score, log_score


def peer_score(forecasts: Any, happened: Any, score: Score = log_score) -> Float[np.ndarray, "forecasters questions"]:
    """Score less the mean score of the others, `s_i - sum_{j != i} s_j / (n - 1)`; adds up to 0 over forecasters.

    With the log score this is the logarithm of a forecast over the geometric mean of the others'.

    Args:
        forecasts: axes [forecasters, questions] of events or [forecasters, questions, outcomes].
        happened: 0 or 1 for an event, the number of the outcome otherwise.
        score: where higher is better.

    Raises:
        ValueError: for fewer than two forecasters, a score of minus infinity, or as the score does.

    >>> peer_score([[0.8], [0.4]], [1]).round(6).tolist()
    [[0.693147], [-0.693147]]
    """
    said = finite("peer_score", "forecasts", forecasts)
    if said.ndim < 2 or said.shape[0] < 2:
        raise ValueError(
            f"peer_score: expected axes [forecasters, questions] or [forecasters, questions, outcomes] of two or more, got {said.shape}."
        )
    scores = np.stack([score(one, happened) for one in said])
    if not np.all(np.isfinite(scores)):
        who = int(np.argmin(np.isfinite(scores).all(1)))
        raise ValueError(
            f"peer_score: forecaster {who} gave the probability 0 to what happened, and no mean score is finite then; clip forecasts first."
        )
    return (scores - scores.mean(0)) * said.shape[0] / (said.shape[0] - 1)


def time_averaged(scores: Any, times: Any, closes: float) -> float:
    """Mean of scores over time, each forecast standing until the next, `sum_k s_k (t_{k+1} - t_k) / (close - t_0)`.

    Args:
        scores: of the forecasts in order, axes [updates].
        times: when each was made, rising; from the first one the time counts.
        closes: when the question did, after the last of them.

    Raises:
        ValueError: for numbers that are not finite, the close among them, or times that do not rise.

    >>> time_averaged([0.0, 1.0], [0.0, 3.0], closes=4.0)
    0.25
    """
    score, time = finite("time_averaged", "scores", scores), finite("time_averaged", "times", times)
    if score.ndim != 1 or score.shape != time.shape or not score.size:
        raise ValueError(f"time_averaged: expected a time for each score, got {score.shape} and {time.shape}.")
    stood = np.diff(np.append(time, finite("time_averaged", "closes", closes)))
    if np.any(stood < 0) or not stood.sum() > 0:
        raise ValueError(
            f"time_averaged: times must rise and end before the question closes at {closes:g}, got {time}."
        )
    return float(score @ stood / stood.sum())
