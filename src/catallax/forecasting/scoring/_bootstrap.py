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
) -> tuple[Any, Any]:
    """Percentile band of a figure: questions are drawn with replacement, and the figure is taken again.

    Args:
        figure: from forecasts and what happened to a number, such as `calibration_error`; to a tuple of numbers, such as `murphy`; or to an
            array with the axis [questions] first, such as a score, whose mean over questions is taken.
        forecasts: first axis [questions].
        happened: axes [questions].
        level: of the band.
        samples: draws.
        seed: of the draws.

    Returns:
        Lower and upper end, each a number, or an array of as many as the figure has.

    Raises:
        ValueError: for a level outside of (0, 1), a figure of another form or one that is not finite on a draw, or as the figure does.

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
    found = finite(
        "bootstrap", "figures of all draws", [_taken(figure(said[row], came[row]), came.size) for row in rows]
    )
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return (low, high) if found.ndim > 1 else (float(low), float(high))


def _taken(figure: Any, questions: int) -> np.ndarray:
    """The number or numbers of one draw."""
    parts = [np.shape(part) for part in figure] if isinstance(figure, tuple) else []
    array = None if any(parts) else np.asarray(figure, np.float64)
    if array is None or not (isinstance(figure, tuple) or array.shape[:1] in ((), (questions,))):
        raise ValueError(
            f"bootstrap: a figure is a number, a tuple of numbers, or an array with the axis [questions] first; got "
            f"{f'a tuple of the shapes {parts}' if parts else f'the shape {np.shape(figure)}'} for {questions} questions."
        )
    return array if isinstance(figure, tuple) or not array.ndim else np.asarray(array.mean(0))
