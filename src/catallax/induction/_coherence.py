"""How far prices are from those of any distribution over worlds."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import linprog


def coherence_gap(prices: Float[np.ndarray, " sentences"], truth: Bool[np.ndarray, "worlds sentences"]) -> float:
    """What is surely gained by trading against prices: `max_x min_W x (W - P)`, `|x_phi| <= 1`, credits.

    By duality the least sum of absolute differences between the prices and those of a distribution over the worlds; 0 where the prices
    are coherent.

    Args:
        prices: probabilities.
        truth: of each sentence in each plausible world.

    Raises:
        ValueError: if there is no world, or no price for each sentence.

    >>> import numpy as np
    >>> exactly_one_of_two = np.eye(2, dtype=bool)
    >>> round(coherence_gap(np.array([0.5, 0.6]), exactly_one_of_two), 9)
    0.1
    """
    worlds, sentences = truth.shape
    if not worlds or prices.shape != (sentences,) or not np.all(np.isfinite(prices)):
        raise ValueError(
            f"coherence_gap: expected a finite price for each of {sentences} sentences in at least one world, got {prices} in {worlds}."
        )
    # variables x and the gain z: maximise z with z <= x (W - P) in every world
    distinct = np.unique(truth, axis=0)
    against = np.concatenate([prices - distinct, np.ones((len(distinct), 1))], 1)
    found = linprog(
        np.append(np.zeros(sentences), -1.0),
        A_ub=against,
        b_ub=np.zeros(len(distinct)),
        bounds=[(-1, 1)] * sentences + [(0, None)],
    )
    return max(0.0, -float(found.fun))
