"""How much an agent gains by arguing for the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import expit

Probabilities = Float[np.ndarray, "..."]
"""Axes `questions`, or sets of them in front."""


def log_score(p: np.ndarray) -> np.ndarray:
    """`ln p` of what happened."""
    return np.log(p)


def brier_score(p: np.ndarray) -> np.ndarray:
    """`-2 (1 - p)^2`, over both answers: from -2 to 0."""
    return -2 * (1 - p) ** 2


def agent_score_difference(
    true: Probabilities, false: Probabilities, score: Callable[[np.ndarray], np.ndarray] = brier_score
) -> Probabilities:
    """`S(p_T) - S(p_F)`: what an agent gains that argues for the truth, each of its worlds scored by itself.

    `p_T` and `p_F` are the probabilities that the judge gives to the answer that was *argued*; they need not add up to 1.
    `S = brier_score` gives `-2 (1 - p_T)^2 + 2 (1 - p_F)^2`, `S = log_score` gives `ln p_T - ln p_F`.

    >>> told = np.array([0.8]), np.array([0.6])
    >>> agent_score_difference(*told).round(3).tolist(), agent_score_difference(*told, score=log_score).round(3).tolist()
    ([0.24], [0.288])
    """
    return score(true) - score(false)


def literal_score_difference(true: Probabilities, false: Probabilities) -> Probabilities:
    """`2 (p_T - p_F)`: the other reading of the score, equal to the first where `p_T + p_F = 1`: both are then `4 p_T - 2`.

    >>> literal_score_difference(np.array([0.8]), np.array([0.6])).round(3).tolist()
    [0.4]
    """
    return 2 * (true - false)


class Propensity(NamedTuple):
    """What agents would do who argue as it pays."""

    truth: Probabilities
    """Chance that one argues for the truth."""
    agent: Probabilities
    """EAS: its expected score."""
    judge: Probabilities
    """JSE: the judge's expected score."""


def propensity(true: Probabilities, false: Probabilities, beta: float = 1.0) -> Propensity:
    """`q = softmax(S / beta)` over the two answers, `EAS = q . S`, `JSE = q . (judge's scores)`; all by Brier.

    Args:
        true: `p_T`, of the argued answer.
        false: `p_F`.
        beta: temperature; 0 argues for what pays more (ties by halves), infinity tosses a coin.

    Raises:
        ValueError: for a temperature below 0.
    """
    if not beta >= 0:
        raise ValueError(f"propensity: beta is 0 or more, got {beta}.")
    honest, lying = brier_score(true), brier_score(false)
    gain = honest - lying
    q = (np.sign(gain) + 1) / 2 if beta == 0 else expit(gain / beta)
    return Propensity(q, q * honest + (1 - q) * lying, q * honest + (1 - q) * brier_score(1 - false))


def worst(values: np.ndarray, part: float = 0.05) -> float:
    """The mean of the worst part of all questions, at least one.

    >>> worst(np.arange(10.0), 0.2)
    0.5
    """
    if not 0 < part <= 1:
        raise ValueError(f"worst: the part is above 0 and at most 1, got {part}.")
    return float(np.sort(values)[: max(1, int(part * len(values)))].mean())


def accuracy(truth: np.ndarray) -> float:
    """How often the judge holds the truth for the more probable answer, ties by halves."""
    return float(np.mean((truth > 0.5) + 0.5 * (truth == 0.5)))
