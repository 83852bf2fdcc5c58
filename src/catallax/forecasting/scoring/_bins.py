"""How forecasts are put together to be compared with frequencies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

Binning = Callable[[Float[np.ndarray, " questions"]], Float[np.ndarray, " edges"]]
"""From forecasts to the edges of bins, rising; a bin holds its lower edge, the last one both."""


def equal_width(bins: int = 10) -> Binning:
    """Bins of the same width between 0 and 1.

    Raises:
        ValueError: for fewer than one.

    >>> equal_width(4)(np.zeros(3)).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    _check(bins)
    return lambda forecasts: np.linspace(0, 1, bins + 1)


def equal_mass(bins: int = 10) -> Binning:
    """Bins that hold as many forecasts each, fewer where forecasts are tied.

    Raises:
        ValueError: for fewer than one.

    >>> equal_mass(2)(np.asarray([0.1, 0.2, 0.6, 0.9])).tolist()
    [0.1, 0.4, 0.9]
    """
    _check(bins)

    def edges(forecasts: np.ndarray) -> np.ndarray:
        found = np.unique(np.quantile(forecasts, np.linspace(0, 1, bins + 1)))
        return found if found.size > 1 else np.repeat(found, 2)

    return edges


def places(
    forecasts: Float[np.ndarray, " questions"], edges: Float[np.ndarray, " edges"]
) -> Int[np.ndarray, " questions"]:
    """The bin of each forecast.

    Raises:
        ValueError: for edges that make no bins.
    """
    if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) >= 0):
        raise ValueError(f"calibration: a binning should give two or more edges that rise, got {edges}.")
    return np.clip(np.searchsorted(edges, forecasts, "right") - 1, 0, edges.size - 2)


def _check(bins: int) -> None:
    if not (isinstance(bins, int | np.integer) and bins >= 1):
        raise ValueError(f"calibration needs at least one bin, a whole number, got {bins}.")
