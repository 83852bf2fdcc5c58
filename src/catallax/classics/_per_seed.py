"""One number per seed, and what is usually said about such numbers."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


class PerSeed:
    """Numbers along the axis `seeds`; `numpy.asarray` gives them back.

    >>> score = PerSeed([1.0, 0.5, 1.0])
    >>> score.median(), round(score.mean(), 3), len(score)
    (1.0, 0.833, 3)
    """

    def __init__(self, values: Iterable[float] | np.ndarray) -> None:
        self.values = np.asarray(values, float)
        if self.values.ndim != 1 or self.values.size == 0:
            raise ValueError(f"PerSeed: expected one number per seed, got axes {self.values.shape}.")

    def median(self) -> float:
        """The middle one."""
        return float(np.median(self.values))

    def mean(self) -> float:
        """The average."""
        return float(self.values.mean())

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Bootstrap interval of the mean: quantiles of the means of 10,000 resamples, the same ones every time.

        Args:
            level: share of the resampled means inside.
        """
        resampled = np.random.default_rng(0).choice(self.values, (10_000, self.values.size)).mean(1)
        low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype) if copy or dtype is not None else self.values

    def __len__(self) -> int:
        return self.values.size

    def __getitem__(self, seed: int) -> float:
        return float(self.values[seed])

    def __repr__(self) -> str:
        return f"PerSeed({np.array2string(self.values, precision=4, threshold=12)})"
