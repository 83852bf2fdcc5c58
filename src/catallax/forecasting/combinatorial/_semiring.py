"""What sums of products and minima of products have in common, on logarithms."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Semiring(NamedTuple):
    """How alternatives are joined; factors are joined by `+`, since all tables are logarithms."""

    plus: Callable[[Float[np.ndarray, "rest kept"]], Float[np.ndarray, " kept"]]
    """Joins alternatives, along the first axis."""
    zero: float
    """What an alternative that cannot happen counts, so that joining it changes nothing."""


def log_sum(tables: Float[np.ndarray, "rest kept"]) -> Float[np.ndarray, " kept"]:
    """`ln sum exp` along the first axis; `-inf` where all are."""
    top = tables.max(0)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return top + np.log(np.exp(tables - top).sum(0))


def least(tables: Float[np.ndarray, "rest kept"]) -> Float[np.ndarray, " kept"]:
    """The minimum along the first axis."""
    return tables.min(0)


SUM_PRODUCT = Semiring(log_sum, -np.inf)
"""Probabilities."""
MIN_PRODUCT = Semiring(least, np.inf)
"""The worst case."""
