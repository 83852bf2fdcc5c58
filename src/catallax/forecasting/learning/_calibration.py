"""How seriously a trader's probabilities are to be taken: one power each."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import root_scalar


def sharpened(
    beliefs: Float[np.ndarray, "rows *traders outcomes"], powers: Float[np.ndarray, "*traders"]
) -> Float[np.ndarray, "rows *traders outcomes"]:
    """`h ** b`, scaled to add up to 1; beliefs above 0."""
    nats = np.log(beliefs) * powers[..., None]
    found = np.exp(nats - nats.max(-1, keepdims=True))
    return found / found.sum(-1, keepdims=True)


def best_power(
    beliefs: Float[np.ndarray, "rows outcomes"], labels: Int[np.ndarray, " rows"], weight: Float[np.ndarray, " rows"]
) -> float:
    """The power `b` that minimises `-sum_t v_t ln(h_ty ** b / sum_k h_tk ** b) + b - ln b`.

    It is the inverse of a temperature; the last two terms, those of a gamma prior with its mode at 1, keep it finite where the trader is never wrong.
    The sum is convex, so that its slope has one root.

    Args:
        beliefs: above 0, about rows that the trader did not learn from.
        labels: what happened.
        weight: `v`, how many times a row counts.

    Source: temperature scaling, Guo, Pleiss, Sun and Weinberger (2017); the prior is ours.

    >>> sure = np.tile([[0.9, 0.1]], (1000, 1))
    >>> round(best_power(sure, np.repeat([0, 1], [750, 250]), np.ones(1000)), 2)  # nine to one where three to one is right
    0.5
    """
    nats = np.log(beliefs)
    happened = np.take_along_axis(nats, labels[:, None], 1)[:, 0]

    def slope(power: float) -> float:
        expected = (sharpened(beliefs, np.asarray(power)) * nats).sum(1)
        return float(weight @ (expected - happened)) + 1 - 1 / power

    low = high = 1.0
    while slope(low) > 0:
        low /= 2
    while slope(high) < 0:
        high *= 2
    return low if low == high else float(root_scalar(slope, bracket=(low, high), method="brentq", xtol=1e-12).root)
