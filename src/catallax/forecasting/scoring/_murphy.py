"""What a Brier score is made of."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from catallax.forecasting.scoring._bins import Binning, places
from catallax.forecasting.scoring._forecasts import distributions, events


class Murphy(NamedTuple):
    """Parts of a mean Brier score, `reliability - resolution + uncertainty + within`."""

    reliability: float
    """Distance of forecasts from the frequencies that followed them; 0 for calibrated ones."""
    resolution: float
    """Distance of these frequencies from the base rate: what the forecasts tell apart."""
    uncertainty: float
    """Brier score of the base rate."""
    within: float
    """What is lost by taking a bin for one forecast; 0 without bins, and may be negative."""

    @property
    def score(self) -> float:
        """The mean Brier score."""
        return self.reliability - self.resolution + self.uncertainty + self.within


def murphy(forecasts: Any, happened: Any, bins: Binning | None = None) -> Murphy:
    """Take a mean Brier score apart, `sum_k n_k/N [(f_k - o_k)^2 - (o_k - o)^2] + o (1 - o)`, exactly.

    Args:
        forecasts: probabilities, axes [questions] of events or [questions, outcomes].
        happened: 0 or 1 for an event, the number of the outcome otherwise.
        bins: of events; by default forecasts are put together only where they are equal.

    Raises:
        ValueError: as `brier`, or for bins of several outcomes.

    Source: Murphy (1973), "A new vector partition of the probability score"; what varies within bins after Stephenson, Coelho and Jolliffe (2008).

    >>> parts = murphy([0.8, 0.8, 0.2, 0.2], [1, 1, 0, 1])
    >>> [round(x, 6) for x in parts], round(parts.score, 6)
    ([0.065, 0.0625, 0.1875, 0.0], 0.19)
    """
    if np.ndim(forecasts) == 1:
        probabilities, happened = events("murphy", forecasts, happened)
        groups = probabilities if bins is None else places(probabilities, bins(probabilities))
        probabilities, came = probabilities[:, None], happened[:, None].astype(float)
    elif bins is None:
        probabilities, happened = distributions("murphy", forecasts, happened)
        groups, came = probabilities, np.eye(probabilities.shape[1])[happened]
    else:
        raise ValueError("murphy: bins are of events, axes [questions]; leave them out for several outcomes.")
    _, group = np.unique(groups, axis=0, return_inverse=True)
    group = group.ravel()
    count = np.bincount(group).astype(float)
    said, came_of = (_means(numbers, group, count) for numbers in (probabilities, came))
    base = came.mean(0)
    weight = (count / count.sum())[:, None]
    reliability = float((weight * (said - came_of) ** 2).sum())
    resolution = float((weight * (came_of - base) ** 2).sum())
    uncertainty = float((base * (1 - base)).sum())
    brier = float(((probabilities - came) ** 2).sum(1).mean())
    within = 0.0 if bins is None else brier - (reliability - resolution + uncertainty)
    return Murphy(reliability, resolution, uncertainty, within)


def _means(numbers: np.ndarray, group: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(group, column) for column in numbers.T], -1) / count[:, None]
