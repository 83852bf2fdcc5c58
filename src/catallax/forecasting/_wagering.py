"""Weighted-score wagering: everybody reports once, and those who were right are paid by the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Float, Real

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


def repeated_wagers(
    reports: Real[Numbers, "rounds traders"],
    happened: Real[Numbers, ...],
    fraction: float | Float[Numbers, ""] = 1.0,
    tax: float | Float[Numbers, ""] = 0.0,
    score: Score = quadratic_score,
) -> Float[Numbers, "moments traders"]:
    """Shares of wealth when everybody wagers a fraction of its wealth in every round, `w_i <- w_i (1 + f (s_i - mean score))`.

    Multiplicative weights with rate f. Where regimes are long that can lock in: whoever was wrong throughout one may have nothing left when its time comes. The tax
    `w_i <- (1 - a) w_i + a mean(w)` after each round is the fixed share that tracks them (Herbster and Warmuth 1998), paid to whoever takes part,
    the lazy too.

    Args:
        reports: of each trader in each round, what the score asks for.
        happened: `y` of each round.
        fraction: `f`, of its wealth that each wagers, in [0, 1].
        tax: `a`, of all wealth, shared out alike after each round, in [0, 1].
        score: as in `wager`.

    Returns:
        Shares before the first round, all alike, and after each; they add up to 1.

    Raises:
        ValueError: for a fraction or a tax outside of [0, 1], other shapes, or a score outside of [0, 1].

    Source: Lambert et al. (2008), the mechanism; the tax after Herbster and Warmuth (1998), "Tracking the best expert".

    >>> repeated_wagers(np.array([[0.9, 0.5]] * 3), np.array([1.0, 1.0, 1.0]), tax=0.1).round(3)[-1].tolist()
    [0.644, 0.356]
    """
    for name, value in (("fraction", fraction), ("tax", tax)):
        if np.shape(value) != () or not (isinstance(value, Tracer) or 0 <= float(value) <= 1):
            raise ValueError(
                f"repeated_wagers: {name} is one number for all traders and must lie in [0, 1], got {value}."
            )
    if np.ndim(reports) != 2 or np.shape(happened) != np.shape(reports)[:1] or not np.shape(reports)[1]:
        raise ValueError(
            "repeated_wagers: expected reports of rounds by traders, at least one, and what happened in each round, got the shapes "
            f"{np.shape(reports)} and {np.shape(happened)}."
        )
    scores, shares = _shares(score, reports, happened, fraction, tax)
    if isinstance(shares, np.ndarray) and not np.all((scores >= 0) & (scores <= 1)):
        raise ValueError(
            f"repeated_wagers: scores must lie in [0, 1], got {np.min(scores):.6g} to {np.max(scores):.6g}; give reports that the score allows."
        )
    return shares


@in_double
def _shares(score: Score, reports: Any, happened: Any, fraction: Any, tax: Any) -> tuple[Any, Any]:
    def play(wealth: Any, now: tuple[Any, Any]) -> tuple[Any, tuple[Any, Any]]:
        # of shares of wealth, so that who wagers nothing has not to divide by it
        scores, payouts = _payouts(score, now[0], wealth, now[1])
        wealth = (1 - fraction) * wealth + fraction * payouts
        wealth = (1 - tax) * wealth + tax * jnp.mean(wealth)
        return wealth, (scores, wealth)

    reports = jnp.asarray(reports, float)
    start = jnp.full(reports.shape[1], 1 / reports.shape[1], reports.dtype)
    _, (scores, path) = jax.lax.scan(play, start, (reports, jnp.asarray(happened)))
    return scores, jnp.concatenate([start[None], path])


@in_double
def _payouts(score: Score, reports: Any, wagers: Any, happened: Any) -> tuple[Any, Any]:
    scores = score(jnp.asarray(reports), jnp.asarray(happened))
    return scores, wagers * (1 + scores - wagers @ scores / jnp.sum(wagers))


def _check_bounds(low: float, high: float) -> None:
    if not low < high:
        raise ValueError(f"a score of a number needs bounds low < high, got {low} and {high}.")
