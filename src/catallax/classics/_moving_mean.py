"""The mean over the last few of a row of numbers."""

from __future__ import annotations

import numpy as np


def moving_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Mean of the last `window` values along the last axis, from the `window`-th on; of none where there are fewer.

    Raises:
        ValueError: on a window below 1.

    >>> moving_mean(np.asarray([1.0, 3.0, 5.0]), 2)
    array([2., 4.])
    """
    if window < 1:
        raise ValueError(f"moving_mean: window must be at least 1, got {window}.")
    values = np.asarray(values, float)
    if values.shape[-1] < window:
        return values[..., :0]
    return np.lib.stride_tricks.sliding_window_view(values, window, axis=-1).mean(-1)
