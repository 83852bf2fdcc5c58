"""Weighted-score wagering: everybody reports once, and those who were right are paid by the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from catallax.core import in_double
from catallax.forecasting._mechanism import Numbers

Score = Callable[[Any, Any], Any]
"""From reports and what happened to scores between 0 and 1, strictly proper."""


def quadratic_score(reports: Numbers, happened: Any) -> Numbers:
    """`1 - (y - r)^2`, of the probability of an event that happened (1) or not (0); higher is better: 1 less the loss `scoring.brier`."""
    return 1 - (happened - reports) ** 2


def median_score(low: float, high: float) -> Score:
    """`1 - |r - y| / (high - low)`: best is to report the median of a number between two bounds."""
    _check_bounds(low, high)
    return lambda reports, happened: 1 - jnp.abs(reports - happened) / (high - low)


def mean_score(low: float, high: float) -> Score:
    """`1 - (r - y)^2 / (high - low)^2`: best is to report the mean of a number between two bounds."""
    _check_bounds(low, high)
    return lambda reports, happened: 1 - ((reports - happened) / (high - low)) ** 2


def wager(
    reports: Float[Numbers, " traders"],
    wagers: Float[Numbers, " traders"],
    happened: float | Numbers,
    score: Score = quadratic_score,
) -> Float[Numbers, " traders"]:
    """What each gets back for its wager, `m_i (1 + s(r_i, y) - sum_j m_j s(r_j, y) / sum_j m_j)`.

    Budget balanced, anonymous, truthful, sybil-proof, normal, individually rational and monotone. Nobody more than doubles its wager. A
    report between the weighted mean scores of the others never loses (Chen, Devanur, Pennock and Vaughan 2014).

    Args:
        reports: one of each trader, what the score asks for.
        wagers: credits, at least 0, not all 0.
        happened: `y`.
        score: `quadratic_score` of an event, or another in [0, 1].

    Returns:
        Credits to each trader; they add up to the wagers.

    Raises:
        ValueError: for another number of wagers than of reports, a wager that is negative or no number, no wager at all, or a score outside of [0, 1].

    Source: Lambert et al. (2008), "Self-financed wagering mechanisms for forecasting".

    >>> wager(np.array([0.9, 0.5]), np.array([1.0, 1.0]), 1.0).round(3).tolist()
    [1.12, 0.88]
    """
    if np.shape(reports) != np.shape(wagers) or np.ndim(wagers) != 1:
        raise ValueError(
            f"wager: expected a report and a wager of each trader, got {np.shape(reports)} and {np.shape(wagers)}."
        )
    scores, payouts = _payouts(score, reports, wagers, happened)
    if isinstance(payouts, np.ndarray):
        staked = np.asarray(wagers)
        if not np.all(np.isfinite(staked) & (staked >= 0)) or not staked.sum() > 0:
            raise ValueError(f"wager: wagers are credits of at least 0, not all of them 0, got {wagers}.")
        if not np.all((scores >= 0) & (scores <= 1)):
            raise ValueError(
                f"wager: scores must lie in [0, 1], got {scores} for the reports {reports} and {happened}."
            )
    return payouts


@in_double
def _payouts(score: Score, reports: Any, wagers: Any, happened: Any) -> tuple[Any, Any]:
    scores = score(jnp.asarray(reports), jnp.asarray(happened))
    return scores, wagers * (1 + scores - wagers @ scores / jnp.sum(wagers))


def _check_bounds(low: float, high: float) -> None:
    if not low < high:
        raise ValueError(f"a score of a number needs bounds low < high, got {low} and {high}.")
