"""How far a figure over questions could be another one, had other questions been asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from catallax.forecasting.scoring._forecasts import finite


def bootstrap(
    figure: Callable[[Any, Any], Any],
    forecasts: Any,
    happened: Any,
    *,
    level: float = 0.9,
    samples: int = 1_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile band of a figure: questions are drawn with replacement, and the figure is taken again.

    Args:
        figure: from forecasts and what happened to a number, such as `calibration_error`; the mean is taken of a score for each question.
        forecasts: first axis [questions].
        happened: axes [questions].
        level: of the band.
        samples: draws.
        seed: of the draws.

    Returns:
        Lower and upper end.

    Raises:
        ValueError: for a level outside of (0, 1), or as the figure does.

    Source: Efron (1979), "Bootstrap methods: another look at the jackknife".

    >>> from catallax.forecasting.scoring import brier
    >>> low, high = bootstrap(brier, [0.8] * 20, [1] * 20, samples=10)
    >>> round(low, 6), round(high, 6)
    (0.04, 0.04)
    """
    if not 0 < level < 1 or samples < 1:
        raise ValueError(f"bootstrap: expected a level between 0 and 1 and samples, got {level} and {samples}.")
    said, came = finite("bootstrap", "forecasts", forecasts), finite("bootstrap", "happened", happened)
    if said.ndim == 0 or came.shape != said.shape[:1] or not came.size:
        raise ValueError(
            f"bootstrap: expected forecasts and what happened for as many questions, got {said.shape} and {came.shape}."
        )
    rng = np.random.default_rng(seed)
    rows = (rng.integers(came.size, size=came.size) for _ in range(samples))
    found = [float(np.mean(figure(said[row], came[row]))) for row in rows]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
